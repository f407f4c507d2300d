"""How often is each value? Upright bars over whole numbers, or named bars below one another, with exact figures."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import Placed, Tick, nice_step, paint_value_axis
from lmcore import figures

TOP, RIGHT, BOTTOM, GAP = 8, 12, 26, 12
LABELS: Final = 36.0
"""Pixels between two labels below the bars, at the least."""
ROW: Final = 24
BAR: Final = 10


class Bar(NamedTuple):
    """A bar: what it stands for, how many there are, and its tooltip."""

    name: str
    amount: int
    told: str = ""


class BarChart(QWidget):
    """Upright bars side by side, their numbers at the left, their names below."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._bars: tuple[Bar, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Draw these, from left to right."""
        self._bars = tuple(bars)
        self.setAccessibleDescription(", ".join(f"{bar.name}: {figures.count(bar.amount)}" for bar in bars))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def _ticks(self) -> list[int]:
        highest = max((bar.amount for bar in self._bars), default=1)
        step = max(1, round(nice_step(max(1, highest), 4)))
        return list(range(0, highest + step, step))

    def _plot(self) -> QRectF:
        metrics = QFontMetricsF(fonts.AXIS.font())
        left = max(metrics.horizontalAdvance(figures.count(tick)) for tick in self._ticks()) + GAP
        return QRectF(self.rect()).adjusted(left, TOP, -RIGHT, -fonts.scaled(BOTTOM))

    def _box(self, place: int, plot: QRectF) -> QRectF:
        step = plot.width() / max(1, len(self._bars))
        height = self._bars[place].amount / self._ticks()[-1] * plot.height()
        left, right = round(plot.left() + place * step), round(plot.left() + (place + 1) * step)
        return QRectF(left + 1, plot.bottom() - height, max(1, right - left - 2), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, plot, ticks = Theme.of(self.palette()), self._plot(), self._ticks()
        places = [Placed(Tick(t, figures.count(t)), plot.bottom() - t / ticks[-1] * plot.height()) for t in ticks]
        with QPainter(self) as painter:
            paint_value_axis(painter, plot, tuple(places), theme)
            for place, bar in enumerate(self._bars):
                if bar.amount:
                    painter.fillRect(self._box(place, plot), QColor(DATA[0]))
            self._paint_names(painter, plot, theme)

    def _paint_names(self, painter: QPainter, plot: QRectF, theme: Theme) -> None:
        step = plot.width() / max(1, len(self._bars))
        every = max(1, -(-int(fonts.scaled(int(LABELS))) // max(1, int(step))))
        painter.setFont(fonts.AXIS.font())
        painter.setPen(QColor(theme.secondary))
        last = len(self._bars) - 1
        for place, bar in enumerate(self._bars):
            if place == last or (place % every == 0 and last - place >= every):
                middle = plot.left() + (place + 0.5) * step
                room = QRectF(middle - LABELS, plot.bottom() + 4, 2 * LABELS, fonts.scaled(18))
                room.translate(min(0.0, self.width() - room.right() + LABELS / 2), 0)
                painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, bar.name)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tooltip_at(event.pos()), self)
            return True
        return super().event(event)

    def tooltip_at(self, point: QPoint) -> str:
        """What is told of the bar over or under a point."""
        plot = self._plot()
        if not self._bars or not plot.contains(point):
            return ""
        place = int((point.x() - plot.left()) / plot.width() * len(self._bars))
        return self._bars[min(place, len(self._bars) - 1)].told


class NamedBars(QWidget):
    """Bars below one another: the name, the bar, the count and its share of all."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._bars: tuple[Bar, ...] = ()
        self._total = 0
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: Sequence[Bar], total: int) -> None:
        """Draw these; shares are of `total`."""
        self._bars, self._total = tuple(bars), total
        self.setAccessibleDescription(", ".join(f"{bar.name}: {figures.count(bar.amount)}" for bar in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, len(self._bars) * fonts.scaled(ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, font = Theme.of(self.palette()), fonts.CAPTION.font()
        metrics = QFontMetricsF(font)
        names = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0.0) + GAP
        counts = max((metrics.horizontalAdvance(figures.count(bar.amount)) for bar in self._bars), default=0.0) + GAP
        shares = metrics.horizontalAdvance("100.0 %") + GAP
        room = max(20.0, self.width() - names - counts - shares)
        highest = max((bar.amount for bar in self._bars), default=1)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        with QPainter(self) as painter:
            painter.setFont(font)
            for place, bar in enumerate(self._bars):
                line = QRectF(0, place * fonts.scaled(ROW), self.width(), fonts.scaled(ROW))
                painter.setPen(QColor(theme.text))
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, bar.name)
                painter.drawText(line.adjusted(0, 0, -shares, 0), right, figures.count(bar.amount))
                painter.setPen(QColor(theme.secondary))
                painter.drawText(line, right, f"{figures.decimal(100 * bar.amount / max(1, self._total), 1)} %")
                width = max(1.0, room * bar.amount / highest)
                top = line.center().y() - fonts.scaled(BAR) / 2
                painter.fillRect(QRectF(names, top, width, fonts.scaled(BAR)), QColor(DATA[0]))
