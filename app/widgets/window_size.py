"""Which of the drawn grids has a window? The small one is that of 1280 by 800: rows are lower, edges narrower."""

from typing import Final

from PySide6.QtWidgets import QWidget

SMALL_WIDTH: Final = 1360
SMALL_HEIGHT: Final = 860
"""Below it the small grid shows more of a page without scrolling."""


def is_small(window: QWidget) -> bool:
    """Whether a window is drawn by the small grid."""
    return window.width() < SMALL_WIDTH or window.height() < SMALL_HEIGHT
