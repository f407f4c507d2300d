"""By what is a run told apart wherever it is drawn? A colour and a dash, the same in the table and in every chart."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from app.theme import DATA

COLOURS: Final = (0, 2, 1, 5, 3, 4, 6)
"""In the order of their use: blue, green, orange, vermilion, pink, sky, olive."""
DASHES: Final[tuple[tuple[float, ...], ...]] = ((), (4.0, 2.0), (1.5, 2.0), (6.0, 2.0, 1.5, 2.0))


@dataclass(frozen=True)
class RunMark:
    """`colour` is a place in the data colours, `dash` one in `DASHES`."""

    colour: int
    dash: int

    def pen(self, width: float) -> QPen:
        """For a line so wide."""
        pen = QPen(QColor(DATA[self.colour]), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if DASHES[self.dash]:
            pen.setDashPattern(list(DASHES[self.dash]))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen


def mark_of(place: int) -> RunMark:
    """The mark of the n-th run that is drawn, from 0: colours come anew after seven, with another dash."""
    return RunMark(COLOURS[place % len(COLOURS)], (place + 2 * (place // len(COLOURS))) % len(DASHES))
