"""How is a view of many parts shown for the first time without holding the window? It is laid out in one turn of the
event loop and painted in the next, since either takes long.
"""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget


class LatePainting:
    """Has a widget painted a turn later than it would be; until then what was there stays on the screen."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._timer = QTimer(widget, singleShot=True, interval=0)
        self._timer.timeout.connect(lambda: widget.setUpdatesEnabled(True))

    def begin(self) -> None:
        """Paint in the next turn what is laid out in this one."""
        self._widget.setUpdatesEnabled(False)
        self._timer.start()
