"""What do runs look like over an axis that they share? The chart without pointer and keys, painted into a picture once.

`RunChart` adds those. A move of the pointer paints the picture and a line over it; rows that are appended paint the
picture anew, from pixel columns, so that it costs the same however many rows there are.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import LIGHT, Theme
from app.widgets.chart_axis import Tick
from app.widgets.chart_cards import paint_marker
from app.widgets.painted_file import Content, content_of
from app.widgets.run_data import RunData, bare_words
from app.widgets.run_extent import short_count, short_value, value_ticks
from app.widgets.run_hover import HoverWords, value_at
from app.widgets.run_labels import right_of
from app.widgets.run_line import RunLine, Smoothing
from app.widgets.run_paint import (
    PIN_ROOM,
    paint_axes,
    paint_notes,
    paint_pins,
    paint_places,
    paint_runs,
    paint_words,
)
from app.widgets.run_scene import Frame, Options, Scene
from app.widgets.run_sheet import Sheet, SheetWords
from app.widgets.turns import Turns
from lmcore import figures
from lmcore.generators import result_of

LOOK: Final = 10
"""Milliseconds between two looks at what is computed on another thread."""
BETWEEN: Final = 0.15
"""Seconds that a picture stands which is no longer true, while there is more to come."""
FEW_ROWS: Final = 50_000
"""Rows in all that are painted at once; of more, the old picture stands until the new one is made, in turns."""
LEFT, TOP, BOTTOM = 48, 10, 26
X_GAP, Y_GAP = 92.0, 30.0
LEAST_GAP, LEAST_TICKS = 18.0, 4
"""Pixels between values of a plot that is so low that there would be few of them otherwise."""
ANEW: Final = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


@dataclass(frozen=True)
class ChartWords:
    """What a chart says: its name, its card, and how places on the axis are written; of time, if `clock`."""

    name: str
    hover: HoverWords
    x_written: Callable[[float], str] = short_count
    y_written: Callable[[float], str] = short_value
    clock: bool = False
    empty: str = "No run is chosen."


class RunCanvas(QWidget):
    """Draws runs. A `small` one has no rings, names and pins, and an axis of values with two ends."""

    def __init__(self, words: ChartWords, smoothing: Smoothing, *, small: bool = False) -> None:
        super().__init__()
        self.words = words
        self.small = small
        self._scene = Scene(smoothing)
        self._scene.options = Options(small=small, from_start=not small)
        self._weight = 0.0
        self._hover: float | None = None
        self._still: QPixmap | None = None
        self._frame: Frame | None = None
        self._stands: tuple[QPixmap, Frame | None] | None = None
        self._turns = Turns(self)
        self._making: Generator[None, None, QPixmap] | None = None
        self._aside: ThreadPoolExecutor | None = None
        self._old_since: float | None = None
        self._later = QTimer(self, singleShot=True, interval=LOOK)
        self._later.timeout.connect(self._smooth)
        self.setAccessibleName(words.name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def lines(self) -> tuple[RunLine, ...]:
        """The runs that are drawn, the current one last."""
        return self._scene.lines

    @property
    def options(self) -> Options:
        """How they are drawn."""
        return self._scene.options

    @property
    def zoom(self) -> tuple[float, float] | None:
        """The part of the axis that is looked at; None for all of it."""
        return self._scene.zoom

    @property
    def hover(self) -> float | None:
        """The place on the axis that is pointed at."""
        return self._hover

    @property
    def is_smoothing(self) -> bool:
        """Whether some line is not yet drawn and smoothed to its end; nothing is done for a chart that is not seen."""
        return self._is_behind or (self.isVisible() and self._still is None and not self._is_light())

    @property
    def _is_behind(self) -> bool:
        return self.isVisible() and (self._old_since is not None or any(line.is_behind for line in self.lines))

    def share(self, turns: Turns) -> None:
        """Take turns with other charts that are changed at the same time."""
        self._turns = turns

    def show_runs(self, runs: Sequence[RunData]) -> None:
        """Draw these. Of a run that was there already, only what was appended is taken over."""
        if self._scene.take(runs, self._weight):
            self._is_old()
            self._smooth()
        self.describe()

    def set_words(self, words: ChartWords) -> None:
        """Say something else, as another axis or another measure asks for."""
        self.words = words
        self.setAccessibleName(words.name)
        self.forget_still()

    def set_logarithmic(self, *, x: bool | None = None, y: bool | None = None) -> None:
        """Have logarithmic axes or linear ones."""
        was = self._scene.options
        now = replace(was, log_x=was.log_x if x is None else x, log_y=was.log_y if y is None else y)
        if now != was:
            self._scene.options = now
            self.forget_still()

    def set_smoothing(self, weight: float) -> None:
        """Smooth with a weight from 0 (not at all) to below 1."""
        if weight != self._weight:
            self._weight = weight
            for line in self.lines:
                line.smooth_by(weight)
            self._is_old()
            self._smooth()

    def set_zoom(self, zoom: tuple[float, float] | None) -> None:
        """Look at a part of the axis, or at all of it."""
        if zoom != self._scene.zoom:
            self._scene.zoom = zoom
            self.forget_still()

    def set_hover(self, place: float | None) -> None:
        """Point at a place on the axis, without telling."""
        if place != self._hover:
            self._hover = place
            self.describe()
            self.update()

    def forget_still(self) -> None:
        """Paint all of it anew."""
        if self._still is not None:
            self._stands = self._still, self._frame
        self._still = self._frame = self._old_since = None
        self._leave_making()
        self.update()

    def _is_old(self) -> None:
        """The picture is to be painted anew, now or when more has come."""
        self._leave_making()
        if self._old_since is None:
            self._old_since = perf_counter()

    def _leave_making(self) -> None:
        """What is made of the new picture is no longer right."""
        if self._making is not None:
            self._making.close()
            self._making = None

    @property
    def frame(self) -> Frame:
        """What is painted, in pixels of the widget."""
        if self._frame is None:
            self._frame = self._scene.frame(self._plot())
        return self._frame

    @property
    def seen(self) -> Frame:
        """What is on the screen: the same, or what the picture shows that stands until the new one is made."""
        old = self._stands[1] if self._still is None and self._stands is not None else None
        return self.frame if old is None else old

    def notes(self) -> list[str]:
        """What the picture cannot show."""
        if self.small:
            return []
        bare = [line.data for line in self.lines if not len(line.data.x)]
        found = []
        if bare and len(bare) < len(self.lines):
            found.append(bare_words(bare))
        if number := self.frame.unplaced:
            verb = "value has" if number == 1 else "values have"
            found.append(f"{figures.count(number)} {verb} no place on a logarithmic axis.")
        return found

    def empty_words(self) -> str:
        """What is said instead of lines; nothing where there are some."""
        if not self.lines:
            return self.words.empty
        if any(len(line.data.x) for line in self.lines):
            return ""
        return bare_words([line.data for line in self.lines], named=not self.small)

    def content(self, path: Path, words: SheetWords) -> Content:
        """What a file of this name is to hold: the lines on a sheet that explains them, on the light ground."""
        sheet = self._sheet(words)
        return content_of(path, sheet.size, words.title, lambda painter: sheet.paint(painter, LIGHT))

    def _sheet(self, words: SheetWords) -> Sheet:
        return Sheet(self._scene, words, self._all_ticks, self.notes)

    def sizeHint(self) -> QSize:
        return QSize(240, 90) if self.small else QSize(640, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 56) if self.small else QSize(240, fonts.scaled(120))

    def describe(self) -> None:
        """Tell those who do not see it what the current run says, at the place pointed at or at its end."""
        line = self._scene.current
        place = self._hover
        found = None
        if line is not None:
            found = value_at(line.data, float(line.data.x[-1]) if place is None else place)
        if line is None or found is None:
            self.setAccessibleDescription(self.empty_words())
        else:
            value = self.words.hover.said(found[1])
            self.setAccessibleDescription(f"{line.data.name}, step {figures.count(found[0])}: {value}")

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme, still = Theme.of(self.palette()), self._still
            if still is None and not self._is_light():
                still = self._stands[0] if self._stands is not None else None
                self._turns.ask(self)
            elif still is None or still.devicePixelRatio() != self.devicePixelRatioF():
                self._show(still := self._painted(self.devicePixelRatioF()))
            if still is None:
                painter.fillRect(self.rect(), QColor(theme.surface))
            else:
                painter.drawPixmap(self.rect(), still)
                self.paint_live(painter, theme)

    def go_on(self, until: float) -> bool:
        """Make a part of the new picture; whether it is made, or not wanted."""
        if self._still is not None or not self.isVisible():
            return True
        if self._making is None:
            if not self._scene.prepare(self._plot(), until):
                return False
            self._frame, self._making = None, self._parts(self.devicePixelRatioF())
        while perf_counter() < until:
            try:
                next(self._making)
            except StopIteration as end:
                self._making = None
                self._show(end.value)
                self.update()
                return True
        return False

    def _show(self, still: QPixmap) -> None:
        self._still, self._stands = still, None

    def _is_light(self) -> bool:
        return sum(len(line.data.x) for line in self.lines) <= FEW_ROWS

    def paint_live(self, painter: QPainter, theme: Theme) -> None:
        """What moves with the pointer."""
        if self._hover is None or not 0 <= (frame := self.seen).x.share(self._hover) <= 1:
            return
        paint_marker(painter, frame.plot, frame.x_of(self._hover), theme.control)
        paint_places(painter, frame, self._hover, theme)

    def _painted(self, ratio: float) -> QPixmap:
        return result_of(self._parts(ratio))

    def _parts(self, ratio: float) -> Generator[None, None, QPixmap]:
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        with QPainter(made) as painter:
            yield from self._paint_all(painter)
        return made

    def _paint_all(self, painter: QPainter) -> Generator[None, None, None]:
        theme = Theme.of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.surface))
        if empty := self.empty_words():
            paint_words(painter, QRectF(self.rect()), empty, theme)
            return
        frame = self.frame
        x, y = self._ticks(frame)
        paint_axes(painter, frame, x, y, theme, self._has_pins)
        yield
        yield from paint_runs(painter, frame, theme, small=self.small)
        if not self.small:
            paint_pins(painter, frame, theme)
        paint_notes(painter, frame.plot, self.notes(), theme)

    def _ticks(self, frame: Frame) -> tuple[Sequence[Tick], Sequence[Tick]]:
        """Of the axis and of the values; a small chart has none below, and the ends of the values alone."""
        if self.small:
            return (), tuple(Tick(value, self.words.y_written(value)) for value in (frame.y.low, frame.y.high))
        return self._all_ticks(frame)

    def _all_ticks(self, frame: Frame) -> tuple[Sequence[Tick], Sequence[Tick]]:
        scale, written = fonts.factor(), self.words.y_written
        x = value_ticks(frame.x, frame.plot.width(), X_GAP * scale, self.words.x_written, clock=self.words.clock)
        gap = max(LEAST_GAP, min(Y_GAP, frame.plot.height() / scale / LEAST_TICKS)) * scale
        return x, value_ticks(frame.y, frame.plot.height(), gap, written)

    def _plot(self) -> QRectF:
        box = QRectF(self.rect())
        if self.small:
            return QRectF(box.adjusted(fonts.scaled(LEFT), 6, -6, -10).toRect())
        right = right_of(self.lines, self._scene.x_extent())
        pins = PIN_ROOM if self._has_pins else 0
        plot = box.adjusted(fonts.scaled(LEFT), TOP, -right, -fonts.scaled(BOTTOM) - pins)
        return QRectF(plot.toRect())  # a column is then exactly a pixel

    @property
    def _has_pins(self) -> bool:
        """Whether there is room for pins: where any run has some, so that the plot stays as another one is chosen."""
        return not self.small and any(line.data.pins for line in self.lines)

    def _smooth(self) -> None:
        """Take over lines that were loaded and smoothed on another thread; they are painted when all are, or soon."""
        behind = [line for line in self.lines if line.is_behind]
        if behind and self.isVisible():
            self._aside = self._aside or ThreadPoolExecutor(1, "lines")
            for line in behind:
                if line.work(self._aside.submit):
                    self._is_old()
        waits = self.isVisible() and any(line.is_behind for line in behind)
        if self._old_since is not None and (not waits or perf_counter() > self._old_since + BETWEEN):
            self.forget_still()
        if self._is_behind:
            self._later.start()
        elif self._aside is not None:
            self._aside.shutdown(wait=False)
            self._aside = None

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for line in self.lines:
            line.leave()
        self._leave_making()
        self._smooth()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._smooth()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.forget_still()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in ANEW:
            self.forget_still()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.forget_still()
        return super().event(event)
