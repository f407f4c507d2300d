"""Which edits of a text can be taken back? Changes in bytes on a stack; the letters of a word that is typed are one.

Qt's own stack undoes an edit of 10 MB in one go, which takes more than half a second; of these the box can do as much
in a turn as it likes.
"""

from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 64 << 20
"""Beyond which the oldest changes are forgotten."""
_CHARACTER: Final = 4  # bytes of the longest


@dataclass(frozen=True)
class Change:
    """At `position` the bytes `removed` gave way to `inserted`."""

    position: int
    removed: bytes
    inserted: bytes

    @property
    def inverse(self) -> "Change":
        """What takes it back."""
        return Change(self.position, self.inserted, self.removed)

    @property
    def size(self) -> int:
        """Bytes that it keeps."""
        return len(self.removed) + len(self.inserted)

    @property
    def is_a_key(self) -> bool:
        """Whether a key can have done it: no more than one character is concerned."""
        return self.size <= _CHARACTER

    def joined(self, later: "Change") -> "Change | None":
        """Both as one, where the later one goes on with a word that is being typed or deleted by this one."""
        if not self.removed and not later.removed:
            goes_on = later.position == self.position + len(self.inserted) and _goes_on(self.inserted, later.inserted)
            return Change(self.position, b"", self.inserted + later.inserted) if goes_on else None
        if self.inserted or later.inserted or len(later.removed) > _CHARACTER:
            return None
        if later.position + len(later.removed) == self.position:
            return Change(later.position, later.removed + self.removed, b"")
        if later.position == self.position:
            return Change(self.position, self.removed + later.removed, b"")
        return None


class History:
    """What was changed, and what was taken back of it."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._size = 0
        self._by_keys = False  # whether the last change is what keys did, and not pasted or a selection taken away

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back since the last change."""
        return bool(self._undone)

    def clear(self) -> None:
        """The text is another one."""
        self._done, self._undone, self._size, self._by_keys = [], [], 0, False

    def record(self, change: Change) -> None:
        """The text was changed."""
        joined = self._done[-1].joined(change) if self._by_keys else None
        self._by_keys = change.is_a_key
        self._undone.clear()
        if joined is not None:
            self._done[-1] = joined
        else:
            self._done.append(change)
        self._size = sum(one.size for one in self._done) if len(self._done) == 1 else self._size + change.size
        while self._size > MOST_BYTES and len(self._done) > 1:
            self._size -= self._done.pop(0).size

    def undo(self) -> Change | None:
        """What takes the last change back, or None where there is none."""
        self._by_keys = False
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        self._size -= self._undone[-1].size
        return self._undone[-1].inverse

    def redo(self) -> Change | None:
        """The change that was taken back last, or None."""
        self._by_keys = False
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        self._size += self._done[-1].size
        return self._done[-1]


def _goes_on(typed: bytes, more: bytes) -> bool:
    """Whether one more character belongs to the word that is being typed, or to the blanks behind it."""
    if len(more) > _CHARACTER or b"\n" in more or typed.endswith(b"\n"):
        return False
    return more.isspace() or not typed[-1:].isspace()
