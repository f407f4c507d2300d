"""What do `strict`, `replace`, `ignore`, `backslashreplace` and `surrogateescape` make of bytes that do not decode?"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from lmcore.text.utf8 import units

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
    """The result for a window of `data` that begins with a unit, what the handler made apart from what was there."""
    found: list[Part] = []
    for unit in units(data, start, end):
        raw = data[unit.start : unit.end]
        text = raw.decode("utf-8", handler if handler != "strict" else "replace")
        made = unit.code is None
        if found and found[-1].made == made:
            found[-1] = Part(found[-1].text + text, made)
        elif text:
            found.append(Part(text, made))
    return tuple(found)
