"""How do graphemes, code points and bytes of a text lie above one another? Any window of any bytes, lane by lane.

Every cell carries its range of bytes, so that a selection in one lane is a selection in all. A window is computed
from its surroundings alone: what it shows is what the whole text would show there. Malformed units (see `utf8`) are
cells of their own in every lane.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import regex

from lmcore.text.utf8 import Unit, unit_start, units

GRAPHEME: Final = regex.compile(r"\X")
REACH: Final = 2048
"""Bytes before a window in which a place is looked for that no grapheme spans. Between two plain letters there is one
at once; only longer runs of nothing but marks, joined emoji or flags would be begun in the middle."""
BEHIND: Final = 192
"""Bytes behind a window that are read, to see its last grapheme whole."""

PLAIN: Final = (
    *((0x20, 0x7E), (0xA1, 0xAC), (0xAE, 0x2FF), (0x370, 0x482), (0x48A, 0x52F), (0x531, 0x58A), (0x5D0, 0x5EA)),
    *((0x620, 0x64A), (0x2010, 0x2027), (0x3001, 0x3029), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x3400, 0x4DBF)),
    *((0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFF01, 0xFF9D)),
)
"""Code points between any two of which a grapheme ends (GCB=Other, or Hangul syllables)."""
_STARTS: Final = tuple(first for first, _ in PLAIN)


class Cluster(NamedTuple):
    """A grapheme cluster: bytes `start` to `end`, and its text; None for a malformed unit."""

    start: int
    end: int
    text: str | None


@dataclass(frozen=True)
class Lanes:
    """The cells that touch bytes `start` to `end`; the first may begin before, the last end behind."""

    start: int
    end: int
    clusters: tuple[Cluster, ...]
    units: tuple[Unit, ...]


class Span(NamedTuple):
    """A range of bytes."""

    start: int
    end: int

    def touches(self, start: int, end: int) -> bool:
        """Whether it shares a byte with that range."""
        return self.start < end and start < self.end


def lanes(data: bytes, start: int = 0, end: int | None = None) -> Lanes:
    """The lanes of a window of `data`, or of all of it."""
    end = len(data) if end is None else min(end, len(data))
    start = min(max(0, start), end)
    around = tuple(units(data, _calm_place(data, start), min(len(data), end + BEHIND)))
    clusters = tuple(cluster for cluster in _clusters(around) if cluster.end > start and cluster.start < end)
    touched = tuple(unit for unit in around if unit.end > start and unit.start < end)
    return Lanes(start, end, clusters, touched)


def is_plain(code: int | None) -> bool:
    """Whether the code point is one of `PLAIN`."""
    if code is None:
        return False
    row = bisect_right(_STARTS, code) - 1
    return row >= 0 and code <= PLAIN[row][1]


def covering(cells: Sequence[Cluster | Unit | Span], place: int) -> Span | None:
    """The range of the cell that holds byte `place`."""
    return next((Span(cell.start, cell.end) for cell in cells if cell.start <= place < cell.end), None)


def _calm_place(data: bytes, place: int) -> int:
    """A place at or before `place` where a grapheme begins: before a malformed unit or between plain characters."""
    if place == 0 or not data:
        return 0
    at = unit_start(data, min(place, len(data) - 1))
    behind: Unit | None = next(units(data, at, at + 1))
    while at > 0 and behind is not None and place - at < REACH:
        before = next(units(data, unit_start(data, at - 1)))
        if behind.code is None or before.code is None or is_plain(behind.code) and is_plain(before.code):
            return at
        at, behind = before.start, before
    return at


def _clusters(found: Sequence[Unit]) -> list[Cluster]:
    """Graphemes of the stretches between malformed units, which are cells of their own."""
    clusters: list[Cluster] = []
    stretch: list[Unit] = []
    for unit in found:
        if unit.code is not None:
            stretch.append(unit)
            continue
        clusters += _of_stretch(stretch)
        clusters.append(Cluster(unit.start, unit.end, None))
        stretch = []
    return clusters + _of_stretch(stretch)


def _of_stretch(stretch: Sequence[Unit]) -> list[Cluster]:
    text = "".join(chr(unit.code) for unit in stretch if unit.code is not None)
    found: list[Cluster] = []
    for match in GRAPHEME.finditer(text):
        first, last = match.span()
        found.append(Cluster(stretch[first].start, stretch[last - 1].end, match[0]))
    return found


def utf16(code: int) -> tuple[int, ...]:
    """The code units of a code point: utf16(0x1F469) -> (0xD83D, 0xDC69)."""
    if code < 0x10000:
        return (code,)
    return 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF)


def bits(byte: int) -> str:
    """The eight bits of a byte: bits(0xE5) -> "11100101"."""
    return f"{byte:08b}"
