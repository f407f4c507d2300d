"""How do learning rate, gradient norm and speed go along with the loss? Small charts below it on the same axis."""

from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import fonts
from app.pages.training.series import MEASURES, Axis, Measure, RunSeries, SeriesReader, place_title, place_written
from app.widgets.buttons import Button
from app.widgets.labels import label
from app.widgets.menu import Menu
from app.widgets.run_canvas import LEFT, ChartWords
from app.widgets.run_chart import RunChart
from app.widgets.run_data import RunData
from app.widgets.run_hover import HoverWords, value_at
from lmcore.training.smoothing import smoothed

RIGHT: Final = 6
FIGURE: Final = 110
"""Pixels that are kept for the figure beside the title."""
LEAST: Final = 150
"""Pixels that it can do with."""


class SmallChart(QWidget):
    """A measure of all runs; its title is a menu of the others.

    Beside it stands the newest value of the current run, or the one at the place that is pointed at.
    """

    measure_chosen = Signal(int)
    """The number of another measure, in `MEASURES`."""

    export_asked = Signal(str)
    """The chart is wanted as a file of this ending."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._series: tuple[RunSeries, ...] = ()
        self._axis: Axis = "steps"
        self.title = Button(trailing="chevron-down", kind="quiet", small=True)
        self.figure = label("", "strong")
        self.chart = RunChart(self._words(), smoothed, small=True)
        self._reader = SeriesReader()
        self._head = QHBoxLayout()
        self._build()
        self.title.clicked.connect(lambda: self._menu().popup(self._below_title()))
        self._say_title()

    def _build(self) -> None:
        head = self._head
        head.setContentsMargins(fonts.scaled(LEFT), 0, RIGHT, 0)
        self.setMinimumWidth(LEAST)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.chart, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The title stands over the plot, or further left where there is little room."""
        super().resizeEvent(event)
        self._say_title()
        wanted = self.title.sizeHint().width() + self.figure.sizeHint().width() + 3 * RIGHT
        self._head.setContentsMargins(max(RIGHT, min(fonts.scaled(LEFT), self.width() - wanted)), 0, RIGHT, 0)

    @property
    def measure(self) -> Measure:
        """What is drawn."""
        return MEASURES[self._number]

    @property
    def number(self) -> int:
        """Its place in `MEASURES`."""
        return self._number

    def choose(self, number: int) -> None:
        """Draw another measure."""
        self._number = number
        self._say_title()
        self.chart.set_words(self._words())
        self.show_series(self._series, self._axis, self._reader)
        self.measure_chosen.emit(number)

    def show_series(self, series: tuple[RunSeries, ...], axis: Axis, reader: SeriesReader) -> None:
        """Draw these runs over an axis."""
        before, self._series, self._axis, self._reader = self._axis, series, axis, reader
        if axis != before:
            self.chart.set_words(self._words())
        self.chart.show_runs([reader.data(one, axis, self.measure) for one in series])
        self.say_figure()

    def say_figure(self) -> None:
        """Write the value of the current run: at the place that is pointed at, or else its newest.

        Nothing is written where that run is not drawn: a figure has no name, and would pass for the current run's.
        """
        line = next((line for line in self.chart.lines if line.data.current and len(line.data.x)), None)
        if line is None:
            self.figure.setText("")
            return
        place = self.chart.hover
        found = value_at(line.data, self._newest(line.data) if place is None else place)
        known = found is not None and found[1] == found[1]
        self.figure.setText(self.measure.written(found[1]) if found is not None and known else "–")

    def _newest(self, data: RunData) -> float:
        """Where the newest value stands: that of the last step, or of the one before it where that had none at all."""
        ended = any(one.diverged is not None for one in self._series if one.path == data.key)
        without = int(np.argmax(np.isfinite(data.y[::-1]))) if ended else 0  # rows at the end; where none has one, 0
        return float(data.x[-1 - without])

    def _menu(self) -> Menu:
        made = Menu(self)
        for number, measure in enumerate(MEASURES):
            action = made.add(measure.title, partial(self.choose, number))
            action.setCheckable(True)
            action.setChecked(number == self._number)
        made.addSeparator()
        for ending in ("png", "svg"):
            made.add(f"Save as {ending.upper()} …", partial(self.export_asked.emit, ending), icon="download")
        made.aboutToHide.connect(made.deleteLater)
        return made

    def _below_title(self) -> QPoint:
        return self.title.mapToGlobal(QPoint(0, self.title.height()))

    def _say_title(self) -> None:
        self.title.set_look(self.measure.title)
        if self.measure.brief and self.title.sizeHint().width() + fonts.scaled(FIGURE) > self.width():
            self.title.set_look(self.measure.brief)
        self.title.setAccessibleName(f"{self.measure.title}: choose another measure")
        self.title.setToolTip("Choose another measure")

    def _words(self) -> ChartWords:
        axis, measure = self._axis, self.measure
        return ChartWords(
            measure.title,
            HoverWords(lambda place: place_title(axis, place), measure.written, measure.title.lower()),
            lambda place: place_written(axis, place),
            measure.short,
            axis == "time",
        )
