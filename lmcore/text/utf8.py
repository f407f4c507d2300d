"""Which bytes form a character, and which form none? UTF-8 read one unit at a time, as `bytes.decode` reads it.

A unit is a well-formed character, or a maximal subpart of one: the longest stretch that began well and broke off, for
which decoders put one U+FFFD (The Unicode Standard, 3.9, table 3-7 and "U+FFFD Substitution of Maximal Subparts").
UTF-8 synchronizes itself: where a unit begins can be told from the three bytes before, so any window of a large
file is read without reading what stands before it.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

LONGEST: Final = 4
"""Bytes of the longest character."""


class Rule(Enum):
    """The rule of UTF-8 that a malformed unit breaks; the value is its name in a sentence."""

    LONE = "lone continuation byte"
    TRUNCATED = "truncated sequence"
    OVERLONG = "overlong form"
    SURROGATE = "surrogate"
    TOO_HIGH = "above U+10FFFF"
    NEVER = "byte that can never occur"


class Unit(NamedTuple):
    """Bytes `start` to `end` (exclusive): one code point, or None and the rule that they break."""

    start: int
    end: int
    code: int | None
    rule: Rule | None = None


def units(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Unit]:
    """The units from `start`, where one begins, until `end` is reached or passed; they lie side by side."""
    limit = len(data) if end is None else min(end, len(data))
    while start < limit:
        unit = unit_at(data, start)
        yield unit
        start = unit.end


def unit_at(data: bytes, start: int) -> Unit:
    """The unit that begins at `start`."""
    lead = data[start]
    if lead < 0x80:
        return Unit(start, start + 1, lead)
    length = promised(lead)
    if length < 2:
        return Unit(start, start + 1, None, Rule.LONE if lead < 0xC0 else Rule.NEVER)
    code = lead & (0x7F >> length)
    low, high = second_range(lead)
    for place in range(start + 1, start + length):
        if place >= len(data) or not low <= data[place] <= high:
            return Unit(start, place, None, _broken(data, start, place))
        code = code << 6 | data[place] & 0x3F
        low, high = 0x80, 0xBF
    return Unit(start, start + length, code)


def promised(byte: int) -> int:
    """How many bytes a character has that begins with `byte`; 0 if none does."""
    if byte < 0x80:
        return 1
    if byte < 0xC2 or byte > 0xF4:
        return 0
    return 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


def second_range(lead: int) -> tuple[int, int]:
    """The least and greatest byte that may follow a lead: what the four special leads leave out is malformed."""
    special = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}
    return special.get(lead, (0x80, 0xBF))


def is_continuation(byte: int) -> bool:
    """Whether the byte is 10xxxxxx."""
    return byte & 0xC0 == 0x80


def unit_start(data: bytes, place: int) -> int:
    """Where the unit begins that holds byte `place`."""
    first = place
    while first > max(0, place - LONGEST + 1) and is_continuation(data[first]):
        first -= 1
    return next((unit.start for unit in units(data, first, place + 1) if unit.start <= place < unit.end), place)


def prefix_bits(byte: int) -> int:
    """How many of a byte's 8 bits say what it is; the others are payload: 1 of ASCII, 2 of a continuation byte, 3 to 5
    of a lead byte, all 8 of a byte that can never occur.
    """
    if byte < 0x80:
        return 1
    if byte < 0xC0:
        return 2
    length = promised(byte)
    return length + 1 if length else 8


def malformed(data: bytes) -> int:
    """How many malformed units there are: U+FFFD that `decode("utf-8", "replace")` puts in."""
    return data.decode("utf-8", "replace").count("\ufffd") - data.count(b"\xef\xbf\xbd")


def first_malformed(data: bytes, start: int = 0) -> Unit | None:
    """The first unit that is no character, from `start` on, where a unit begins."""
    try:
        data[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        return unit_at(data, start + error.start)
    return None


def _broken(data: bytes, start: int, place: int) -> Rule:
    """Which rule a sequence breaks that began well and cannot go on at `place`."""
    if place == start + 1 and place < len(data) and is_continuation(data[place]):
        return {0xE0: Rule.OVERLONG, 0xF0: Rule.OVERLONG, 0xED: Rule.SURROGATE, 0xF4: Rule.TOO_HIGH}[data[start]]
    return Rule.TRUNCATED
