"""How are the parts of a comparison shown? A column of the longest tokens, and a table by kind or script."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.pages.vocabulary import wording
from app.tables.longest_rows import LongestRowsModel, LongestRowsTable
from app.theme import DATA
from app.widgets.labels import ElidedLabel, Hairline, Swatch, label
from lmcore import figures
from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import Vocabulary
from lmcore.bpe.vocabulary.difference import Difference, longest
from lmcore.bpe.vocabulary.kinds import KIND_NAMES, Kind
from lmcore.bpe.vocabulary.scripts import script_name

LISTED: Final = 200
LINES: Final = 10
"""Lines of the table by kind; what is left is summed up."""


class Column(QWidget):
    """Some tokens: how many, what they mostly are, and the longest of them."""

    def __init__(self, colour: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("", "body")
        self.count = label("–", "figure")
        self.words = ElidedLabel("", "caption")
        self.model = LongestRowsModel()
        self.table = LongestRowsTable(self)
        self.table.setModel(self.model)
        self.table.setMinimumHeight(180)
        self._build(colour)

    def show_rows(self, title: str, vocabulary: Vocabulary, rows: Ints) -> None:
        """Show these rows of a vocabulary."""
        self.title.set_text(title)
        self.count.setText(figures.count(len(rows)))
        self.words.set_text(wording.made_of(vocabulary, rows))
        self.table.setAccessibleName(f"Longest: {title}")
        self.model.show_rows(vocabulary, longest(vocabulary, rows, LISTED))

    def _build(self, colour: int) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(8)
        head.addWidget(Swatch(DATA[colour]))
        head.addWidget(self.title, 1)
        column.addLayout(head)
        for widget in (self.count, self.words):
            inset = QHBoxLayout()
            inset.setContentsMargins(8, 0, 8, 0)
            inset.addWidget(widget)
            column.addLayout(inset)
        column.addSpacing(4)
        column.addWidget(self.table, 1)


class Line(NamedTuple):
    """Tokens of one kind or script: only in the first, in both, only in the second."""

    name: str
    left: int
    both: int
    right: int

    @property
    def total(self) -> int:
        """Of both vocabularies together."""
        return self.left + self.both + self.right


class KindTable(QWidget):
    """Kinds or scripts, and how many tokens each vocabulary has of them, or both."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 0)
        self._content: QWidget | None = None

    def show_difference(self, found: Difference, column: str, names: Sequence[str]) -> None:
        """Show a difference by "kinds" or "scripts", the greatest first."""
        named = [Line(_name(column, value), one, both, other) for value, one, both, other in found.by(column)]
        self.lines = _cut(sorted(named, key=lambda line: -line.total))
        if self._content is not None:
            self._content.hide()
            self._content.deleteLater()
        self._content = self._grid(("Kind" if column == "kinds" else "Script", *names))
        self._column.addWidget(self._content)

    def _grid(self, names: Sequence[str]) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        right = Qt.AlignmentFlag.AlignRight
        for place, text in enumerate((names[0], f"Only {names[1]}", "Both", f"Only {names[2]}")):
            heading = ElidedLabel(text, "caption") if place in (1, 3) else label(text, "caption")
            heading.setAlignment(Qt.AlignmentFlag.AlignLeft if not place else right)
            grid.addWidget(heading, 0, place)
            grid.setColumnStretch(place, 3 if place == 0 else 2)
        for number, (name, *counts) in enumerate(self.lines):
            grid.addWidget(Hairline(), 2 * number + 1, 0, 1, 4)
            grid.addWidget(label(name, "table"), 2 * number + 2, 0)
            for place, count in enumerate(counts, 1):
                grid.addWidget(label(figures.count(count), "table"), 2 * number + 2, place, right)
        return made


def percent(share: float) -> str:
    """A share on an axis: percent(0.25) -> "25 %"."""
    return f"{figures.decimal(100 * share, 0)} %"


def _name(column: str, value: int) -> str:
    return KIND_NAMES[Kind(value)] if column == "kinds" else script_name(value)


def _cut(lines: Sequence[Line]) -> list[Line]:
    """The first lines, and the others summed up in one."""
    if len(lines) <= LINES:
        return list(lines)
    kept, rest = list(lines[: LINES - 1]), lines[LINES - 1 :]
    left, both, right = (sum(counts) for counts in zip(*(line[1:] for line in rest), strict=True))
    return [*kept, Line(f"{len(rest)} others", left, both, right)]
