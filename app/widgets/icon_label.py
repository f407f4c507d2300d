"""How does an icon stand alone? A square that paints one lucide drawing in a colour of the theme."""

from collections.abc import Callable

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.icons import SIZE, paint_icon
from app.theme import Theme

Colour = Callable[[Theme], str]


def secondary(theme: Theme) -> str:
    """The colour of most icons."""
    return theme.secondary


class IconLabel(QWidget):
    """The icon `name`, `size` pixels square. It says nothing to a reader: words stand beside it."""

    def __init__(self, name: str, colour: Colour = secondary, size: int = SIZE) -> None:
        super().__init__()
        self._name, self._colour, self._size = name, colour, size
        self.setFixedSize(size, size)

    def set_icon(self, name: str, colour: Colour = secondary) -> None:
        """Show another icon."""
        self._name, self._colour = name, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_icon(painter, QPointF(0, 0), self._name, self._colour(Theme.of(self.palette())), self._size)
