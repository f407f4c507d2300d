"""How many graphemes, code points, bytes and malformed units has a text? Exactly, in slices, whatever its size."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import regex

from lmcore.generators import result_of
from lmcore.text.lanes import GRAPHEME, lanes
from lmcore.text.utf8 import malformed

SLICE: Final = 30_000
"""Bytes counted between two events: some 10 ms of graphemes."""
ESCAPED: Final = regex.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Counts:
    """The units of a text; a malformed unit is a grapheme and no code point."""

    graphemes: int
    points: int
    size: int
    malformed: int


def count(data: bytes) -> Counts:
    """The counts of a text."""
    return result_of(count_slices(data))


def count_slices(data: bytes) -> Generator[float, None, Counts]:
    """The same as a generator, which yields the share that is done: at least once, and every slice."""
    graphemes = points = broken = start = 0
    yield 0.0
    while start < len(data):
        end = _slice_end(data, start)
        found = _count_slice(data[start:end])
        graphemes, points, broken = graphemes + found.graphemes, points + found.points, broken + found.malformed
        start = end
        yield start / len(data)
    return Counts(graphemes, points, len(data), broken)


def _slice_end(data: bytes, start: int) -> int:
    """Where a slice ends: where a grapheme does."""
    end = start + SLICE
    if end >= len(data):
        return len(data)
    clusters = lanes(data, end, end + 1).clusters
    return max(clusters[0].start, start + 1) if clusters and clusters[0].start > start else end


def _count_slice(data: bytes) -> Counts:
    """Malformed bytes are made controls, which are graphemes one by one; those of one unit then count as one."""
    text = data.decode("utf-8", "surrogateescape")
    escaped = len(ESCAPED.findall(text)) if not text.isascii() else 0
    broken = malformed(data) if escaped else 0
    if text.isascii():
        graphemes = len(text) - text.count("\r\n")
    else:
        graphemes = len(GRAPHEME.findall(ESCAPED.sub("\0", text))) - escaped + broken
    return Counts(graphemes, len(text) - escaped, len(data), broken)
