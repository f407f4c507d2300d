"""How does a sweep leave the window? As a picture, a drawing, or a table with the numbers as they are."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter

from app import fonts
from app.pages.training.sweep_figures import Outcome, figure_of_run, gap, short_key, values_of, written
from app.tables.run_states import stand_of
from app.theme import LIGHT
from app.widgets.buttons import Button
from app.widgets.menu import Menu
from app.widgets.painted_file import content_of
from app.widgets.save_place import ask_save_place
from app.widgets.sweep_chart import SweepChart, SweepFigure
from lmcore import figures
from lmcore.training.overview import Overview

SIZE: Final = QSize(1000, 520)
PAD, HEAD = 24, 44


@dataclass(frozen=True)
class Exported:
    """The runs that are drawn, in order; the settings that differ; what is compared; the run that the others are held
    against; and the chart.
    """

    title: str
    runs: tuple[Overview, ...]
    keys: tuple[str, ...]
    outcome: Outcome
    base: Overview | None
    figure: SweepFigure

    def as_csv(self) -> str:
        """A line a run, numbers as they are; empty where there is none."""
        file = io.StringIO()
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["run", *self.keys, self.outcome.name, "steps", "state"])
        for run in self.runs:
            figure = figure_of_run(run, self.outcome)
            table.writerow([run.name, *(_given(run, key) for key in self.keys), figure, run.step, stand_of(run).words])
        return file.getvalue()

    def as_markdown(self) -> str:
        """The same for a README or an issue, with how far each run is from the base."""
        rows = [["run", *map(short_key, self.keys), self.outcome.name, "difference", "steps", "state"]]
        rows.append(["---"] * len(rows[0]))
        for run in self.runs:
            found = figure_of_run(run, self.outcome)
            figure = "–" if found is None else self.outcome.written(found)
            given, apart = [written(_given(run, key)) for key in self.keys], gap(run, self.base, self.outcome)
            rows.append([run.name, *given, figure, apart, figures.count(run.step), stand_of(run).words])
        return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


class ExportButton(Button):
    """A menu of the ways in which what is drawn can leave the window."""

    painted = Signal(object, object)
    """A file that is to be written, and what gives its bytes on any thread."""

    def __init__(self, what: Callable[[], Exported]) -> None:
        super().__init__(icon="download", name="Save or copy what is drawn", small=True)
        self._what = what
        self.clicked.connect(self._open)

    def made_menu(self) -> Menu:
        """The chart as a picture or a drawing, its numbers as a table."""
        made, clipboard = Menu(self), QGuiApplication.clipboard()
        for ending in ("png", "svg"):
            made.add(f"Save as {ending.upper()} …", partial(self._ask, ending), icon="download")
        made.addSeparator()
        made.add("Copy as Markdown", lambda: clipboard.setText(self._what().as_markdown()), icon="copy")
        made.add("Copy as CSV", lambda: clipboard.setText(self._what().as_csv()), icon="copy")
        return made

    def save(self, path: Path) -> None:
        """Have the chart written: a drawing where the name ends with .svg, else a picture."""
        what = self._what()
        self.painted.emit(path, content_of(path, SIZE, what.title, partial(_paint, what)))

    def _open(self) -> None:
        menu = self.made_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def _ask(self, ending: str) -> None:
        if path := ask_save_place(self, "Save the sweep", f"sweep.{ending}", f"*.{ending}"):
            self.save(path)


def _given(run: Overview, key: str) -> Any:
    return values_of(run).get(key, run.config.get(key))


def _paint(what: Exported, painter: QPainter) -> None:
    chart = SweepChart()
    chart.resize(SIZE.width(), SIZE.height() - HEAD)
    chart.show_figure(what.figure)
    painter.fillRect(QRectF(0, 0, SIZE.width(), SIZE.height()), QColor(LIGHT.surface))
    painter.setFont(fonts.SECTION.font())
    painter.setPen(QColor(LIGHT.text))
    painter.drawText(QRectF(PAD, 0, SIZE.width() - 2 * PAD, HEAD), Qt.AlignmentFlag.AlignVCenter, what.title)
    painter.translate(0, HEAD)
    chart.paint(painter, LIGHT)
