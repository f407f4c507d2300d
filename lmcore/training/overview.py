"""What is to be said of a run in a list? How it stands, truthfully, what was chosen, and what came of it."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeGuard

from lmcore.training.curves import TRAIN
from lmcore.training.newest import Newest
from lmcore.training.plain_files import opened
from lmcore.training.run_files import (
    Kept,
    Part,
    Written,
    check_unchanged,
    checkpoints,
    chosen,
    dotted,
    is_whole,
    sign_of,
    state,
    ticket,
    written_texts,
)
from lmcore.training.run_folder import Annotations, Reason, RunFolder, State, runs_in

Standing = Literal[
    "created", "waiting", "starting", "running", "paused", "stopped", "finished", "failed", "lost", "damaged"
]
"""As in a run's state, but by who holds its lock: "lost" said that it runs, and no worker has it; "starting" is held by
one that has not begun; "waiting" is in the queue, "created" is not; "damaged" cannot be read, and does not wait for a
worker that mends it."""
_RARELY: Final = 10  # looks
_AHEAD: Final = 60  # seconds by which another clock may be ahead
_TAIL: Final = 1 << 16  # bytes of a log in which its last lines are


@dataclass(frozen=True)
class Overview:
    """A run in a list.

    `heartbeat` is when its worker last wrote (seconds since 1970), `message` why it stands as it does, with the remedy.
    `config` and `about` are config.json and run.json with dotted keys ("optimizer.learning_rate"). `last` are the
    newest numbers of the columns of `curves.TRAIN`, and "validation", "perplexity", "bits_per_byte", "best",
    "best_step", "wall" (seconds), where there are any. `checkpoints` and `samples` are steps, `checkpoint_bytes` what
    each takes of the disk. `place` is that in the queue, from 0. `group` is what a sweep says of it: "id", "keys",
    "values".
    """

    path: Path
    name: str
    created: float
    standing: Standing
    reason: Reason
    message: str
    step: int
    steps: int
    attempt: int
    heartbeat: float
    tags: tuple[str, ...]
    note: str
    config: Mapping[str, Any]
    about: Mapping[str, Any]
    last: Mapping[str, float]
    checkpoints: tuple[int, ...]
    samples: tuple[int, ...]
    place: int | None = None
    group: Mapping[str, Any] | None = None
    checkpoint_bytes: tuple[int, ...] = ()
    edited: bool = False
    """Whether `config` is no longer what the run was made with."""


class Watched:
    """A run that is looked at again and again: what has not changed is not read."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        config, newest = run.path / "config.json", Newest(run.metrics)
        self._config = Part(config, lambda: chosen(run), dict[str, Any]())
        self._about = Part(run.path / "run.json", run.about, dict[str, Any]())
        self._state = Part(run.path / "state.json", lambda: state(run), State("queued"))
        self._notes = Part(run.path / "notes.json", run.annotations, Annotations())
        self._ticket = Part[int | None](run.control / "start", lambda: ticket(run), None)
        self._checkpoints = Part(run.checkpoints, lambda: checkpoints(run), Kept())
        self._samples = Part(run.samples, lambda: written_texts(run), Written())
        self._rows = Part[Mapping[str, Mapping[str, Any]]](run.metrics, newest.rows, {})
        self._parts = [part for part in vars(self).values() if isinstance(part, Part)]
        self._unchanged = Part(config, lambda: check_unchanged(run), None)  # looked at with those that it compares
        self._is_held = False
        self._looks = sum(run.name.encode())  # so that not all runs have their turn at once
        self._shown: Overview | None = None

    @property
    def ticket(self) -> int | None:
        """The number by which the queue is ordered, where the run is in it."""
        return self._ticket.content

    def look(self) -> Overview:
        """How the run stands now; the same object as before where nothing has changed.

        `place` is left to whoever knows the others.
        """
        changed: list[Part[Any]] = [part for part in self._parts if part.look()]
        if self._config in changed or self._about in changed:
            self._unchanged.read()
        if self._checkpoints.content.torn and self._checkpoints not in changed:
            self._checkpoints.read()  # someone may copy one: then its own folder changes
            changed.append(self._checkpoints)
        elif self._is_cut_off():
            self._checkpoints.read()
            changed.append(self._checkpoints)
        held = self._says_running and self.run.is_alive
        if self._says_running and not held:
            before = self._state.content
            self._state.read()  # it may have ended meanwhile, and has said so before it gave up the lock
            changed += [self._state] if self._state.content != before else []
        if self._shown is None or changed or held != self._is_held:
            self._is_held, shown = held, self._overview(held)
            self._shown = self._shown if shown == self._shown else shown
        return self._shown

    def _is_cut_off(self) -> bool:
        """Whether the newest checkpoint has lost what it had, which no folder's time tells; looked at now and then."""
        self._looks += 1
        newest = self._checkpoints.content.whole[-1:]
        return bool(newest) and not self._looks % _RARELY and not is_whole(self.run, newest[0])

    @property
    def _says_running(self) -> bool:
        """Whether a worker may hold the run: it says so at once, and before it gives the run up that it ended."""
        return bool(self._state.problem) or self._state.content.status in ("running", "queued")

    def _overview(self, held: bool) -> Overview:
        now, config, about = self._state.content, self._config.content, self._about.content
        standing = self._standing(held)
        created, steps, group = about.get("created"), about.get("steps"), about.get("group")
        return Overview(
            path=self.run.path,
            name=" ".join(str(config.get("name") or self.run.name).split()),
            created=float(created) if isinstance(created, int | float) else 0.0,
            standing=standing,
            reason=now.reason if standing == now.status else "",
            message=self._message(standing),
            step=self._step,
            steps=now.steps or (steps if isinstance(steps, int) else 0),
            attempt=now.attempt,
            heartbeat=now.heartbeat,
            tags=self._notes.content.tags,
            note=self._notes.content.note,
            config=config,
            about=dotted(about),
            last=_last(self._rows.content, now),
            checkpoints=self._checkpoints.content.whole,
            checkpoint_bytes=self._checkpoints.content.sizes,
            samples=self._samples.content.steps,
            group=group if isinstance(group, Mapping) else None,
            edited=bool(self._unchanged.problem) and not (self._config.problem or self._about.problem),
        )

    def _standing(self, held: bool) -> Standing:
        now = self._state.content
        if held:
            begins = now.status != "running" or now.message
            return "starting" if begins and not self._state.problem else "running"
        if self._damaged_for_good:
            return "damaged"
        if self.ticket is not None:
            return "waiting"
        if self._damage:
            return "damaged"
        if now.status == "running":
            return "lost"
        return "created" if now.status == "queued" else now.status

    @property
    def _step(self) -> int:
        """The last step that is known of: rows say more than the last heartbeat of a worker that runs, or was lost, and
        nobody corrects that while the run waits for another worker, or where that one cannot begin.
        """
        return max(self._state.content.step, int(self._rows.content.get("sound", {}).get("step", 0)))

    @property
    def _damage(self) -> str:
        """What is wrong with the files that the run needs, and the remedy."""
        state = self._state.problem
        return self._damaged_for_good or (f"{state} Resume the run, which writes it anew." if state else "")

    @property
    def _damaged_for_good(self) -> str:
        """What is wrong with those that no worker writes anew, and the remedy."""
        for part in (self._config, self._about, self._unchanged):
            if part.problem:
                told = "put back" in part.problem
                return part.problem if told else f"{part.problem} Put back what it held, or delete the run."
        return ""

    def _message(self, standing: Standing) -> str:
        said = self._state.content.message
        if standing == "lost":
            said = _lost(self._state.content.heartbeat, self._step, self._checkpoints.content.whole)
        elif standing in ("damaged", "running"):
            said = self._damage
        small = self._samples.problem or self._odd_texts or self._notes.problem
        return said or self._rows.problem or self._lost_rows(standing) or small

    @property
    def _odd_texts(self) -> str:
        """That what has the name of a text is none."""
        others = self._samples.content.others
        return f"{self.run.samples / others[0]}: is no file, and is passed over. Remove it." if others else ""

    def _lost_rows(self, standing: Standing) -> str:
        """That nothing is left of what a run measured, and the remedy."""
        step = self._state.content.step
        if not step or self._rows.content or standing in ("running", "starting", "waiting"):
            return ""
        what, remedy = ("holds no rows", "what it held") if sign_of(str(self.run.metrics)) else ("is not there", "it")
        return (
            f"{self.run.metrics}: {what}, though the run has done {step:,} steps. "
            f"Put {remedy} back; without it there is no curve."
        )


def overview(run: RunFolder) -> Overview:
    """How a run stands at this moment. A folder that is damaged is told as that; nothing is raised.

    Whoever looks again and again keeps a `Watched` instead, which reads only what has changed.
    """
    shown = Watched(run).look()
    if shown.standing != "waiting":
        return shown
    others = [(number, other.name) for other in runs_in(run.path.parent) if (number := ticket(other)) is not None]
    return replace(shown, place=[name for _, name in sorted(others)].index(run.name))


def last_lines(run: RunFolder, number: int = 20) -> list[str]:
    """The last lines of worker.log, oldest first; none where there is no log, or it cannot be read."""
    try:
        with opened(run.log) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            found = file.readall()
    except OSError:
        return []
    return found.decode("utf-8", errors="replace").splitlines()[-number:] if number > 0 else []


def _last(rows: Mapping[str, Mapping[str, Any]], now: State) -> dict[str, float]:
    """The newest figures, by name: of a step that has none, those of the last one that has."""
    found: dict[str, Any] = dict.fromkeys(TRAIN) | dict(rows.get("sound", {}))
    found |= {name: value for name, value in rows.get("train", {}).items() if value is not None}
    found = {name: found[name] for name in TRAIN}
    seen = rows.get("validation", {})
    found["validation"] = seen.get("loss")
    found |= {name: seen.get(name) for name in ("perplexity", "bits_per_byte")}
    found["best"], found["best_step"] = _best(seen, now)
    found["wall"] = now.wall or None
    return {name: value for name, value in found.items() if _is_number(value)}


def _best(seen: Mapping[str, Any], now: State) -> tuple[Any, Any]:
    """The least validation loss and its step: a worker that was killed behind a validation did not tell it any more."""
    loss, said = seen.get("loss"), now.best_loss
    if _is_number(loss) and (said is None or loss < said):
        return loss, seen["step"]
    return said, now.best_step


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lost(heartbeat: float, step: int, checkpoints: Sequence[int]) -> str:
    """Why nobody works on a run that says that it runs, and what is to be done."""
    goes_on = f"it goes on behind step {checkpoints[-1]:,}, its last checkpoint" if checkpoints else "it begins anew"
    return (
        f"The worker is lost{_since(heartbeat)}, at step {step:,}: it was killed, or the machine went off. "
        f"Resume the run; {goes_on}."
    )


def _since(moment: float) -> str:
    """Since when, by this machine's clock and zone; nothing where that is still to come, since a clock was set."""
    try:
        return (
            "" if moment > time.time() + _AHEAD else time.strftime(" since %Y-%m-%d %H:%M:%S", time.localtime(moment))
        )
    except (OverflowError, ValueError, OSError):
        return ""
