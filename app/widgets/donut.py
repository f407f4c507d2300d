"""How does a total divide into parts? A ring with the total inside and a legend with shares; exact figures on hover.

The legend stands beside the ring, or below it where there is no room; all of it grows with the text.

It is repainted at every move of a slider, so it lays nothing out: other figures are other glyphs in the same places.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.fitting import fitting
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.hover_card import HoverCard
from lmcore import figures

SIZE: Final = 132
RING: Final = 18
GAP: Final = 2
LEGEND_OFF: Final = 12
LEGEND: Final = 176
"""Pixels of the legend at the most: a share far from its name is hard to read."""
LEGEND_LEAST: Final = 136
"""Pixels that a long name and its share need."""
LEAST: Final = 100
"""Pixels of a ring that is squeezed."""
MOST_PARTS: Final = 5
LINE: Final = 21
SQUARE: Final = 10
NAME_OFF: Final = 16
BETWEEN: Final = 4
DIMMED: Final = 0.3
TURN: Final = 5760
"""A full turn, in the sixteenths of a degree that Qt counts by."""
STEPS: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1}


class Slice(NamedTuple):
    """A part of the whole: its name, amount and data colour; `exact` and `formula` are what its card says."""

    name: str
    amount: int
    colour: int
    exact: str = ""
    formula: tuple[str, ...] = ()


class Donut(QWidget):
    """A ring of parts, clockwise from the top, and their legend at its right.

    The pointer or the arrow keys pick out a part, a click or Enter chooses it. A stacked one has its legend below.
    """

    chosen = Signal(int)
    """The place of the part that the user chose."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._slices: tuple[Slice, ...] = ()
        self._total, self._unit = "", ""
        self._arcs: tuple[tuple[int, int], ...] = ()
        self._shares: tuple[str, ...] = ()
        self._picked = -1
        self._stacked = False
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        self._card: HoverCard | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The parts as they are shown."""
        return self._slices

    @property
    def total(self) -> str:
        """What stands inside the ring, in one line."""
        return f"{self._total} {self._unit}"

    @property
    def picked(self) -> int:
        """The part under the pointer or the keys, or -1."""
        return self._picked

    def show_slices(self, slices: Sequence[Slice], total: str, unit: str) -> None:
        """Show these parts; `total` and `unit` stand inside the ring."""
        if (made := tuple(slices)) == self._slices and (total, unit) == (self._total, self._unit):
            return
        self._slices, self._total, self._unit = made, total, unit
        self._arcs = arcs([part.amount for part in made])
        whole = max(1, sum(part.amount for part in made))
        self._shares = tuple(f"{figures.decimal(100 * part.amount / whole, 1)} %" for part in made)
        told = "; ".join(f"{part.name} {share}, {part.exact}" for part, share in zip(made, self._shares, strict=True))
        self.setAccessibleDescription(f"{total} {unit}: {told}")
        if self._picked >= len(made):
            self._pick(-1)
        elif self._card is not None and self._card.isVisible():
            self._tell(self._card_point())
        self.update()

    @property
    def stacked(self) -> bool:
        """Whether the legend stands below the ring."""
        return self._stacked

    def set_stacked(self, stacked: bool) -> None:
        """Have the legend below the ring, or beside it."""
        if stacked != self._stacked:
            self._stacked = stacked
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        ring = fonts.scaled(SIZE)
        if self._stacked:
            return QSize(fonts.scaled(LEGEND), ring + fonts.scaled(LEGEND_OFF) + MOST_PARTS * fonts.scaled(LINE))
        return QSize(ring + fonts.scaled(LEGEND_OFF) + fonts.scaled(LEGEND), ring)

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(LEAST), self.sizeHint().height())

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        """For the total and for all else, at the present text size."""
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.FIGURE.font()), GlyphCache(fonts.TABLE.font()))
        return self._kit[1:]

    # Where things are.

    def _ring(self) -> QRectF:
        size = min(fonts.scaled(SIZE), self.width())
        if self._stacked:
            legend = min(fonts.scaled(LEGEND), self.width())
            return QRectF(max(0, (legend - size) // 2), 0, size, size)
        return QRectF(0, round((self.height() - size) / 2), size, size)

    def _lines(self) -> list[QRectF]:
        """The lines of the legend."""
        ring, off, line = self._ring(), fonts.scaled(LEGEND_OFF), fonts.scaled(LINE)
        left = 0.0 if self._stacked else ring.right() + off
        width = min(fonts.scaled(LEGEND), self.width() - left)
        top = ring.bottom() + off if self._stacked else round((self.height() - line * len(self._slices)) / 2)
        return [QRectF(left, top + place * line, width, line) for place in range(len(self._slices))]

    def _reach(self) -> tuple[float, float]:
        """From the centre to the inner and to the outer edge of the ring."""
        outer = self._ring().width() / 2
        return outer * (1 - 2 * RING / SIZE), outer

    def slice_at(self, at: QPointF) -> int:
        """The part whose piece of the ring or line of the legend is under a point, or -1."""
        for place, line in enumerate(self._lines()):
            if line.contains(at):
                return place
        off, (inner, outer) = at - self._ring().center(), self._reach()
        if not inner <= hypot(off.x(), off.y()) <= outer:
            return -1
        turned = degrees(atan2(off.x(), -off.y())) % 360 * 16
        inside = (place for place, (begin, span) in enumerate(self._arcs) if begin <= turned < begin + span)
        return next(inside, -1)

    def _middle_of(self, place: int) -> QPoint:
        begin, span = self._arcs[place]
        angle = radians((begin + span / 2) / 16)
        reach = sum(self._reach()) / 2
        return (self._ring().center() + QPointF(reach * sin(angle), -reach * cos(angle))).toPoint()

    # How it is painted.

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch = Theme.of(self.palette()), GlyphBatch()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_ring(painter, theme)
            self._paint_gaps(painter, theme)
            self._add_total(batch, theme)
            for place, line in enumerate(self._lines()):
                self._paint_line(painter, batch, place, line, theme)
            batch.draw(painter)

    def _paint_ring(self, painter: QPainter, theme: Theme) -> None:
        inner, outer = self._reach()
        thick, half = outer - inner, (outer - inner) / 2
        room = self._ring().adjusted(half, half, -half, -half)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not any(span for _, span in self._arcs):
            painter.setPen(QPen(QColor(theme.sunken), thick))
            painter.drawEllipse(room)
        for place, (begin, span) in enumerate(self._arcs):
            colour = QColor(DATA[self._slices[place].colour])
            colour.setAlphaF(DIMMED if self._picked not in (-1, place) else 1.0)
            painter.setPen(QPen(colour, thick, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawArc(room, 90 * 16 - begin, -span)

    def _paint_gaps(self, painter: QPainter, theme: Theme) -> None:
        """Lines of the ground between two parts; a part that is thinner than a gap has none of its own."""
        inner, outer = self._reach()
        seen = [begin for begin, span in self._arcs if span * outer >= GAP * 16 * 57.3]
        if len(seen) < 2:
            return
        centre = self._ring().center()
        painter.setPen(QPen(QColor(theme.surface), GAP, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for begin in seen:
            way = QPointF(sin(radians(begin / 16)), -cos(radians(begin / 16)))
            painter.drawLine(QLineF(centre + way * (inner - 1), centre + way * (outer + 1)))

    def _add_total(self, batch: GlyphBatch, theme: Theme) -> None:
        figure, plain = self._glyphs()
        centre = self._ring().center()
        x = centre.x() - figure.width(self._total) / 2
        batch.add(figure, self._total, round(x), round(centre.y() + fonts.scaled(4)), QColor(theme.text))
        x = centre.x() - plain.width(self._unit) / 2
        batch.add(
            plain, self._unit, round(x), round(centre.y() + fonts.scaled(4) + fonts.scaled(17)), QColor(theme.secondary)
        )

    def _paint_line(self, painter: QPainter, batch: GlyphBatch, place: int, line: QRectF, theme: Theme) -> None:
        _, plain = self._glyphs()
        part, share = self._slices[place], self._shares[place]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DATA[part.colour]))
        middle = line.center().y()
        square, name_off = fonts.scaled(SQUARE), fonts.scaled(NAME_OFF)
        painter.drawRoundedRect(QRectF(line.left(), round(middle - square / 2), square, square), 2, 2)
        baseline = round(middle + (plain.ascent - plain.descent) / 2)
        right = round(line.right() - plain.width(share))
        room = right - BETWEEN - line.left() - name_off
        name = part.name if plain.width(part.name) <= room else f"{part.name[: fitting(plain, part.name, room - 9)]}…"
        quiet = self._picked not in (-1, place)
        ink = QColor(theme.secondary if quiet else theme.text)
        batch.add(plain, name, round(line.left() + name_off), baseline, ink)
        batch.add(plain, share, right, baseline, ink)

    # What the hand does.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pick(self.slice_at(event.position()))
        if self._picked >= 0:
            self._tell(event.position().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        self._pick(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._pick(-1)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._pick(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.slice_at(event.position())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in STEPS and self._slices:
            first = 0 if STEPS[key] > 0 else len(self._slices) - 1
            self._pick((self._picked + STEPS[key]) % len(self._slices) if self._picked >= 0 else first)
            self._tell(self._middle_of(self._picked))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._picked >= 0:
            self.chosen.emit(self._picked)
        else:
            super().keyPressEvent(event)

    def _pick(self, place: int) -> None:
        if place != self._picked:
            self._picked = place
            self.update()
        if place < 0 and self._card is not None:
            self._card.hide()

    def _tell(self, at: QPoint) -> None:
        """Show the card of the part that is picked out."""
        if self._card is None or self._card.parentWidget() is not self.window():
            self._card = HoverCard(self.window())
        part = self._slices[self._picked]
        lines = (f"{part.name} {self._shares[self._picked]}", *filter(None, (part.exact, *part.formula)))
        self._card.show_lines(lines, self.mapTo(self.window(), at))

    def _card_point(self) -> QPoint:
        """Where the card should stay while the figures change."""
        at = self.mapFromGlobal(self.cursor().pos())
        return at if self.slice_at(QPointF(at)) == self._picked else self._middle_of(self._picked)


def room_beside() -> int:
    """The least width with which the legend can stand beside the ring, at the present text size."""
    return sum(fonts.scaled(pixels) for pixels in (SIZE, LEGEND_OFF, LEGEND_LEAST))


def arcs(amounts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Where each part begins and how far it goes, in sixteenths of a degree; together a full turn.

    Sums are rounded, not parts, so nothing is lost between them: arcs([1, 1, 1]) -> ((0, 1920), (1920, 1920), ...).
    Whole numbers throughout, since an amount may be larger than a float holds exactly.
    """
    total, done, ends = sum(amounts), 0, [0]
    for amount in amounts:
        done += amount
        ends.append((2 * done * TURN + total) // (2 * total) if total else 0)
    return tuple((begin, end - begin) for begin, end in pairwise(ends))
