"""Can this shape be measured? The button that does it, and beside it why it cannot be pressed."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.pages.shape.requests import hindrance, lacking
from app.widgets.buttons import Button
from app.widgets.labels import label
from lmcore.accounting import Shape

MEASURES: Final = "Build the real module in a process of its own and compare it with the formulas"


class MeasureControl(QWidget):
    """Follows the shape and whether a measurement is under way; `asked` when the user wants one."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.note = label("", "caption")
        self.button = Button("Measure", icon="ruler")
        self._lacking: tuple[str, ...] = ()
        self._running = False
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.note)
        line.addWidget(self.button)
        self.note.hide()
        self.button.setToolTip(MEASURES)
        self.button.clicked.connect(self.asked)

    def show_shape(self, shape: Shape) -> None:
        """Say why the module cannot be of this shape; nothing is said of one that it can have."""
        if (names := lacking(shape)) == self._lacking:
            return
        self._lacking = names
        why = hindrance(shape)
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self.note.setText(f"Not to be measured here: {names[0]}{others}" if names else "")
        self.note.setVisible(bool(names))
        self.note.setToolTip(why)
        self.button.setToolTip(why or MEASURES)
        self._enable()

    def set_running(self, running: bool) -> None:
        """One measurement at a time."""
        self._running = running
        self._enable()

    def _enable(self) -> None:
        self.button.setEnabled(not self._running and not self._lacking)
