"""How does a shape leave the page? As the TOML of a training, as a config.json, its table as Markdown or CSV."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.pages.page import Page
from app.pages.shape.state import ShapeState
from app.pages.shape.table_pane import Sheet, TablePane, markdown
from app.widgets.menu import Menu
from app.widgets.save_place import ask_save_place
from lmcore.accounting import Shape
from lmcore.accounting.huggingface import config_of
from lmcore.atomic import writing_aside
from lmcore.errors import LmError

CONFIGS: Final = "Hugging Face config (config.json *.json)"
SHEETS: Final = "CSV (*.csv);;Markdown (*.md)"


class Exporting(QObject):
    """The menus of the two copy buttons, and what they do."""

    def __init__(self, page: Page, state: ShapeState, table: TablePane, button: QWidget) -> None:
        super().__init__(page)
        self._page, self._state, self._table, self._button = page, state, table, button
        table.copy_asked.connect(lambda near: self._open(self.table_menu(), near))

    def open_menu(self) -> None:
        """The menu of the header's button."""
        self._open(self.shape_menu(), self._button)

    def shape_menu(self) -> Menu:
        """The shape as files."""
        menu = Menu(self._page)
        menu.add("Copy as TOML for a training", self.copy_toml, icon="copy")
        menu.add("Copy as config.json", self.copy_config, icon="copy")
        menu.add("Save config.json …", self._ask_config, icon="save")
        return menu

    def table_menu(self) -> Menu:
        """The table that is shown."""
        menu = Menu(self._page)
        menu.add("Copy as Markdown", self.copy_markdown, icon="copy", keys="Ctrl+Shift+C")
        menu.add("Copy as CSV", self.copy_csv, icon="table-2")
        menu.add("Export as CSV …", self._ask_sheet, icon="download")
        return menu

    def copy_toml(self) -> None:
        """The shape as the `[model]` table of a training's configuration."""
        now = self._state.now
        self._copy(toml_of(now.shape, now.title), "Copied the shape as TOML")

    def copy_config(self) -> None:
        """The shape as Hugging Face writes it, or why there is no such file."""
        try:
            self._copy(config_text(self._state.now.shape), "Copied the shape as config.json")
        except LmError as error:
            self._page.problem.emit(str(error))

    def copy_markdown(self) -> None:
        """The table as Markdown."""
        if (sheet := self._table.sheet) is not None:
            self._copy(markdown(sheet), "Copied the table as Markdown")

    def copy_csv(self) -> None:
        """The table as CSV, figures as plain integers."""
        if (sheet := self._table.sheet) is not None:
            self._copy(csv_of(sheet), "Copied the table as CSV")

    def save_config(self, path: Path) -> None:
        """Write a config.json."""
        self._write(path, lambda: config_text(self._state.now.shape))

    def save_sheet(self, path: Path) -> None:
        """Write the table, as Markdown where the name says so."""
        if (sheet := self._table.sheet) is not None:
            self._write(path, lambda: markdown(sheet) if path.suffix == ".md" else csv_of(sheet))

    def _write(self, path: Path, make: Callable[[], str]) -> None:
        try:
            text = make()
            with writing_aside(path) as file:
                file.write(text)
        except LmError as error:
            self._page.problem.emit(str(error))
        except OSError as error:
            self._page.problem.emit(f"{path} cannot be written ({error.strerror}); choose another folder.")
        else:
            self._page.session.say(f"Saved {path}")

    def _copy(self, text: str, words: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._page.session.say(words)

    def _open(self, menu: Menu, near: QWidget) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(near.mapToGlobal(QPoint(near.width() - menu.sizeHint().width(), near.height() + 4)))

    def _ask_config(self) -> None:
        if path := ask_save_place(self._page, "Save config.json", "config.json", CONFIGS):
            self.save_config(path)

    def _ask_sheet(self) -> None:
        if path := ask_save_place(self._page, "Export the table", "shape.csv", SHEETS):
            self.save_sheet(path)


def toml_of(shape: Shape, title: str) -> str:
    """The shape as TOML, by the names of its fields."""
    lines = [f"{name} = {_toml(value)}" for name, value in asdict(shape).items()]
    return "\n".join((f"# {title}", "[model]", *lines)) + "\n"


def _toml(value: object) -> str:
    return "true" if value is True else "false" if value is False else json.dumps(value)


def config_text(shape: Shape) -> str:
    """The shape as config.json. Raises `LmError` where no kind of Hugging Face model is like it."""
    return json.dumps(config_of(shape), indent=2) + "\n"


def csv_of(sheet: Sheet) -> str:
    """The table as CSV."""
    into = io.StringIO()
    written = csv.writer(into, lineterminator="\n")
    written.writerow((*sheet.heads, "Share"))
    for line in sheet.lines:
        written.writerow((line.name, line.shapes, line.formula, line.amount.replace(",", ""), line.share))
    written.writerow(("Total", "", "", sheet.total.replace(",", ""), "100.0 %"))
    return into.getvalue()
