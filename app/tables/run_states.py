"""How does a run stand, in a few words and a sign? As it is: running, its place in the queue, or why it ended."""

import time
from collections.abc import Mapping
from math import log
from typing import Final, Literal, NamedTuple

from lmcore import figures
from lmcore.training.overview import Overview, Standing

Tone = Literal["accent", "secondary", "success", "warning", "error"]
ALIVE: Final = ("starting", "running")
ORDER: Final[tuple[Standing, ...]] = (
    *("running", "starting", "waiting", "created", "paused", "stopped", "lost", "failed", "damaged", "finished"),
)
"""As a table that is sorted by state has them."""
READY: Final = "Getting ready"
"""What a worker begins its sentences with until the first step."""
RESUMABLE: Final = ("created", "paused", "stopped", "failed", "lost")
AHEAD: Final = 60.0
"""Seconds by which another clock may be ahead of this one's before its times are no longer believed."""


FAR: Final = 2.0
"""How many times the loss of knowing nothing, ln(vocabulary), a loss is that blew up."""


class Stand(NamedTuple):
    """An icon, the colour that it has, and words."""

    icon: str
    tone: Tone
    words: str


PLAIN: Final[Mapping[Standing, Stand]] = {
    "running": Stand("loader", "accent", "running"),
    "starting": Stand("loader", "accent", "starting"),
    "created": Stand("history", "secondary", "not started"),
    "finished": Stand("circle-check", "success", "done"),
    "stopped": Stand("square", "secondary", "stopped"),
    "damaged": Stand("circle-x", "error", "damaged"),
}


def stand_of(run: Overview, now: float | None = None) -> Stand:
    """How a run stands; `now` is the time in seconds since 1970, which decides whether a day has to be named."""
    if run.standing == "waiting":
        return Stand("history", "secondary", f"queued, {_turn(run.place)}")
    if run.standing == "lost":
        since = "" if is_ahead(run.heartbeat, now) else f" since {clock(run.heartbeat, now)}"
        return Stand("triangle-alert", "warning", f"lost{since}")
    if ended_blown_up(run):
        return Stand("triangle-alert", "warning", "done, blew up")
    if run.standing in PLAIN:
        return PLAIN[run.standing]
    step = f"step {figures.count(run.step)}"
    if run.reason == "disk":
        return Stand("triangle-alert", "warning", "disk full")
    if run.standing == "paused":
        return Stand("pause", "secondary", f"paused at {step}")
    failed = {"diverged": f"diverged at step {figures.count(diverged_at(run))}", "memory": "out of memory"}
    return Stand("triangle-alert", "error", failed.get(run.reason, f"failed at {step}"))


def getting_ready(run: Overview) -> str:
    """What its worker does before the first step, in a sentence as the state has it; "" where it does not say so.

    Until a worker says something itself, the state still has what was said of the run before.
    """
    return run.message if run.standing == "starting" and run.message.startswith(READY) else ""


def can_resume(run: Overview) -> bool:
    """Whether a worker can go on with a run; of one that is damaged, only where its message says so."""
    if run.standing == "damaged":
        return "Resume the run" in run.message
    return run.standing in RESUMABLE


def ended_blown_up(run: Overview) -> bool:
    """Whether a run has finished with a loss that is a number, but far beyond that of a model that knows nothing."""
    size, loss = run.about.get("vocab_size"), run.last.get("validation", run.last.get("loss", 0.0))
    return run.standing == "finished" and isinstance(size, int) and size > 1 and (loss or 0.0) > FAR * log(size)


def has_diverged(run: Overview) -> bool:
    """Whether nothing came of a run: its loss was no number at last, or has blown up."""
    return run.reason == "diverged" or ended_blown_up(run)


def diverged_at(run: Overview) -> int:
    """The step whose loss was no number: the last of which there is a row, while that before it was the last done."""
    return max(run.step, int(run.last.get("step", 0)))


def is_ahead(moment: float, now: float | None = None) -> bool:
    """Whether a moment that passed is still to come by this machine's clock: then one of two clocks was set."""
    return moment > (time.time() if now is None else now) + AHEAD


def clock(moment: float, now: float | None = None) -> str:
    """A moment by this machine's clock: "14:02" of today, else "28 Nov 2026, 14:02"; "–" if its clock was off."""
    try:
        then, today = time.localtime(moment), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "–"
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return f"{then.tm_mday} {time.strftime('%b %Y, %H:%M', then)}"


def _turn(place: int | None) -> str:
    """The place in the queue, from 0, in words: next, 2nd, 3rd, 4th."""
    if not place:
        return "next"
    number = place + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
