"""Which page is shown, and when is it made? Pages are imported on their first visit and kept from then on."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.pages import PageSpec
from app.pages.page import Page
from app.session import Session
from app.widgets.header import action_bar


class PageStack(QStackedWidget):
    """The pages below the header. An error while a page is made goes to whoever asked for it."""

    painted = Signal()
    """The space for pages is on the screen, with no page over it."""

    def __init__(self, specs: Sequence[PageSpec], session: Session) -> None:
        super().__init__()
        self.specs = {spec.key: spec for spec in specs}
        self._session = session
        self._pages: dict[str, Page] = {}
        self._bars: dict[str, QWidget] = {}
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def visit(self, key: str) -> Page:
        """Show the page `key`, making it first if it is new."""
        if key not in self._pages:
            self._make(self.specs[key])
        page = self._pages[key]
        self.setCurrentWidget(page)
        return page

    def page(self, key: str) -> Page | None:
        """The page `key`, if it was visited."""
        return self._pages.get(key)

    @property
    def pages(self) -> list[Page]:
        """Every page visited."""
        return list(self._pages.values())

    def actions_of(self, key: str) -> QWidget:
        """The header's actions for a page that was visited."""
        return self._bars[key]

    def accepting(self, paths: Sequence[Path], first: str) -> str | None:
        """The key of a page that can open `paths`: `first` if it can, else any that was visited."""
        keys = [first, *(key for key in self._pages if key != first)]
        return next((key for key in keys if key in self._pages and self._pages[key].accepts(paths)), None)

    def _make(self, spec: PageSpec) -> None:
        page = spec.load(self._session)
        page.busy.connect(lambda working: self._session.set_busy(spec.key, working))
        self._pages[spec.key] = page
        self._bars[spec.key] = action_bar(page.header_actions())
        self.addWidget(page)
