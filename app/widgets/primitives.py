"""How do thousands of lines or boxes get from an array to a painter at once? Qt is handed the array's memory.

pyqtgraph has the same, but takes a third of a second to load, for which a page would be waited.
"""

from typing import Any, TypeVar

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter

Kind = TypeVar("Kind", QLineF, QRectF)


def draw_lines(painter: QPainter, lines: NDArray[np.float64]) -> None:
    """Draw lines with the painter's pen; [n, 4]: x and y of both ends."""
    if len(lines):
        held = np.ascontiguousarray(lines, np.float64)
        painter.drawLines(_first(held, QLineF), len(held))


def fill_boxes(painter: QPainter, boxes: NDArray[np.float64]) -> None:
    """Draw boxes with the painter's pen and brush; [n, 4]: left, top, width and height."""
    if len(boxes):
        held = np.ascontiguousarray(boxes, np.float64)
        painter.drawRects(_first(held, QRectF), len(held))


def _first(held: NDArray[np.float64], kind: type[Kind]) -> Any:
    """The first of the objects that lie in the array's memory, four doubles each, as C++ wants it."""
    return shiboken6.wrapInstance(held.ctypes.data, kind)
