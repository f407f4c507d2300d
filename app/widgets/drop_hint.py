"""May this be dropped here? A frame and one line over the window while files are dragged across it."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import fonts
from app.theme import Theme


class DropHint(QWidget):
    """Says what would happen to the files; covers its parent without taking the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._text = ""
        self._welcome = True
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_text(self, text: str, *, welcome: bool) -> None:
        """Show `text`, in the accent if the files are welcome, else in grey."""
        self._text, self._welcome = text, welcome
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        colour = QColor(theme.accent if self._welcome else theme.control)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colour, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(6, 6, -6, -6), 8, 8)
            painter.setFont(fonts.SECTION.font())
            width = painter.fontMetrics().horizontalAdvance(self._text) + 48
            area = QRectF((self.width() - width) / 2, self.height() - 110, width, 44)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(area, 8, 8)
            painter.setPen(QColor(theme.text))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._text)
