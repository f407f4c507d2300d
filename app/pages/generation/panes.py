"""Where do a text and what is known of it stand? Four panes with their titles, each made by itself."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app import fonts
from app.pages.generation.beside import FIRST, SECOND, Beside
from app.pages.generation.captioned import CaptionedTitle
from app.pages.generation.tree_area import Area, TreeArea
from app.widgets.branch_tree import BranchTree
from app.widgets.buttons import Button
from app.widgets.distribution_table import DistributionTable
from app.widgets.entropy_strip import EntropyStrip
from app.widgets.fact_table import Column, FactTable
from app.widgets.labels import ElidedLabel, label
from app.widgets.said_text import SaidText
from app.widgets.surprise import SurpriseLegend

MARGIN: Final = 24
BRANCHES_WIDTH: Final = 420
BRANCHES_LEAST: Final = 190
TEXT, LARGE_TEXT = 90, 160
"""Pixels of the text: three lines and five."""
TEXT_HEAD, TABLE_HEAD = 700, 500
"""Pixels from which on a caption stands beside its title."""
READABLE_BAR: Final = 36
"""Pixels that the bars of each column need for their lengths to be compared."""
STEPS: Final = ("Model", "Temperature", "Kept")
TABLE, TREE, PLACES = "Distribution", "Branches", "Surprising places"
SURPRISE_COLUMNS: Final = (
    Column("Token", stretch=True, least=80),
    Column("Number", number=True, spare=2),
    Column("p", number=True),
    Column("Rank", number=True, spare=1),
)
HINT: Final = "What the model says appears here, token by token."


class TextPane(QWidget):
    """The text below its title."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.head = CaptionedTitle(label("Text", "section"), (SurpriseLegend(),), least=TEXT_HEAD)
        self.head.setContentsMargins(0, 0, 8, 0)
        self.text = SaidText("Text")
        self.text.set_hint(HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 10, MARGIN - 8, 8)
        column.setSpacing(8)
        column.addWidget(self.head)
        column.addWidget(self.text, 1)

    def fit(self, *, roomy: bool) -> None:
        """Have room for more lines, and for a caption of two, where the page scrolls."""
        self.text.setMinimumHeight(fonts.scaled(LARGE_TEXT if roomy else TEXT))
        self.head.reserve(2 if roomy else 0)


class StripPane(QWidget):
    """The strip of all tokens below what it shows of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.strip = EntropyStrip("Entropy")
        self._title, self._words = label("", "section"), ElidedLabel("", "caption")
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 10, MARGIN, 6)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.strip)

    def show_title(self, title: str, words: str) -> None:
        """Say what the strip shows."""
        self._title.setText(title)
        self._words.set_text(words)
        self.strip.setAccessibleName(f"{title}, {words}")


class TablePane(QWidget):
    """What could stand at a token."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = label(TABLE, "section")
        self.head = CaptionedTitle(self.title, least=TABLE_HEAD)
        self.table = DistributionTable(TABLE)
        self.area = _scrolling(self.table)
        _fill(self, (self.head,), self.area, MARGIN - 10)

    @property
    def least_width(self) -> int:
        """Pixels in which the bars of the table tell something."""
        bars = fonts.scaled(READABLE_BAR) * len(STEPS)
        return self.table.least_width(len(STEPS)) + bars + 2 * MARGIN

    def fit(self, *, roomy: bool) -> None:
        """Have a height in which nothing scrolls where the page does."""
        self.area.fit(roomy=roomy)
        self.head.reserve(2 if roomy else 0)


class SidePane(QStackedWidget):
    """The branches of a prompt, or the surprising places of a text that was scored."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tree, self.caption = BranchTree(TREE), ElidedLabel("", "caption")
        self.tree_area = TreeArea(self.tree)
        self.remove = Button(icon="trash-2", kind="bare", small=True, name="Remove the shown branch")
        self.surprises = FactTable(SURPRISE_COLUMNS, PLACES, leads=True, row=24)
        self._places_area = _scrolling(self.surprises)
        self.setMinimumWidth(BRANCHES_LEAST)
        self.setMaximumWidth(BRANCHES_WIDTH)
        words = ElidedLabel("the least probable tokens", "caption")
        for heads, content in (
            ((label(TREE, "section"), self.caption, self.remove), self.tree_area),
            ((label(PLACES, "section"), words), self._places_area),
        ):
            made = QWidget(self)
            self.addWidget(made)
            _fill(made, heads, content, 14)

    def fit(self, *, roomy: bool) -> None:
        """Have a height in which nothing scrolls where the page does."""
        self.tree_area.fit(roomy=roomy)
        self._places_area.fit(roomy=roomy)


@dataclass(frozen=True)
class Panes:
    """The text, and below it what is known of it: the strip, and the distribution beside the branches."""

    text: TextPane
    strip: StripPane
    beside: Beside
    table: TablePane
    side: SidePane

    @classmethod
    def making(cls, upper: QWidget, lower: QWidget) -> Generator[None, None, Self]:
        """One a turn, each in its place, since styles are computed anew of what comes into another one."""
        text = TextPane(upper)
        yield
        strip, beside = StripPane(lower), Beside(lower, (TABLE, TREE))
        yield
        table = TablePane(beside)
        yield
        side = SidePane(beside)
        yield
        beside.place(table, side, partial(_least_beside, table))
        return cls(text, strip, beside, table, side)

    def show_side(self, place: int) -> None:
        """Show the branches, or the surprising places: 0 or 1."""
        self.side.setCurrentIndex(place)
        self.beside.switch.rename(1, (TREE, PLACES)[place])

    def fit(self, *, roomy: bool) -> None:
        """Have heights in which nothing scrolls where the page does."""
        self.text.fit(roomy=roomy)
        self.table.fit(roomy=roomy)
        self.side.fit(roomy=roomy)


def _least_beside(table: TablePane) -> int:
    """Pixels from which on the bars of the distribution tell something with the branches beside them."""
    needed = table.least_width
    return needed + min(needed * SECOND // FIRST, BRANCHES_WIDTH)


def _fill(pane: QWidget, heads: Sequence[QWidget], content: QWidget, margin: int) -> None:
    """Have a pane of what it is headed by, and its content."""
    head = QHBoxLayout()
    head.setContentsMargins(10, 0, 10, 0)
    head.setSpacing(10)
    for widget in heads:
        head.addWidget(widget, int(isinstance(widget, ElidedLabel | CaptionedTitle)))
    column = QVBoxLayout(pane)
    column.setContentsMargins(margin, 10, margin, 8)
    column.setSpacing(4)
    column.addLayout(head)
    column.addWidget(content, 1)


def _scrolling(content: QWidget) -> Area:
    """What scrolls; at the top of its place where it is lower than that."""
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(content)
    column.addStretch(1)
    return Area(inner)
