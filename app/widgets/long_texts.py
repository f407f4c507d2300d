"""What of a text does a text box hold, and how much of it at a time? Its ends of lines, long lines, slices."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
LONGEST_LINE: Final = 100_000
"""Bytes of a line in which a key stroke takes some 15 milliseconds."""
WORD_WRAPPED: Final = 10_000
"""Bytes of a line up to which lines are broken between words on the screen."""
SLICE: Final = 100_000
"""Characters that go into the box in one turn, which takes some 10 ms."""
SLICE_LINES: Final = 5_000
"""Lines that do."""
ENDS: Final = {"\r\n": "CR LF", "\r": "CR", "\u2029": "U+2029", "\ufdd0": "U+FDD0", "\ufdd1": "U+FDD1"}
"""What Qt takes for the end of a line, too: in its documents U+FDD0 and U+FDD1 are where frames begin and end."""

_MARK: Final = "\ufeff"


def for_qt(text: str) -> str:
    """The text so that all of it comes to Qt: on the way a mark of byte order that it begins with is taken away."""
    return _MARK + text if text.startswith(_MARK) else text


def with_one_line_end(text: str) -> str:
    """The text with LF for every end of a line."""
    for end in ENDS:
        text = text.replace(end, "\n")
    return text


def with_shorter_lines(text: str) -> tuple[str, int]:
    """The text with line ends added behind blanks, or where there are none, and how many; nothing is taken away."""
    made, added = [], 0
    for line in text.split("\n"):
        pieces, start = [], 0
        while len(line) - start > WORD_WRAPPED:
            blank = line.rfind(" ", start, start + WORD_WRAPPED) + 1
            end = blank if blank > start else start + WORD_WRAPPED
            pieces.append(line[start:end])
            start = end
        added += len(pieces)
        made.append("\n".join([*pieces, line[start:]]))
    return "\n".join(made), added


def next_slice(text: str, most: int = SLICE_LINES) -> str:
    """The beginning of a text that a box takes in some 10 ms: a line costs as much as many characters."""
    part = text[:SLICE]
    lines = part.split("\n", most)
    return part[: len(part) - len(lines[-1])] if len(lines) > most else part


class Ends:
    """Which ends of lines, other than LF, has a text that comes in parts?"""

    def __init__(self) -> None:
        self._found: set[str] = set()

    @property
    def found(self) -> tuple[str, ...]:
        """Their names, in a fixed order."""
        return tuple(name for end, name in ENDS.items() if end in self._found)

    def look_into(self, part: str) -> None:
        """The next part, which begins at a character and not within CR LF."""
        for end in ENDS:
            if end in part and (end != "\r" or part.count("\r") > part.count("\r\n")):
                self._found.add(end)


def one_line_end(names: Sequence[str]) -> str:
    """Which ends of lines of a text became LF, at least one."""
    named = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"The box knows one line end. {named} became LF."
