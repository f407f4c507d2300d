"""Where does the keyboard act? A ring of 2 pixels, 1 pixel off the control that has the focus.

It is drawn over the window, since a control cannot paint outside itself, and only where the focus was moved by
keys: a click shows what it hit. Text inputs and the slider draw their own.
"""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QWidget

from app.theme import Theme

GAP = 1
WIDTH = 2
RADIUS = 8
FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ZOrderChange)


class FocusRing(QWidget):
    """The ring around one widget at a time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around: QWidget | None = None
        self._watched: list[QWidget] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def around(self) -> QWidget | None:
        """The widget that is marked, if any."""
        return self._around

    def follow_focus(self, application: QApplication) -> None:
        """Mark whichever button of this window gets the focus by a key."""
        application.focusChanged.connect(self._focus_changed)

    def mark(self, widget: QWidget | None) -> None:
        """Draw the ring around `widget`, inside the scroll area that clips it; None takes it away."""
        for watched in self._watched:
            watched.removeEventFilter(self)
        self._watched = []
        self._around = widget
        if widget is None:
            self.hide()
            return
        self._watch(widget)
        self._place()

    def _watch(self, widget: QWidget) -> None:
        host: QWidget | None = widget
        while host is not None and not _clips(host):
            self._watched.append(host)
            host.installEventFilter(self)
            host = host.parentWidget()
        if host is not None and self.parentWidget() is not host:
            self.setParent(host)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in FOLLOWED:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(Theme.of(self.palette()).accent), WIDTH))
            half = WIDTH / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), RADIUS, RADIUS)

    def _place(self) -> None:
        widget, host = self._around, self.parentWidget()
        if widget is None or host is None or not widget.isVisibleTo(host):
            self.hide()
            return
        out = GAP + WIDTH
        corner = widget.mapTo(host, widget.rect().topLeft())
        self.setGeometry(corner.x() - out, corner.y() - out, widget.width() + 2 * out, widget.height() + 2 * out)
        self.show()
        self.raise_()

    def _focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        by_mouse = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        mine = isinstance(now, QAbstractButton) and now.window() is self.window() and not by_mouse
        self.mark(now if mine else None)


def _clips(widget: QWidget) -> bool:
    """Whether `widget` is a window or what a scroll area scrolls: the ring may not leave it."""
    if widget.isWindow():
        return True
    viewport = widget.parentWidget()
    area = viewport.parentWidget() if viewport is not None else None
    return isinstance(area, QAbstractScrollArea) and area.viewport() is viewport
