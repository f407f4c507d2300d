"""What does the growing vocabulary look like? The text, the curve, the merges and the longest tokens, all at once.

Everything is fed from the same batches of merges; afterwards a number of merges chooses which of them are shown.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.tables.longest import LongestModel, LongestTable
from app.tables.merges import MergesModel, MergesTable
from app.widgets.buttons import Button
from app.widgets.charts import CurveChart
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline, label
from app.widgets.menu import Menu
from app.widgets.scrubber import Scrubber
from app.widgets.segmented import Segmented
from app.widgets.token_text import TokenText
from lmcore import figures
from lmcore.bpe.events import Merge
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import pieces
from lmcore.bpe.sample_text import SampleText

MARGIN: Final = 24
LONGEST_WIDTH: Final = 300
CHART_HEIGHT: Final = 200
TITLE_LENGTH: Final = 48
NO_MERGES: Final = (
    "Each merge joins the most frequent pair of neighbours into a new token. "
    "They will be listed here, newest first, with their counts."
)
HINT: Final = "or drop any text, .jsonl, .parquet or tokenizer.json on this window"


class LiveView(QWidget):
    """The panes at the right of the page. `corpus_asked` and `tokenizer_asked` come from the empty state."""

    corpus_asked = Signal()
    tokenizer_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._passages: tuple[str, ...] = ("",)
        self._passage = 0
        self._options = Options()
        self._merges: list[Merge] = []
        self._sample = SampleText([])
        self.text = TokenText()
        self.chart = CurveChart(self._options.planned_merges)
        self.merges = MergesModel()
        self.longest = LongestModel()
        self.scrubber = Scrubber()
        self._text_caption = label("", "caption")
        self._choose = Button("passage 1 of the corpus", kind="quiet", small=True, trailing="chevron-down")
        self._scale = Segmented(["Linear", "Log"], "Scale of the merges")
        self._tables = QStackedWidget()
        self._open_corpus = Button("Open a corpus", icon="folder-open")
        self._open_tokenizer = Button("Open a tokenizer", icon="table-2")
        self._build()
        self._connect()

    def show_passages(self, passages: Sequence[str]) -> None:
        """The passages of a corpus, of which the first is shown."""
        self._passages = tuple(passages) or ("",)
        self._passage = 0
        self._show_passage()

    def begin(self, options: Options) -> None:
        """Forget everything: a training with these options begins, or may begin."""
        self._options = options
        self._merges.clear()
        self.merges.clear()
        self.longest.clear()
        self.chart.reset(options.planned_merges)
        self.chart.set_draggable(False)
        self.scrubber.hide()
        self._tables.setCurrentIndex(0)
        self._show_passage()

    def take(self, merges: Sequence[Merge]) -> None:
        """Show further merges."""
        self._merges += merges
        self._sample.extend(merges)
        self.merges.append(merges)
        self.longest.append(merges)
        self.chart.append([merge.bytes_per_token for merge in merges])
        self._tables.setCurrentIndex(1)
        self._show_pieces(len(self._merges), animate=True)

    def end(self) -> None:
        """No more merges will come: from now on a number of merges can be chosen."""
        self.scrubber.set_total(len(self._merges))
        self.scrubber.setVisible(bool(self._merges))
        self.chart.set_draggable(bool(self._merges))

    def show_first(self, count: int) -> None:
        """Show the vocabulary as it was after `count` merges."""
        self.scrubber.set_value(count)
        self.chart.set_marker(count)
        self.merges.show_first(count)
        self.longest.show_first(count)
        self._show_pieces(count, animate=True)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._text_pane())
        column.addWidget(Hairline())
        column.addLayout(self._chart_pane(), 5)
        column.addWidget(Hairline())
        ways = [self._open_corpus, self._open_tokenizer]
        self._tables.addWidget(EmptyState("git-merge", "No merges yet", NO_MERGES, ways, HINT))
        self._tables.addWidget(self._table_panes())
        column.addWidget(self._tables, 6)
        self.scrubber.hide()

    def _text_pane(self) -> QVBoxLayout:
        pane = _pane()
        pane.addLayout(_head("The text so far", self._text_caption, self._choose))
        pane.addWidget(self.text)
        pane.setContentsMargins(MARGIN, 14, MARGIN, 14)
        return pane

    def _chart_pane(self) -> QVBoxLayout:
        pane = _pane()
        pane.addLayout(_head("Bytes per token", label("against merges", "caption"), self._scale))
        self.chart.setMinimumHeight(CHART_HEIGHT)
        pane.addWidget(self.chart, 1)
        pane.addWidget(self.scrubber)
        pane.setContentsMargins(MARGIN, 10, MARGIN, 8)
        return pane

    def _table_panes(self) -> QWidget:
        merges, longest = MergesTable(), LongestTable()
        merges.setModel(self.merges)
        longest.setModel(self.longest)
        panes = QSplitter()
        panes.setHandleWidth(1)
        panes.setChildrenCollapsible(False)
        panes.addWidget(_titled("Merges", "newest first", merges))
        right = _titled("Longest so far", "", longest)
        panes.addWidget(right)
        panes.setStretchFactor(0, 1)
        panes.setSizes([3 * LONGEST_WIDTH, LONGEST_WIDTH])
        return panes

    def _connect(self) -> None:
        self._scale.chosen.connect(lambda place: self.chart.set_log_x(place == 1))
        self.scrubber.changed.connect(self.show_first)
        self.chart.marker_moved.connect(self.show_first)
        self._choose.clicked.connect(self._offer_passages)
        self._open_corpus.clicked.connect(self.corpus_asked)
        self._open_tokenizer.clicked.connect(self.tokenizer_asked)

    def _offer_passages(self) -> None:
        menu = Menu(self)
        for place, passage in enumerate(self._passages):
            title = " ".join(passage[: 2 * TITLE_LENGTH].split())
            title = title if len(title) <= TITLE_LENGTH else f"{title[:TITLE_LENGTH].rstrip()} …"
            menu.add(title.replace("&", "&&"), lambda place=place: self._choose_passage(place), icon="file-text")
        menu.exec(self._choose.mapToGlobal(QPoint(0, self._choose.height() + 4)))

    def _choose_passage(self, place: int) -> None:
        self._passage = place
        self._show_passage()

    def _show_passage(self) -> None:
        """The chosen passage, cut by the merges so far."""
        passage = self._passages[self._passage]
        compiled = self._options.compiled.compile()
        pretokens = [piece.encode("utf-8", "surrogateescape") for piece in pieces(compiled, passage)]
        self._sample = SampleText(pretokens)
        self._sample.extend(self._merges)
        self._choose.set_look(f"passage {self._passage + 1} of the corpus")
        self._choose.setVisible(len(self._passages) > 1)
        self.text.set_text(self._sample.text)
        self._show_pieces(self.merges.shown, animate=False)

    def _show_pieces(self, count: int, animate: bool) -> None:
        cut = self._sample.pieces(count)
        self.text.set_pieces(cut, animate)
        size, tokens = figures.count(len(self._sample.text)), figures.count(len(cut))
        self._text_caption.setText(f"{size} bytes in {tokens} tokens" + ("" if count else ": nothing is merged yet"))


def _pane() -> QVBoxLayout:
    made = QVBoxLayout()
    made.setSpacing(8)
    return made


def _head(title: str, caption: QWidget, right: QWidget) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(8)
    made.addWidget(label(title, "section"))
    made.addWidget(caption, 1)
    made.addWidget(right)
    return made


def _titled(title: str, caption: str, table: QWidget) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(MARGIN - 10, 10, 10, 0)
    column.setSpacing(4)
    head = QHBoxLayout()
    head.setContentsMargins(10, 0, 0, 0)
    head.setSpacing(8)
    head.addWidget(label(title, "section"))
    head.addWidget(label(caption, "caption"), 1)
    column.addLayout(head)
    column.addWidget(table, 1)
    return made
