"""What is learned? Files of text and the tokenizer that encodes them, or a token file; and what is validated on."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from app.jobs import Job
from app.pages.training.setup.chosen import BUNDLED, Chosen, with_data
from app.pages.training.setup.columns import Block
from app.pages.training.setup.counting import Facts, tokenizer_of
from app.pages.training.setup.inputs import choice, line, remark, share, show_choice, show_remark
from app.pages.training.setup.state import SetupState
from app.pages.training.setup.tokenizer_choice import TokenizerChoice
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox
from app.widgets.corpus_section import CorpusSection
from app.widgets.disclosure import Disclosure
from app.widgets.icon_label import IconLabel
from app.widgets.labels import ElidedLabel, row
from app.widgets.message import MessageStrip
from app.widgets.messages import split
from app.widgets.segmented import Segmented
from lmcore import figures
from lmcore.errors import LmError
from lmcore.paths import resource

TEXT, TOKENS = 0, 1
FILTER: Final = "Token files (*.bin);;All files (*)"
ORDERS: Final = {"random": "random", "permutation": "permutation"}


class DataBlock(Block):
    """The inputs; they show the state and change it."""

    looked = Signal()
    """Whether a tokenizer is looked for has changed."""

    def __init__(self, session: Session, state: SetupState) -> None:
        super().__init__("Data")
        self._session, self._state = session, state
        self.lacks_file = False
        """Whether a token file is wanted, but not chosen yet."""
        self._finding: Job | None = None
        self.strip = MessageStrip("error", "")
        self.strip.hide()
        self.kind = Segmented(["Text", "Token file"], "Kind of data", fill=True)
        self.corpus = CorpusSection(session.settings)
        self.tokenizer = TokenizerChoice(session)
        self._file = ElidedLabel("no file yet")
        self._file_size = ElidedLabel("", "caption")
        self._open = Button("Choose a token file …", icon="folder-open", small=True)
        self.validation = share("Validation share", 0.05)
        self._unseen = Button(icon="file-text", kind="bare", small=True, name="Validate on a token file of its own …")
        self._without = Button(icon="x", kind="bare", small=True, name="Validate on a share of the data again")
        self._unseen_name = ElidedLabel("", "caption")
        self.remark = remark()
        self.order = choice("Order", ORDERS, lambda value: state.set("data", order=value))
        self._masking = CheckBox("Attention within a document only")
        self._field = QLineEdit()
        self._kinds = QStackedWidget()
        self._pages = (QWidget(), QWidget())
        self._build()
        self._connect()

    @property
    def rests(self) -> bool:
        """Whether no tokenizer is being looked for."""
        return self._finding is None

    def close_jobs(self) -> None:
        """The window closes."""
        self._find_no_more()

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the state; nothing is told."""
        data = chosen.config.data
        self.lacks_file = self.lacks_file and not data.train
        self._show_kind(TOKENS if data.train or self.lacks_file else TEXT)
        if data.corpus:
            self.corpus.show_paths([Path(name) for name in data.corpus])
        self._file.set_text(Path(data.train).name if data.train else "no file yet")
        self._file.setToolTip(data.train)
        self.tokenizer.show_path(data.tokenizer, may_lack=bool(data.train))
        self.validation.set_value(data.validation_fraction)
        self.validation.setVisible(not data.validation)
        self._without.setVisible(bool(data.validation))
        self._unseen_name.set_text(Path(data.validation).name if data.validation else "")
        self._unseen_name.setVisible(bool(data.validation))
        show_choice(self.order, list(ORDERS).index(data.order))
        self._masking.setChecked(data.document_masking)
        self._field.setText(data.text_field)

    def show_facts(self, facts: Facts | None, trouble: str = "") -> None:
        """What is known of the data, or that they are being looked at."""
        words = "not read" if trouble else size_words(facts)
        if trouble:
            self.strip.show_message("error", *split(trouble))
        self.strip.setVisible(bool(trouble))
        self.corpus.show_words(words)
        self._file_size.set_text(words if self._state.now.config.data.train else "")

    def mark(self, troubles: Sequence[str], said: str) -> None:
        """Show which of the inputs cannot be as they are, and what is to be said of the share to validate on."""
        show_remark(self.remark, said)
        self.validation.set_invalid("data.validation_fraction" in troubles)

    def take(self, paths: Sequence[Path]) -> None:
        """Have other data: a token file, or files and folders of text."""
        if len(paths) == 1 and paths[0].suffix == ".bin":
            self._take_file(paths[0])
        else:
            self.corpus.set_paths(paths)

    def _build(self) -> None:
        text = self._pages[TEXT]
        for made in self._pages:
            column = QVBoxLayout(made)
            column.setContentsMargins(0, 4, 0, 0)
            column.setSpacing(2)
            self._kinds.addWidget(made)
            if made is text:
                column.addWidget(self.corpus)
                continue
            named = row([IconLabel("file-text")])
            named.insertWidget(1, self._file, 1)
            column.addLayout(named)
            column.addWidget(self._file_size)
            column.addSpacing(8)
            column.addWidget(self._open)
            column.addStretch(1)
        into = self.section
        into.addWidget(self.kind)
        into.addWidget(self._kinds)
        into.addWidget(self.strip)
        into.add_field("Tokenizer", self.tokenizer)
        told = (
            "The end of the data that is kept out of training, to see whether anything is learned but the text itself."
        )
        unseen = line("Validation", self.validation, told, self._unseen)
        unseen.insertWidget(1, self._unseen_name, 1)
        unseen.addWidget(self._without)
        into.addLayout(unseen)
        into.addWidget(self.remark)
        more = Disclosure("More: order, documents")
        more.body.addLayout(
            line(
                "Order",
                self.order,
                "Random windows may overlap, as in the course; a permutation shows each once an epoch.",
            )
        )
        more.body.addWidget(self._masking)
        more.body.addLayout(line("Text field", self._field, "Of JSON lines and Parquet: which field is the text."))
        into.addWidget(more)

    def _connect(self) -> None:
        self.kind.chosen.connect(self._take_kind)
        self.corpus.changed.connect(self._take_corpus)
        self.tokenizer.path_chosen.connect(self._take_tokenizer)
        self._open.clicked.connect(self.ask_file)
        self._unseen.clicked.connect(self._ask_unseen)
        self._without.clicked.connect(lambda: self._state.set("data", validation=""))
        self.validation.value_changed.connect(lambda part: self._state.set("data", validation_fraction=part))
        self.validation.refused.connect(partial(self._state.refused.emit, "data.validation_fraction"))
        self._masking.clicked.connect(lambda on: self._state.set("data", document_masking=on))
        self._field.editingFinished.connect(lambda: self._take_field(self._field.text()))

    def _show_kind(self, kind: int) -> None:
        self.kind.set_current(kind)
        self._kinds.setCurrentIndex(kind)
        self._kinds.setFixedHeight(self._pages[kind].sizeHint().height())

    def _take_kind(self, kind: int) -> None:
        """Text is learned again at once; a token file has to be chosen first."""
        self.lacks_file = kind == TOKENS and not self._state.now.config.data.train
        self._show_kind(kind)
        if kind == TEXT and self._state.now.config.data.train:
            self._take_corpus()

    def _take_tokenizer(self, path: str) -> None:
        self._find_no_more()
        self._state.set("data", tokenizer=path)

    def _take_corpus(self) -> None:
        self._find_no_more()
        corpus = tuple(str(path) for path in self.corpus.paths)
        tokenizer = self._state.now.config.data.tokenizer or str(resource(BUNDLED))
        self._state.change("data", lambda now: with_data(now, train="", corpus=corpus, tokenizer=tokenizer))

    def _take_file(self, path: Path) -> None:
        """A token file; that of the known tokenizers that it was encoded with is looked for, and taken if there is one.

        What is wrong with the file is said by those who count its tokens.
        """
        self.lacks_file = False
        self._find_no_more()
        job = self._finding = Job(partial(tokenizer_of, path, self.tokenizer.known))
        job.finished.connect(lambda found: self._found(job, found))
        job.failed.connect(lambda error: self._found(job, "", error))
        self._state.change("data", lambda now: with_data(now, train=str(path.absolute()), corpus=(), tokenizer=""))
        self._session.jobs.start(job)
        self.looked.emit()

    def _found(self, job: Job, tokenizer: str, error: BaseException | None = None) -> None:
        if job is not self._finding:
            return
        self._finding = None
        if error is not None and not isinstance(error, LmError):
            raise error
        if tokenizer:
            self._state.set("data", tokenizer=tokenizer)
        self.looked.emit()

    def _find_no_more(self) -> None:
        """Other data or another tokenizer are chosen: the one that is looked for is not wanted any more."""
        if self._finding is not None:
            job, self._finding = self._finding, None
            job.cancel()
            self.looked.emit()

    def _take_field(self, name: str) -> None:
        if name and name != self._state.now.config.data.text_field:
            self._state.set("data", text_field=name)

    def ask_file(self) -> None:
        """Ask for a token file."""
        name, _ = QFileDialog.getOpenFileName(self.window(), "Choose a token file", "", FILTER)
        if name:
            self._take_file(Path(name))

    def _ask_unseen(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.window(), "Choose a token file to validate on", "", FILTER)
        if name:
            self._state.set("data", validation=name)


def size_words(facts: Facts | None) -> str:
    """What is said of the size: exact for a token file, "≈" for what was estimated."""
    if facts is None:
        return "being counted …"
    if facts.exact:
        return f"{figures.count(facts.tokens)} tokens"
    return f"{figures.size(facts.bytes)} · ≈ {figures.significant(facts.tokens)} tokens"
