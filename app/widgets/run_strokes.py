"""How is a line of thousands of points drawn in a millisecond? As upright strokes of a pixel column, or as segments.

Qt joins the segments of a wide polyline into one outline, which takes it 100 ms where the line is rough.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen

from app.theme import DATA
from app.widgets.extremes import Values
from app.widgets.primitives import draw_lines, fill_boxes
from app.widgets.run_marks import DASHES, RunMark
from app.widgets.run_pixels import spans
from app.widgets.run_scene import Frame, Shown

BEHIND: Final = 0.28
"""The opacity of a raw line behind a smoothed one."""
ROUGH: Final = 3.0
"""Pixels from one column to the next that count as noise, which must not break dashes into crumbs."""
DEARER: Final = 10
"""How many times as long Qt takes to fill a pixel of an upright stroke, since it goes from line to line, as an array of
all pixels takes for one of them."""
LEVELS: Final = 255
"""Of opacity that a pixel can have, above none."""
ASIDE: Final = 0.5
"""The opacity of the other runs in a small chart."""


def paint_line(
    painter: QPainter, frame: Frame, shown: Shown, width: float, *, raw: bool = False, opacity: float = 1.0
) -> None:
    """Paint a run's main line, or its raw one behind it."""
    mark, colour = shown.data.mark, QColor(DATA[shown.data.mark.colour])
    colour.setAlphaF(BEHIND if raw else opacity)
    dash = () if raw else _pattern(mark, width)
    if (shown.raw if raw else shown.main).rows > frame.plot.width():
        _paint_spans(painter, frame, shown, colour, width, dash, raw)
    else:
        _paint_segments(painter, frame, shown, colour, width, dash, raw)


def _pattern(mark: RunMark, width: float) -> tuple[float, ...]:
    """Lengths of strokes and gaps in turn, in pixels."""
    return tuple(length * max(1.5, width) for length in DASHES[mark.dash])


def _paint_spans(
    painter: QPainter, frame: Frame, shown: Shown, colour: QColor, width: float, dash: Sequence[float], raw: bool
) -> None:
    """A stroke for each pixel column; dashes are as long along the line as those of segments."""
    tops, bottoms = spans(shown.raw if raw else shown.main, frame.y, frame.plot.height())
    there = np.isfinite(tops)
    if dash:
        middle = np.where(there, (tops + bottoms) / 2, 0.0)
        steps = np.diff(middle, prepend=middle[:1])
        along = np.cumsum(np.where(np.abs(steps) < ROUGH, 1.0, np.hypot(1.0, steps)))
        there &= _is_on(along, dash)
    half, height = (width - 1) / 2 + 0.5, frame.plot.height()
    tops, bottoms = np.maximum(tops - half, 0.0), np.minimum(bottoms + half, height)
    there &= tops < bottoms
    if there.any():
        plot, columns, tops, bottoms = frame.plot, np.flatnonzero(there), tops[there], bottoms[there]
        filled, all_of_it = float((bottoms - tops).sum()), len(there) * float(bottoms.max() - tops.min())
        if painter.paintEngine().type() == QPaintEngine.Type.Raster and filled * DEARER > all_of_it:
            _paint_pixels(painter, plot, colour, columns, tops, bottoms)
        else:
            _paint_boxes(painter, plot, colour, columns, tops, bottoms, smooth=not raw)


def _paint_pixels(
    painter: QPainter, plot: QRectF, colour: QColor, columns: NDArray[np.intp], tops: Values, bottoms: Values
) -> None:
    """Strokes as a picture of all columns, in which each pixel is as opaque as it is covered."""
    ratio = painter.device().devicePixelRatioF()
    tops, bottoms = tops * ratio, bottoms * ratio
    first, last = floor(tops.min()), ceil(bottoms.max())
    ends = np.zeros((2, int(columns[-1]) + 1), np.int16)
    ends[:, columns] = begin, end = np.stack([np.ceil(tops), np.floor(bottoms)]).astype(np.int16)
    rows, shades = np.arange(first, last, dtype=np.int16)[:, np.newaxis], _shades(colour)
    pixels = np.multiply((rows >= ends[0]) & (rows < ends[1]), shades[-1], dtype=np.uint32)
    above, below = begin - tops, bottoms - end
    within = end < begin  # a stroke that touches a single pixel
    above[within], below[within] = (bottoms - tops)[within], 0.0
    for row, covered in ((begin - 1, above), (end, below)):
        part = covered > 0
        pixels[row[part] - first, columns[part]] = shades[(covered[part] * LEVELS + 0.5).astype(np.uint8)]
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(QRectF(plot.left(), plot.top() + first / ratio, width, height / ratio), image)


def _shades(colour: QColor) -> NDArray[np.uint32]:
    """A colour from transparent to as opaque as it is, [256]: premultiplied, as Qt's pictures have it."""
    alphas = colour.alphaF() * np.arange(LEVELS + 1) / LEVELS
    parts = (255, colour.red(), colour.green(), colour.blue())
    made = np.zeros(LEVELS + 1, np.uint32)
    for number, part in enumerate(parts):
        made |= np.rint(alphas * part).astype(np.uint32) << (24 - 8 * number)
    return made


def _paint_boxes(
    painter: QPainter,
    plot: QRectF,
    colour: QColor,
    columns: NDArray[np.intp],
    tops: Values,
    bottoms: Values,
    *,
    smooth: bool,
) -> None:
    """The same as boxes: for files that are drawn at any size, and where the strokes are short."""
    painter.setClipping(False)  # nothing is outside, and Qt is many times slower with it
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    left = plot.left() + columns
    fill_boxes(painter, np.stack([left, plot.top() + tops, np.ones(len(left)), bottoms - tops], axis=1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipping(True)


def _paint_segments(
    painter: QPainter, frame: Frame, shown: Shown, colour: QColor, width: float, dash: Sequence[float], raw: bool
) -> None:
    """A stroke from each row to the next, from the one before the plot to the one behind it."""
    line = shown.line.raw if raw else shown.line.main
    edges = (shown.raw if raw else shown.main).edges
    begin, end = max(0, int(edges[0]) - 1), min(line.size, int(edges[-1]) + 1)
    plot = frame.plot
    xs = plot.left() + frame.x.shares(shown.data.x[begin:end]) * plot.width()
    ys = plot.bottom() - np.clip(frame.y.shares(line.values[begin:end]), -1, 2) * plot.height()
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap if dash or raw else Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    draw_lines(painter, _dashed(xs, ys, dash) if dash else _segments(xs, ys))


def _segments(xs: Values, ys: Values) -> Values:
    """From each point to the next, [n, 4]; none to and from a point that is not known."""
    made = np.stack([xs[:-1], ys[:-1], xs[1:], ys[1:]], axis=1)
    return made[np.isfinite(made).all(axis=1)]


def _dashed(xs: Values, ys: Values, dash: Sequence[float]) -> Values:
    """The strokes of a dashed line through points, [n, 4]; where it is broken, the dashes go on behind the gap."""
    known = np.isfinite(xs) & np.isfinite(ys)
    if np.count_nonzero(known) < 2:
        return np.zeros((0, 4))
    steps = np.hypot(np.diff(xs), np.diff(ys))
    along = np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(steps), steps, 0.0))])
    period = sum(dash)
    starts = np.arange(0.0, along[-1], period)
    cuts = np.concatenate([starts + length for length in np.cumsum([0.0, *dash[:-1]])])
    places = np.union1d(along, cuts[cuts < along[-1]])
    on = _is_on((places[:-1] + places[1:]) / 2, dash)
    made = _segments(np.interp(places, along, xs), np.interp(places, along, ys))
    return made[on] if len(made) == len(on) else _unbroken(xs, ys, known, dash)


def _unbroken(
    xs: Values, ys: Values, known: np.ndarray[tuple[int], np.dtype[np.bool_]], dash: Sequence[float]
) -> Values:
    """The dashes of each whole stretch of a broken line."""
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    parts = zip(np.split(xs, cuts), np.split(ys, cuts), strict=True)
    found = [_dashed(x, y, dash) for x, y in parts if np.isfinite(x).all() and np.isfinite(y).all()]
    return np.concatenate(found) if found else np.zeros((0, 4))


def _is_on(along: Values, dash: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether a dashed line is drawn so far along it."""
    place = np.searchsorted(np.cumsum(dash), along % sum(dash), side="right")
    return np.asarray(place % 2 == 0)
