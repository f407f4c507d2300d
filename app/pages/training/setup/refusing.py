"""What cannot be so? It is said above the inputs until something is set that can be."""

from math import inf
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject

from app.widgets.messages import Messages

AT_ONCE: Final = 1.0
"""Seconds after a refusal in which nothing is started: the click was made before it could be read."""


class Refusing(QObject):
    """Says a refusal in place of all else."""

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._messages = messages
        self._is_said, self._input_at = False, -inf

    @property
    def is_fresh(self) -> bool:
        """Whether an input was refused only just now."""
        return monotonic() - self._input_at < AT_ONCE

    def refuse(self, sentence: str) -> None:
        """Something cannot be done."""
        self._messages.clear()
        self._messages.tell("error", sentence)
        self._is_said = True

    def refuse_input(self, _key: str, sentence: str) -> None:
        """What was typed cannot be: the click that ended the typing does not start what was not meant."""
        self.refuse(sentence)
        self._input_at = monotonic()

    def forget(self) -> None:
        """Something was set that can be: what was refused before is not to be said any more."""
        if self._is_said:
            self._is_said = False
            self._messages.clear()

    def keep(self) -> None:
        """What is said now stays, whatever is set."""
        self._is_said = False
