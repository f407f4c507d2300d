"""What sets two vocabularies apart? Tokens of one, of both, of the other; how the overlap grows; by kind and script."""

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.jobs import Job
from app.pages.vocabulary import wording, work
from app.pages.vocabulary.compare_parts import Column, KindTable, percent
from app.pages.vocabulary.knowledge import KEY, Knowledge
from app.session import Session, TokenizerInfo
from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.dialogs import ask_tokenizer
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.line_chart import LineChart, LineWords
from app.widgets.segmented import Segmented
from app.widgets.share_bar import ShareBar
from lmcore import figures

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary.difference import Difference

MARGIN: Final = 24
CHOICE: Final = 264
OTHER: Final = "Open another …"
LEFT, BOTH, RIGHT = 1, 7, 0
"""Data colours: orange, grey and blue."""
TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
ONE: Final = "Open a second tokenizer to compare this one with."
OVERLAP: Final = LineWords(
    "Overlap of the first N tokens", "Compare two tokenizers to see it.", "first {count}", "in both"
)


class Compare(QScrollArea):
    """The tab, made by `making`. Chooses among the session's tokenizers.

    `failed` gives the exception where one cannot be read.
    """

    failed = Signal(object)

    def __init__(self, session: Session, knowledge: Knowledge, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._knowledge = session, knowledge
        self._job: Job | None = None
        self._infos: list[TokenizerInfo] = []
        self._pair: tuple[TokenizerInfo, TokenizerInfo] | None = None
        self.difference: Difference | None = None
        self.left, self.right = Choice("First tokenizer"), Choice("Second tokenizer")
        self._swap = Button(icon="arrow-left-right", name="Exchange the two")
        self.share = ElidedLabel("", "caption")
        self.bar = ShareBar("Tokens")
        self.overlap = LineChart(OVERLAP, percent)
        self.by = Segmented(["Kind", "Script"], "By")
        self.table = KindTable()

    @classmethod
    def making(cls, session: Session, knowledge: Knowledge, parent: QWidget) -> Generator[None, None, Self]:
        """The tab, made in turns."""
        tab = cls(session, knowledge, parent)
        yield from tab._filling()
        return tab

    def _filling(self) -> Generator[None, None, None]:
        """The parts, made where they will be seen."""
        content = QWidget(self.viewport())
        yield
        self.columns = [Column(colour, content) for colour in (LEFT, BOTH, RIGHT)]
        yield
        self._build(content)
        self._connect()

    @property
    def busy(self) -> bool:
        """Whether two are being compared."""
        return self._job is not None

    def show_tokenizers(self) -> None:
        """Offer the session's tokenizers: the current one against the one before, unless others were chosen."""
        known = list(self._session.tokenizers)
        chosen = [info for info in (self._pair or ()) if any(info is other for other in known)]
        current = self._session.tokenizer
        first = current or (known[0] if known else None)
        if len(chosen) < 2 or (current is not None and current not in chosen):
            others = [info for info in known if info is not first]
            chosen = [info for info in (first, others[0] if others else None) if info is not None]
        self._infos = known
        self._list(self.left, chosen[0] if chosen else None)
        self._list(self.right, chosen[1] if len(chosen) > 1 else None)
        self._choose()

    def stop(self) -> None:
        """Compare no longer."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def open_second(self, path: Path) -> None:
        """Read a tokenizer and compare the first one with it."""
        job = Job(partial(work.open_other, path))
        job.finished.connect(lambda tokenizer: self._take_second(path, tokenizer))
        job.failed.connect(self.failed)
        self._session.jobs.start(job)

    def _take_second(self, path: Path, tokenizer: Any) -> None:
        """Remember it in the session without making it the current one."""
        info = self._session.remember(path, tokenizer)
        first = self._info(self.left)
        self._pair = (first, info) if first is not None else None
        self.show_tokenizers()

    def _list(self, choice: Choice, chosen: TokenizerInfo | None) -> None:
        choice.blockSignals(True)
        choice.clear()
        for info in self._infos:
            choice.addItem(f"{info.name} · {figures.count(info.vocab_size)}")
        choice.addItem(OTHER)
        place = next((i for i, info in enumerate(self._infos) if info is chosen), -1)
        choice.setCurrentIndex(place)
        choice.blockSignals(False)

    def _info(self, choice: Choice) -> TokenizerInfo | None:
        place = choice.currentIndex()
        return self._infos[place] if 0 <= place < len(self._infos) else None

    def _activated(self, choice: Choice, place: int) -> None:
        if place == len(self._infos):
            self._list(choice, None if self._pair is None else self._pair[0 if choice is self.left else 1])
            if path := ask_tokenizer(self.window()):
                self.open_second(path)
            return
        self._choose()

    def _exchange(self) -> None:
        one, other = self.left.currentIndex(), self.right.currentIndex()
        if one >= 0 and other >= 0:
            self.left.setCurrentIndex(other)
            self.right.setCurrentIndex(one)
            self._choose()

    def _choose(self) -> None:
        """Compare the two that are chosen."""
        one, other = self._info(self.left), self._info(self.right)
        if one is None or other is None:
            self.share.set_text(ONE if one else "")
            return
        if self._pair and self._pair[0] is one and self._pair[1] is other and (self.difference or self._job):
            return
        self.stop()
        self._pair = (one, other)
        known = [self._knowledge.shown] if self._knowledge.shown else []
        job = self._job = Job(partial(work.compare, one, other, known))
        job.finished.connect(lambda found: self._finish(job, found))
        job.failed.connect(lambda error: self._fail(job, error))
        self.share.set_text("being compared …")
        self._session.jobs.start(job)

    def _finish(self, job: Job, found: "Difference") -> None:
        if job is not self._job or self._pair is None:
            return
        self._job = None
        self.difference = found
        one, other = self._pair
        self.share.set_text(wording.share(found, one.name, other.name))
        only, both, rest = len(found.only_left), len(found.both), len(found.only_right)
        parts = (f"Only in {one.name}", only, LEFT), ("In both", both, BOTH), (f"Only in {other.name}", rest, RIGHT)
        self.bar.show_parts(parts)
        self.columns[0].show_rows(f"Only in {one.name}", found.left, found.only_left)
        self.columns[1].show_rows("In both", found.left, found.both)
        self.columns[2].show_rows(f"Only in {other.name}", found.right, found.only_right)
        self.overlap.show_values(found.overlap[255:], 256, TICKS)
        self._show_table()
        tokens = figures.count(len(found.left) + len(found.right))
        self._session.say(f"Compared {tokens} tokens")

    def _fail(self, job: Job, error: BaseException) -> None:
        if job is self._job:
            self._job = None
            self.share.set_text("")
            self.failed.emit(error)

    def _show_table(self) -> None:
        if self.difference is not None and self._pair is not None:
            names = [info.name for info in self._pair]
            self.table.show_difference(self.difference, "scripts" if self.by.current else "kinds", names)

    def _build(self, content: QWidget) -> None:
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head())
        column.addWidget(Hairline())
        panes = QHBoxLayout()
        panes.setSpacing(0)
        for place, pane in enumerate(self.columns):
            if place:
                panes.addWidget(Hairline(Qt.Orientation.Vertical))
            panes.addWidget(pane, 1)
        column.addLayout(panes, 1)
        column.addWidget(Hairline())
        column.addLayout(self._foot())
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.setAccessibleName(f"Compare two, {KEY}")

    def _head(self) -> QVBoxLayout:
        made = QVBoxLayout()
        made.setContentsMargins(MARGIN, 14, MARGIN, 16)
        made.setSpacing(10)
        line = QHBoxLayout()
        line.setSpacing(8)
        for choice in (self.left, self.right):
            choice.setFixedWidth(CHOICE)
        for widget in (self.left, label("against", "secondary"), self.right, self._swap):
            line.addWidget(widget)
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.share, 1)
        made.addLayout(line)
        made.addWidget(self.bar)
        return made

    def _foot(self) -> QHBoxLayout:
        made = QHBoxLayout()
        made.setSpacing(0)
        chart = QVBoxLayout()
        chart.setContentsMargins(MARGIN, 12, MARGIN, 12)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label("Overlap of the first N tokens", "section"))
        head.addWidget(label("against N", "caption"), 1)
        chart.addLayout(head)
        self.overlap.setMinimumHeight(180)
        chart.addWidget(self.overlap, 1)
        made.addLayout(chart, 1)
        made.addWidget(Hairline(Qt.Orientation.Vertical))
        kinds = QVBoxLayout()
        kinds.setContentsMargins(MARGIN, 12, MARGIN, 12)
        title = QHBoxLayout()
        title.setSpacing(8)
        title.addWidget(label("By", "section"))
        title.addWidget(self.by)
        title.addStretch(1)
        kinds.addLayout(title)
        kinds.addWidget(self.table)
        kinds.addStretch(1)
        made.addLayout(kinds, 1)
        return made

    def _connect(self) -> None:
        self.left.activated.connect(lambda place: self._activated(self.left, place))
        self.right.activated.connect(lambda place: self._activated(self.right, place))
        self._swap.clicked.connect(self._exchange)
        self.by.chosen.connect(lambda _place: self._show_table())
