"""What becomes of a text of any size before a text box takes it? Its ends of lines, bytes and lengths, part by part.

Of 10 MB that is a fifth of a second of work, so it is done in steps of some milliseconds between which a window lives.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.widgets.long_texts import Bytes, Ends, with_one_line_end
from lmcore.bpe.texts import to_bytes
from lmcore.generators import result_of

PART: Final = 500_000
"""Characters that are looked at in a step, which takes some 5 ms."""
_HALF: Final = ("\r", "\ud800", "\udbff")
"""What a part must not end with: the first half of a line's end, and, from the second to the third, of a character."""


@dataclass(frozen=True)
class Taken:
    """A text with LF at its ends of lines, its UTF-8, its length in UTF-16 units, and that of its longest line."""

    text: str
    data: Bytes
    units: int
    longest: int
    ends: tuple[str, ...]
    """The names of other ends of lines that it had."""


def take_in(text: str) -> Generator[None, None, Taken]:
    """The text as a box takes it; yields after every part."""
    texts, raws, names, units, lines = [], [], Ends(), 0, _Lines()
    for part in _parts(text):
        names.look_into(part)
        texts.append(with_one_line_end(part))
        raws.append(to_bytes(texts[-1]))
        units += units_of(texts[-1])
        lines.add(np.frombuffer(raws[-1], np.uint8))
        yield
    data = np.frombuffer(b"".join(raws), np.uint8)
    yield
    whole = "".join(texts)
    yield
    return Taken(whole, data, units, lines.longest, names.found)


def taken(text: str) -> Taken:
    """The same at once."""
    return result_of(take_in(text))


def units_of(text: str) -> int:
    """The length of a text in UTF-16 units, as Qt counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def longest_line(data: Bytes) -> int:
    """The length of the longest line in bytes."""
    lines = _Lines()
    lines.add(data)
    return lines.longest


class _Lines:
    """How long the longest line is of a text that comes in parts."""

    def __init__(self) -> None:
        self.longest = self._open = 0

    def add(self, data: Bytes) -> None:
        """The next part."""
        ends = np.flatnonzero(data == 0x0A)
        if not len(ends):
            self._open += len(data)
        else:
            between = int(np.diff(ends).max()) - 1 if len(ends) > 1 else 0
            self.longest = max(self.longest, self._open + int(ends[0]), between)
            self._open = len(data) - int(ends[-1]) - 1
        self.longest = max(self.longest, self._open)


def _parts(text: str) -> Generator[str, None, None]:
    start = 0
    while start < len(text):
        end = start + PART
        while end < len(text) and (text[end - 1] == _HALF[0] or _HALF[1] <= text[end - 1] <= _HALF[2]):
            end += 1
        yield text[start:end] if end - start < len(text) else text
        start = end
