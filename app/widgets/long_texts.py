"""What of a text does a text box hold, and how much of it at a time? Its ends of lines, long lines, slices."""

import re
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
OTHER_ENDS: Final = re.compile("\r\n?|[\u2029\ufdd0\ufdd1]")
"""What Qt takes for the end of a line, too: in its documents U+FDD0 and U+FDD1 are where frames begin and end."""
ENDS: Final = {"\r\n": "CR LF", "\r": "CR", "\u2029": "U+2029", "\ufdd0": "U+FDD0", "\ufdd1": "U+FDD1"}


def with_one_line_end(text: str) -> str:
    """The text with LF for every end of a line; most texts have no other, which is told sooner than replaced."""
    return OTHER_ENDS.sub("\n", text) if any(end in text for end in ENDS) else text


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


def next_slice(text: str) -> str:
    """The beginning of a text that a box takes in some 10 ms: a line costs as much as many characters."""
    part = text[:SLICE]
    lines = part.split("\n", SLICE_LINES)
    return part[: len(part) - len(lines[-1])] if len(lines) > SLICE_LINES else part


def one_line_end(text: str) -> str:
    """Which ends of lines of a text became LF."""
    found = [name for end, name in ENDS.items() if end in (text if end != "\r" else text.replace("\r\n", ""))]
    named = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
    return f"The box knows one line end. {named} became LF."


def longest_line(data: Bytes) -> int:
    """The length of the longest line in bytes."""
    ends = np.concatenate([[-1], np.flatnonzero(data == 0x0A), [len(data)]])
    return int(np.diff(ends).max()) - 1
