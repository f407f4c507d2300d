"""How is a list narrowed by words? A line with a magnifier, its shortcut, and a cross that empties it."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from app import fonts
from app.icons import SIZE, paint_icon
from app.theme import Theme
from app.widgets.labels import paint_key_cap

LEFT = 30
CROSS = 14


class FilterField(QLineEdit):
    """A line edit that filters; Escape empties it. `keys` is the chord that leads here, shown while it is empty."""

    def __init__(self, name: str, hint: str = "", keys: str = "") -> None:
        super().__init__()
        self._keys = keys
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)
        self.setAcceptDrops(False)
        self.setTextMargins(LEFT - 8, 0, SIZE + 4, 0)
        self.setMouseTracking(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = bool(self.text()) and self._cross().contains(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if over else Qt.CursorShape.IBeamCursor)
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.text() and self._cross().contains(event.position()):
            self.clear()
            return
        super().mousePressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = Theme.of(self.palette())
        middle = (self.height() - SIZE) / 2
        with QPainter(self) as painter:
            paint_icon(painter, QPointF(9, middle), "search", theme.secondary)
            if self.text():
                paint_icon(painter, self._cross().topLeft(), "x", theme.secondary, CROSS)
            elif self._keys and not self._cap().isNull():
                paint_key_cap(painter, self._cap(), self._keys, theme)

    def _cap(self) -> QRectF:
        """Where the chord is shown: nowhere if it would stand on the hint."""
        metrics = QFontMetricsF(self.font())
        width, height = metrics.horizontalAdvance(self._keys) + 6, fonts.scaled(18)
        left = self.width() - width - 6
        if left < LEFT + metrics.horizontalAdvance(self.placeholderText()):
            return QRectF()
        return QRectF(left, (self.height() - height) / 2, width, height)

    def _cross(self) -> QRectF:
        return QRectF(self.width() - CROSS - 8, (self.height() - CROSS) / 2, CROSS, CROSS)
