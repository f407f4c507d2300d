"""Which bytes does the page show, and how did they come about? The text, what was changed in it, undo and redo."""

from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QObject, Signal

from lmcore.text.changes import difference
from lmcore.text.lanes import Span

DEPTH: Final = 300
"""Changes that can be undone."""
JOINED: Final = 40
"""Bytes that are typed in one go and undone in one."""


@dataclass(frozen=True)
class Change:
    """`removed` at `place` gave way to `inserted`; `before` and `after` are the edited bytes with their originals."""

    place: int
    removed: bytes
    inserted: bytes
    before: dict[int, int] = field(repr=False)
    after: dict[int, int] = field(repr=False)
    typed: bool = False


class Document(QObject):
    """The bytes. `edited` maps places to what stood there, for bytes exchanged one by one since the text came."""

    changed = Signal(object)
    """The Span of the bytes that are new."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        self._data = data
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self.edited: dict[int, int] = {}

    @property
    def data(self) -> bytes:
        """All bytes."""
        return self._data

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._undone)

    def load(self, data: bytes) -> None:
        """Put another text in the place of all there is."""
        self._do(Change(0, self._data, data, self.edited, {}))

    def splice(self, start: int, end: int, inserted: bytes, *, typed: bool = False) -> None:
        """Put bytes in the place of those from `start` to `end`; what is the same at both ends is let stand."""
        removed = self._data[start:end]
        head, tail = difference(removed, inserted)
        removed, inserted = removed[head : len(removed) - tail], inserted[head : len(inserted) - tail]
        if removed or inserted:
            self._do(Change(start + head, removed, inserted, self.edited, {}, typed))

    def set_byte(self, place: int, byte: int) -> None:
        """Exchange one byte, and remember what it was."""
        old = self._data[place]
        if byte == old:
            return
        after = dict(self.edited)
        if after.setdefault(place, old) == byte:
            del after[place]
        self._do(Change(place, bytes((old,)), bytes((byte,)), self.edited, after))

    def undo(self) -> None:
        """Take back the last change."""
        if self._done:
            change = self._done.pop()
            self._undone.append(change)
            self._put(change.place, len(change.inserted), change.removed, change.before)

    def redo(self) -> None:
        """Make the change again that was taken back last."""
        if self._undone:
            change = self._undone.pop()
            self._done.append(change)
            self._put(change.place, len(change.removed), change.inserted, change.after)

    def _do(self, change: Change) -> None:
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and _continues(last, change):
            self._done[-1] = Change(
                last.place, last.removed, last.inserted + change.inserted, last.before, change.after, typed=True
            )
        else:
            self._done.append(change)
            del self._done[:-DEPTH]
        self._put(change.place, len(change.removed), change.inserted, change.after)

    def _put(self, place: int, size: int, inserted: bytes, edited: dict[int, int]) -> None:
        whole = memoryview(self._data)
        self._data = b"".join((whole[:place], inserted, whole[place + size :]))  # one copy of a large text
        self.edited = edited
        self.changed.emit(Span(place, place + len(inserted)))


def _continues(last: Change, change: Change) -> bool:
    """Whether something typed goes on where the last change ended."""
    follows = change.place == last.place + len(last.inserted)
    return last.typed and change.typed and follows and not change.removed and len(last.inserted) < JOINED
