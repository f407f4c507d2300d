"""How does something float over the page? A panel at the top of the window, over a scrim; Escape or a click closes."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.theme import Theme

WIDTH = 640
TOP = 96
SCRIM = 0.22
"""How much of the page the black over it takes away."""
RADIUS = 10


class Overlay(QWidget):
    """Covers `parent` while it is shown, and gives the focus back when it is closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.panel = QWidget(self)
        self.column = QVBoxLayout(self.panel)
        self.column.setContentsMargins(1, 1, 1, 1)
        self.column.setSpacing(0)
        self._before: QWidget | None = None
        self.hide()

    def open(self) -> None:
        """Show it, over everything in the window."""
        self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.focus_target().setFocus(Qt.FocusReason.PopupFocusReason)

    def close_overlay(self) -> None:
        """Take it away."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None

    def focus_target(self) -> QWidget:
        """What takes the keys while it is open."""
        return self

    def panel_height(self, available: int) -> int:
        """How high the panel is, of the `available` pixels."""
        return min(available, self.panel.sizeHint().height())

    def refit(self) -> None:
        """The panel's content has changed its height."""
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._over.installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        self._over.removeEventFilter(self)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return bool(super().eventFilter(watched, event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_overlay()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Tab stays inside: what lies under the scrim is out of reach."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor.fromRgbF(0, 0, 0, SCRIM))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.control), 1))
            painter.setBrush(QColor(theme.raised))
            frame = QRectF(self.panel.geometry())
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)

    def _place(self) -> None:
        within = self._over.rect()
        self.setGeometry(within)
        width = min(WIDTH, within.width() - 48)
        top = min(TOP, within.height() // 8)
        height = self.panel_height(within.height() - top - 24)
        self.panel.setGeometry((within.width() - width) // 2, top, width, height)
        self.update()
