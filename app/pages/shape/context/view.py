"""What if the context grows? Shares, figures and memory of a shape against its context length."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class ContextView(QWidget):
    """The tab. `context_moved` is emitted when the user drags the marker or moves it by keys; not by `show_shape`."""

    context_moved = Signal(int)

    def show_shape(self, shape: Any, setup: Any) -> None:
        """Show a shape, and how it is counted. Cheap where only the context is another."""
