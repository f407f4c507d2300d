"""What kind of character stands at this byte? UTF-8 decoding and the classes that pre-token patterns speak of.

The classes (`\\p{L}`, `\\p{N}`, `\\s` ...) are those of the `regex` package, recorded for every code point in
`resources/unicode_classes.npz`, so that a scanner needs no tables of its own and never differs from the pattern it
stands for; `python -m lmcore.bpe.characters` writes the file anew, and a test compares it with the package.

Bytes that are not UTF-8 are characters of one byte and no class, as under Python's `surrogateescape`.
"""

import functools
from typing import Final

import numpy as np

from lmcore.bpe.machine import Bytes, inlined, kernel, signed
from lmcore.paths import resource

LETTER: Final = 1  # \p{L}
NUMBER: Final = 2  # \p{N}
SPACE: Final = 4  # \s
UPPER: Final = 8  # [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
LOWER: Final = 16  # [\p{Ll}\p{Lm}\p{Lo}\p{M}]
NEWLINE: Final = 32  # [\r\n]
LONG_S: Final = 64  # U+017F, which (?i:s) matches
INVALID: Final = 128  # not a code point: a byte that is not UTF-8

CLASSES: Final = {
    LETTER: r"\p{L}",
    NUMBER: r"\p{N}",
    SPACE: r"\s",
    UPPER: r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    LOWER: r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
    NEWLINE: r"[\r\n]",
    LONG_S: "\u017f",
}


def classify() -> Bytes:
    """The class bits of every code point by the `regex` package; shape (0x110000,); surrogates have none."""
    import regex

    bits = np.zeros(0x110000, np.uint8)
    every = "".join("\0" if 0xD800 <= point < 0xE000 else chr(point) for point in range(0x110000))
    for bit, pattern in CLASSES.items():
        for match in regex.finditer(f"{pattern}+", every):
            bits[match.start() : match.end()] |= bit
    bits[0xD800:0xE000] = 0
    return bits


@functools.cache
def class_table() -> Bytes:
    """The recorded class bits, read-only; shape (0x110000,)."""
    with np.load(resource("unicode_classes.npz"), allow_pickle=False) as runs:
        table = np.repeat(runs["bits"], runs["lengths"])
    table.flags.writeable = False
    return table


def write_class_table() -> None:
    """Records `classify()` as runs of equal bits."""
    bits = classify()
    starts = np.flatnonzero(np.diff(bits, prepend=bits[0] + 1))
    lengths = np.diff(starts, append=len(bits)).astype(np.uint32)
    np.savez_compressed(resource("unicode_classes.npz"), bits=bits[starts], lengths=lengths)


@inlined
def code_point_length(data: Bytes, position: int, limit: int) -> int:
    """The bytes of the UTF-8 character at `position`, or 0 where there is none (Unicode 3.9, table 3-7)."""
    first = data[position]
    if first < 0x80:
        return 1
    if first < 0xC2 or first > 0xF4 or position + 1 >= limit:
        return 0
    second = data[position + 1]
    if first < 0xE0:
        return 2 if second & 0xC0 == 0x80 else 0
    low = 0xA0 if first == 0xE0 else 0x90 if first == 0xF0 else 0x80
    high = 0x9F if first == 0xED else 0x8F if first == 0xF4 else 0xBF
    if second < low or second > high or position + 2 >= limit or data[position + 2] & 0xC0 != 0x80:
        return 0
    if first < 0xF0:
        return 3
    return 4 if position + 3 < limit and data[position + 3] & 0xC0 == 0x80 else 0


@inlined
def character(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """The class bits of the character at `position`, plus 256 times its length in bytes."""
    first = signed(data[position])
    if first < 0x80:
        return signed(classes[first]) | 256
    length = code_point_length(data, position, limit)
    if length == 0:
        return INVALID | 256
    point = first & (0x7F >> length)
    for i in range(1, length):
        point = point << 6 | signed(data[position + i]) & 0x3F
    return signed(classes[point]) | length << 8


@kernel
def count_invalid(data: Bytes, start: int, end: int) -> int:
    """How many bytes of `data[start:end]` belong to no UTF-8 character."""
    invalid, position = 0, start
    while position < end:
        length = code_point_length(data, position, end)
        invalid += length == 0
        position += max(length, 1)
    return invalid


if __name__ == "__main__":
    write_class_table()
