"""How well and how fast do these tokenizers do? Bytes a token by kind of text, and what a corpus would take."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.dumbbell import Dumbbell, DumbbellRow
from app.widgets.inspector import Inspector
from app.widgets.labels import ElidedLabel, Paragraph, label
from app.widgets.series_mark import SeriesMark
from app.widgets.spin import NumberSpin
from lmcore import figures

if TYPE_CHECKING:
    from app.session import TokenizerInfo
    from lmcore.bpe.throughput import Throughput

PILE: Final = 825
MOST_GB: Final = 1_000_000
HIGHER: Final = "Higher is better; at 1.0 every byte is a token of its own."
HOW: Final = (
    "All threads together. Measured on prose that the tokenizer has not met before; text in many scripts takes "
    "several times as long."
)
WAITS: Final = "The speed is measured as soon as nothing else runs."
NARROW, WIDE, WIDEST = 304, 320, 364


class Entry(NamedTuple):
    """What is known of a column: `kinds` are bytes a token of each kind of text, None while they are not known."""

    title: str
    info: "TokenizerInfo"
    kinds: tuple[float, ...] | None
    speed: "Throughput | None"


def side_width(window: int) -> int:
    """How wide the panel is in a window so wide."""
    if window < 1360:
        return NARROW
    return WIDEST if window >= 1680 else WIDE


class Side(Inspector):
    """The panel at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(side_width, parent=parent)
        self.chart = Dumbbell("Bytes per token by kind of text")
        self.corpus = NumberSpin("Size of the corpus in gigabytes", 1, MOST_GB, suffix=" GB")
        self.corpus.setValue(PILE)
        self._titles: tuple[str, ...] = ()
        self._entries: tuple[Entry, ...] = ()
        self._legend, self._speeds = QVBoxLayout(), QGridLayout()
        self._times: list[QLabel] = []
        self._words = Paragraph("", "caption")
        self._build()
        self.corpus.valueChanged.connect(self._fill_speeds)

    @property
    def times(self) -> list[tuple[str, str]]:
        """How long each tokenizer takes for the corpus, and the division."""
        return [(time.text(), time.toolTip()) for time in self._times]

    def show_entries(self, entries: Sequence[Entry], kinds: Sequence[str]) -> None:
        """Show what is known of each column."""
        self._entries = tuple(entries)
        values = [entry.kinds or (None,) * len(kinds) for entry in entries]
        rows = [DumbbellRow(kind, tuple(column[place] for column in values)) for place, kind in enumerate(kinds)]
        self.chart.show_rows(rows, [entry.title for entry in entries])
        self._fill_legend()
        self._fill_speeds()

    def _build(self) -> None:
        compression = self.section("Bytes per token", "by kind of text")
        compression.addWidget(self.chart)
        self._legend.setSpacing(2)
        compression.addLayout(self._legend)
        compression.addWidget(label(HIGHER, "caption", wrap=True))
        speed = self.section("Speed on this machine", "megabytes a second")
        self._speeds.setHorizontalSpacing(10)
        self._speeds.setVerticalSpacing(6)
        self._speeds.setColumnStretch(0, 1)
        speed.addLayout(self._speeds)
        line = QHBoxLayout()
        line.addWidget(label("A corpus of", buddy=self.corpus), 1)
        line.addWidget(self.corpus)
        speed.addLayout(line)
        speed.addWidget(self._words)

    def _fill_legend(self) -> None:
        _empty(self._legend)
        for number, entry in enumerate(self._entries):
            made = QWidget()
            line = QHBoxLayout(made)
            line.setContentsMargins(4, 0, 0, 0)
            line.setSpacing(6)
            line.addWidget(SeriesMark(number))
            line.addWidget(ElidedLabel(entry.title, "caption"), 1)
            self._legend.addWidget(made)

    def _fill_speeds(self) -> None:
        """A line a tokenizer: its speeds, and the time that the corpus takes with all threads."""
        _empty(self._speeds)
        self._times = []
        size, groups = self.corpus.value(), self._by_tokenizer()
        known = [entry.speed for entry in self._entries if entry.speed is not None]
        threads = known[0].threads if known else 1
        heads = ["1 thread", *([f"{threads} threads"] if threads > 1 else []), f"{figures.count(size)} GB"]
        for place, head in enumerate(heads, 1):
            self._speeds.addWidget(label(head, "caption"), 0, place, Qt.AlignmentFlag.AlignRight)
        for row, numbers in enumerate(groups, 1):
            entry = self._entries[numbers[0]]
            self._speeds.addWidget(_named(entry.info.name, numbers), row, 0)
            self._times.append(_time(entry.speed, size))
            rates = [None, None] if entry.speed is None else [entry.speed.one, entry.speed.all]
            cells = [*(_figure(rate) for rate in rates[: len(heads) - 1]), self._times[-1]]
            for place, cell in enumerate(cells, 1):
                self._speeds.addWidget(cell, row, place, Qt.AlignmentFlag.AlignRight)
        what = f"The Pile has {PILE} GB. " if size == PILE else ""
        self._words.setText(what + HOW if known else WAITS)

    def _by_tokenizer(self) -> list[list[int]]:
        """The numbers of the columns of each tokenizer; two of one name are two."""
        groups: list[list[int]] = []
        for number, entry in enumerate(self._entries):
            same = (group for group in groups if self._entries[group[0]].info.tokenizer is entry.info.tokenizer)
            found = next(same, None)
            if found is None:
                groups.append([number])
            else:
                found.append(number)
        return groups


def _named(name: str, numbers: Sequence[int]) -> QWidget:
    """The signs of a tokenizer's columns, and its name."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(4)
    for number in numbers:
        line.addWidget(SeriesMark(number))
    line.addWidget(ElidedLabel(name, "table"), 1)
    return made


def _time(speed: "Throughput | None", size: int) -> QLabel:
    """How long a corpus of so many gigabytes takes with all threads, and in the tooltip why."""
    if speed is None:
        return label("…", "table")
    from lmcore.bpe.throughput import seconds_for  # the thread that measured the speed has imported it

    times = [(1, seconds_for(size * 1e9, speed.one), speed.one)]
    if speed.threads > 1:
        times.append((speed.threads, seconds_for(size * 1e9, speed.all), speed.all))
    made = label(figures.rough_duration(times[-1][1]), "table")
    made.setToolTip("\n".join(_division(size, *one) for one in times))
    return made


def _division(size: int, threads: int, seconds: float, rate: float) -> str:
    on = f"on {threads} threads" if threads > 1 else "on 1 thread"
    return f"{figures.count(size)} GB ÷ {figures.rate(rate, 'bytes')} {on} = {figures.rough_duration(seconds)}"


def _figure(rate: float | None) -> QLabel:
    return label("…" if rate is None else figures.significant(rate / 1e6), "table")


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
