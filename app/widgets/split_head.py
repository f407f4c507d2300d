"""How do a title, its controls and its buttons stand above a chart? In one line, or with the controls below the title.

The controls go where there is no room for them between title and buttons, as in a small window or with large text.
Where not even the second line has room for all, those named for it stand before the buttons of the first.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

GAP = 8
ONE_LINE, BELOW, TIGHT = range(3)
WHOLE_LINE: Final = 3  # columns


class Widths(NamedTuple):
    """The pixels that the parts need."""

    words: int
    controls: int
    aside: int
    buttons: int

    @property
    def all_controls(self) -> int:
        """Those that are named for the first line as well, behind the others."""
        return self.controls + (GAP + self.aside if self.aside else 0)


class SplitHead(QWidget):
    """Words at the left, of which the last takes what room is left; controls; buttons at the right.

    Controls that are `aside` stand behind the others, or where it is tight in the first line before the buttons.
    """

    def __init__(
        self,
        words: Sequence[QWidget],
        controls: Sequence[QWidget],
        buttons: Sequence[QWidget],
        margin: int,
        aside: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words, self._controls, self._buttons = _line(words), _line(controls), _line(buttons)
        self._aside, self._beside = _line(aside), len(controls)
        self._words.setStretch(len(words) - 1, 1)
        self._controls.addStretch(1)
        self._controls.insertLayout(self._beside, self._aside)
        self._margin = margin
        self._stands: int | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(margin, 0, margin, 0)
        self._grid.setSpacing(GAP)
        self._grid.setVerticalSpacing(4)
        self._grid.addLayout(self._words, 0, 0)
        self._grid.addLayout(self._buttons, 0, 2)
        self._grid.setColumnStretch(0, 1)
        self._place(BELOW)

    @property
    def is_split(self) -> bool:
        """Whether the controls stand below the words."""
        return self._stands != ONE_LINE

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def minimumSizeHint(self) -> QSize:
        """As tight as it can be, so that it can become narrow enough for that."""
        widths = self._widths()
        first = widths.words + GAP + widths.buttons + (widths.aside + GAP if widths.aside else 0)
        return QSize(max(first, widths.controls) + 2 * self._margin, super().minimumSizeHint().height())

    def fit(self) -> None:
        """Stand in one line or in two; to be called when controls were shown or hidden."""
        widths, room = self._widths(), self.width() - 2 * self._margin
        if widths.words + widths.all_controls + widths.buttons + 2 * GAP <= room:
            self._place(ONE_LINE)
        else:
            self._place(BELOW if widths.all_controls <= room or not widths.aside else TIGHT)

    def _widths(self) -> Widths:
        parts = (self._words, self._controls, self._aside, self._buttons)
        words, controls, aside, buttons = (part.minimumSize().width() for part in parts)
        if aside and self._stands != TIGHT:
            controls -= GAP + aside
        return Widths(words, controls, aside, buttons)

    def _place(self, stands: int) -> None:
        if stands == self._stands:
            return
        if self._stands == TIGHT:
            self._grid.removeItem(self._aside)
            self._controls.insertLayout(self._beside, self._aside)
        self._grid.removeItem(self._controls)
        if stands == ONE_LINE:
            self._grid.addLayout(self._controls, 0, 1)
        else:
            self._grid.addLayout(self._controls, 1, 0, 1, WHOLE_LINE)
        if stands == TIGHT:
            self._controls.removeItem(self._aside)
            self._grid.addLayout(self._aside, 0, 1)
        self._stands = stands


def _line(widgets: Sequence[QWidget]) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(GAP)
    for widget in widgets:
        made.addWidget(widget)
    return made
