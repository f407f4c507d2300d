"""How are a few further actions offered? A menu on the raised colour: icon, words, keys in grey."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from app import fonts
from app.icons import SIZE, paint_icon
from app.theme import Theme


class Menu(QMenu):
    """A QMenu that paints itself; keys, sub-menus and geometry are Qt's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setWindowFlag(Qt.WindowType.NoDropShadowWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)

    def add(self, text: str, run: Callable[[], object], *, icon: str = "", keys: str = "") -> QAction:
        """A line that calls `run`; `keys` are shown, and work while the menu is open."""
        action = self.addAction(text)
        action.setProperty("lucide", icon)
        action.setShortcut(keys)
        action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
            for action in self.actions():
                self._paint_action(painter, theme, action, QRectF(self.actionGeometry(action)))

    def _paint_action(self, painter: QPainter, theme: Theme, action: QAction, area: QRectF) -> None:
        if action.isSeparator():
            painter.fillRect(QRectF(area.left(), area.center().y(), area.width(), 1), QColor(theme.border))
            return
        if action is self.activeAction() and action.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(area, 5, 5)
        icon = "check" if action.isChecked() else action.property("lucide")
        if icon:
            at = QPointF(area.left() + 8, area.center().y() - SIZE / 2)
            paint_icon(painter, at, icon, theme.text if action.isEnabled() else theme.disabled)
        painter.setPen(QColor(theme.text if action.isEnabled() else theme.disabled))
        painter.setFont(fonts.BODY.font())
        painter.drawText(area.adjusted(30, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, action.text())
        painter.setPen(QColor(theme.secondary))
        painter.setFont(fonts.AXIS.font())
        keys = action.shortcut().toString()
        painter.drawText(area.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, keys)
