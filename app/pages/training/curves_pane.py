"""How does the loss fall, and what goes along with it? The curves of any number of runs over one axis."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import fonts
from app.pages.training.chart_settings import MOST, USUAL, ChartSettings
from app.pages.training.series import (
    AXES,
    AXIS_NAMES,
    LOSS,
    MEASURES,
    Axis,
    Measure,
    RunSeries,
    SeriesReader,
    place_title,
    place_written,
)
from app.pages.training.sheet_words import sheet_words
from app.pages.training.small_chart import SmallChart
from app.tables.run_names import short_names
from app.widgets.buttons import Button
from app.widgets.fitting_label import FittingLabel
from app.widgets.labels import Hairline, label
from app.widgets.menu import Menu
from app.widgets.message import MessageStrip
from app.widgets.run_canvas import ChartWords
from app.widgets.run_chart import RunChart
from app.widgets.run_hover import HoverWords
from app.widgets.save_place import ask_save_place
from app.widgets.segmented import Segmented
from app.widgets.split_head import SplitHead
from app.widgets.turns import Chore, Turns
from lmcore.training.smoothing import smoothed

MARGIN: Final = 24
SMALL: Final = 3
SMALL_HEIGHT: Final = 104
LEAST_SMALL: Final = 70
SMALL_SHARE: Final = 0.22
"""Of the pane's height that the small charts have."""
SMALL_WIDTH: Final = 170
"""Pixels that a small chart needs for its title beside its figure; where there are fewer, fewer charts are shown."""


class CurvesPane(QWidget):
    """The pane; `show_series` is all that it needs to be told."""

    painted = Signal(object, object)
    """A file that is to be written, and what gives its bytes on any thread."""
    step_chosen = Signal(object, int)
    """The path of a run and a step of it that was clicked."""
    csv_asked = Signal()
    """The curves are wanted as exact numbers."""
    view_changed = Signal()
    """The curves are drawn otherwise, by choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: tuple[RunSeries, ...] = ()
        self._drawn: tuple[RunSeries, ...] = ()
        self._axis: Axis = "steps"
        self._told_missing: tuple[str, ...] = ()
        self._reader = SeriesReader()
        self.turns = Turns(self)
        self.caption = FittingLabel("axis")
        self.axis = Segmented(AXIS_NAMES, "Axis")
        self.scale = Segmented(("Linear", "Log y"), "Scale of the loss")
        self.settings_button = Button(icon="sliders-horizontal", name="Smoothing and scale of the axis", small=True)
        self.export_button = Button(icon="download", name="Export the curves", small=True)
        self.settings = ChartSettings()
        self.missing = MessageStrip("info", "", closable=True)
        self.chart = RunChart(self._words(), smoothed)
        self.small = tuple(SmallChart(number) for number in range(SMALL))
        self._chores = [Chore(self.turns, partial(self._show_small, small)) for small in self.small]
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.settings_button.setCheckable(True)
        self.settings.hide()
        self.missing.hide()
        self.scale.set_current(1)
        self.chart.set_logarithmic(y=True)
        self.chart.set_smoothing(USUAL)
        self._say_caption()
        head = SplitHead(
            (label("Loss", "section"), self.caption),
            (self.axis,),
            (self.settings_button, self.export_button),
            MARGIN,
            aside=(self.scale,),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(6)
        column.addWidget(head)
        for widget in (self.settings, self.missing):
            column.addLayout(_within_margins(widget))
        column.addWidget(self.chart, 1)
        column.addWidget(Hairline())
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, MARGIN - 6, 0)
        below.setSpacing(4)
        for small in self.small:
            below.addWidget(small, 1)
        column.addLayout(below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The small charts take what leaves the large one enough."""
        super().resizeEvent(event)
        least, most = fonts.scaled(LEAST_SMALL), fonts.scaled(SMALL_HEIGHT)
        room = (self.width() - MARGIN) // fonts.scaled(SMALL_WIDTH)
        for place, small in enumerate(self.small):
            small.setFixedHeight(max(least, min(most, round(SMALL_SHARE * self.height()))))
            small.setVisible(place < max(1, room))

    def _connect(self) -> None:
        self.axis.chosen.connect(lambda place: self.choose_axis(AXES[place]))
        self.scale.chosen.connect(lambda place: self.chart.set_logarithmic(y=bool(place)))
        self.settings_button.toggled.connect(self.settings.setVisible)
        self.export_button.clicked.connect(self._open_exports)
        self.settings.smoothing_changed.connect(self._smooth)
        self.settings.log_x_changed.connect(self._set_log_x)
        self.chart.chosen.connect(self.step_chosen)
        changes = (self.axis.chosen, self.scale.chosen, self.settings.scale.chosen, self.settings.smoothing_changed)
        for changed in (*changes, *(small.measure_chosen for small in self.small)):
            changed.connect(lambda _what: self.view_changed.emit())
        for chart in self._charts():
            chart.share(self.turns)
            chart.pointed.connect(partial(self._point, chart))
            chart.zoomed.connect(partial(self._zoom, chart))
        for small in self.small:
            small.chart.chosen.connect(self.step_chosen)
            small.export_asked.connect(partial(self._ask, chart=small.chart))

    def show_series(self, series: Sequence[RunSeries], *, in_turns: bool = False) -> None:
        """Draw these runs; of those that were there, only what is new is taken over, by one chart a turn if asked."""
        names = short_names([one.name for one in series])
        self._series = tuple(series)
        named = (replace(one, name=name) for one, name in zip(series, names, strict=True))
        drawn = self._drawn = tuple(one for one in named if self._has_place(one))
        self._say_missing([one.name for one in series if not self._has_place(one)])
        self._reader.forget_others(frozenset(one.path for one in series))
        self.chart.show_runs([self._reader.data(one, self._axis, LOSS) for one in drawn])
        for chore in self._chores:
            if in_turns:
                chore.ask()
            else:
                chore.do()

    def _show_small(self, small: SmallChart) -> None:
        small.show_series(self._drawn, self._axis, self._reader)

    def _has_place(self, series: RunSeries) -> bool:
        """Whether it is known where a run stands on the axis."""
        return self._axis != "flops" or isfinite(series.flops_per_token)

    def _say_missing(self, names: Sequence[str]) -> None:
        """Which runs cannot be drawn over this axis, and why; said once, until it is about others."""
        if tuple(names) == self._told_missing:
            return
        self._told_missing = tuple(names)
        if not names:
            self.missing.hide()
            return
        listed = ", ".join(f"“{name}”" for name in names)
        them = "is" if len(names) == 1 else "are"
        self.missing.show_message(
            "info", f"{listed} {them} not drawn over FLOPs.", "The files do not say of which shape the model is."
        )

    def choose_axis(self, axis: Axis) -> None:
        """Draw over another axis, all of it."""
        self.axis.set_current(AXES.index(axis))
        self._axis = axis
        for chart in self._charts():
            chart.set_zoom(None)
            chart.set_hover(None)
        self.chart.set_words(self._words())
        self.show_series(self._series)

    def written_view(self) -> str:
        """How the curves are drawn, as JSON, for the next start."""
        options = self.chart.options
        view = {"axis": self._axis, "log_x": options.log_x, "log_y": options.log_y, "weight": self.settings.weight}
        return json.dumps(view | {"small": [small.measure.column for small in self.small]})

    def read_view(self, written: str) -> None:
        """Draw them as that says, as far as it can be understood."""
        try:
            view = json.loads(written)
            axis, log_x, log_y = view["axis"], bool(view["log_x"]), bool(view["log_y"])
            weight, columns = min(max(float(view["weight"]), 0.0), MOST), [str(one) for one in view["small"]]
        except (ValueError, TypeError, KeyError):
            return
        self.settings.scale.set_current(int(log_x))
        self._set_log_x(log_x)
        self.scale.set_current(int(log_y))
        self.chart.set_logarithmic(y=log_y)
        self.settings.set_weight(weight)
        known = [measure.column for measure in MEASURES]
        for small, column in zip(self.small, columns, strict=False):
            if column in known:
                small.choose(known.index(column))
        if axis in AXES:
            self.choose_axis(axis)

    @property
    def settled(self) -> bool:
        """Whether all lines are drawn and smoothed to their ends, and nothing else waits for a turn."""
        return self.turns.rest and not any(chart.is_smoothing for chart in self._charts())

    def save_picture(self, path: Path, chart: RunChart | None = None, measure: Measure = LOSS) -> None:
        """Have a chart, that of the loss unless told otherwise, written on a sheet that explains it."""
        chart, options = chart or self.chart, self.chart.options
        words = sheet_words(self._series, measure, self._axis, options, self.settings.weight)
        self.painted.emit(path, chart.content(path, words))

    def _charts(self) -> tuple[RunChart, ...]:
        return (self.chart, *(small.chart for small in self.small))

    def _point(self, source: RunChart, place: float | None) -> None:
        for chart in self._charts():
            if chart is not source:
                chart.set_hover(place)
        for small in self.small:
            small.say_figure()

    def _zoom(self, source: RunChart, zoom: tuple[float, float] | None) -> None:
        for chart in self._charts():
            if chart is not source:
                chart.set_zoom(zoom)

    def _smooth(self, weight: float) -> None:
        self.chart.set_hover(None)  # its card says what was smoothed by the weight before
        self.chart.set_smoothing(weight)
        self._say_caption()

    def _set_log_x(self, logarithmic: bool) -> None:
        for chart in self._charts():
            chart.set_logarithmic(x=logarithmic)

    def _say_caption(self) -> None:
        """The unit, what the lines are and what the rings; less of it where there is less room."""
        weight = self.settings.weight
        smooth = f"smoothed {weight:g}" if weight else "not smoothed"
        whole = (
            f"nats a token, {smooth}, raw behind, ○ validation" if weight else f"nats a token, {smooth}, ○ validation"
        )
        self.caption.set_texts(
            (whole, f"nats a token, {smooth}, ○ validation", f"nats a token, {smooth}", "nats a token", "")
        )

    def _words(self) -> ChartWords:
        axis = self._axis
        return ChartWords(
            f"Loss over {AXIS_NAMES[AXES.index(axis)]}",
            HoverWords(lambda place: place_title(axis, place), LOSS.written),
            lambda place: place_written(axis, place),
            clock=axis == "time",
            empty="No run is drawn. Check the box of one in the list to see its curves.",
        )

    def _open_exports(self) -> None:
        menu = self.export_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.export_button.mapToGlobal(QPoint(0, self.export_button.height() + 2)))

    def export_menu(self) -> Menu:
        """The chart as a picture or a drawing, its numbers as a table."""
        made = Menu(self)
        for ending in ("png", "svg"):
            made.add(f"Save as {ending.upper()} …", partial(self._ask, ending, self.chart), icon="download")
        made.addSeparator()
        made.add("Save the rows as CSV …", self.csv_asked.emit, icon="table-2")
        return made

    def turn_scale(self) -> None:
        """Have the loss on a logarithmic axis, or on a linear one if it is."""
        self.scale.set_current(1 - self.scale.current)
        self.chart.set_logarithmic(y=bool(self.scale.current))
        self.view_changed.emit()

    def ask_picture(self, ending: str) -> None:
        """Ask where the chart of the loss is to be saved, as "png" or "svg", and do it."""
        self._ask(ending, self.chart)

    def _ask(self, ending: str, chart: RunChart) -> None:
        measure = next((small.measure for small in self.small if small.chart is chart), LOSS)
        first = f"{measure.title.lower().replace(' ', '-')}.{ending}"
        if path := ask_save_place(self, "Save the curves", first, f"*.{ending}"):
            self.save_picture(path, chart, measure)


def _within_margins(widget: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(MARGIN, 0, MARGIN, 0)
    line.addWidget(widget)
    return line
