"""What is a page to the window? Its actions, its commands, what may be dropped on it, and whether it works."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final, Self

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.session import Session

PAINTED: Final = 33
"""Milliseconds in which a page's first picture is painted. What it begins at its first show waits for so long: a timer
of 0 comes before the picture, and makes its user wait for both.
"""


class Page(QWidget):
    """One page about one question. Each has the same parts in order: `__init__`, `_build`, `_connect`, slots; one of
    many parts has `_filling` make and connect them.

    Its title and question are in the catalogue, so that they can be shown before the page is imported.
    """

    busy = Signal(bool)
    """Whether the page works; the rail shows a dot."""
    problem = Signal(str)
    """A sentence about something that went wrong and has no better place on the page."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @classmethod
    def making(cls, session: Session, parent: QWidget | None = None) -> Generator[None, None, Self]:
        """The page, made with a stop wherever the window may have its turn; one of many parts is whole only then.

        It is made where it will be seen, in `parent`: a tree of widgets that is moved to another parent has all of its
        styles computed anew. `__init__` makes what does not take long, `_filling` all else.
        """
        yield
        page = cls(session, parent)
        yield
        yield from page._filling()
        return page

    def _filling(self) -> Generator[None, None, None]:
        """Make the parts of a page that has many, where they will be seen and with a stop between any two, and connect
        them.
        """
        yield from ()

    def header_actions(self) -> list[QWidget]:
        """The widgets at the right of the page header, at most one of them primary."""
        return []

    def commands(self) -> list[Command]:
        """What the palette offers and which keys work while this page is shown."""
        return []

    def painted_ahead(self) -> Sequence[QWidget]:
        """What is painted unseen before the page is shown, one a turn of the window, where that takes long the first
        time only: letters are shaped and icons drawn then.
        """
        return ()

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Whether `open_paths` can do something with all of `paths`; asked while they are dragged, so cheap."""
        return False

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open what was dropped on the window or named at its start."""

    def close_jobs(self) -> None:
        """The window closes: cancel what runs. The window waits for the threads itself."""

    @property
    def unsaved(self) -> str:
        """What would be lost if the window closed now, in a sentence; nothing if all is saved."""
        return ""

    def save_unsaved(self, then: Callable[[], object]) -> None:
        """Save what is not, asking where; `then` is called once that is done, and not if it comes to nothing."""
        then()

    @property
    def running(self) -> str:
        """What goes on without the window, in a sentence; nothing if there is no such thing."""
        return ""

    def stop_running(self) -> None:
        """The window closes: ask what goes on without it to end, keeping what it has; nobody waits for that."""

    def leave_running(self) -> None:
        """The window closes: what goes on without it is left to; hand over what is still on the way to that."""

    def fill_sample(self) -> None:
        """Show the page with sample data, as `capture` draws it."""

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """Further states that `capture` draws after the sample: the end of the file's name, and what leads there."""
        return ()

    def settled(self) -> bool:
        """Whether what `fill_sample` began has come to rest."""
        return True
