"""How is much done without holding the window? One thing after another, a part a turn: charts, lists, drawings."""

from collections.abc import Callable, Generator
from math import inf
from time import perf_counter
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer

BUDGET: Final = 0.008
"""Seconds that a chart may spend in a turn of the event loop, give or take one of its parts."""


class Painter(Protocol):
    """A chart that is painted in parts, or whatever else is done so."""

    def go_on(self, until: float) -> bool:
        """Do parts until a time of `perf_counter`, one at least; whether nothing is left."""


class Turns(QObject):
    """What waits. Each turn of the event loop serves one of them, so that events come between."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[Painter] = []
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._serve)

    @property
    def rest(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def ask(self, chart: Painter, *, first: bool = False) -> None:
        """Have a turn, behind those that ask already, or before them."""
        if first and chart in self._waiting:
            self._waiting.remove(chart)
        if chart not in self._waiting:
            self._waiting.insert(0 if first else len(self._waiting), chart)
            self._timer.start()

    def hurry(self, chart: Painter) -> None:
        """Have the turn now that a chart waits for; nothing where it does not."""
        if chart in self._waiting:
            self._waiting.remove(chart)
            chart.go_on(inf)

    def _serve(self) -> None:
        if not self._waiting:
            return
        first = self._waiting.pop(0)  # what fails has had its turn
        try:
            if not first.go_on(perf_counter() + BUDGET) and first not in self._waiting:
                self._waiting.insert(0, first)
        finally:
            if self._waiting:
                self._timer.start()


class Chore:
    """Something that is done in a turn of its own: once, however often it was asked for until then."""

    def __init__(self, turns: Turns, do: Callable[[], object]) -> None:
        self._turns, self.do = turns, do

    def ask(self, *, first: bool = False) -> None:
        """Have it done soon, or as the next of all."""
        self._turns.ask(self, first=first)

    def hurry(self) -> None:
        """Do it now if it was asked for."""
        self._turns.hurry(self)

    def go_on(self, until: float) -> bool:
        """Do it."""
        self.do()
        return True


class Steps:
    """Things that are done one after another, each in a turn of its own: what stands between two stops of a generator.

    To close the generator leaves out what is not done yet.
    """

    def __init__(self, steps: Generator[None, None, None]) -> None:
        self._steps = steps

    def go_on(self, until: float) -> bool:
        """Do the next."""
        return next(self._steps, self) is self
