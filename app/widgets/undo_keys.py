"""Whose is Ctrl+Z in a field? The page's, whose undo stack is the only one; but first it takes back what is typed.

Qt's line edits have an undo stack of their own, which would swallow the keys and step through letters and old values.
"""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence

REDO: Final = QKeySequence("Ctrl+Y")


def is_undo(event: QEvent) -> bool:
    """Whether keys ask to undo."""
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)


def is_left_to_page(event: QEvent, typed: Callable[[], bool]) -> bool:
    """Whether the page's shortcut is to have the keys of `event`; `typed`: does the field hold what is not taken over?

    It is asked at every event of a field, and asks `typed` only where keys are meant.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    redo = event.matches(QKeySequence.StandardKey.Redo) or QKeySequence(event.keyCombination()) == REDO
    return redo or (is_undo(event) and not typed())
