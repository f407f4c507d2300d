"""How long does the window keep its user waiting? A 16 ms timer whose late ticks are the answer.

A tick is also late where the machine has no processor free, which is no fault of the window. Linux tells for how long
the threads of a process were ready and had to wait for a processor; that much of a gap is forgiven, but never what the
GUI's thread worked itself. What is left is work on the GUI's thread, or waiting for the interpreter.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QElapsedTimer, QEventLoop, QObject, Qt, QTimer

TICK: Final = 16
TASKS: Final = Path("/proc/self/task")


class Gap(NamedTuple):
    """The time between two ticks, in milliseconds: by the clock, what the window is to blame for, and what the GUI's
    thread worked.
    """

    wall: float
    own: float
    worked: float


class Pulse(QObject):
    """Measures from `start` to `stop`; `gaps` has every gap."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[Gap] = []
        self._timer = QTimer(self, interval=TICK, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = (0.0, 0.0)
        self._waits: dict[str, float] = {}

    def start(self) -> None:
        """Begin anew."""
        self.gaps.clear()
        self._last, self._waits = _now(), _waits()
        self._timer.start()

    def stop(self) -> None:
        """Measure no more; the gap that was open counts."""
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now, waits = _now(), _waits()
        wall, worked = ((new - old) * 1000 for new, old in zip(now, self._last, strict=True))
        waited = sum(wait - self._waits.get(task, 0.0) for task, wait in waits.items()) * 1000
        self.gaps.append(Gap(wall, max(worked, wall - waited), worked))
        self._last, self._waits = now, waits

    @property
    def worst(self) -> Gap:
        """The longest gaps of each kind."""
        return Gap(*map(max, zip(*self.gaps, strict=True)))

    @property
    def median(self) -> float:
        """The gap in the middle by the clock, in milliseconds."""
        return sorted(gap.wall for gap in self.gaps)[len(self.gaps) // 2]

    def during(self, ended: Callable[[], bool], seconds: float = 60.0) -> Gap:
        """The longest gaps until `ended`, which is asked often; fails after `seconds`."""
        loop, clock = QEventLoop(), QElapsedTimer()
        asking = QTimer(interval=10)
        asking.timeout.connect(lambda: loop.quit() if ended() or clock.hasExpired(int(seconds * 1000)) else None)
        clock.start()
        asking.start()
        self.start()
        loop.exec()
        self.stop()
        asking.stop()
        assert ended(), f"not over after {seconds:.0f} s"
        return self.worst


def _now() -> tuple[float, float]:
    """Seconds by the clock, and of work on this thread."""
    return time.perf_counter(), time.thread_time()


def _waits() -> dict[str, float]:
    """Seconds that each thread has waited for a processor; nothing on systems that do not tell."""
    waits = {}
    for task in TASKS.iterdir() if TASKS.exists() else ():
        try:
            waits[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # the thread has ended just now
    return waits
