"""After how many merges? A slider over all of them; what it drives follows at the pace it can keep."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app import fonts
from app.widgets.slider import Slider
from lmcore import figures

PAGES = 50


class Scrubber(QWidget):
    """A number of merges, 0 to `total`.

    `changed(n)` comes at most once a turn of the event loop, however fast the slider moves, and only when the user
    moves it: `set_value` and `set_total` are silent.
    """

    changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = Slider("Number of merges", 0, 0)
        self._label = QLabel()
        self._timer = QTimer(self)
        self._said = 0
        self._build()
        self._connect()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.slider, 1)
        row.addWidget(self._label)
        self._label.setProperty("role", "caption")
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFocusProxy(self.slider)
        self.set_total(0)

    def _connect(self) -> None:
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._say)
        self.slider.valueChanged.connect(self._moved)

    @property
    def value(self) -> int:
        """The number of merges it stands at."""
        return self.slider.value()

    @property
    def total(self) -> int:
        """The number of merges at its right end."""
        return self.slider.maximum()

    def set_total(self, total: int) -> None:
        """Set the right end, and stand there."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, total)
        self.slider.setPageStep(max(1, total // PAGES))
        self.slider.blockSignals(False)
        self._label.setMinimumWidth(QFontMetrics(fonts.CAPTION.font()).horizontalAdvance(_caption(total)) + 4)
        self.set_value(total)

    def set_value(self, n_merges: int) -> None:
        """Stand at a number of merges."""
        self.slider.blockSignals(True)
        self.slider.setValue(n_merges)
        self.slider.blockSignals(False)
        self._said = self.value
        self._label.setText(_caption(self.value))

    def _moved(self, n_merges: int) -> None:
        self._label.setText(_caption(n_merges))
        self._timer.start()

    def _say(self) -> None:
        if self.value != self._said:
            self._said = self.value
            self.changed.emit(self.value)


def _caption(n_merges: int) -> str:
    return f"after {figures.count(n_merges)} {'merge' if n_merges == 1 else 'merges'}"
