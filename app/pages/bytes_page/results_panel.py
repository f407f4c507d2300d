"""What becomes of the text? What each error handler gives, how it prints, and its normal forms."""

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.bytes_page.runs import SHOWN, TextRuns
from app.widgets.fact_table import Cell, Column, FactTable, text_cell
from app.widgets.labels import Paragraph, label
from lmcore import figures
from lmcore.text.handlers import HANDLERS, handle, parts
from lmcore.text.lanes import lanes
from lmcore.text.normal_forms import FORMS
from lmcore.text.utf8 import Unit

if TYPE_CHECKING:
    from lmcore.bpe.text_summary import FormSize, HandlerSize, Summary

BUSY: Final = "…"
NONE: Final = "–"
BEFORE: Final = 24
"""Bytes before the place of interest that a line of a long text shows."""


class HandlersPanel(QWidget):
    """The middle column below the lanes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = TextRuns()
        columns = (Column("Handler"), Column("Result", stretch=True, least=120), _number("Bytes"), _number("Tokens"))
        self.handlers = FactTable(columns, "What each error handler gives")
        self.printed = FactTable((Column("", least=118), Column("", stretch=True)), "Printed and repr")
        self._suffix = label("of the replaced text", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("What each error handler gives", "section"))
        column.addWidget(self.handlers)
        column.addSpacing(14)
        column.addLayout(_headed("Printed and repr", self._suffix))
        column.addWidget(self.printed)
        column.addStretch(1)

    def show_text(self, data: bytes, around: int, first: Unit | None) -> None:
        """Show the results near a place; sizes come with `show_sizes`."""
        start, end = _shown(data, around)
        texts = [_result(data, handler, (start, end), first, self._runs) for handler in HANDLERS]
        sizes = [tuple(cell for cell in row[2:]) for row in self.handlers.rows] or [(text_cell(BUSY),) * 2] * len(
            HANDLERS
        )
        self.handlers.show_rows(
            [
                (text_cell(name, face="mono"), text, *size)
                for name, text, size in zip(HANDLERS, texts, sizes, strict=True)
            ]
        )
        replaced = data[start:end].decode("utf-8", "replace")
        self._suffix.setVisible(first is not None)
        before = start > 0
        self.printed.show_rows(
            [
                (text_cell("print(text)", "secondary"), self._runs.text(replaced, before=before)),
                (text_cell("repr(text)", "secondary"), self._runs.text(repr(replaced), before=before)),
            ]
        )

    def show_sizes(self, summary: "Summary | None") -> None:
        """Show the sizes, or that they are being computed."""
        found: tuple[HandlerSize | None, ...] = summary.handlers if summary else (None,) * len(HANDLERS)
        texts = self.handlers.rows or [(text_cell(name, face="mono"), Cell()) for name in HANDLERS]
        rows = [(*row[:2], *_sizes(one)) for row, one in zip(texts, found, strict=True)]
        self.handlers.show_rows(rows)


class FormsPanel(QWidget):
    """The right column below the lanes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns = (
            Column("Form", stretch=True, least=56),
            *(_number(name) for name in ("Points", "UTF-8", "UTF-16", "Tokens")),
        )
        self.forms = FactTable(columns, "Normal forms")
        self._suffix = label("of the replaced text", "caption")
        self._sentence = Paragraph("", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(_headed("Normal forms", self._suffix))
        column.addWidget(self.forms)
        column.addSpacing(6)
        column.addWidget(self._sentence)
        column.addStretch(1)

    @property
    def sentence(self) -> str:
        """What the forms change, in words."""
        return self._sentence.accessibleName()

    def show_summary(self, summary: "Summary | None", first: Unit | None) -> None:
        """Show the sizes and the sentence, or that they are being computed."""
        self._suffix.setVisible(first is not None)
        if summary is None:
            self.forms.show_rows([(text_cell(form), *[text_cell(BUSY)] * 4) for form in FORMS])
            return
        self.forms.show_rows([_form_row(one) for one in summary.forms])
        self._sentence.setText(summary.sentence)
        self._sentence.setAccessibleName(summary.sentence)


def _headed(title: str, suffix: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(label(title, "section"))
    line.addWidget(suffix)
    line.addStretch(1)
    return line


def _number(title: str) -> Column:
    return Column(title, number=True)


def _shown(data: bytes, around: int) -> tuple[int, int]:
    """The part of a text that one line shows: from its beginning, or from a little before the place of interest."""
    if around <= SHOWN // 2 or not data:
        return 0, min(len(data), SHOWN)
    place = min(max(0, around - BEFORE), len(data) - 1)
    start = lanes(data, place, place + 1).clusters[0].start
    start = start if place - start < SHOWN else place
    return start, min(len(data), start + SHOWN)


def _result(data: bytes, handler: str, shown: tuple[int, int], first: Unit | None, runs: TextRuns) -> Cell:
    if handler == "strict" and first is not None:
        return text_cell(handle(data[: first.end + 4], "strict").error, "error")
    return runs.parts(parts(data, handler, *shown), before=shown[0] > 0)


def _sizes(one: "HandlerSize | None") -> tuple[Cell, Cell]:
    if one is None:
        return text_cell(BUSY, "secondary"), text_cell(BUSY, "secondary")
    return _count(one.size), _count(one.tokens)


def _form_row(one: "FormSize") -> tuple[Cell, ...]:
    return (text_cell(one.form), *(_count(number) for number in (one.points, one.utf8, one.utf16, one.tokens)))


def _count(number: int | None) -> Cell:
    return text_cell(NONE, "secondary") if number is None else text_cell(figures.count(number))
