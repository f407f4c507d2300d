"""How does a text come in? As text, hex or a Python literal in one field, or by a classic case; its counts below."""

from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.bytes_page.counts_line import CountsLine
from app.pages.bytes_page.excerpt import excerpt
from app.pages.bytes_page.lessons import LESSONS
from app.widgets.buttons import Button
from app.widgets.bytes_field import BytesField
from app.widgets.labels import label
from app.widgets.segmented import Segmented
from app.widgets.wrapping import WrappingLayout
from lmcore import figures
from lmcore.text.lanes import Span
from lmcore.text.literals import LiteralError, read_hex, read_python, write_hex, write_python

Form = Literal["text", "hex", "python"]
FORMS: Final[tuple[Form, ...]] = ("text", "hex", "python")
TITLES: Final = ("Text", "Hex bytes", "Python repr")


class InputPanel(QWidget):
    """The top of the page. `edited` gives a Span of the text and the bytes that should stand there instead."""

    edited = Signal(object, bytes)
    span_selected = Signal(object)
    lesson_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = BytesField()
        self.counts = CountsLine()
        self.forms = Segmented(TITLES, "Form of the text")
        self.tries = [Button(title, small=True) for title, _ in LESSONS]
        self._data = b""
        self._span = Span(0, 0)
        self._typing = False
        self._wrong = ""
        self._invalid = ""
        self._build()
        self._connect()

    def _build(self) -> None:
        tries = WrappingLayout(right=True)
        for widget in (label("Try", "caption"), *self.tries):
            tries.addWidget(widget)
        head = QHBoxLayout()
        head.setSpacing(24)
        head.addWidget(self.forms, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(tries, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 15, 24, 13)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.field)
        column.addWidget(self.counts)

    def _connect(self) -> None:
        self.forms.chosen.connect(lambda _place: self._refill())
        self.field.bytes_edited.connect(self._take)
        self.field.text_edited.connect(self._read)
        self.field.span_selected.connect(self._tell_span)
        for place, button in enumerate(self.tries):
            button.clicked.connect(lambda _checked=False, place=place: self.lesson_asked.emit(place))

    @property
    def form(self) -> Form:
        """The form in which the text is typed."""
        return FORMS[self.forms.current]

    @property
    def span(self) -> Span:
        """The bytes that the field holds."""
        return self._span

    def show_data(self, data: bytes, around: int) -> None:
        """Show a text, or the part of it around a place. What is being typed is let stand."""
        self._data = data
        span = excerpt(data, around, self._span)
        moved = span != self._span
        self._span = span
        if self.form == "text" or not self._typing or moved:
            self._refill()
        whole = span == Span(0, len(data))
        part = (
            f"The field holds bytes {figures.count(span.start)} to {figures.count(span.end)}; it follows the selection."
        )
        self.counts.show_note("" if whole else part)

    def show_around(self, around: int) -> None:
        """Let the field follow a selection out of what it holds."""
        if excerpt(self._data, around, self._span) != self._span:
            self.show_data(self._data, around)

    def mark(self, span: Span | None) -> None:
        """Show in the field which bytes are selected."""
        start = self._span.start
        inside = span is not None and span.touches(*self._span)
        self.field.mark(Span(max(0, span.start - start), span.end - start) if span is not None and inside else None)

    def show_error(self, text: str) -> None:
        """Say what is wrong with the bytes; what is wrong with what is being typed goes before."""
        self._invalid = text
        self.counts.show_error(self._wrong or text)

    def _refill(self) -> None:
        part = self._data[self._span.start : self._span.end]
        self._complain("")
        self.field.setAccessibleName(f"Text as {TITLES[self.forms.current]}")
        if self.form == "text":
            self.field.show_bytes(part)
        else:
            self.field.show_plain(write_hex(part) if self.form == "hex" else write_python(part))

    def _read(self, text: str) -> None:
        try:
            data = read_hex(text) if self.form == "hex" else read_python(text)
        except LiteralError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._take(data)

    def _take(self, data: bytes) -> None:
        span = self._span
        self._span = Span(span.start, span.start + len(data))
        self._typing = True
        self.edited.emit(span, data)
        self._typing = False

    def _complain(self, text: str) -> None:
        self._wrong = text
        if bool(self.field.property("invalid")) != bool(text):
            self.field.setProperty("invalid", bool(text))
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)
        self.counts.show_error(text or self._invalid)

    def _tell_span(self, span: Span | None) -> None:
        start = self._span.start
        self.span_selected.emit(Span(span.start + start, span.end + start) if span is not None else None)
