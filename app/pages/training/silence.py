"""Does a run that trains still say anything? Its process may hang or be suspended, and holds its lock all the same."""

from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from lmcore.figures import count
from lmcore.training.overview import Overview

LOOK: Final = 5_000
"""Milliseconds between two looks."""
LONG: Final = 60.0
"""Seconds without a word after which that is said."""


class Silence(QObject):
    """Notes by this machine's own clock when each run was last heard of: that of the day may be set."""

    told = Signal(str)
    """Which run was not heard of, and for how long, in a sentence; an empty one once it is."""

    def __init__(self, parent: QObject, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._heard: dict[Path, tuple[tuple[object, ...], float]] = {}
        self._names: dict[Path, str] = {}
        self._told = ""
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self.look)

    def hear(self, runs: Iterable[Overview]) -> None:
        """These are the runs that are trained, as they are now."""
        heard, now = {}, self._clock()
        for run in runs:
            sign = run.standing, run.step, run.heartbeat, run.message
            before = self._heard.get(run.path)
            heard[run.path] = before if before is not None and before[0] == sign else (sign, now)
            self._names[run.path] = run.name
        self._heard = heard
        if heard:
            self._timer.start()
        else:
            self._timer.stop()
        self.look()

    def look(self) -> None:
        """Say it of the run that has been silent for longest, where that is long."""
        now, silent = self._clock(), [(since, path) for path, (_, since) in self._heard.items()]
        since, path = min(silent, default=(now, Path()))
        words = _words(self._names[path], int((now - since) / LONG)) if now - since >= LONG else ""
        if words != self._told:
            self._told = words
            self.told.emit(words)


def _words(name: str, minutes: int) -> str:
    return (
        f"Nothing has come from “{name}” for {count(minutes)} min. A step takes that long, or its process hangs or is "
        "suspended: let that go on, or stop the run."
    )
