"""What is this text, really? Lanes of graphemes, code points, bytes and tokens over one another."""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QGuiApplication, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app import fonts
from app.commands import Command
from app.pages.bytes_page import work
from app.pages.bytes_page.background import Background, start
from app.pages.bytes_page.cutting import Cutting
from app.pages.bytes_page.document import Document
from app.pages.bytes_page.findings import Findings, edited_words
from app.pages.bytes_page.input_panel import InputPanel
from app.pages.bytes_page.lesson_panel import LessonPanel
from app.pages.bytes_page.lessons import LESSONS
from app.pages.bytes_page.results_panel import FormsPanel, HandlersPanel
from app.pages.bytes_page.why_panel import WhyPanel
from app.pages.page import Page
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.labels import Hairline
from app.widgets.lanes_view import LanesView
from app.widgets.messages import Messages
from app.widgets.tokenizer_opening import tell_error
from lmcore import figures
from lmcore.errors import LmError
from lmcore.text.lanes import Span
from lmcore.text.literals import write_hex
from lmcore.text.utf8 import first_malformed

if TYPE_CHECKING:
    from lmcore.bpe.text_summary import Summary
    from lmcore.bpe.token_window import Windows

TITLE: Final = "Bytes"
SAMPLE: Final = "Café 你好 👩\u200d🚀 e\u0301".encode()
EDITED: Final = (11, 0x3D)
COPIED: Final = 2_000_000
STRETCH: Final = (40, 44, 30)
NARROW: Final = 1040
"""Below so many pixels, grown with the text, the normal forms stand below the error handlers."""


class BytesPage(Page):
    """The input above, the lanes in the middle, what follows from them below."""

    input: InputPanel
    lanes: LanesView
    why: WhyPanel
    handlers: HandlersPanel
    forms: FormsPanel
    lesson: LessonPanel

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.document = Document()
        self.messages = Messages()
        self._undo = Button(icon="undo-2", kind="bare", name="Undo")
        self._redo = Button(icon="redo-2", kind="bare", name="Redo")
        self._open = Button("Open file", icon="folder-open")
        self._background = Background(session.jobs)
        self._cutting = Cutting(session)
        self._area = QScrollArea(self)
        self._content = QWidget(self._area.viewport())
        self._column = QVBoxLayout(self._content)
        self._results = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._edited = 0
        self._reading = self._seen = False
        self._build()

    def _build(self) -> None:
        self._content.setBackgroundRole(QPalette.ColorRole.Base)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.messages)
        self._area.setWidgetResizable(True)
        self._area.setWidget(self._content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._area)

    def _filling(self) -> Generator[None, None, None]:
        """The panels, each in its place and in a turn of its own."""
        self.input = InputPanel(self._content)
        self._column.addWidget(self.input)
        yield
        self.lanes = LanesView(self._content)
        for widget in (Hairline(), self.lanes, Hairline()):
            self._column.addWidget(widget)
        yield
        self.why = WhyPanel(self._content)
        self.lesson = LessonPanel(self._content)
        yield
        self.handlers = HandlersPanel(self._content)
        self.forms = FormsPanel(self._content)
        self._column.addLayout(self._below(), 1)
        self._findings = Findings(self.document, self.lanes, self.input, self.why, self.handlers, self.forms)
        yield
        self._connect()
        self.lanes.look_up(SAMPLE.decode())
        yield
        self.input.show_data(SAMPLE, len(SAMPLE))
        yield
        self.load(SAMPLE)

    def _below(self) -> QVBoxLayout:
        columns, results = QHBoxLayout(), self._results
        columns.addWidget(self.why, STRETCH[0])
        columns.addLayout(results, STRETCH[1] + STRETCH[2])
        for panel, stretch in zip((self.handlers, self.forms), STRETCH[1:], strict=True):
            results.addWidget(panel, stretch)
        for line in (columns, results):
            line.setSpacing(32)
        below = QVBoxLayout()
        below.setContentsMargins(24, 16, 24, 24)
        below.setSpacing(0)
        below.addWidget(self.lesson)
        below.addLayout(columns, 1)
        return below

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._results.setDirection(down if event.size().width() < fonts.scaled(NARROW) else across)

    def _connect(self) -> None:
        self.document.changed.connect(self._changed)
        self.input.edited.connect(lambda span, data: self.document.splice(span.start, span.end, data, typed=True))
        self.input.span_selected.connect(lambda span: self.lanes.select(span, reveal=True))
        self.input.lesson_asked.connect(self.try_lesson)
        self.input.field.undo_asked.connect(self.document.undo)
        self.input.field.redo_asked.connect(self.document.redo)
        self.lanes.selected.connect(self._selected)
        self.lanes.byte_typed.connect(self.document.set_byte)
        self.lanes.removal_asked.connect(lambda first, last: self.document.splice(first, last, b""))
        self.why.restore_asked.connect(self._restore)
        self.why.copy_asked.connect(self.copy_bytes)
        self.why.repair_asked.connect(self._repair)
        self.why.next_button.clicked.connect(self.next_malformed)
        self.lesson.data_asked.connect(self.load)
        self.lesson.span_asked.connect(lambda span: self.lanes.select(span, reveal=True))
        self._background.summed.connect(self._findings.take)
        self._cutting.changed.connect(self._cut_otherwise)
        self._cutting.failed.connect(self._tell_error)
        self._undo.clicked.connect(self.document.undo)
        self._redo.clicked.connect(self.document.redo)
        self._open.clicked.connect(self._ask_file)
        self.session.tokenizer_not_opened.connect(self._not_opened)

    def header_actions(self) -> list[QWidget]:
        return [self._undo, self._redo, self._open]

    def painted_ahead(self) -> Sequence[QWidget]:
        return [self.lanes, self.input, self.why, self.handlers, self.forms]

    def commands(self) -> list[Command]:
        lessons = [
            Command(f"Try: {title}", partial(self.try_lesson, place), "binary", TITLE)
            for place, (title, _) in enumerate(LESSONS)
        ]
        return [
            Command("Undo", self.document.undo, "undo-2", TITLE, "Ctrl+Z"),
            Command("Redo", self.document.redo, "redo-2", TITLE, "Ctrl+Shift+Z; Ctrl+Y"),
            Command("Open a file as bytes", self._ask_file, "folder-open", TITLE, "Ctrl+O"),
            Command("Take the text from the clipboard", self.paste, "file-text", TITLE, "Ctrl+Shift+V", "paste"),
            Command("Copy the selected bytes as hex", self.copy_bytes, "copy", TITLE, "Ctrl+Shift+C"),
            Command("Go to the next malformed bytes", self.next_malformed, "arrow-right", TITLE, "F8", "error"),
            *lessons,
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """One file of any kind."""
        return len(paths) == 1

    def open_paths(self, paths: Sequence[Path]) -> None:
        self._reading = True
        self.messages.clear()
        path = paths[0]
        start(self.session.jobs, partial(work.read_file, path), partial(self._take_file, path), self._tell_error)

    def close_jobs(self) -> None:
        self._background.stop()

    def fill_sample(self) -> None:
        self.lesson.close_lesson()
        self.load(SAMPLE)
        self.document.set_byte(*EDITED)
        self.lanes.select(Span(9, 11))

    def settled(self) -> bool:
        ready = self._cutting.settled and self._findings.settled
        return ready and not (self._background.busy or self._reading)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._seen:
            return
        self._seen = True
        if not self.document.data:
            self.load(SAMPLE)
        self._cutting.begin()

    @property
    def summary(self) -> "Summary | None":
        """What is known of the whole text; None while that is being computed."""
        return self._findings.summary

    @property
    def windows(self) -> "Windows | None":
        """What tokens are cut with, once that is ready."""
        return self._cutting.windows

    def load(self, data: bytes) -> None:
        """Show another text."""
        self.lanes.select(None)
        self.lanes.horizontalScrollBar().setValue(0)
        if self.isVisible():
            self.session.say("")  # a file's name is not that of the next text
        self.document.load(data)

    def try_lesson(self, place: int) -> None:
        """Show a classic case and what is to be learned from it."""
        lesson = LESSONS[place][1](self._cutting.count_tokens)
        self.load(lesson.data)
        self.lesson.show_lesson(lesson)

    def paste(self) -> None:
        """Take the clipboard's text in place of the present one."""
        text = QGuiApplication.clipboard().text()
        if text:
            self.load(text.encode("utf-8", "surrogatepass"))
        else:
            self.session.say("The clipboard holds no text.")

    def copy_bytes(self) -> None:
        """Copy the selected bytes, or all of them, as hex."""
        selected = self.lanes.selection or Span(0, len(self.document.data))
        part = self.document.data[selected.start : selected.end][:COPIED]
        QGuiApplication.clipboard().setText(write_hex(part))
        self.session.say(f"{figures.size(len(part))} copied as hex.")

    def next_malformed(self) -> None:
        """Select the first malformed bytes behind the selection, or the first of all."""
        selected, data = self.lanes.selection, self.document.data
        begin = selected.end if selected is not None else 0
        found = first_malformed(data, begin) or first_malformed(data)
        if found is None:
            self.session.say("Every byte decodes.")
        else:
            self.lanes.select(Span(found.start, found.end), reveal=True)

    # What a change brings about.

    def _changed(self, span: Span) -> None:
        data = self.document.data
        self._leave_lesson(span)
        self._findings.forget()
        self.input.show_data(data, span.end)
        self.lanes.show_data(data)
        self._undo.setEnabled(self.document.can_undo)
        self._redo.setEnabled(self.document.can_redo)
        self._look()
        self._say_edited()

    def _leave_lesson(self, span: Span) -> None:
        """A lesson goes with its text: when most of what there is now is new and no part of the lesson."""
        data, lesson = self.document.data, self.lesson.lesson
        other = lesson is not None and data not in (lesson.data, *lesson.leads)
        if other and (not data or 2 * (span.end - span.start) > len(data)):
            self.lesson.close_lesson()

    def _look(self) -> None:
        """Sum up the text by a job, a short one at once."""
        self._findings.tokenizer_name = self._cutting.name
        self._background.look_at(self.document.data, self._cutting.windows)
        if self._findings.summary is None:
            self._findings.show_summary()

    def _selected(self, span: Span | None) -> None:
        if span is not None:
            self.input.show_around(span.start)
        self._findings.look_again()

    def _say_edited(self) -> None:
        edited = len(self.document.edited)
        if edited != self._edited:
            self._edited = edited
            self.session.say(edited_words(edited))

    def _restore(self, place: int) -> None:
        if place in self.document.edited:
            self.document.set_byte(place, self.document.edited[place])

    def _repair(self) -> None:
        mojibake = self.summary.mojibake if self.summary is not None else None
        if mojibake is not None and mojibake.rounds:
            before = mojibake.rounds[0].before.encode("utf-8", "surrogateescape")
            after = mojibake.rounds[0].after.encode("utf-8", "surrogateescape")
            self.document.splice(0, len(before), after)

    # What jobs say.

    def _cut_otherwise(self) -> None:
        windows = self._cutting.windows
        self.lanes.show_windows(windows.window if windows is not None else None)
        self._findings.tokenizer_name = self._cutting.name
        self._background.look_at(self.document.data, windows)

    def _take_file(self, path: Path, found: tuple[bytes, int]) -> None:
        self._reading = False
        self.lesson.close_lesson()
        self.load(found[0])
        self.session.say(work.file_words(path, len(found[0]), found[1]))

    def _not_opened(self, error: BaseException) -> None:
        if self.isVisible():
            self._tell_error(error)

    def _tell_error(self, error: BaseException) -> None:
        self._reading = False
        if not isinstance(error, LmError):
            raise error
        self.messages.clear()
        tell_error(self.messages, error, self._open_with)

    def _open_with(self, path: Path, pattern: str) -> None:
        self.messages.clear()
        self.session.open_tokenizer(path, pattern)

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.window(), "Open a file as bytes", "", "All files (*)")
        if name:
            self.open_paths([Path(name)])
