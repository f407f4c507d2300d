"""How do several charts paint long lines without holding the window? One after another, a part in each turn of it."""

from time import perf_counter
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer

BUDGET: Final = 0.008
"""Seconds that a chart may spend in a turn of the event loop, give or take one of its parts."""


class Painter(Protocol):
    """A chart that is painted in parts."""

    def go_on(self, until: float) -> bool:
        """Do parts until a time of `perf_counter`, one at least; whether nothing is left."""


class Turns(QObject):
    """Charts that wait. Each turn of the event loop serves one of them, so that events come between."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[Painter] = []
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._serve)

    def ask(self, chart: Painter) -> None:
        """Have a turn, behind those that ask already."""
        if chart not in self._waiting:
            self._waiting.append(chart)
            self._timer.start()

    def _serve(self) -> None:
        if self._waiting[0].go_on(perf_counter() + BUDGET):
            self._waiting.pop(0)
        if self._waiting:
            self._timer.start()
