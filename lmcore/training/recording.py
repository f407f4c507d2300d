"""How does what a training says get into its folder? Rows, samples, notices and the state, each as soon as it comes."""

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, Final

from lmcore.atomic import writing_aside
from lmcore.training.checkpoints import Progress
from lmcore.training.evaluation import Evaluated, Sampled
from lmcore.training.metrics import MetricsWriter
from lmcore.training.run_folder import Reason, RunError, RunFolder, State, Status
from lmcore.training.trainer import StepRow

_BEAT: Final = 1.0  # seconds between two states of a run that goes on
_RESERVE: Final = 1 << 16  # bytes that are given up so that a full disk can be told


class Recorder:
    """Writes one attempt of a run, which begins behind the step of `progress`."""

    def __init__(self, run: RunFolder, steps: int, progress: Progress) -> None:
        self.run = run
        attempt = int(run.about()["attempts"])
        run.reserve.write_bytes(bytes(_RESERVE))
        self._metrics = MetricsWriter(run.metrics)
        self._state = State("running", progress.step, steps, attempt)
        self._began, self._wall_before = time.monotonic(), _wall(run)
        self._note(progress)
        self._metrics.append([{"kind": "attempt", "step": progress.step, "attempt": attempt, "time": time.time()}])
        self._written = 0.0
        self.beat(progress)

    def rows(self, rows: Iterable[StepRow], extra: Mapping[str, Any]) -> None:
        """Append what steps measured; `extra` is MFU and memory."""
        self._metrics.append({"kind": "train", **asdict(row), **extra} for row in rows)

    def diverged(self, step: int) -> None:
        """Append the row of a step whose loss was no number."""
        self._metrics.append([{"kind": "train", "step": step, "loss": None}])

    def evaluated(self, found: Evaluated, progress: Progress) -> None:
        """Append a validation."""
        row = {"kind": "validation", **asdict(found), "seconds": progress.seconds, "time": time.time()}
        self._metrics.append([row | {"seen": progress.tokens}])

    def sampled(self, sample: Sampled) -> None:
        """Add a text to the file of its step."""
        place = self.run.samples / f"step-{sample.step:08d}.json"
        earlier = json.loads(place.read_text(encoding="utf-8"))["texts"] if place.exists() else []
        kept = [text for text in earlier if text["prompt"] != sample.prompt]
        with writing_aside(place) as file:
            texts = [*kept, {"prompt": sample.prompt, "text": sample.text}]
            json.dump({"step": sample.step, "texts": texts}, file, ensure_ascii=False, indent=1)

    def about(self, **found: Any) -> None:
        """Say in run.json what was found out meanwhile."""
        self.run.write_about({**self.run.about(), **found})

    def said(self, text: str) -> None:
        """A line in worker.log."""
        with self.run.log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")

    def beat(self, progress: Progress) -> None:
        """The state of a run that goes on, at most once a second."""
        if time.monotonic() - self._written >= _BEAT:
            self._written = time.monotonic()
            self._note(progress)
            self.run.write_state(self._state)

    def saved(self) -> None:
        """Before a checkpoint: what it says that happened is on the disk."""
        self._metrics.sync()

    def end(self, status: Status, progress: Progress, message: str = "", reason: Reason = "") -> State:
        """The last state, and the last rows are on the disk, where it is not full."""
        self._note(progress)
        self._state = replace(self._state, status=status, message=message, reason=reason)
        self.run.reserve.unlink(missing_ok=True)
        self._state = self.run.write_state(self._state)
        with suppress(OSError):  # that of a full disk has just been told in the state
            self._metrics.sync()
            self.said(f"{status} at step {progress.step:,}{': ' if message else ''}{message}")
        return self._state

    def close(self) -> None:
        """No more rows."""
        self._metrics.close()

    def _note(self, progress: Progress) -> None:
        self._state = replace(
            self._state,
            step=progress.step,
            best_step=progress.best_step,
            best_loss=progress.best_loss,
            wall=self._wall_before + time.monotonic() - self._began,
        )


def _wall(run: RunFolder) -> float:
    """The seconds of the attempts before."""
    with suppress(RunError, TypeError, ValueError):  # a state that is damaged is written anew
        return float(run.state().wall)
    return 0.0


class Unrecorded(Recorder):
    """Of a process that writes nothing, since the first one does."""

    def __init__(self, run: RunFolder, progress: Progress) -> None:
        self.run = run
        self._state = State("running")
        self._began, self._wall_before = time.monotonic(), 0.0
        self._note(progress)

    def rows(self, rows: Iterable[StepRow], extra: Mapping[str, Any]) -> None:
        """Nothing."""

    def diverged(self, step: int) -> None:
        """Nothing."""

    def evaluated(self, found: Evaluated, progress: Progress) -> None:
        """Nothing."""

    def sampled(self, sample: Sampled) -> None:
        """Nothing."""

    def about(self, **found: Any) -> None:
        """Nothing."""

    def said(self, text: str) -> None:
        """Nothing."""

    def beat(self, progress: Progress) -> None:
        """Nothing."""

    def saved(self) -> None:
        """Nothing."""

    def end(self, status: Status, progress: Progress, message: str = "", reason: Reason = "") -> State:
        """The last state."""
        self._note(progress)
        return replace(self._state, status=status, message=message, reason=reason)

    def close(self) -> None:
        """Nothing."""
