"""How is a page of lines painted again in a millisecond? Each line is a picture that is kept while it stays the same.

A key stroke changes a line or two; the others are where they were, or a line lower.
"""

from collections.abc import Callable, Hashable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap

KEPT: Final = 300


class LinePictures:
    """Pictures of lines by what is in them."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, QPixmap] = {}
        self._shape = (0, 0, 0.0)

    def forget(self) -> None:
        """Lines look otherwise from now on."""
        self._kept.clear()

    def set_shape(self, width: int, height: int, ratio: float) -> None:
        """Lines are so large, in pixels of the widget, of which the screen has `ratio` for each."""
        if self._shape != (width, height, ratio):
            self._shape = (width, height, ratio)
            self.forget()

    def get(self, key: Hashable, paint: Callable[[QPainter], None]) -> QPixmap:
        """The picture of a line, which `paint` makes if there is none."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= KEPT:
                self.forget()
            found = self._kept[key] = self._made(paint)
        return found

    def _made(self, paint: Callable[[QPainter], None]) -> QPixmap:
        width, height, ratio = self._shape
        picture = QPixmap(round(width * ratio), round(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint(painter)
        return picture
