"""Which page is shown, and when is it made? Pages are imported on their first visit and kept from then on.

Where a window is too small for a page, as with large text, the page scrolls below the header rather than squeeze.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMargins, Qt, Signal
from PySide6.QtGui import QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from app.pages import PageSpec
from app.pages.page import Page
from app.session import Session
from app.widgets.header import action_bar


class Frame(QScrollArea):
    """What a page is seen through: as large as the frame, or as the least that it needs.

    Qt's own `widgetResizable` would give a page with wrapped words the height that it prefers, not the least.
    """

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.setWidget(page)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the page's parts need more or less than before
            self._fit()
        return super().viewportEvent(event)

    def _fit(self) -> None:
        """A scroll bar takes room away, which may bring the other one."""
        least, room = self.page.minimumSizeHint(), self.maximumViewportSize()
        thick = self.verticalScrollBar().sizeHint().width()
        across = least.width() > room.width()
        down = least.height() > room.height() - thick * across
        across = least.width() > room.width() - thick * down
        self.page.resize(room.shrunkBy(QMargins(0, 0, thick * down, thick * across)).expandedTo(least))


class PageStack(QStackedWidget):
    """The pages below the header. An error while a page is made goes to whoever asked for it."""

    painted = Signal()
    """The space for pages is on the screen, with no page over it."""

    def __init__(self, specs: Sequence[PageSpec], session: Session) -> None:
        super().__init__()
        self.specs = {spec.key: spec for spec in specs}
        self._session = session
        self._frames: dict[str, Frame] = {}
        self._bars: dict[str, QWidget] = {}
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def visit(self, key: str) -> Page:
        """Show the page `key`, making it first if it is new."""
        if key not in self._frames:
            self._make(self.specs[key])
        frame = self._frames[key]
        self.setCurrentWidget(frame)
        return frame.page

    def page(self, key: str) -> Page | None:
        """The page `key`, if it was visited."""
        frame = self._frames.get(key)
        return frame.page if frame is not None else None

    @property
    def shown(self) -> Page | None:
        """The page that is shown; none before the first."""
        frame = self.currentWidget()
        return frame.page if isinstance(frame, Frame) else None

    @property
    def pages(self) -> list[Page]:
        """Every page visited."""
        return [frame.page for frame in self._frames.values()]

    def actions_of(self, key: str) -> QWidget:
        """The header's actions for a page that was visited."""
        return self._bars[key]

    def accepting(self, paths: Sequence[Path], first: str) -> str | None:
        """The key of a page that can open `paths`: `first` if it can, else any that was visited."""
        visited = [key for key in (first, *self._frames) if key in self._frames]
        return next((key for key in visited if self._frames[key].page.accepts(paths)), None)

    def _make(self, spec: PageSpec) -> None:
        page = spec.load(self._session)
        page.busy.connect(lambda working: self._session.set_busy(spec.key, working))
        self._frames[spec.key] = Frame(page)
        self._bars[spec.key] = action_bar(page.header_actions())
        self.addWidget(self._frames[spec.key])
