"""Which characters do many tokens hold? UTF-8 decoded over all of them at once, never across the end of a token.

numpy does it for thousands of tokens at a time; asking Python token by token would take ten times as long.
"""

import unicodedata
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]

LETTER: Final = 1  # L*
MARK: Final = 2  # M*
NUMBER: Final = 4  # N*
BLANK: Final = 8  # white space, as str.isspace() has it
UPPER: Final = 16  # Lu, Lt
LOWER: Final = 32  # Ll
SPACE: Final = 64  # U+0020 itself
SEEN: Final = 128  # every character, so that one without any other flag is known as well


class Characters(NamedTuple):
    """The whole characters of many tokens, in order; arrays of one entry a character."""

    points: Ints
    rows: Ints  # which token it is in
    starts: Ints  # where it begins in all the bytes
    broken: Ints  # by token: how many of its bytes belong to no whole character


def decode_tokens(data: Bytes, offsets: Ints) -> Characters:
    """The characters of the tokens `data[offsets[i] : offsets[i + 1]]`, as `bytes.decode` finds them in each.

    A byte is either a part of a well-formed character (Unicode 3.9, table 3-7) within its token, or broken.
    """
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    lengths = _expected_lengths(data)
    room = offsets[1:][rows] - np.arange(len(data))
    whole = (lengths > 0) & (lengths <= room)
    for step in (1, 2, 3):
        ahead = np.zeros(len(data), bool)
        ahead[: max(0, len(data) - step)] = (data[step:] & 0xC0) == 0x80
        whole &= ahead | (lengths <= step)
    whole &= _second_byte_fits(data)
    starts = np.flatnonzero(whole)
    points = _points(data, starts, lengths[starts])
    bytes_of = np.bincount(rows[starts], weights=lengths[starts], minlength=len(offsets) - 1).astype(np.int64)
    return Characters(points, rows[starts], starts, np.diff(offsets) - bytes_of)


def _expected_lengths(data: Bytes) -> Ints:
    """The length that a first byte asks for; 0 for bytes that cannot be first."""
    table = np.zeros(256, np.int64)
    table[:0x80], table[0xC2:0xE0], table[0xE0:0xF0], table[0xF0:0xF5] = 1, 2, 3, 4
    return table[data]


def _second_byte_fits(data: Bytes) -> Bools:
    """Whether the byte behind is in the range that some first bytes narrow: not overlong, surrogate or too high."""
    low, high = np.full(256, 0x00, np.uint8), np.full(256, 0xFF, np.uint8)
    low[0xE0], low[0xF0], high[0xED], high[0xF4] = 0xA0, 0x90, 0x9F, 0x8F
    second = np.concatenate([data[1:], np.zeros(1, np.uint8)])
    return (second >= low[data]) & (second <= high[data])


def _points(data: Bytes, starts: Ints, lengths: Ints) -> Ints:
    first = data[starts].astype(np.int64)
    points = np.where(lengths == 1, first, first & (0x7F >> lengths))
    for step in (1, 2, 3):
        longer = np.flatnonzero(lengths > step)
        points[longer] = points[longer] << 6 | data[starts[longer] + step] & 0x3F
    return points


class FlagTable:
    """What kind each of many characters is: a sum of LETTER to SPACE. Each different one is looked up once."""

    def __init__(self) -> None:
        self._known = np.zeros(0x110000, np.uint16)

    def of(self, points: Ints) -> Flags:
        """The flags of each of these characters."""
        flags = self._known[points]
        new = np.unique(points[flags == 0])
        if len(new):
            self._known[new] = [_flags(chr(point)) for point in new.tolist()]
            flags = self._known[points]
        return flags


def _flags(character: str) -> int:
    category = unicodedata.category(character)
    flags = SEEN | {"L": LETTER, "M": MARK, "N": NUMBER}.get(category[0], 0)
    flags |= UPPER if category in ("Lu", "Lt") else LOWER if category == "Ll" else 0
    return flags | (BLANK if character.isspace() else 0) | (SPACE if character == " " else 0)
