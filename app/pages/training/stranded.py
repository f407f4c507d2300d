"""Do runs wait that nobody will train? A process that was killed writes nothing, so it is looked for now and then."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages.training.watching import Known

LOOK: Final = 3_000
"""Milliseconds between two looks whether what waits is worked off."""


class Stranded(QObject):
    """Looks as long as runs wait; `works_off` says whether a process trains what waits."""

    told = Signal(str)
    """What waits for nobody, in a sentence; an empty one once that is over."""

    def __init__(self, known: Callable[[], Known], works_off: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._known, self._works_off = known, works_off
        self._told = False
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self.look)

    def look(self) -> None:
        """Look now, and again as long as anything waits."""
        known = self._known()
        known.goes_on = self._works_off()
        if known.waiting:
            self._timer.start()
        else:
            self._timer.stop()
        words = known.stranded()
        if bool(words) != self._told:
            self._told = bool(words)
            self.told.emit(words)
