"""Where do lines pass, so that nothing is written over them? The plot in squares of some pixels, each free or not."""

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF

from app.widgets.run_scene import Frame, Shown

SQUARE: Final = 4.0
"""Pixels."""


class Ground:
    """The squares of a frame's plot that its main lines pass through, [rows, columns]."""

    def __init__(self, frame: Frame) -> None:
        self._plot = frame.plot
        rows, columns = (max(1, int(length / SQUARE)) for length in (frame.plot.height(), frame.plot.width()))
        self._taken = np.zeros((rows, columns), bool)
        for shown in frame.shown:
            self._take(frame, shown)

    def is_free(self, room: QRectF) -> bool:
        """Whether no line passes through a part of the plot; what lies outside is free."""
        left, top = ((room.left() - self._plot.left()) / SQUARE, (room.top() - self._plot.top()) / SQUARE)
        right, bottom = left + room.width() / SQUARE, top + room.height() / SQUARE
        return not self._taken[
            max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)
        ].any()

    def _take(self, frame: Frame, shown: Shown) -> None:
        """A line from value to value; where it has none it leads straight on to the next."""
        known = np.flatnonzero(np.isfinite(shown.main.highs))
        if not len(known):
            return
        rows, columns = self._taken.shape
        ends = np.linspace(0, len(shown.main.highs) - 1, columns + 1)
        within = np.flatnonzero((ends[1:] >= known[0]) & (ends[:-1] <= known[-1]))
        begin, end = (np.clip(edges, known[0], known[-1]) for edges in (ends[within], ends[within + 1]))
        found = [
            rows * (1 - frame.y.shares(np.interp(places, known, values[known])))
            for places in (begin, end)
            for values in (shown.main.lows, shown.main.highs)
        ]
        top, bottom = np.minimum.reduce(found), np.maximum.reduce(found)
        place = np.arange(rows)[:, None]
        self._taken[:, within] |= (place + 1 >= top) & (place <= bottom)
