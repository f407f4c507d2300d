"""Which page is shown, and when is it made? Pages are imported on their first visit and kept from then on.

A page that is waited for is imported (`importing`) and made in turns of the event loop, and nothing of it is seen
before it is whole (`prepare`); whoever needs it at once has it made at once (`visit`), by the same generator.

Where a window is too small for a page, as with large text, the page scrolls below the header rather than squeeze.
"""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from PySide6.QtCore import QEvent, QMargins, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget
from shiboken6 import isValid

from app.importing import importing, needed
from app.jobs import Job
from app.pages import PageSpec
from app.pages.page import Page
from app.session import Session
from app.widgets.header import action_bar
from app.widgets.late_painting import LatePainting
from lmcore.generators import result_of

POLISHING: Final = 0.008
"""Seconds a turn in which widgets have their styles computed."""


class Frame(QScrollArea):
    """What a page is seen through: as large as the frame, or as the least that it needs.

    Qt's own `widgetResizable` would give a page with wrapped words the height that it prefers, not the least.
    """

    def __init__(self) -> None:
        super().__init__()
        self.page: Page | None = None
        self._painting = LatePainting(self)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    def show_page(self, page: Page) -> None:
        """Be what this page, which was made in the viewport, is seen through."""
        self.page = page
        self.setWidget(page)

    def paint_later(self) -> None:
        """Paint the page in the turn behind the one in which it is laid out."""
        self._painting.begin()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the page's parts need more or less than before
            self._fit()
        return super().viewportEvent(event)

    def _fit(self) -> None:
        """A scroll bar takes room away, which may bring the other one."""
        if self.page is None:
            return
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
    prepared = Signal(str)
    """The page with this key, which was waited for, can be shown."""
    not_prepared = Signal(str, object)
    """The page with this key cannot be made: the exception."""

    def __init__(self, specs: Sequence[PageSpec], session: Session) -> None:
        super().__init__()
        self.specs = {spec.key: spec for spec in specs}
        self._session = session
        self._pages: dict[str, Page] = {}
        self._frames: dict[str, Frame] = {}
        self._bars: dict[str, QWidget] = {}
        self._making: dict[str, Generator[None, None, None]] = {}
        self._waiting: dict[str, Generator[None, None, None]] = {}
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._go_on)
        self._nothing = QWidget()
        self.addWidget(self._nothing)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def visit(self, key: str) -> Page:
        """Show the page `key`, making it at once if it is new."""
        if key not in self._pages:
            result_of(self._making.pop(key) if key in self._making else self._made(self.specs[key]))
        if self.currentWidget() is self._nothing:  # over another page there would be a gap between the two
            self._frames[key].paint_later()
        self.setCurrentWidget(self._frames[key])
        return self._pages[key]

    def prepare(self, key: str) -> None:
        """Make the page `key`, which is new, while the window goes on; `prepared` or `not_prepared` follows."""
        if key in self._making:
            return
        spec = self.specs[key]
        self._making[key] = self._made(spec)
        job = Job(partial(needed, spec.module))
        job.finished.connect(partial(self._begin, key))
        job.failed.connect(partial(self._give_up, key))
        self._session.jobs.start(job)

    def clear(self) -> None:
        """Show no page."""
        self.setCurrentWidget(self._nothing)

    def stop(self) -> None:
        """The window closes: make no more pages."""
        self._turn.stop()
        self._waiting.clear()
        while self._making:
            self._making.popitem()[1].close()

    def page(self, key: str) -> Page | None:
        """The page `key`, if it was visited."""
        return self._pages.get(key)

    @property
    def shown(self) -> Page | None:
        """The page that is shown; none before the first."""
        frame = self.currentWidget()
        return frame.page if isinstance(frame, Frame) else None

    @property
    def pages(self) -> list[Page]:
        """Every page visited."""
        return list(self._pages.values())

    def actions_of(self, key: str) -> QWidget:
        """The header's actions for a page that was visited."""
        return self._bars[key]

    def accepting(self, paths: Sequence[Path], first: str) -> str | None:
        """The key of a page that can open `paths`: `first` if it can, else any that was visited."""
        visited = [key for key in (first, *self._pages) if key in self._pages]
        return next((key for key in visited if self._pages[key].accepts(paths)), None)

    def _begin(self, key: str, modules: list[str]) -> None:
        self._waiting[key] = self._whole(key, modules)
        self._turn.start()

    def _whole(self, key: str, modules: list[str]) -> Generator[None, None, None]:
        """Import a page and make it, unless someone needed it at once meanwhile."""
        yield from importing(modules)
        while key in self._making:
            try:
                next(self._making[key])
            except StopIteration:
                del self._making[key]
            yield

    def _go_on(self) -> None:
        """A piece of the page that is waited for longest."""
        key = next(iter(self._waiting))
        try:
            next(self._waiting[key])
        except StopIteration:
            del self._waiting[key]
            self.prepared.emit(key)
        except Exception as error:  # told to whoever waits
            del self._waiting[key]
            self._give_up(key, error)
        if self._waiting:
            self._turn.start()

    def _give_up(self, key: str, error: BaseException) -> None:
        if self._making.pop(key, None) is not None:
            self.not_prepared.emit(key, error)

    def _made(self, spec: PageSpec) -> Generator[None, None, None]:
        """A page behind its frame, with its actions."""
        frame = Frame()
        self.addWidget(frame)
        page: Page | None = None
        try:
            page = yield from spec.making(self._session, frame.viewport())
            page.busy.connect(lambda working: self._session.set_busy(spec.key, working))
            yield
            frame.show_page(page)
            yield
            yield from _polished(page)
            bar = action_bar(page.header_actions())
            yield
            yield from self._painted_ahead(frame, page)
        except BaseException:
            if page is not None:
                page.close_jobs()
            self.removeWidget(frame)
            frame.deleteLater()
            raise
        self._pages[spec.key], self._frames[spec.key], self._bars[spec.key] = page, frame, bar

    def _painted_ahead(self, frame: Frame, page: Page) -> Generator[None, None, None]:
        """Lay a page out as it will be seen, and paint what takes long."""
        frame.resize(self.size())
        page.grab(QRect(0, 0, 1, 1))  # paints next to nothing, but lays out all
        yield
        for part in page.painted_ahead():
            part.grab()
            yield


def _polished(page: Page) -> Generator[None, None, None]:
    """Give a page's parts their styles before it is shown: Qt would lay them out first, and with these once more."""
    began = perf_counter()
    for widget in page.findChildren(QWidget):
        if isValid(widget):  # what is told to the page meanwhile may take parts of it away
            widget.ensurePolished()
        if perf_counter() - began > POLISHING:
            yield
            began = perf_counter()
