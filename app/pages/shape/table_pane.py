"""Exactly how much is each part, and by which formula? The table of the chosen quantity, part by part or opened."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.shape.donut_row import NAMES
from app.widgets.buttons import Button
from app.widgets.fact_table import Cell, Column, FactTable, text_cell
from app.widgets.labels import LiveCaption, label
from app.widgets.segmented import Segmented

MARGIN: Final = 24
INSET: Final = 14
ROW: Final = 28
SMALL_ROW: Final = 26


class Line(NamedTuple):
    """A row of the table: texts as they are shown; `told` is its formula with the numbers put in.

    `path` leads to what the row belongs to or holds; with `opens` there is more inside of the row itself.
    """

    name: str
    shapes: str
    formula: str
    amount: str
    share: str
    colour: int
    told: str = ""
    opens: bool = False
    path: tuple[str, ...] = ()


class Sheet(NamedTuple):
    """A whole table: `title` and `caption` above it, `path` where one is inside of a part, its columns and rows."""

    title: str
    caption: str
    path: tuple[str, ...]
    heads: tuple[str, str, str, str]
    lines: tuple[Line, ...]
    total: str


class TablePane(QWidget):
    """The table with its head. `quantity` is the place of the chosen one in `NAMES`."""

    quantity_chosen = Signal(int)
    opened = Signal(tuple)
    """The path of the line that the user wants to look into."""
    left = Signal()
    """The user wants to go a step back towards the whole."""
    copy_asked = Signal(QWidget)

    def __init__(self) -> None:
        super().__init__()
        self.table = FactTable(
            columns_of(("Product", "Shapes", "Formula", "FLOPs")), "Exact figures", leads=True, row=ROW
        )
        self.choice = Segmented(NAMES, "Figures of")
        self.back = Button(icon="chevron-left", kind="bare", small=True, name="Back to all parts")
        self.copy = Button(icon="copy", kind="bare", name="Copy or export this table")
        self._title = label("", "section")
        self.caption = LiveCaption()
        self._sheet: Sheet | None = None
        self._build()
        self._connect()

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    def show_sheet(self, sheet: Sheet) -> None:
        """Show other figures; only other columns or another number of rows lay it out anew."""
        if sheet == self._sheet:
            return
        title = " › ".join((sheet.title, *sheet.path))
        if self._title.text() != title:
            self._title.setText(title)
        self.back.setVisible(bool(sheet.path))
        self.caption.set_text(sheet.caption)
        self.table.set_columns(columns_of(sheet.heads))
        total = (("Total", "strong"), ("", "plain"), ("", "plain"), (sheet.total, "strong"), ("100.0 %", "strong"))
        last = tuple(text_cell(text, face="strong" if face == "strong" else "plain") for text, face in total)
        self.table.show_rows([*map(cells, sheet.lines), last])
        self._sheet = sheet

    def set_compact(self, compact: bool) -> None:
        """Have rows of the small grid, and narrower edges."""
        self.table.set_row(SMALL_ROW if compact else ROW)
        self._column.setContentsMargins(INSET, 6 if compact else 10, INSET, 4 if compact else 8)
        self._column.setSpacing(0 if compact else 2)

    def set_quantity(self, place: int) -> None:
        """Show which one is chosen, without telling."""
        self.choice.set_current(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Escape) and not self.back.isHidden():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        self.back.hide()
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN - INSET, 0, MARGIN - INSET, 0)
        head.setSpacing(8)
        head.addWidget(self.back)
        head.addWidget(self._title)
        head.addWidget(self.caption, 1)
        head.addWidget(self.choice)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.table)
        self._column = column
        self.set_compact(False)

    def _connect(self) -> None:
        self.choice.chosen.connect(self.quantity_chosen)
        self.back.clicked.connect(self.left)
        self.copy.clicked.connect(lambda: self.copy_asked.emit(self.copy))
        self.table.chosen.connect(self._open)

    def _open(self, place: int) -> None:
        """A row inside of a part leads on only where there is more inside of it."""
        if self._sheet is not None and place < len(self._sheet.lines):
            line = self._sheet.lines[place]
            if line.path and (line.opens or not self._sheet.path):
                self.opened.emit(line.path)


def columns_of(heads: Sequence[str]) -> tuple[Column, ...]:
    """Five columns that share the width in fixed parts, so that other figures never move them."""
    name, shapes, formula, amount = heads
    return (
        Column(name, stretch=True, least=160, weight=27),
        Column(shapes, stretch=True, least=130, weight=20, spare=1),
        Column(formula, stretch=True, least=110, weight=22),
        Column(amount, number=True, stretch=True, least=140, weight=20),
        Column("Share", number=True, least=72),
    )


def cells(line: Line) -> tuple[Cell, ...]:
    """A row of the table."""
    name = f"{line.name}  ›" if line.opens else line.name
    told = line.told
    return (
        text_cell(name, square=line.colour)._replace(told=told),
        text_cell(line.shapes, "secondary")._replace(told=told),
        text_cell(line.formula, "secondary")._replace(told=told),
        text_cell(line.amount)._replace(told=told),
        text_cell(line.share)._replace(told=told),
    )


def markdown(sheet: Sheet) -> str:
    """The table as Markdown, figures at the right."""
    heads = (*sheet.heads, "Share")
    rows = [(line.name, line.shapes, line.formula, line.amount, line.share) for line in sheet.lines]
    lines = [_row(heads), "|---|---|---|---:|---:|", *map(_row, rows), _row(("Total", "", "", sheet.total, "100.0 %"))]
    return "\n".join(lines) + "\n"


def _row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"
