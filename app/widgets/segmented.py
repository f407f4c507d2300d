"""How is one of a few choices made? Segments side by side; the chosen one is a surface with an accent line below."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from app import fonts
from app.theme import Theme


class Segmented(QAbstractButton):
    """One of `choices`, 26 high. Left and right choose; with `fill` it is as wide as its place, in equal parts."""

    chosen = Signal(int)
    """The place of the segment that the user chose."""

    def __init__(self, choices: Sequence[str], name: str, *, fill: bool = False) -> None:
        super().__init__()
        self._choices = tuple(choices)
        self._current = 0
        self._under = -1
        self._fill = fill
        self._name = name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        horizontal = QSizePolicy.Policy.Expanding if fill else QSizePolicy.Policy.Fixed
        self.setSizePolicy(horizontal, QSizePolicy.Policy.Fixed)
        self._describe()

    @property
    def current(self) -> int:
        """The place of the chosen segment."""
        return self._current

    def set_current(self, place: int) -> None:
        """Choose without telling."""
        if not 0 <= place < len(self._choices):
            raise IndexError(f"{self._name} has {len(self._choices)} choices; there is no number {place}")
        if place != self._current:
            self._current = place
            self._describe()
            self.update()

    def rename(self, place: int, text: str) -> None:
        """Call a segment otherwise."""
        if self._choices[place] != text:
            self._choices = (*self._choices[:place], text, *self._choices[place + 1 :])
            self._describe()
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(self._natural_widths()) + 1, fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._choose(min(len(self._choices) - 1, max(0, self._current + step)))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        inside = QPainterPath()
        inside.addRoundedRect(whole, 6, 6)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipPath(inside)
            painter.fillRect(self.rect(), QColor(theme.sunken))
            for place, area in enumerate(self._areas()):
                self._paint_segment(painter, theme, place, area)
            painter.setClipping(False)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(inside)
            self._paint_line(painter, theme)

    def _paint_segment(self, painter: QPainter, theme: Theme, place: int, area: QRectF) -> None:
        chosen = place == self._current
        if chosen:
            painter.fillRect(area, QColor(theme.surface))
        elif place == self._under and self.isEnabled():
            painter.fillRect(area, QColor(theme.hover))
        if place:
            painter.fillRect(QRectF(area.left(), 0, 1, area.height()), QColor(theme.border))
        painter.setPen(QColor(self._text_colour(theme, chosen)))
        painter.setFont(_font(chosen))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._choices[place])

    def _text_colour(self, theme: Theme, chosen: bool) -> str:
        if self.isEnabled():
            return theme.text if chosen else theme.secondary
        return theme.secondary if chosen else theme.disabled

    def _paint_line(self, painter: QPainter, theme: Theme) -> None:
        if not self.isEnabled():
            return
        area = self._areas()[self._current]
        left = area.left() + (3 if self._current == 0 else 0)
        right = area.right() - (3 if self._current == len(self._choices) - 1 else 0)
        painter.fillRect(QRectF(left, self.height() - 2, right - left, 2), QColor(theme.accent))

    def _natural_widths(self) -> list[int]:
        metrics = QFontMetrics(_font(True))
        return [metrics.horizontalAdvance(text) + 20 for text in self._choices]

    def _areas(self) -> list[QRectF]:
        widths: list[float] = [float(width) for width in self._natural_widths()]
        if self._fill:
            widths = [self.width() / len(self._choices)] * len(self._choices)
        lefts = [sum(widths[:place]) for place in range(len(widths))]
        return [QRectF(round(left), 0, round(width), self.height()) for left, width in zip(lefts, widths, strict=True)]

    def _at(self, point: QPointF) -> int:
        return next((place for place, area in enumerate(self._areas()) if area.contains(point)), -1)

    def _hover(self, place: int) -> None:
        if place != self._under:
            self._under = place
            self.update()

    def _choose(self, place: int) -> None:
        if place >= 0 and place != self._current:
            self.set_current(place)
            self.chosen.emit(place)

    def _describe(self) -> None:
        self.setAccessibleName(f"{self._name}: {self._choices[self._current]}")


def _font(chosen: bool) -> QFont:
    made = fonts.CAPTION.font()
    if chosen:
        made.setWeight(QFont.Weight.Medium)
    return made
