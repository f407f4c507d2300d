"""Where do the lanes of a text stand? Rows from the top, one column of equal width for each byte."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from PySide6.QtCore import QRectF

from app import fonts

PITCH: Final = 39
GAP: Final = 2
LEFT: Final = 127
"""From the edge of the page to the first byte; the names of the lanes stand there."""
MARGIN: Final = 24
TOP: Final = 5
RULER: Final = 25
BOTTOM: Final = 9


class Lane(IntEnum):
    """The lanes from the top."""

    GRAPHEME = 0
    POINT = 1
    UTF8 = 2
    UTF16 = 3
    UTF32 = 4
    PRETOKEN = 5
    TOKEN = 6

    @property
    def title(self) -> str:
        """What stands at the left of it."""
        return TITLES[self]


TITLES: Final = ("Grapheme", "Code point", "UTF-8", "UTF-16", "UTF-32", "Pre-token", "Token")
HEIGHTS: Final = (46, 28, 59, 28, 36, 28, 44)
GAPS: Final = (0, 4, 4, 4, 4, 8, 4)


@dataclass(frozen=True)
class LanesMetrics:
    """The geometry at one text size: tops and heights of the lanes, and the width of a byte, in pixels."""

    factor: float
    tops: tuple[int, ...]
    heights: tuple[int, ...]
    pitch: int
    left: int
    top: int
    ruler: int
    height: int

    @classmethod
    def now(cls) -> "LanesMetrics":
        """For the present text size."""
        heights = tuple(fonts.scaled(height) for height in HEIGHTS)
        top, ruler = TOP, fonts.scaled(RULER)
        tops: list[int] = []
        at = top + ruler
        for gap, height in zip(GAPS, heights, strict=True):
            tops.append(at + gap)
            at += gap + height
        left = MARGIN + fonts.scaled(LEFT - MARGIN)
        return cls(fonts.factor(), tuple(tops), heights, fonts.scaled(PITCH), left, top, ruler, at + BOTTOM)

    def x_of(self, byte: int, scroll: int) -> int:
        """Where a byte's column begins in a view that is scrolled by so many pixels."""
        return self.left + byte * self.pitch - scroll

    def byte_at(self, x: float, scroll: int) -> int:
        """The column under `x`; less than 0 left of the first."""
        return int((x - self.left + scroll) // self.pitch)

    def lane_at(self, y: float) -> Lane | None:
        """The lane at a height; the gap above a lane belongs to it."""
        for lane in Lane:
            if self.tops[lane] - GAPS[lane] <= y < self.tops[lane] + self.heights[lane]:
                return lane
        return None

    def box(self, lane: Lane, start: int, end: int, scroll: int) -> QRectF:
        """The cell of bytes `start` to `end` in a lane."""
        x = self.x_of(start, scroll)
        return QRectF(x, self.tops[lane], (end - start) * self.pitch - GAP, self.heights[lane])

    def frame(self, start: int, end: int, scroll: int) -> QRectF:
        """The frame of a selection, across all lanes and the ruler."""
        x = self.x_of(start, scroll) - GAP
        return QRectF(x + 0.5, self.top + 0.5, (end - start) * self.pitch + GAP - 1, self.height - self.top - 2)
