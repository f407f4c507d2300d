"""What was said before, and how does one come back to it? A list of all prompts, in which one types to find one."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import text_of
from app.widgets.command_palette import CommandPalette
from app.widgets.dialogs import RemoveQuestion
from lmcore import figures

TITLE, FOUND_IN = 200, 300
"""Characters of a prompt that are listed, and tokens of what was said in which one is found."""
HINT: Final = "A prompt, a model, or what it said"


class Earlier(QObject):
    """Lists the conversations of `every`, the one that began last first; `shown` is the one on the screen."""

    asked = Signal(Conversation)
    """A conversation is wanted on the screen."""
    asks = Signal()
    """A question about what is on the screen is open: nothing else is to come there by itself."""
    removal_asked = Signal(Conversation)
    """All that was said in a conversation is to go."""

    def __init__(
        self, page: QWidget, every: Callable[[], Sequence[Conversation]], shown: Callable[[], Conversation | None]
    ) -> None:
        super().__init__(page)
        self._page, self._every, self._shown = page, every, shown
        self._list: CommandPalette | None = None

    @property
    def anything(self) -> bool:
        """Whether anything was said."""
        return any(one.tree for one in self._every())

    def offer(self) -> None:
        """Open the list over the window."""
        if not self.anything:
            return
        if self._list is None:
            self._list = CommandPalette(self._page.window(), "Prompt", HINT, "show")
        shown = self._shown()
        sections = [("Prompts", self.rows())]
        if shown is not None and shown.tree:
            words = f"Remove {_all_of(shown)} …"
            sections.append(("Removals", [Command(words, partial(self._ask_to_remove, shown), "trash-2")]))
        self._list.open_with(sections)

    def _ask_to_remove(self, shown: Conversation) -> None:
        number = len(shown.tree)
        branches = "One branch goes" if number == 1 else f"{figures.count(number)} branches go"
        question = RemoveQuestion(self._page.window(), _all_of(shown), f"{branches}, from here and from the disk.")
        question.accepted.connect(partial(self.removal_asked.emit, shown))
        question.finished.connect(question.deleteLater)
        self.asks.emit()
        question.open()

    def rows(self) -> list[Command]:
        """A row a conversation in which something was said."""
        return [self._row(one) for one in reversed(self._every()) if one.tree]

    def _row(self, one: Conversation) -> Command:
        number = len(one.tree)
        branches = f", {figures.count(number)} branches" if number > 1 else ""
        tokens = f"{figures.count(len(one.said))} {'token' if len(one.said) == 1 else 'tokens'}"
        icon = "check" if one is self._shown() else "message-square-text"
        said = text_of(one.said[:FOUND_IN])
        beside = ", ".join(filter(None, (one.by, tokens))) + branches
        return Command(_quoted(one.prompt), partial(self.asked.emit, one), icon, beside, words=f"{one.prompt} {said}")


def _all_of(one: Conversation) -> str:
    """What goes with a conversation, in words."""
    return f"all that was said of {_quoted(one.prompt)} by {one.by or 'this model'}"


def _quoted(prompt: str) -> str:
    """A prompt in one line."""
    line = " ".join(prompt[:TITLE].split())
    return f"“{line}”" if line else "No prompt"
