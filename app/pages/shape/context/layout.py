"""Which parts does the tab have, and where do they stand? The large chart, the figures, four charts and a table."""

from collections.abc import Generator, Sequence
from typing import Final, Self

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app import fonts
from app.pages.shape.context.composition import Composition
from app.pages.shape.context.kind_table import KindTable
from app.pages.shape.context.pane import MARGIN, Pane
from app.pages.shape.context.strip import FigureStrip
from app.pages.shape.options import ACTIVATION_NAMES
from app.widgets.choice import Choice
from app.widgets.curves_chart import CurvesChart
from app.widgets.labels import ElidedLabel, Hairline, label
from app.widgets.marked_chart import MarkedChart
from app.widgets.segmented import Segmented
from app.widgets.spin import NumberSpin

LOWER: Final = 276
"""Height of a lower chart with its head, as drawn."""
LARGE: Final = 300
LOWER_SHARE: Final = 0.38
INSET: Final = 14
GB: Final = 10**9
LISTS: Final = tuple(ACTIVATION_NAMES)


class Parts(QWidget):
    """All that the tab shows, from the top to the bottom."""

    flops: Pane
    memory: Pane
    kinds: Pane
    time: Pane

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.composition = Composition(self)
        self.strip = FigureStrip()
        self.memory_size = NumberSpin("GPU memory", 1, 1_000_000, suffix=" GB")
        self.activations = Choice("Activations counted by", list(ACTIVATION_NAMES.values()), self)
        self.step_seconds = NumberSpin("Longest step", 1, 10_000_000, suffix=" s")
        self.pace = Segmented(["Seconds", "Tokens a second"], "Time as")
        self.table = KindTable()
        self.table_title, self.table_caption = label("", "section"), ElidedLabel("", "caption")
        self._column, self._pairs = QVBoxLayout(self), list[QBoxLayout]()
        self._build()

    @classmethod
    def making(cls, parent: QWidget) -> Generator[None, None, Self]:
        """They in their place, two charts a turn."""
        made = cls(parent)
        yield
        yield from made._filling()
        return made

    @property
    def charts(self) -> tuple[MarkedChart, ...]:
        """All charts: their markers stand at the same context."""
        return self.composition.chart, *(pane.chart for pane in self.panes)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The lower charts."""
        return self.flops, self.memory, self.kinds, self.time

    @property
    def memory_bytes(self) -> int:
        """The memory that is chosen."""
        return self.memory_size.value() * GB

    def choose_memory(self, n_bytes: int) -> None:
        """Follow the memory of a GPU, in whole GB, without telling."""
        self.memory_size.blockSignals(True)
        self.memory_size.setValue(n_bytes // GB)
        self.memory_size.blockSignals(False)

    def fit(self, height: int) -> None:
        """Let the large chart and the first lower charts fill a first screen of `height` pixels."""
        rest = height - self.strip.sizeHint().height() - 2
        lower = max(fonts.scaled(LOWER), round(rest * LOWER_SHARE))
        for pane in self.panes:
            pane.setFixedHeight(lower)
        self.composition.setFixedHeight(max(fonts.scaled(LARGE), rest - lower))

    def _build(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        for part in (self.composition, Hairline(), self.strip, Hairline()):
            self._column.addWidget(part)
        self.activations.setFixedWidth(fonts.scaled(124))
        self.memory_size.setValue(80)
        self.step_seconds.setValue(60)

    def _filling(self) -> Generator[None, None, None]:
        self.flops = self._pane("FLOPs by part", "FLOPs by part against context length")
        controls = (self.activations, self.memory_size)
        self.memory = self._pane("Activation memory", "Memory against context length", controls)
        self._column.addLayout(self._pair(self.flops, self.memory))
        self._column.addWidget(Hairline())
        yield
        self.kinds = self._pane("Attention kinds", "FLOPs of attention against context length")
        self.time = self._pane("Training step", "Time against context length", (self.pace, self.step_seconds))
        self._column.addLayout(self._pair(self.kinds, self.time))
        self._column.addWidget(Hairline())
        self._column.addLayout(self._kind_table())
        self._column.addStretch(1)

    def _pane(self, title: str, name: str, controls: Sequence[QWidget] = ()) -> Pane:
        return Pane(title, CurvesChart(name), controls, inset=INSET, parent=self)

    def _pair(self, left: Pane, right: Pane) -> QBoxLayout:
        made = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        made.setSpacing(0)
        made.addWidget(left, 1)
        made.addWidget(_rule())
        made.addWidget(right, 1)
        self._pairs.append(made)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Charts stand below one another where there is no room for two of them."""
        super().resizeEvent(event)
        beside = self.width() >= 2 * max(pane.minimumSizeHint().width() for pane in self.panes)
        for pair in self._pairs:
            pair.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _kind_table(self) -> QVBoxLayout:
        made = QVBoxLayout()
        made.setContentsMargins(MARGIN - 10, 12, MARGIN - 10, 20)
        head = QHBoxLayout()
        head.setContentsMargins(10, 0, 10, 0)
        head.setSpacing(8)
        head.addWidget(self.table_title)
        head.addWidget(self.table_caption, 1)
        made.addLayout(head)
        made.addWidget(self.table)
        return made


def _rule() -> Hairline:
    """A line between two charts, whether they stand beside or below one another."""
    made = Hairline()
    made.setFixedSize(16_777_215, 16_777_215)
    made.setMinimumSize(1, 1)
    return made
