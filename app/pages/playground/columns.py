"""Which tokenizers stand side by side, and where do they disagree? Up to four columns over the same text."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from app.jobs import Jobs
from app.pages.playground.column import Column, Span
from app.pages.playground.waiting import READING, Waiting
from app.session import TokenizerInfo
from app.widgets.flow_lines import Flags
from app.widgets.labels import Hairline
from app.widgets.turns import Steps, Turns

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from app.pages.playground.work import Subject
    from lmcore.bpe.edits import Edit
    from lmcore.bpe.live_text import Cut

MOST: Final = 4
LARGE: Final = 300_000
"""Tokens that are compared in some milliseconds."""
LATER: Final = 150


class Columns(QWidget):
    """The columns, from the left. At least one stays. They scroll sideways where they have not the least room."""

    shown = Signal()
    """Some column shows other tokens, and all figures are of the same text again."""
    encoded = Signal()
    """Some column has encoded anew, or is another."""
    arrived = Signal(str)
    """A new column is shown, which was asked for with the tokenizer of this name."""
    listed = Signal()
    """There are more or fewer columns, or other tokenizers or sizes of vocabulary."""
    tokenizer_chosen = Signal(object, object)
    """The Column, and the TokenizerInfo that it is to have."""
    file_asked = Signal(object)
    chosen = Signal(object)
    """The Span of a token that the user has clicked."""
    failed = Signal(object)

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._columns: list[Column] = []
        self._lines: list[Hairline] = []
        self._infos: tuple[TokenizerInfo, ...] = ()
        self._place = Span(0, 0)
        self._behind: set[Column] = set()  # those that do not show the place in the text yet
        self._area = QScrollArea(self)
        self._strip = strip = QWidget(self._area.viewport())
        strip.setBackgroundRole(QPalette.ColorRole.Base)
        self._line, self._waiting = QHBoxLayout(), Waiting()
        self._all = QHBoxLayout(strip)
        self._all.setContentsMargins(0, 0, 0, 0)
        self._all.addLayout(self._line, 1)
        self._all.addWidget(self._waiting, 1)
        for line in (self._line, self._all):
            line.setSpacing(0)
        self._area.setWidget(strip)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        strip.installEventFilter(self)
        around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self._area)
        self._coming, self._arriving = Turns(self), list[Generator[None, None, None]]()
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self._compare)
        self._comparing: Iterator[None] | None = None
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._compare_on)

    @property
    def all(self) -> Sequence[Column]:
        """The columns, from the left."""
        return tuple(self._columns)

    @property
    def full(self) -> bool:
        """Whether there is no room for another."""
        return len(self._columns) == MOST

    @property
    def waiting(self) -> list[str]:
        """What is said of new columns."""
        return self._waiting.words

    @property
    def settled(self) -> bool:
        """Whether nothing is on its way."""
        at_rest = all(column.at_rest for column in self._columns)
        return at_rest and self._coming.rest and not self._due.isActive() and self._comparing is None

    @property
    def seconds(self) -> float:
        """How long the last encoding took in all columns."""
        return sum(column.cutting.seconds for column in self._columns)

    def add(
        self,
        subject: "Subject",
        data: "npt.NDArray[np.uint8]",
        specials: Callable[[], bool],
        merges: int | None = None,
    ) -> None:
        """Another column at the right, limited to its first so many merges if that is said: `arrived` in some turns.

        It is made, cut and painted before it is shown.
        """
        column = Column(self._jobs, len(self._columns), self._strip)
        column.hide()
        if self._columns:
            self._lines.append(Hairline(Qt.Orientation.Vertical))
            self._lines[-1].hide()
            self._line.addWidget(self._lines[-1])
        self._line.addWidget(column, 1)
        self._columns.append(column)
        self._connect(column)
        column.cutting.set_text(data)
        self._arriving.append(self._arrive(column, subject, specials, merges))
        self._coming.ask(Steps(self._arriving[-1]))

    def _arrive(
        self, column: Column, subject: "Subject", specials: Callable[[], bool], merges: int | None
    ) -> Generator[None, None, None]:
        if column.subject is None:  # else it was given another one meanwhile
            self.give(column, subject, specials())
            if merges is not None:
                column.vocabulary.set_merges(merges)
        yield
        number = len(self._columns)
        column.resize((self._area.viewport().width() - number + 1) // number, self._area.viewport().height())
        column.grab(QRect(0, 0, 1, 1))  # paints next to nothing, but lays out all
        yield
        yield from column.painting()
        for widget in (column, *self._lines[: self._columns.index(column)]):
            widget.show()
        del self._arriving[0]
        self.arrived.emit(subject.info.name)

    def _connect(self, column: Column) -> None:
        column.cutting.changed.connect(self.encoded)
        column.cutting.failed.connect(self.failed)
        column.shown.connect(self._plan)
        column.cutting.changed.connect(partial(self._catch_up, column))
        column.pointed.connect(partial(self._point, column))
        column.chosen.connect(self.chosen)
        column.resized_vocabulary.connect(self.listed)
        column.tokenizer_chosen.connect(partial(self.tokenizer_chosen.emit, column))
        column.file_asked.connect(partial(self.file_asked.emit, column))
        column.remove_asked.connect(partial(self.remove, column))

    def give(self, column: Column, subject: "Subject", specials: bool) -> None:
        """Let a column cut with another tokenizer."""
        column.set_subject(subject, specials)
        self._list()

    def remove(self, column: Column) -> None:
        """Take a column away, unless it is the only one."""
        if len(self._columns) == 1:
            return
        column.cutting.stop()
        self._columns.remove(column)
        self._behind.discard(column)
        line = self._lines.pop()
        for widget in (column, line):
            self._line.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._relay_lines()
        self._list()
        self._plan()
        self.encoded.emit()

    def offer(self, infos: Sequence[TokenizerInfo]) -> None:
        """Offer these tokenizers in every column."""
        self._infos = tuple(infos)
        self._list()

    def show_waiting(self, waiting: "Sequence[tuple[Column | None, str]]") -> None:
        """Say which tokenizers are being read, in the place of the column that each is for; None is a new one."""
        for column in self._columns:
            names = [name for wanting, name in waiting if wanting is column]
            column.tokens.set_note(READING.format(names[-1]) if names else "")
        new = [name for wanting, name in waiting if wanting not in self._columns][: MOST - len(self._columns)]
        self._waiting.show_names(new, beside=bool(self._columns))
        self._all.setStretch(0, len(self._columns))
        self._all.setStretch(1, len(new))

    def set_text(self, data: "npt.NDArray[np.uint8]") -> None:
        """Another text altogether."""
        for column in self._columns:
            column.cutting.set_text(data)

    def follow(self, edit: "Edit", data: "npt.NDArray[np.uint8]") -> None:
        """The text was edited."""
        for column in self._columns:
            column.cutting.follow(edit, data)

    def show_place(self, start: int, end: int) -> None:
        """Let the tokens of a place in the text be seen, and mark those of a selection: as soon as they are known."""
        self._place = Span(start, end)
        for column in self._columns:
            if column.cutting.working:
                self._behind.add(column)
            else:
                column.show_place(self._place)

    def set_specials(self, specials: bool) -> None:
        """Split special tokens off, or not."""
        for column in self._columns:
            column.cutting.set_specials(specials)

    def stop(self) -> None:
        """Forget all jobs, and what is on its way."""
        while self._arriving:
            self._arriving.pop().close()
        for column in self._columns:
            column.cutting.stop()

    def _catch_up(self, column: Column) -> None:
        if column in self._behind:
            self._behind.discard(column)
            column.show_place(self._place)

    def _point(self, pointing: Column, span: Span | None) -> None:
        """Mark in the other columns what is pointed at in one; then again what is selected in the text."""
        selected = self._place if self._place.end > self._place.start else None
        for column in self._columns:
            if column is not pointing:
                column.mark_bytes(span or selected)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the columns need more or less height than before
            bar = self._area.horizontalScrollBar().sizeHint().height()
            self._area.setMinimumHeight(self._strip.minimumSizeHint().height() + bar)
        return bool(super().eventFilter(watched, event))

    def _plan(self) -> None:
        """Compare soon: in this turn, or once nothing has changed for a while where that takes many milliseconds."""
        large = any(column.cut is not None and len(column.cut) > LARGE for column in self._columns)
        self._due.start(LATER if large else 0)
        self._comparing = None  # the arrays that it reads are other ones, or hold another text
        self._turns.stop()

    def _relay_lines(self) -> None:
        """A line between any two neighbours, whichever column has gone."""
        for widget in (*self._columns, *self._lines):
            self._line.removeWidget(widget)
        for number, column in enumerate(self._columns):
            if number:
                self._line.addWidget(self._lines[number - 1])
            self._line.addWidget(column, 1)

    def _list(self) -> None:
        for number, column in enumerate(self._columns):
            column.set_number(number)
            column.set_choices(self._infos, removable=len(self._columns) > 1)
        self.listed.emit()

    def _compare(self) -> None:
        """Say of each column what is only there; not while some show another text than the others."""
        cuts = [column.cut for column in self._columns]
        known = [cut for cut in cuts if cut is not None]
        if len(known) < len(cuts) or len({int(cut.starts[-1]) for cut in known}) > 1:
            return
        self._comparing = self._compared(known)
        self._turns.start()
        self._compare_on()

    def _compare_on(self) -> None:
        """A part of the comparison in each turn of the event loop: of millions of tokens it takes many milliseconds."""
        if self._comparing is not None and next(self._comparing, self) is self:
            self._comparing = None
        if self._comparing is None:
            self._turns.stop()

    def _compared(self, cuts: "Sequence[Cut]") -> Iterator[None]:
        from lmcore.bpe.agreement import only_here

        found: list[int | None] = []
        for number, cut in enumerate(cuts):
            others = [*cuts[:number], *cuts[number + 1 :]]
            found.append((yield from only_here(cut, others)) if others else None)
        for column, count in zip(self._columns, found, strict=True):
            column.compare(count)
            column.tokens.mark_differing(partial(self._differing, column) if count is not None else None)
        self.shown.emit()

    def _differing(self, column: Column, cut: "Cut", first: int, last: int) -> Flags:
        """Which pieces of a column no other one has, of those that show the same text by now."""
        from lmcore.bpe.agreement import differing

        cuts = [other.cut for other in self._columns if other is not column]
        return differing(cut, first, last, [other for other in cuts if other and other.starts[-1] == cut.starts[-1]])
