"""Which parts grow from one shape to another? Pinned shapes as stacked bars, their shares, a sentence about them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.fact_table import Cell, Column, FactTable, Piece, text_cell
from app.widgets.labels import LiveCaption, label
from lmcore import figures

MARGIN: Final = 24
INSET: Final = 14
ROW: Final = 30
SMALL_ROW: Final = 26
NAME: Final = 170
"""Pixels of a name at the most; the pointer is told the whole."""


class PartName(NamedTuple):
    """A part that shares are told of: its name in a sentence, over a column, and its data colour."""

    name: str
    short: str
    colour: int


class PinnedRow(NamedTuple):
    """A pinned shape: its short name, its parameters, its total in the table's unit, and its shares in percent."""

    name: str
    parameters: str
    total: str
    shares: tuple[float, ...]
    current: bool = False


class Comparison(NamedTuple):
    """What is compared: the words beside the title, the unit of the totals, the parts that shares are of."""

    caption: str
    unit: str
    parts: tuple[PartName, ...]
    rows: tuple[PinnedRow, ...]


class ComparePane(QWidget):
    """The table, and what can be done with it. Nothing is pinned at first: the pane then says how to begin."""

    pin_asked = Signal()
    four_asked = Signal()
    """The user wants the four sizes of GPT-2; offered where nothing is pinned."""
    menu_asked = Signal(QWidget)
    """The user wants the menu of pins, which opens below a widget."""
    used = Signal(int)
    """The pinned shape that is to be the current one."""
    removed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.table = FactTable((), "Pinned shapes", leads=True, row=ROW)
        self.pin = Button("Pin this shape", icon="pin", kind="bare")
        self.four = Button("Pin four sizes of GPT-2", icon="layers", kind="bare")
        self.menu_button = Button(icon="ellipsis", kind="bare", name="Pin several, or unpin")
        self.caption = LiveCaption()
        self.sentence = label("", "table", wrap=True)
        self._words = QHBoxLayout()
        self._shown: Comparison | None = None
        self._build()
        self._connect()

    def show_comparison(self, shown: Comparison) -> None:
        """Show other figures."""
        if shown == self._shown:
            return
        self._shown = shown
        self.caption.set_text(shown.caption)
        self.table.setVisible(bool(shown.rows))
        self.four.setVisible(not shown.rows)
        self.table.set_columns(_columns(shown))
        self.table.show_rows([_cells(shown, row) for row in shown.rows])
        words = sentence(shown)
        self.sentence.setText(words)
        self.sentence.setAccessibleName(words)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN - INSET, 0, MARGIN - INSET, 0)
        head.setSpacing(8)
        head.addWidget(label("Compare", "section"))
        head.addWidget(self.caption, 1)
        head.addWidget(self.four)
        head.addWidget(self.pin)
        head.addWidget(self.menu_button)
        words = self._words
        words.addWidget(self.sentence)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.table)
        column.addLayout(words)
        self._column = column
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Have rows of the small grid, and narrower edges."""
        self.table.set_row(SMALL_ROW if compact else ROW)
        self._column.setContentsMargins(INSET, 6 if compact else 10, INSET, 6 if compact else 12)
        self._column.setSpacing(0 if compact else 2)
        self._words.setContentsMargins(MARGIN - INSET, 6 if compact else 8, MARGIN - INSET, 0)

    def _connect(self) -> None:
        self.pin.clicked.connect(self.pin_asked)
        self.four.clicked.connect(self.four_asked)
        self.menu_button.clicked.connect(lambda: self.menu_asked.emit(self.menu_button))
        self.table.chosen.connect(self.used)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(self.menu_button)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.table.row_under >= 0:
            self.removed.emit(self.table.row_under)
        else:
            super().keyPressEvent(event)


def sentence(shown: Comparison) -> str:
    """Which parts grow and which shrink from the first to the last, with their shares: computed from what is shown."""
    if not shown.rows:
        return "Nothing is pinned yet. Pin this shape, or four sizes of GPT-2, to see what changes from one to another."
    if len(shown.rows) == 1:
        return f"Only {shown.rows[0].name} is pinned. Pin another shape to see which parts grow and which shrink."
    first, last = shown.rows[0], shown.rows[-1]
    changes = list(zip(shown.parts, first.shares, last.shares, strict=True))
    grown = [change for change in changes if _rounded(change[2]) > _rounded(change[1])]
    shrunk = [change for change in changes if _rounded(change[2]) < _rounded(change[1])]
    told = [words for words in (_told(grown, "grow"), _told(shrunk, "shrink")) if words]
    if not told:
        return f"From {_small(first.name)} to {_small(last.name)}, all shares are the same."
    head, *rest = told
    return " ".join([f"From {_small(first.name)} to {_small(last.name)}, {head}", *[_large(words) for words in rest]])


def _told(changes: Sequence[tuple[PartName, float, float]], verb: str) -> str:
    """_told(…, "grow") -> "feed-forward and projections grow: 49.8 → 66.9 % and 16.6 → 22.3 %."."""
    if not changes:
        return ""
    names = _listed([part.name for part, _, _ in changes])
    shares = _listed([f"{_rounded(before)} → {_rounded(after)} %" for _, before, after in changes])
    return f"{names} {verb if len(changes) > 1 or names.endswith('s') else verb + 's'}: {shares}."


def _rounded(share: float) -> float:
    return round(share, 1)


def _listed(texts: Sequence[str]) -> str:
    """_listed(["a", "b", "c"]) -> "a, b and c"."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _small(name: str) -> str:
    """A size inside of a sentence: "Small" -> "small", but "XL" and names as they are."""
    return name.lower() if name in ("Small", "Medium", "Large") else name


def _large(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _columns(shown: Comparison) -> tuple[Column, ...]:
    shares = [Column(f"{part.short} %", number=True, least=78, square=part.colour) for part in shown.parts]
    return (
        Column("Shape", least=84, most=NAME),
        Column("Parameters", number=True, least=118, spare=2),
        Column(shown.unit, number=True, least=70),
        Column("Shares", stretch=True, least=100, spare=1),
        *shares,
    )


def _cells(shown: Comparison, row: PinnedRow) -> tuple[Cell, ...]:
    pieces = tuple(Piece(share / 100, part.colour) for part, share in zip(shown.parts, row.shares, strict=True))
    shares = [text_cell(figures.decimal(share, 1)) for share in row.shares]
    return (
        text_cell(row.name, face="strong" if row.current else "plain"),
        text_cell(row.parameters, "secondary"),
        text_cell(row.total),
        Cell(stack=pieces),
        *shares,
    )
