"""Which pages do the tests of the window show? Small ones, made on the spot and counted."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from PySide6.QtCore import QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.commands import Command
from app.main_window import MainWindow
from app.pages import Group, PageSpec
from app.pages.page import Page
from app.session import Session
from app.widgets.buttons import Button


class NotePage(Page):
    """Opens .txt files, and remembers what was asked of it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.opened: list[Path] = []
        self.runs: list[str] = []
        self.line = QLineEdit()
        self.start, self.cancel = Button("Start", kind="primary"), Button("Cancel")
        self.cancel.hide()
        QVBoxLayout(self).addWidget(self.line)

    def header_actions(self) -> list[QWidget]:
        return [self.cancel, self.start]

    def commands(self) -> list[Command]:
        return [Command("Begin the note", lambda: self.runs.append("begin"), "play", "Note", "Ctrl+B")]

    def accepts(self, paths: Sequence[Path]) -> bool:
        return all(path.suffix == ".txt" for path in paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        self.opened += paths


class Sight(QWidget):
    """Notes when and how large it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.paints: list[tuple[bool, QSize]] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        self.paints.append((self.isVisible(), self.size()))


class OtherPage(Page):
    """Opens nothing, and is made in two turns; what it shows is painted ahead."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.sight = Sight()
        QVBoxLayout(self).addWidget(self.sight)

    def painted_ahead(self) -> Sequence[QWidget]:
        return [self.sight]

    @classmethod
    def making(cls, session: Session, parent: QWidget | None = None) -> Generator[None, None, Self]:
        yield
        yield
        return cls(session, parent)


class BrokenPage(Page):
    """Cannot be made."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        raise RuntimeError("no such chart")


@dataclass(frozen=True)
class LocalSpec(PageSpec):
    """A page of this file, counting how often it is made."""

    page_class: type[Page] = Page
    made: list[str] = field(default_factory=list)

    def find(self) -> type[Page]:
        return self.page_class

    def making(self, session: Session, parent: QWidget) -> Generator[None, None, Page]:
        self.made.append(self.key)
        return (yield from super().making(session, parent))


def spec(key: str, page_class: type[Page], group: Group = "Text", shortcut: str = "") -> LocalSpec:
    title = key.capitalize()
    return LocalSpec(key, title, f"What is a {key}?", group, "binary", __name__, "", shortcut, page_class)


def specs() -> tuple[LocalSpec, ...]:
    """Two pages of the rail and one that cannot be made."""
    note_spec = spec("note", NotePage, shortcut="Ctrl+1")
    return note_spec, spec("other", OtherPage, "Model", "Ctrl+2"), spec("broken", BrokenPage, "")


def note(window: MainWindow) -> NotePage:
    """The page "note" of a window that has visited it."""
    page = window.stack.page("note")
    assert isinstance(page, NotePage)
    return page
