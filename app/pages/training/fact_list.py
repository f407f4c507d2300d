"""How are facts listed in a narrow panel? Names in grey at the left, what they are at the right, on lines as needed."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.pages.training.run_facts import Fact
from app.widgets.labels import label

LONGEST: Final = 26
"""Letters of one word that there is room for."""


class FactList(QWidget):
    """Facts below one another. Words that change are the only ones that are laid out anew."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self.values: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these, and hide itself where there are none."""
        names = tuple(fact.name for fact in facts)
        if names != self._names:
            self._rebuild(names)
        for fact in facts:
            value, words = self.values[fact.name], " ".join(map(shortened, fact.words.split(" ")))
            if value.text() != words:
                value.setText(words)
                value.setAccessibleName(f"{fact.name}: {fact.words}")
            told = fact.told or (fact.words if words != fact.words else "")
            if value.toolTip() != told:
                value.setToolTip(told)
        self.setVisible(bool(facts))

    def _rebuild(self, names: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._names, self.values = names, {}
        for row, name in enumerate(names):
            value = self.values[name] = label("", "table")
            value.setWordWrap(True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(label(name, "caption"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)


def shortened(word: str) -> str:
    """A word that is too long for a line without its middle: shortened("a" * 40) has 26 letters."""
    if len(word) <= LONGEST:
        return word
    kept = LONGEST - 1
    return f"{word[: kept - kept // 2]}…{word[-(kept // 2) :]}"
