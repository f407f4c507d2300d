"""Where are a page's inputs? A column on the window colour, in sections that hairlines divide; it scrolls."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app import fonts
from app.widgets.icon_label import IconLabel
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.window_size import SMALL_WIDTH

PADDING = 20
NARROW, USUAL, WIDE = 256, 272, 304


def inspector_width(window_width: int) -> int:
    """How wide the inspector is in a window so wide: 256 below 1,360 pixels, 304 from 1,680."""
    if window_width < SMALL_WIDTH:
        return NARROW
    return WIDE if window_width >= 1680 else USUAL


class Section(QVBoxLayout):
    """A titled part of the inspector; `caption` is what the title says in grey, `lock` shows while a job runs."""

    def __init__(self, title: str, caption: str = "") -> None:
        super().__init__()
        self.setSpacing(8)
        self._caption = ElidedLabel(caption, "caption")
        self._lock = QWidget()
        self._lock.hide()
        locked = QHBoxLayout(self._lock)
        locked.setContentsMargins(0, 0, 0, 0)
        locked.setSpacing(8)
        locked.addWidget(IconLabel("lock"))
        locked.addWidget(label("while it runs", "caption"))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label(title, "section"))
        head.addWidget(self._caption, 1)
        head.addWidget(self._lock)
        self.addLayout(head)

    def set_caption(self, caption: str) -> None:
        """Change the words beside the title."""
        self._caption.set_text(caption)

    def set_locked(self, locked: bool) -> None:
        """Show or hide "while it runs"."""
        self._lock.setVisible(locked)

    def add_field(self, name: str, field: QWidget | QBoxLayout) -> QLabel:
        """A named input on two lines: the name, which is its buddy, and the input beneath."""
        named = label(name, buddy=field if isinstance(field, QWidget) else None)
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(named)
        if isinstance(field, QWidget):
            column.addWidget(field)
        else:
            column.addLayout(field)
        self.addLayout(column)
        return named

    def add_figure(self, name: str) -> QLabel:
        """A line of a name and a figure at the right; gives the figure's label."""
        figure = label("", "table")
        line = QHBoxLayout()
        line.addWidget(label(name, "table"), 1)
        line.addWidget(figure)
        self.addLayout(line)
        return figure


class Inspector(QScrollArea):
    """A column at the side of a page, as wide as the window's size asks for: `width` says how wide that is.

    `edge_in_small` is left free beside its parts in a small window.
    """

    def __init__(
        self,
        width: Callable[[int], int] = inspector_width,
        *,
        edge_in_small: int = PADDING,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._edge_in_small = edge_in_small
        self._width = width
        self._content = QWidget(self.viewport())
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(PADDING, 16, PADDING, 16)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._sections = 0
        self._watched: QWidget | None = None
        self.setWidget(self._content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setFixedWidth(USUAL)
        self.verticalScrollBar().rangeChanged.connect(lambda *_: self._fit_edges())
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._show_focused)

    def section(self, title: str, caption: str = "") -> Section:
        """A new section beneath the others, for inputs to be added to."""
        made = Section(title, caption)
        if self._sections:
            self._column.insertSpacing(self._column.count() - 1, 14)
            self._column.insertWidget(self._column.count() - 1, Hairline())
            self._column.insertSpacing(self._column.count() - 1, 14)
        self._column.insertLayout(self._column.count() - 1, made)
        self._sections += 1
        return made

    def _show_focused(self, _before: QWidget | None, now: QWidget | None) -> None:
        """What gets the focus is on the screen; Qt sees to that only where it was in here before."""
        if now is not None and self.isVisible() and self._content.isAncestorOf(now):
            self.ensureWidgetVisible(now)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._watched is not self.window():
            if self._watched is not None:
                self._watched.removeEventFilter(self)
            self._watched = self.window()
            self._watched.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._watched and event.type() == QEvent.Type.Resize:
            self._fit()
        return bool(super().eventFilter(watched, event))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self._watched is not None:
            self._fit()  # a part needs more or less room than before, as with larger text
        return super().viewportEvent(event)

    def _fit(self) -> None:
        """As wide as drawn, grown with the text, at most a third of the window; but all of its parts are seen."""
        window = self.window().width()
        edge = self._fit_edges()
        margins = self._column.contentsMargins()
        parts = self._content.minimumSizeHint().width() - margins.left() - margins.right()
        least = parts + edge + max(edge, self.verticalScrollBar().sizeHint().width())
        self.setFixedWidth(max(least, min(fonts.scaled(self._width(window)), max(NARROW, window // 3))))

    def _fit_edges(self) -> int:
        """The pixels left free beside the parts. The scroll bar takes its width from them and not from the parts: words
        that wrapped because of it would be what it is needed for.
        """
        bar = self.verticalScrollBar()
        edge = self._edge_in_small if self.window().width() < SMALL_WIDTH else PADDING
        right = max(0, edge - bar.sizeHint().width()) if bar.maximum() else edge
        margins = self._column.contentsMargins()
        if (margins.left(), margins.right()) != (edge, right):
            self._column.setContentsMargins(edge, 16, right, 16)
        return edge
