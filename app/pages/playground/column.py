"""How does one tokenizer cut the text? Its name and size, three figures, the tokens, and their ids."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.jobs import Jobs
from app.pages.playground.cutting import Cutting
from app.pages.playground.size_slider import SizeSlider
from app.session import TokenizerInfo
from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.flow_view import NOTHING
from app.widgets.id_view import IdView
from app.widgets.labels import Hairline
from app.widgets.live_figure import LiveFigure
from app.widgets.series_mark import SeriesMark
from app.widgets.token_view import TokenView
from lmcore import figures

if TYPE_CHECKING:
    from app.pages.playground.work import Subject
    from lmcore.bpe.live_text import Cut

MARGIN: Final = 24
NARROW: Final = 400
"""Below so many pixels, grown with the text, the head takes two lines."""
NARROWEST: Final = 300
"""Below so many the figures stand close together."""
LEARNING: Final = 30
"""Turns for which the widths of tokens are waited for before they are painted."""
OPEN: Final = "Open a file …"


class Span(NamedTuple):
    """Bytes `start` to `end` (exclusive) of the text."""

    start: int
    end: int


EMPTY: Final = "Type or paste a text above; its tokens stand here, their ids below."
ONLY_HERE: Final = (
    "Pieces that no other column has: the text is cut otherwise there. They have a line below. "
    "It depends on where the cuts are, not on the ids."
)


class Column(QWidget):
    """One tokenizer at work. Its marks and pieces match those of other columns by colour."""

    shown = Signal()
    """Other tokens are shown."""
    resized_vocabulary = Signal()
    """Another number of merges counts."""
    tokenizer_chosen = Signal(object)
    """A TokenizerInfo."""
    file_asked = Signal()
    remove_asked = Signal()
    pointed = Signal(object)
    """The Span of the token that the user points at, or None."""
    chosen = Signal(object)
    """The Span of the token that the user has clicked."""

    def __init__(self, jobs: Jobs, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.subject: Subject | None = None
        self._infos: tuple[TokenizerInfo, ...] = ()
        self._step: Cut | None = None
        self.cutting = Cutting(jobs)
        self.mark = SeriesMark(number)
        self.choice = Choice("Tokenizer", parent=self)
        self.vocabulary = SizeSlider()
        self.tokens, self.ids = TokenView(), IdView()
        self._remove = Button(icon="x", kind="bare", small=True, name="Remove this tokenizer")
        self.count, self.ratio = LiveFigure("tokens"), LiveFigure("bytes a token")
        self.only_here = LiveFigure("only here")
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._figures = QHBoxLayout()
        self._line = QVBoxLayout(self)
        self.tokens.set_hint(EMPTY)
        self._build()
        self._connect()

    @property
    def title(self) -> str:
        """What to call it in a sentence: the tokenizer's name, and its size if that is not all of it."""
        if self.subject is None:
            return ""
        name = self.subject.info.name
        return name if self.vocabulary.is_whole else f"{name}, first {self.vocabulary.spin.text()}"

    @property
    def cut(self) -> "Cut | None":
        """What is shown: the text as it is encoded, or a step on the way there."""
        return self._step if self._step is not None else self.cutting.cut

    @property
    def at_rest(self) -> bool:
        """Whether the tokens and ids of the text stand where they belong."""
        return not self.cutting.working and self.tokens.settled and self.ids.settled

    def painting(self) -> Generator[None, None, None]:
        """Paint what will be seen, in turns, once all widths are exact or for long enough are not."""
        for _ in range(LEARNING):
            if not self.tokens.settled:
                yield
        yield from self.tokens.painting()
        yield from self.ids.painting()

    def set_number(self, number: int) -> None:
        """Be the first, second ... column."""
        self.mark.set_number(number)
        self.setAccessibleName(f"Column {number + 1}")

    def set_choices(self, infos: Sequence[TokenizerInfo], removable: bool) -> None:
        """Offer these tokenizers, and to be removed."""
        own = self.subject.info if self.subject else None
        known = any(own is not None and info.tokenizer is own.tokenizer for info in infos)
        self._infos = tuple(infos) if known or own is None else (own, *infos)
        self.choice.blockSignals(True)
        self.choice.clear()
        self.choice.addItems([*(info.name for info in self._infos), OPEN])
        self._choose_own()
        self.choice.blockSignals(False)
        self._remove.setVisible(removable)

    def set_subject(self, subject: "Subject", specials: bool) -> None:
        """Cut with this tokenizer, all of it."""
        self.subject, self._step = subject, None
        self.vocabulary.set_range(subject.base, len(subject.info.tokenizer.merges))
        self.cutting.set_tokenizer(subject, specials)

    def show_step(self, cut: "Cut | None") -> None:
        """Show a step on the way to the tokens, or what it leads to."""
        if cut is not self._step:
            self._step = cut
            self._show()

    def compare(self, only_here: int | None) -> None:
        """How many pieces no other column has; None where there is no other column."""
        self.only_here.setVisible(only_here is not None)
        self.only_here.set_text("" if only_here is None else figures.count(only_here))

    def show_place(self, span: Span) -> None:
        """Scroll to the token of a place in the text, and mark those of a selection."""
        pieces = self._pieces(span)
        for view in (self.tokens, self.ids):
            if pieces:
                view.scroll_to(pieces.start)
            view.mark(pieces if span.end > span.start else NOTHING)

    def mark_bytes(self, span: Span | None) -> None:
        """Mark the tokens of these bytes, or none."""
        pieces = self._pieces(span) if span is not None else NOTHING
        for view in (self.tokens, self.ids):
            view.mark(pieces)

    def _pieces(self, span: Span) -> range:
        cut = self.cut
        if cut is None or not len(cut) or span.end > cut.starts[-1]:
            return NOTHING
        first = min(cut.at(span.start), len(cut) - 1)
        last = min(cut.at(max(span.start, span.end - 1)), len(cut) - 1)
        return range(first, last + 1)

    def _span_of(self, number: int) -> Span | None:
        cut = self.cut
        return Span(*cut.starts[number : number + 2].tolist()) if cut is not None and 0 <= number < len(cut) else None

    def _build(self) -> None:
        name = QHBoxLayout()
        name.setSpacing(8)
        name.addWidget(self.mark)
        name.addWidget(self.choice, 1)
        name.addWidget(self._remove)
        self.choice.setMinimumWidth(80)
        self.choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._head.setSpacing(12)
        self._head.addLayout(name, 1)
        self._head.addWidget(self.vocabulary, 1)
        column = self._line
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addSpacing(10)
        column.addLayout(self._figure_line())
        column.addSpacing(12)
        column.addWidget(self.tokens, 1)
        column.addSpacing(8)
        column.addWidget(Hairline())
        column.addSpacing(8)
        column.addWidget(self.ids)
        self.ids.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.tokens.setMinimumHeight(80)

    def _figure_line(self) -> QHBoxLayout:
        line = self._figures
        for figure in (self.count, self.ratio, self.only_here):
            line.addWidget(figure)
        self.only_here.setToolTip(ONLY_HERE)
        line.addStretch(1)
        return line

    def _connect(self) -> None:
        self.cutting.changed.connect(self._cut_changed)
        self.vocabulary.changed.connect(self._resize)
        self.choice.activated.connect(self._chosen)
        self._remove.clicked.connect(self.remove_asked)
        self.tokens.pointed.connect(self.ids.point_at)
        self.ids.pointed.connect(self.tokens.point_at)
        for view in (self.tokens, self.ids):
            view.pointed.connect(lambda number: self.pointed.emit(self._span_of(number)))
            view.chosen.connect(lambda number: self.chosen.emit(self._span_of(number)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = event.size().width() / fonts.factor()
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._head.setDirection(down if width < NARROW else across)
        margin, gap = (14, 8) if width < NARROWEST else (MARGIN, 24)
        self._figures.setSpacing(gap)
        self._line.setContentsMargins(margin, 12, margin, 12)

    def _resize(self, merges: int) -> None:
        self.cutting.set_merges(merges)
        self.resized_vocabulary.emit()

    def _chosen(self, place: int) -> None:
        if place < len(self._infos):
            self.tokenizer_chosen.emit(self._infos[place])
        else:
            self._choose_own()
            self.file_asked.emit()

    def _choose_own(self) -> None:
        own = self.subject.info.tokenizer if self.subject else None
        places = [place for place, info in enumerate(self._infos) if info.tokenizer is own]
        self.choice.setCurrentIndex(places[0] if places else -1)
        self.choice.setToolTip(self.choice.currentText())

    def _cut_changed(self) -> None:
        self._step = None
        self._show()

    def _show(self) -> None:
        cut, subject = self.cut, self.subject
        if cut is None or subject is None:
            return
        self.tokens.show_cut(cut, subject.vocab)
        self.ids.show_cut(cut, len(subject.vocab.lengths))
        size = int(cut.starts[-1])
        self.count.set_text(figures.count(len(cut)))
        self.ratio.set_text(figures.decimal(size / len(cut), 2) if len(cut) else "–")
        self.shown.emit()
