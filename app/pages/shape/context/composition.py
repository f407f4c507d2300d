"""How do the forward FLOPs divide while the context grows? The large chart and its controls."""

from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import fonts
from app.pages.shape.context.kinds import KINDS, Kind
from app.pages.shape.context.pane import MARGIN
from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.labels import ElidedLabel, label
from app.widgets.segmented import Segmented
from app.widgets.spin import NumberSpin
from app.widgets.split_head import SplitHead
from app.widgets.stacked_chart import StackedChart

SHARE, ABSOLUTE = range(2)
TITLES: Final = ("Share of forward FLOPs", "Forward FLOPs")
LONGEST: Final = 1 << 30


class Composition(QWidget):
    """The chart below its head. `changed`: the user asks for other numbers; `look_changed`: for another look."""

    changed = Signal()
    look_changed = Signal()
    menu_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label(TITLES[SHARE], "section")
        self.caption = ElidedLabel("", "caption")
        self.baseline = NumberSpin("Baseline", 1, LONGEST)
        self.window_size = NumberSpin("Window", 1, LONGEST)
        self.mode = Segmented(["Share", "Absolute"], "Forward FLOPs as")
        self.kind = Choice("Attention", [kind.title for kind in KINDS])
        self.play = Button(icon="play", name="Play")
        self.copy = Button(icon="copy", name="Copy or save: forward FLOPs by part")
        self.chart = StackedChart("Forward FLOPs by part against context length")
        self.window_size.setToolTip("The window: to how many tokens each attends, itself among them")
        self.baseline.setToolTip("Where the play begins, and what the figures compare with")
        self._build()
        self._connect()

    @property
    def chosen_kind(self) -> Kind:
        """Which products of attention are counted."""
        return KINDS[self.kind.currentIndex()]

    @property
    def is_absolute(self) -> bool:
        """Whether amounts are drawn, not shares."""
        return self.mode.current == ABSOLUTE

    def choose_kind(self, kind: Kind, window: int) -> None:
        """Follow what the shape says, without telling."""
        for control in (self.kind, self.window_size):
            control.blockSignals(True)
        self.kind.setCurrentIndex(KINDS.index(kind))
        self.window_size.setValue(window)
        for control in (self.kind, self.window_size):
            control.blockSignals(False)
        self._show_window()

    def show_playing(self, playing: bool, name: str) -> None:
        """Whether the button plays or stops, and what it would do."""
        self.play.set_icon("square" if playing else "play", name)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(2)
        self.kind.setFixedWidth(fonts.scaled(152))
        baseline = label("from", "caption", buddy=self.baseline)
        controls = (baseline, self.baseline, self.mode, self.kind, self.window_size)
        self.head = SplitHead((self.title, self.caption), controls, (self.play, self.copy), MARGIN, parent=self)
        column.addWidget(self.head)
        column.addWidget(self.chart, 1)
        self.baseline.setValue(1024)
        self.window_size.setValue(4096)
        self._show_window()

    def _connect(self) -> None:
        self.baseline.valueChanged.connect(self.changed)
        self.window_size.valueChanged.connect(self.changed)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.mode.chosen.connect(self._mode_chosen)
        self.chart.menu_asked.connect(self.menu_asked)
        self.copy.clicked.connect(self._ask_menu)

    def _ask_menu(self) -> None:
        self.menu_asked.emit(self.copy.mapToGlobal(QPoint(0, self.copy.height() + 4)))

    def _kind_chosen(self, _place: int) -> None:
        self._show_window()
        self.changed.emit()

    def _mode_chosen(self, place: int) -> None:
        self.title.setText(TITLES[place])
        self.look_changed.emit()

    def _show_window(self) -> None:
        shown = self.chosen_kind is Kind.WINDOW
        self.window_size.setVisible(shown)
        self.head.fit()
