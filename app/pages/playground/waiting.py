"""What stands where a column will be? Which tokenizer is being read for it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.pages.playground.column import MARGIN
from app.widgets.labels import ElidedLabel, Hairline

READING: Final = "Reading {} …"
LEAST: Final = 180


class Waiting(QWidget):
    """What stands at the right of the columns while tokenizers are read for others."""

    def __init__(self) -> None:
        super().__init__()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(0)
        self._shown: list[QWidget] = []
        self.hide()

    @property
    def words(self) -> list[str]:
        """What is said."""
        return [widget.whole_text for widget in self._shown if isinstance(widget, ElidedLabel)]

    def show_names(self, names: Sequence[str], *, beside: bool) -> None:
        """Say what is being read; a line before each but the first, which has one `beside` columns."""
        for widget in self._shown:
            widget.hide()
            widget.deleteLater()
        self._shown = []
        for number, name in enumerate(names):
            if number or beside:
                self._add(Hairline(Qt.Orientation.Vertical), 0)
            said = ElidedLabel(READING.format(name), "caption")
            said.setContentsMargins(MARGIN, 16, MARGIN, 0)
            said.setAlignment(Qt.AlignmentFlag.AlignTop)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            said.setMinimumWidth(LEAST)
            self._add(said, 1)
        self.setVisible(bool(names))

    def _add(self, widget: QWidget, stretch: int) -> None:
        self._shown.append(widget)
        self._line.addWidget(widget, stretch)
