"""How far is a phase of a job, and how long will it take? What the bars show, without how they look."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lmcore import figures
from lmcore.bpe.events import Progress

TITLES: Final = {"prepare": "Prepare", "count": "Count", "merge": "Merge", "save": "Save"}
NEARLY: Final = 0.995  # of the bar: the most that a phase not yet finished can show


KNOWN_AFTER: Final = 0.2
"""Seconds of work before which the rate so far says nothing of what is left."""


class State(StrEnum):
    """How a phase, and with it the job, stands."""

    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    PAUSED = "paused"
    CANCELLING = "Cancelling …"
    CANCELLED = "Cancelled"
    FAILED = "Failed"
    NOT_BEGUN = "not begun"


ENDED: Final = (State.DONE, State.CANCELLED, State.FAILED, State.NOT_BEGUN)


@dataclass(frozen=True)
class Phase:
    """One phase: its last `Progress`, if there was one, and how many seconds it is expected to take in all."""

    name: str
    state: State = State.WAITING
    progress: Progress | None = None
    expected: float | None = None

    @property
    def title(self) -> str:
        """The phase's name as written."""
        return TITLES.get(self.name, self.name)

    @property
    def share(self) -> float:
        """How much of the bar is full, 0 to 1; 1 only when the phase is done."""
        if self.state is State.DONE:
            return 1.0
        if self.progress is None or self.progress.total <= 0:
            return 0.0
        return min(NEARLY, self.progress.done / self.progress.total)

    @property
    def seconds_left(self) -> float | None:
        """By the rate so far; by the forecast before the phase has begun; None where nothing is known."""
        if self.state in ENDED:
            return 0.0
        if self.progress is None or self.progress.rate <= 0 or self.progress.seconds < KNOWN_AFTER:
            return self.expected
        return max(0, self.progress.total - self.progress.done) / self.progress.rate

    @property
    def seconds(self) -> float:
        """How long the phase has worked."""
        return self.progress.seconds if self.progress else 0.0

    @property
    def amount(self) -> str:
        """What stands at the right: the amount and the rate, or why there is none."""
        if self.state not in (State.ACTIVE, State.DONE):
            return str(self.state)
        if self.progress is None:
            return ""
        return _done(self.progress) + (f" · {_rate(self.progress)}" if self.progress.rate > 0 else "")


def _done(progress: Progress) -> str:
    if progress.phase == "count":
        total = "" if progress.finished else f" of {figures.size(progress.total)}"
        return figures.size(progress.done) + total
    total = "" if progress.finished else f" of {figures.count(progress.total)}"
    return figures.count(progress.done) + total


def _rate(progress: Progress) -> str:
    return figures.rate(progress.rate, "bytes" if progress.phase == "count" else "count")
