"""Where do the settings come from? From a file, or from a run whose duplicate they are until others are taken."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.pages.training.setup.chosen import Chosen, changes_since
from app.pages.training.setup.state import SetupState
from app.widgets.messages import Messages
from lmcore.errors import LmError


class Origin(QObject):
    """Takes settings into the state; what is wrong with them is said."""

    left = Signal()
    """What is set up is not made of another run any more."""

    def __init__(self, state: SetupState, messages: Messages) -> None:
        super().__init__(messages)
        self._state, self._messages = state, messages
        self._run: tuple[str, Chosen] | None = None

    @property
    def name(self) -> str:
        """The run whose duplicate is set up; "" for a new one."""
        return self._run[0] if self._run else ""

    @property
    def changes(self) -> str:
        """What is other than in that run."""
        return changes_since(*self._run, self._state.now) if self._run else ""

    def take(self, tables: Mapping[str, Any], folder: Path | None = None) -> None:
        """Have the settings of a file in `folder`."""
        self._messages.clear()
        try:
            self._state.take(tables, folder)
        except LmError as error:
            self._messages.tell("error", str(error))
        else:
            self.leave()

    def duplicate(self, tables: Mapping[str, Any], name: str) -> None:
        """Have the settings of the run of this name, to be changed; those that were here can be had back."""
        before = self._state.now
        self._messages.clear()
        try:
            self._state.take(tables, None, named=False)
        except LmError as error:
            self._messages.tell("error", str(error))
            return
        self._run = (name, self._state.now)
        back = ("Back to what was set up before", partial(self._restore, before))
        self._messages.tell("info", f"These are the settings of {name}, to be changed.", [back])

    def forget(self) -> None:
        """What is set up is no duplicate of a run."""
        self._run = None
        self._state.tell_again()

    def leave(self) -> None:
        """The same, and it is told."""
        self.forget()
        self.left.emit()

    def _restore(self, chosen: Chosen) -> None:
        self._messages.clear()
        self._state.put(chosen)
        self.leave()
