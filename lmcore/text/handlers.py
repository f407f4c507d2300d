"""What do `strict`, `replace`, `ignore`, `backslashreplace` and `surrogateescape` make of bytes that do not decode?"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from lmcore.text.utf8 import unit_at, unit_start

HANDLERS: Final = ("strict", "replace", "ignore", "backslashreplace", "surrogateescape")


class Part(NamedTuple):
    """A piece of a result; `made` where the handler put it in place of malformed bytes."""

    text: str
    made: bool


@dataclass(frozen=True)
class Result:
    """What one handler gives: a text, or for `strict` the error. `data` is the text as bytes again."""

    handler: str
    text: str | None
    error: str = ""

    @property
    def data(self) -> bytes | None:
        """The result in UTF-8; escaped surrogates become the bytes that they stand for."""
        return None if self.text is None else self.text.encode("utf-8", "surrogateescape")


def handle(data: bytes, handler: str) -> Result:
    """What `data.decode("utf-8", handler)` gives."""
    try:
        return Result(handler, data.decode("utf-8", handler))
    except UnicodeDecodeError as error:
        last = error.end - 1
        where = f"{error.start}" if last <= error.start else f"{error.start}–{last}"
        return Result(handler, None, f"UnicodeDecodeError at {where}")


def parts(data: bytes, handler: str, start: int = 0, end: int | None = None) -> tuple[Part, ...]:
    """The result for a window of `data` that begins with a unit, what the handler made apart from what was there.

    The window is made larger by the rest of the unit at its end. Of `strict` the parts are those of `replace`.
    """
    end = _unit_end(data, len(data) if end is None else end)
    handler = handler if handler != "strict" else "replace"
    found: list[Part] = []
    while start < end:
        try:
            found.append(Part(data[start:end].decode("utf-8"), False))
            break
        except UnicodeDecodeError as error:
            first, last = start + error.start, start + error.end
            found.append(Part(data[start:first].decode("utf-8"), False))
            found.append(Part(data[first:last].decode("utf-8", handler), True))
            start = last
    return _joined(found)


def _unit_end(data: bytes, place: int) -> int:
    """Where the unit ends that holds the byte before a place."""
    return unit_at(data, unit_start(data, place - 1)).end if 0 < place < len(data) else place


def _joined(found: list[Part]) -> tuple[Part, ...]:
    """Neighbours of one kind as one part, without empty ones."""
    kept = [part for part in found if part.text]
    groups = groupby(kept, key=lambda part: part.made)
    return tuple(Part("".join(part.text for part in group), made) for made, group in groups)
