"""How does the loss fall, and what goes along with it? The curves of any number of runs over one axis."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QPoint, Signal
from PySide6.QtGui import QPalette, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.pages.training.chart_settings import USUAL, ChartSettings
from app.pages.training.series import (
    AXES,
    AXIS_NAMES,
    LOSS,
    Axis,
    RunSeries,
    SeriesReader,
    place_title,
    place_written,
    short_names,
)
from app.pages.training.small_chart import SmallChart
from app.widgets.buttons import Button
from app.widgets.fitting_label import FittingLabel
from app.widgets.labels import Hairline, label
from app.widgets.menu import Menu
from app.widgets.message import MessageStrip
from app.widgets.run_canvas import ChartWords
from app.widgets.run_chart import RunChart
from app.widgets.run_hover import HoverWords
from app.widgets.segmented import Segmented
from app.widgets.split_head import SplitHead
from app.widgets.turns import Turns
from lmcore.atomic import writing_aside
from lmcore.training.smoothing import smoothed

MARGIN: Final = 24
SMALL: Final = 3
SMALL_HEIGHT: Final = 104
LEAST_SMALL: Final = 84


class CurvesPane(QWidget):
    """The pane; `show_series` is all that it needs to be told."""

    step_chosen = Signal(object, int)
    """The path of a run and a step of it that was clicked."""
    csv_asked = Signal()
    """The curves are wanted as exact numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._series: tuple[RunSeries, ...] = ()
        self._axis: Axis = "steps"
        self._reader = SeriesReader()
        self.caption = FittingLabel("axis")
        self.axis = Segmented(AXIS_NAMES, "Axis")
        self.scale = Segmented(("Linear", "Log y"), "Scale of the loss")
        self.settings_button = Button(icon="sliders-horizontal", name="Smoothing and scale of the axis", small=True)
        self.export_button = Button(icon="download", name="Export the curves", small=True)
        self.settings = ChartSettings()
        self.message = MessageStrip("error", "", closable=True)
        self.chart = RunChart(self._words(), smoothed)
        self.small = tuple(SmallChart(number) for number in range(SMALL))
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.settings_button.setCheckable(True)
        self.settings.hide()
        self.message.hide()
        self.scale.set_current(1)
        self.chart.set_logarithmic(y=True)
        self.chart.set_smoothing(USUAL)
        self._say_caption()
        head = SplitHead(
            (label("Loss", "section"), self.caption),
            (self.axis, self.scale),
            (self.settings_button, self.export_button),
            MARGIN,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(6)
        column.addWidget(head)
        for widget in (self.settings, self.message):
            column.addLayout(_within_margins(widget))
        column.addWidget(self.chart, 1)
        column.addWidget(Hairline())
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, MARGIN - 6, 0)
        below.setSpacing(4)
        for small in self.small:
            small.setMinimumHeight(LEAST_SMALL)
            small.setMaximumHeight(SMALL_HEIGHT)
            below.addWidget(small, 1)
        column.addLayout(below)

    def _connect(self) -> None:
        self.axis.chosen.connect(lambda place: self.choose_axis(AXES[place]))
        self.scale.chosen.connect(lambda place: self.chart.set_logarithmic(y=bool(place)))
        self.settings_button.toggled.connect(self.settings.setVisible)
        self.export_button.clicked.connect(self._open_exports)
        self.settings.smoothing_changed.connect(self._smooth)
        self.settings.log_x_changed.connect(self._set_log_x)
        self.chart.chosen.connect(self.step_chosen)
        turns = Turns(self)
        for chart in self._charts():
            chart.share(turns)
            chart.pointed.connect(partial(self._point, chart))
            chart.zoomed.connect(partial(self._zoom, chart))
        for small in self.small:
            small.chart.chosen.connect(self.step_chosen)

    def show_series(self, series: Sequence[RunSeries]) -> None:
        """Draw these runs; of those that were there, only what is new is taken over."""
        names = short_names([one.name for one in series])
        self._series = tuple(replace(one, name=name) for one, name in zip(series, names, strict=True))
        self._reader.forget_others(frozenset(one.path for one in series))
        self.chart.show_runs([self._reader.data(one, self._axis, LOSS) for one in self._series])
        for small in self.small:
            small.show_series(self._series, self._axis, self._reader)

    def choose_axis(self, axis: Axis) -> None:
        """Draw over another axis, all of it."""
        self.axis.set_current(AXES.index(axis))
        self._axis = axis
        for chart in self._charts():
            chart.set_zoom(None)
            chart.set_hover(None)
        self.chart.set_words(self._words())
        self.show_series(self._series)

    @property
    def settled(self) -> bool:
        """Whether all lines are drawn and smoothed to their ends."""
        return not any(chart.is_smoothing for chart in self._charts())

    def write_png(self, path: Path) -> None:
        """The chart of the loss as a picture, in twice as many pixels as on the screen."""
        self._write(path, lambda: _png(self.chart.picture()))

    def write_svg(self, path: Path) -> None:
        """The chart of the loss as a drawing."""
        self._write(path, self.chart.svg)

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
            (whole, f"nats a token, {smooth}, ○ validation", f"nats a token, {smooth}", "nats a token")
        )

    def _words(self) -> ChartWords:
        axis = self._axis
        return ChartWords(
            f"Loss over {AXIS_NAMES[AXES.index(axis)]}",
            HoverWords(lambda place: place_title(axis, place), LOSS.written),
            lambda place: place_written(axis, place),
            clock=axis == "time",
            empty="No run is chosen. Check one in the list to see its curves.",
        )

    def _open_exports(self) -> None:
        menu = self.export_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.export_button.mapToGlobal(QPoint(0, self.export_button.height() + 2)))

    def export_menu(self) -> Menu:
        """The chart as a picture or a drawing, its numbers as a table."""
        made = Menu(self)
        made.add("Save as PNG …", partial(self._ask, "png", self.write_png), icon="download")
        made.add("Save as SVG …", partial(self._ask, "svg", self.write_svg), icon="download")
        made.addSeparator()
        made.add("Save the rows as CSV …", self.csv_asked.emit, icon="table-2")
        return made

    def _ask(self, ending: str, write: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getSaveFileName(self.window(), "Save the curves", f"loss.{ending}", f"*.{ending}")
        if name:
            path = Path(name)
            write(path if path.suffix else path.with_suffix(f".{ending}"))

    def _write(self, path: Path, made: Callable[[], bytes]) -> None:
        try:
            with writing_aside(path, "wb") as file:
                file.write(made())
        except OSError as error:
            why = f"{path} cannot be written: {error.strerror}."
            self.message.show_message("error", why, "Choose another folder, or free some space.")
        else:
            self.message.hide()


def _within_margins(widget: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(MARGIN, 0, MARGIN, 0)
    line.addWidget(widget)
    return line


def _png(picture: QPixmap) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(buffer.data().data())
