"""How is my text cut, step by step, and where do two tokenizers differ on it?"""

from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.commands import Command
from app.jobs import Job
from app.pages.page import Page
from app.pages.playground import work
from app.pages.playground.column import Column
from app.pages.playground.columns import Columns
from app.pages.playground.compression import Compression
from app.pages.playground.copying import Copying
from app.pages.playground.opening import Opening
from app.pages.playground.side import Entry, Side
from app.pages.playground.step_bar import StepBar
from app.pages.playground.stepping import Stepping
from app.pages.playground.studies import Studies
from app.pages.playground.wording import SAMPLE, SPECIALS_TIP, is_tokenizer, status
from app.session import BUNDLED_NAME, Activity, Session, TokenizerInfo
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox
from app.widgets.labels import Hairline
from app.widgets.menu import Menu
from app.widgets.messages import Messages
from app.widgets.text_box import TOO_LONG, TextBox
from app.widgets.tokenizer_opening import tell_error
from lmcore.errors import LmError

if TYPE_CHECKING:
    from lmcore.bpe.events import Progress

TITLE: Final = "Playground"
SPLITTER: Final = "playground-text"
MARGIN: Final = 24
BOX_HEIGHT, COLUMNS_HEIGHT = 172, 520
SMALL: Final = 1000
"""Merges of the second column of the sample."""


class PlaygroundPage(Page):
    """The text above, a column for each tokenizer below it, then its merges; how they compare at the right."""

    columns: Columns
    bar: StepBar
    side: Side
    stepping: Stepping
    opening: Opening
    copying: Copying

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._begun = self._ready = False
        self._small_column = 0
        self._studied: list[tuple[Column | None, str]] = []  # what is looked into, and for which column
        self.box = TextBox("Text")
        self.messages, self.notes = Messages(), Messages()
        self.specials = CheckBox("Special tokens")
        self.add_button = Button("Add tokenizer", icon="plus")
        self.copy_button = Button("Copy ids", icon="copy")
        self.studies = Studies(session.jobs)
        self.compression = Compression()
        self._left, self._whole = QVBoxLayout(), QHBoxLayout(self)
        self._columns_due = QTimer(self, interval=0, singleShot=True)
        self._side_due = QTimer(self, interval=60, singleShot=True)
        self._words_due = QTimer(self, interval=100, singleShot=True)
        self._build()

    def _build(self) -> None:
        self.box.setEnabled(False)
        self.specials.setChecked(True)
        self.specials.setToolTip(SPECIALS_TIP)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self._whole.addLayout(self._left, 1)
        self._left.setSpacing(0)
        self._left.addWidget(self.messages)
        self._left.addWidget(self.notes)

    def _filling(self) -> Generator[None, None, None]:
        """What takes long to make, in its place: the panes, the bar below them, and the panel at the right."""
        session, panes = self.session, QSplitter(Qt.Orientation.Vertical, self)
        self.columns = Columns(session.jobs, panes)
        self._fill_panes(panes)
        self._left.addWidget(panes, 1)
        yield
        self.bar = StepBar(self)
        self._left.addWidget(Hairline())
        self._left.addWidget(self.bar)
        self.bar.setBackgroundRole(QPalette.ColorRole.Window)
        self.bar.setAutoFillBackground(True)
        yield
        self.side = Side(self)
        self._whole.addWidget(Hairline(Qt.Orientation.Vertical))
        self._whole.addWidget(self.side)
        self.stepping = Stepping(session.jobs, self.columns, self.bar)
        self.opening = Opening(self, session, self.columns)
        self.copying = Copying(session, self.columns)
        yield
        self._connect()

    def _fill_panes(self, panes: QSplitter) -> None:
        text = QWidget(panes)
        column = QVBoxLayout(text)
        column.setContentsMargins(MARGIN, 14, MARGIN, 14)
        column.addWidget(self.box)
        self.box.setMinimumHeight(60)
        panes.setHandleWidth(1)
        panes.setChildrenCollapsible(False)
        panes.addWidget(text)
        panes.addWidget(self.columns)
        panes.setStretchFactor(1, 1)
        if not panes.restoreState(self.session.settings.splitter(SPLITTER)):
            panes.setSizes([BOX_HEIGHT, COLUMNS_HEIGHT])
        panes.splitterMoved.connect(lambda: self.session.settings.set_splitter(SPLITTER, panes.saveState()))

    def _connect(self) -> None:
        self.box.edited.connect(self._follow)
        self.box.replaced.connect(lambda: self.columns.set_text(self.box.data))
        self.box.caret_moved.connect(self.columns.show_place)
        self.columns.chosen.connect(lambda span: self.box.select_bytes(*span))
        self.box.left.connect(self.notes.clear)
        self.box.adapted.connect(self._tell_adapted)
        self.specials.toggled.connect(self.columns.set_specials)
        self.add_button.clicked.connect(self._offer_tokenizers)
        self.copy_button.clicked.connect(lambda: self.copying.offer(self.copy_button))
        self._columns_due.timeout.connect(self._begin_columns)
        self.columns.shown.connect(self._words_due.start)
        self.columns.arrived.connect(self._arrived)
        self._words_due.timeout.connect(self._say)
        self.columns.listed.connect(self._listed)
        self.columns.tokenizer_chosen.connect(self.give)
        self.columns.file_asked.connect(self.opening.ask)
        self.opening.waiting_changed.connect(self._show_waiting)
        self.opening.wanted_new.connect(self.add)
        self.opening.wanted_in.connect(self.give)
        self.studies.failed.connect(self._not_studied)
        self.studies.measured.connect(self._side_due.start)
        self._side_due.timeout.connect(self._show_side)
        for source in (self.columns, self.stepping, self.studies, self.opening, self.copying):
            source.failed.connect(self._failed)

    def header_actions(self) -> list[QWidget]:
        return [self.specials, self.add_button, self.copy_button]

    def painted_ahead(self) -> Sequence[QWidget]:
        return [self.bar, self.side]

    def commands(self) -> list[Command]:
        return [
            Command("Add a tokenizer from a file", self.opening.ask, "plus", TITLE, "Ctrl+Shift+O", "open compare"),
            Command("Copy the ids of the first column", lambda: self.copying.copy(0), "copy", TITLE, "Ctrl+Shift+C"),
            Command("Split special tokens off, or not", self.specials.toggle, "split", TITLE, words="untrusted"),
            Command("Play the merges step by step", self.bar.toggle, "play", TITLE, "Ctrl+Shift+Space"),
            Command("Show the sample text", lambda: self.box.set_text(SAMPLE), "list-restart", TITLE),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Tokenizers, or one file of text."""
        return bool(paths) and (len(paths) == 1 or all(map(is_tokenizer, paths)))

    def open_paths(self, paths: Sequence[Path]) -> None:
        """A tokenizer becomes another column; anything else the text."""
        for path in paths:
            if is_tokenizer(path):
                self.messages.clear()
                self.opening.open(path)
            else:
                self._open_text(path)

    def close_jobs(self) -> None:
        self._columns_due.stop()
        self.stepping.stop()
        self.columns.stop()
        self.studies.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._begun:
            self._begun = True
            self._show_waiting()
            job = Job(work.make_ready)
            job.events.connect(self._preparing)
            job.finished.connect(self._begin)
            job.failed.connect(self._failed)
            self.session.jobs.start(job)

    @property
    def ready(self) -> bool:
        """Whether the kernels are there, so that a text can be cut."""
        return self._ready

    def add(self, info: TokenizerInfo, merges: int | None = None) -> None:
        """Another column with a tokenizer, limited to its first so many merges if that is said."""
        if not self.columns.full:
            self._expect(None, info)
            self.studies.study(info, partial(self._add_studied, merges))

    def give(self, column: Column, info: TokenizerInfo) -> None:
        """Let a column cut with another tokenizer."""
        self._expect(column, info)
        self.studies.study(info, partial(self._give_studied, column))

    # What is found out in the background.

    def _preparing(self, events: "Sequence[Progress]") -> None:
        done, total = events[-1].done, events[-1].total
        words = "On a new machine this takes a minute, once"
        self.session.show_activity(Activity("playground", "Getting ready", words, done / total))

    def _begin(self) -> None:
        self.session.show_activity(None)
        self.box.setEnabled(True)
        if not self.box.toPlainText():
            self.box.set_text(SAMPLE)
        self._columns_due.start()

    def _begin_columns(self) -> None:
        self._ready = True
        self.opening.begin()
        self._show_waiting()

    def _expect(self, column: Column | None, info: TokenizerInfo) -> None:
        self._studied.append((column, info.name))
        self._show_waiting()

    def _found(self, column: Column | None, name: str) -> None:
        if (column, name) in self._studied:
            self._studied.remove((column, name))
        self._show_waiting()

    def _not_studied(self) -> None:
        self._studied.clear()
        self._show_waiting()

    def _show_waiting(self) -> None:
        """Say what is being read, in the columns and on the rail."""
        waiting = [*self.opening.waiting, *self._studied]
        if not self._ready:
            waiting = [(None, self.session.tokenizer.name if self.session.tokenizer else BUNDLED_NAME)]
        self.columns.show_waiting(waiting)
        self.busy.emit(bool(waiting))

    def _add_studied(self, merges: int | None, subject: work.Subject) -> None:
        if self.columns.full:
            self._found(None, subject.info.name)
        else:
            self.columns.add(subject, self.box.data, self.specials.isChecked, merges)

    def _arrived(self, name: str) -> None:
        self._found(None, name)
        self._add_small_column()

    def _give_studied(self, column: Column, subject: work.Subject) -> None:
        self._found(column, subject.info.name)
        if column in self.columns.all:
            self.columns.give(column, subject, self.specials.isChecked())

    # What the text and the columns say.

    def _follow(self, position: int, removed: int, inserted: bytes) -> None:
        from lmcore.bpe.edits import Edit

        self.columns.follow(Edit(position, removed, inserted), self.box.data)

    def _say(self) -> None:
        if self.isVisible():
            from lmcore.bpe.controls import control_characters

            data, columns = self.box.data, self.columns
            self.session.say(status(len(data), control_characters(data), columns.seconds, len(columns.all)))

    def _listed(self) -> None:
        self.add_button.setEnabled(not self.columns.full)
        self._side_due.start()

    def _show_side(self) -> None:
        entries = []
        for column in self.columns.all:
            if column.subject is not None:
                info = column.subject.info
                kinds = self.compression.of(column.subject, column.vocabulary.merges)
                entries.append(Entry(column.title, info, kinds, self.studies.speed(info)))
        self.side.show_entries(entries, self.compression.kinds)

    def _tell_adapted(self, words: str) -> None:
        ways = [("Add line ends", self.box.break_lines), ("Start anew", self._start_anew)]
        actions = ways if words == TOO_LONG else []
        self.notes.tell("info", words, actions)

    def _start_anew(self) -> None:
        self.box.set_text("")
        self.box.setFocus()

    def _failed(self, error: BaseException) -> None:
        """What the user can mend is said here; the rest is the error reporter's."""
        if not isinstance(error, LmError):
            raise error
        self.messages.clear()
        tell_error(self.messages, error, self._open_again)

    def _open_again(self, path: Path, pattern: str) -> None:
        self.messages.clear()
        self.opening.open_again(path, pattern)

    # What the user is asked.

    def _offer_tokenizers(self) -> None:
        menu = Menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for info in self.session.tokenizers:
            menu.add(info.name.replace("&", "&&"), partial(self.add, info), icon="table-2")
        menu.addSeparator()
        menu.add("Open a file …", self.opening.ask, icon="folder-open")
        menu.popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height() + 4)))

    def _open_text(self, path: Path) -> None:
        job = Job(lambda: work.read_text(path))
        job.finished.connect(self.box.set_text)
        job.failed.connect(self._failed)
        self.session.jobs.start(job)

    def fill_sample(self) -> None:
        """The sample text, cut by the bundled tokenizer and by the first of its merges."""
        self._small_column = SMALL
        self._add_small_column()

    def _add_small_column(self) -> None:
        """Compare the first column with the first of its own merges, once there is one, if that was asked for."""
        merges, columns = self._small_column, self.columns.all
        if merges and columns and columns[0].subject is not None:
            self._small_column = 0
            self.add(columns[0].subject.info, merges)

    def settled(self) -> bool:
        due = self._side_due.isActive() or self._words_due.isActive()
        parts = (self.columns, self.stepping, self.studies, self.box)
        return len(self.columns.all) > 1 and all(part.settled for part in parts) and not due
