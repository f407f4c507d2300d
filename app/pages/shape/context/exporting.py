"""How do the curves leave the tab? As a picture, or as a table of exact numbers, to the clipboard or a file."""

import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.pages.shape.context.kinds import KINDS
from app.pages.shape.context.outlook import Outlook
from app.pages.shape.context.parts import LISTED
from app.widgets.marked_chart import MarkedChart
from app.widgets.menu import Menu
from app.widgets.painted_file import png
from app.widgets.save_place import ask_save_place
from lmcore.accounting.kinds import Attention
from lmcore.atomic import writing_aside
from lmcore.errors import not_written

Rows = Sequence[Sequence[str | int | float]]


def part_rows(outlook: Outlook) -> Rows:
    """FLOPs of one forward pass by part: a header, then a row for each context."""
    head = ["context", *(f"{key}_flops" for key in LISTED), "forward_flops"]
    rows = [
        [context, *(outlook.part(key, context) for key in LISTED), outlook.forward(context)]
        for context in _contexts(outlook)
    ]
    return [head, *rows]


def memory_rows(outlook: Outlook) -> Rows:
    """Bytes of activations by implementation, and of the KV cache."""
    kept, kind = outlook.kept, outlook.choices.kind
    head = ["context", "manual_activation_bytes", "flash_activation_bytes", "kv_cache_bytes"]
    rows = [
        [at, kept[Attention.MANUAL].at(at), kept[Attention.FLASH].at(at), outlook.cache(at, kind)]
        for at in _contexts(outlook)
    ]
    return [head, *rows]


def kind_rows(outlook: Outlook) -> Rows:
    """FLOPs of attention by kind."""
    head = ["context", *(f"{kind.value}_attention_flops" for kind in KINDS)]
    return [head, *([at, *(outlook.attention(at, kind) for kind in KINDS)] for at in _contexts(outlook))]


def time_rows(outlook: Outlook) -> Rows:
    """Seconds of a training step by kind; empty where the GPU's peak is not known."""
    head = ["context", *(f"{kind.value}_seconds_a_step" for kind in KINDS)]
    rows = [[at, *(outlook.seconds(at, kind) for kind in KINDS)] for at in _contexts(outlook)]
    return [head, *([cell if cell is not None else "" for cell in row] for row in rows)]


def csv_text(rows: Rows) -> str:
    """Rows as CSV with line ends of one character; integers in full, whatever their size."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


class Exporting:
    """The menu of a chart. `said` is told what was done, `failed` which file cannot be written and why."""

    def __init__(self, parent: QWidget, said: Callable[[str], None], failed: Callable[[str], None]) -> None:
        self._parent, self._said, self._failed = parent, said, failed

    def menu(self, title: str, chart: MarkedChart, rows: Callable[[], Rows]) -> Menu:
        """Copy or save the chart as it is on the screen, or its curves as exact numbers."""
        made = Menu(self._parent)
        made.add("Copy as PNG", partial(self.copy_picture, title, chart), icon="copy")
        made.add("Copy as CSV", partial(self.copy_rows, title, rows), icon="table-2")
        made.addSeparator()
        made.add("Save as PNG …", partial(self._ask, title, "png", partial(self.write_picture, chart)), icon="download")
        made.add("Save as CSV …", partial(self._ask, title, "csv", partial(self.write_rows, rows)), icon="download")
        return made

    def open(self, title: str, chart: MarkedChart, rows: Callable[[], Rows], at: QPoint) -> None:
        """Open the menu at a place of the screen."""
        menu = self.menu(title, chart, rows)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def copy_picture(self, title: str, chart: MarkedChart) -> None:
        """To the clipboard, in twice as many pixels as on the screen."""
        QGuiApplication.clipboard().setPixmap(chart.picture())
        self._said(f"Copied {title} as a picture")

    def copy_rows(self, title: str, rows: Callable[[], Rows]) -> None:
        """To the clipboard, as text."""
        made = rows()
        QGuiApplication.clipboard().setText(csv_text(made))
        self._said(f"Copied {title} as CSV, {len(made) - 1} contexts")

    def save(self, path: Path, write: Callable[[Path], None]) -> None:
        """Write a file aside, then in its place."""
        try:
            write(path)
        except OSError as error:
            self._failed(not_written(path, error))
        else:
            self._said(f"Saved {path}")

    def _ask(self, title: str, ending: str, write: Callable[[Path], None]) -> None:
        if path := ask_save_place(self._parent, title, f"{title}.{ending}", f"*.{ending}"):
            self.save(path, write)

    def write_picture(self, chart: MarkedChart, path: Path) -> None:
        """A PNG file, aside and renamed."""
        with writing_aside(path, "wb") as file:
            file.write(png(chart.picture().toImage()))

    def write_rows(self, rows: Callable[[], Rows], path: Path) -> None:
        """A CSV file, aside and renamed."""
        with writing_aside(path) as file:
            file.write(csv_text(rows()))


def _contexts(outlook: Outlook) -> list[int]:
    return [int(context) for context in outlook.contexts]
