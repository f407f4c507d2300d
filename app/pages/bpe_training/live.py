"""What does the growing vocabulary look like? The text, the curve, the merges and the longest tokens, all at once.

Everything is fed from the same batches of merges; afterwards a number of merges chooses which of them are shown.
"""

from collections.abc import Generator, Sequence
from functools import partial
from typing import Final, Self

from PySide6.QtCore import QAbstractItemModel, QPoint, QSize, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.settings import Settings
from app.tables.longest import LongestModel, LongestTable
from app.tables.merges import MergesModel, MergesTable
from app.tables.view import TokenTable
from app.widgets.buttons import Button
from app.widgets.chart_cards import Row
from app.widgets.charts import CurveChart
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline, LiveCaption, label
from app.widgets.menu import Menu
from app.widgets.scrubber import Scrubber
from app.widgets.segmented import Segmented
from app.widgets.token_text import TokenText
from lmcore import figures
from lmcore.bpe.display import plain
from lmcore.bpe.events import Merge
from lmcore.bpe.sample_text import SampleText

MARGIN: Final = 24
LONGEST_WIDTH: Final = 300
CHART_HEIGHT: Final = 180
TABLES_HEIGHT: Final = 224
"""With the chart's, the least in pixels: in a lower window the panes scroll."""
SPLITTER: Final = "bpe-tables"
TURN: Final = 33
"""Milliseconds between two turns while merges come. Each pane has every third or so: a text that joins its pieces in
160 ms, and rows that are to be read, gain nothing from more, and one pane a turn is done in a few milliseconds."""
TEXT, CHART, TABLES = range(3)
TURNS: Final = (TEXT, CHART, TABLES, CHART)
TITLE_LENGTH: Final = 48
NO_MERGES: Final = (
    "Each merge joins the most frequent pair of neighbours into a new token. "
    "They will be listed here, newest first, with their counts."
)
HINT: Final = "or drop any text, .jsonl, .parquet or tokenizer.json on this window"


class LiveView(QScrollArea):
    """The panes at the right of the page; `making` makes them. The empty state sends `corpus_asked` and
    `tokenizer_asked`.
    """

    corpus_asked = Signal()
    tokenizer_asked = Signal()

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._passages: tuple[tuple[bytes, ...], ...] = ((),)
        self._passage = 0
        self._received: list[Merge] = []
        self._turn = 0
        self._turns = QTimer(self, interval=TURN)
        self._rows_due = QTimer(self, interval=TURN, singleShot=True)
        self._sample = SampleText([])
        self.merges = MergesModel()
        self.longest = LongestModel()
        self.scrubber = Scrubber()
        self.caption = LiveCaption()
        self._choose = Button("passage 1 of the corpus", kind="quiet", small=True, trailing="chevron-down")
        self._scale = Segmented(["Linear", "Log"], "Scale of the merges")
        self._open_corpus = Button("Open a corpus", icon="folder-open")
        self._open_tokenizer = Button("Open a tokenizer", icon="table-2")

    @classmethod
    def making(cls, settings: Settings, parent: QWidget) -> Generator[None, None, Self]:
        """The view, made a pane a turn."""
        view = cls(settings, parent)
        yield from view._filling()
        return view

    def _filling(self) -> Generator[None, None, None]:
        """The panes, made where they will be seen."""
        content = QWidget(self.viewport())
        self.text = TokenText(content)
        yield from self.text.measuring()
        self.chart = CurveChart(parent=content)
        yield
        self._tables = QStackedWidget(content)
        ways = [self._open_corpus, self._open_tokenizer]
        self._tables.addWidget(EmptyState("git-merge", "No merges yet", NO_MERGES, ways, HINT))
        self._tables.addWidget(self._table_panes())
        yield
        self._build(content)
        self._connect()

    @property
    def received(self) -> Sequence[Merge]:
        """All merges that came, whether every pane shows them yet or not."""
        return self._received

    @property
    def settled(self) -> bool:
        """Whether every pane shows what it should, and nothing moves."""
        return not (self._turns.isActive() or self._rows_due.isActive() or self.text.moving)

    @property
    def passage(self) -> bytes:
        """The text that is shown."""
        return self._sample.text

    def show_passages(self, passages: Sequence[tuple[bytes, ...]]) -> None:
        """The passages of a corpus, each as pre-tokens. The same texts cut otherwise leave the choice among them."""
        if passages == self._passages:
            return
        same = [b"".join(passage) for passage in passages] == [b"".join(passage) for passage in self._passages]
        self._passages = tuple(passages) or ((),)
        self._choose_passage(self._passage if same else 0)

    def begin(self, planned_merges: int) -> None:
        """Forget all merges: a training begins."""
        self._turns.stop()
        self._rows_due.stop()
        self._received.clear()
        self._tables.setCurrentIndex(0)
        self.merges.clear()
        self.longest.clear()
        self.chart.reset(planned_merges)
        self.chart.set_draggable(False)
        self.scrubber.hide()
        self._choose_passage(self._passage)

    def invite(self, planned_merges: int) -> None:
        """Forget all merges, and say what a training would do."""
        self.begin(planned_merges)

    def take(self, merges: Sequence[Merge]) -> None:
        """Further merges; the panes show them within a few turns."""
        self._received += merges
        if not self._turns.isActive():
            self._turns.start()

    def end(self) -> None:
        """No more merges will come: from now on a number of merges can be chosen. The text follows a turn later."""
        for pane in (CHART, TABLES):
            self._refresh(pane)
        total = len(self._received)
        self.scrubber.set_total(total)
        self.scrubber.setVisible(total > 0)
        self.chart.set_draggable(total > 0)

    def show_first(self, count: int) -> None:
        """Show the vocabulary as it was after `count` merges; in the tables, whose rows cost most, a frame later."""
        self.scrubber.set_value(count)
        self.chart.set_marker(count)
        self._show_pieces(count, animate=True)
        if not self._rows_due.isActive():
            self._rows_due.start()

    def _show_rows(self) -> None:
        """Bring the tables to the number of merges that was chosen last."""
        self.merges.show_first(self.scrubber.value)
        self.longest.show_first(self.scrubber.value)

    def _take_turn(self) -> None:
        """Bring the next pane up to date; rest once all of them are."""
        self._turn = (self._turn + 1) % len(TURNS)
        self._refresh(TURNS[self._turn])
        shown = min(self._sample.n_merges, self.chart.count, len(self.merges.merges))
        if shown == len(self._received):
            self._turns.stop()

    def _refresh(self, pane: int) -> None:
        if pane == TEXT:
            self._show_pieces(self._shown(), animate=True)
        elif pane == CHART:
            self.chart.append([merge.bytes_per_token for merge in self._received[self.chart.count :]])
        else:
            new = self._received[len(self.merges.merges) :]
            self.merges.append(new)
            self.longest.append(new)
            if new:
                self._tables.setCurrentIndex(1)

    def sizeHint(self) -> QSize:
        return QSize(800, 640)

    def _build(self, content: QWidget) -> None:
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._text_pane())
        column.addWidget(Hairline())
        column.addLayout(self._chart_pane(), 5)
        column.addWidget(Hairline())
        self._tables.setMinimumHeight(TABLES_HEIGHT)
        column.addWidget(self._tables, 6)
        room = self.scrubber.sizePolicy()
        room.setRetainSizeWhenHidden(True)  # else the chart would be laid out anew at each beginning and end
        self.scrubber.setSizePolicy(room)
        self.scrubber.hide()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    def _text_pane(self) -> QVBoxLayout:
        pane = _pane()
        pane.addLayout(_head("The text so far", self.caption, self._choose))
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
        panes = QSplitter(self._tables)
        panes.setHandleWidth(1)
        panes.setChildrenCollapsible(False)
        merges, longest = QWidget(panes), QWidget(panes)  # which is how a splitter takes them
        _fill(merges, "Merges", "newest first", MergesTable(merges), self.merges)
        _fill(longest, "Longest so far", "", LongestTable(longest), self.longest)
        panes.setStretchFactor(0, 1)
        if not panes.restoreState(self._settings.splitter(SPLITTER)):
            panes.setSizes([3 * LONGEST_WIDTH, LONGEST_WIDTH])
        panes.splitterMoved.connect(lambda: self._settings.set_splitter(SPLITTER, panes.saveState()))
        return panes

    def _connect(self) -> None:
        self.chart.details = self._details
        self._turns.timeout.connect(self._take_turn)
        self._rows_due.timeout.connect(self._show_rows)
        self._scale.chosen.connect(lambda place: self.chart.set_log_x(place == 1))
        self.scrubber.changed.connect(self.show_first)
        self.chart.marker_moved.connect(self.show_first)
        self._choose.clicked.connect(self._offer_passages)
        self._open_corpus.clicked.connect(self.corpus_asked)
        self._open_tokenizer.clicked.connect(self.tokenizer_asked)

    def _details(self, count: int) -> Sequence[Row]:
        """What the chart's hover card says of a merge."""
        merge = self._received[count - 1]
        return Row("Token", plain(merge.token)), Row("Count", figures.count(merge.count))

    def _offer_passages(self) -> None:
        menu = Menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for place, passage in enumerate(self._passages):
            menu.add(_title(passage), partial(self._choose_passage, place), icon="file-text")
        menu.popup(self._choose.mapToGlobal(QPoint(0, self._choose.height() + 4)))

    def _choose_passage(self, place: int) -> None:
        """Show a passage, cut by the merges so far."""
        self._passage = place
        self._sample = SampleText(self._passages[place])
        self._choose.set_look(f"passage {place + 1} of the corpus")
        self._choose.setVisible(len(self._passages) > 1)
        self._show_pieces(self._shown(), animate=False)

    def _shown(self) -> int:
        """How many merges the text shows: all, or as many as were chosen afterwards."""
        return self.scrubber.value if self.scrubber.isVisibleTo(self) else len(self._received)

    def _show_pieces(self, count: int, animate: bool) -> None:
        self._sample.extend(self._received[self._sample.n_merges :])
        cut = self._sample.pieces(count)
        self.text.show_text(self._sample.text, cut, animate)
        size, tokens = figures.count(len(self._sample.text)), figures.count(len(cut))
        self.caption.set_text(f"{size} bytes in {tokens} tokens" + ("" if count else ": nothing is merged yet"))


def _title(pretokens: Sequence[bytes]) -> str:
    """The beginning of a passage, as a line of a menu."""
    text = b"".join(pretokens)[: 4 * TITLE_LENGTH].decode("utf-8", "replace")
    words = " ".join(text.split())
    title = words if len(words) <= TITLE_LENGTH else f"{words[:TITLE_LENGTH].rstrip()} …"
    return title.replace("&", "&&")


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


def _fill(pane: QWidget, title: str, caption: str, table: TokenTable, model: QAbstractItemModel) -> None:
    """A table below its title."""
    table.setModel(model)
    column = QVBoxLayout(pane)
    column.setContentsMargins(MARGIN - 10, 10, 10, 0)
    column.setSpacing(4)
    head = QHBoxLayout()
    head.setContentsMargins(10, 0, 0, 0)
    head.setSpacing(8)
    head.addWidget(label(title, "section"))
    head.addWidget(label(caption, "caption"), 1)
    column.addLayout(head)
    column.addWidget(table, 1)
