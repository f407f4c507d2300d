"""What is known of all runs now? The list, the columns of those that are drawn, and what the status bar says of it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.pages.training.blow_ups import BlowUp, blow_up_of
from app.pages.training.peaks import Peaks
from app.pages.training.run_facts import seconds_left, time_left
from app.tables.run_states import ALIVE, getting_ready
from lmcore.accounting import Shape
from lmcore.accounting.flops import training as training_flops
from lmcore.accounting.setup import Setup
from lmcore.errors import LmError
from lmcore.figures import count
from lmcore.training.curves import Columns
from lmcore.training.overview import Overview
from lmcore.training.settings import ModelSettings


class Known:
    """Everything that was read of the runs in a folder."""

    def __init__(self) -> None:
        self.runs: dict[Path, Overview] = {}
        self.columns: dict[Path, Columns] = {}
        self.goes_on = False
        """Whether a process works off the queue."""
        self.made: frozenset[Path] = frozenset()
        """What this window has made last; until the next look nobody sees that it has a place in the queue."""
        self.texts: dict[Path, tuple[int, ...]] = {}
        """The steps whose texts could be read, of runs that were looked at."""
        self._flops: dict[Path, float] = {}
        self._blown: dict[Path, tuple[Columns, BlowUp | None]] = {}
        self._peaks = Peaks()

    def show(self, runs: Iterable[Overview]) -> None:
        """These are the runs now; what was read of others is forgotten."""
        self.runs = self._peaks.told(runs)
        self.columns = {path: columns for path, columns in self.columns.items() if path in self.runs}
        self._blown = {path: kept for path, kept in self._blown.items() if path in self.columns}

    @property
    def alive(self) -> list[Overview]:
        """Those that a worker has."""
        return [run for run in self.runs.values() if run.standing in ALIVE]

    @property
    def waiting(self) -> list[Overview]:
        """Those in the queue, the next first."""
        return sorted((run for run in self.runs.values() if run.place is not None), key=lambda run: run.place or 0)

    def texts_of(self, run: Overview) -> tuple[int, ...]:
        """The steps of a run at which there are texts to be read."""
        readable = self.texts.get(run.path)
        return run.samples if readable is None else tuple(step for step in run.samples if step in readable)

    def mfu_scale(self, path: Path) -> float:
        """What the MFU that a run wrote is multiplied by, for it to be of the same peak as that of others."""
        return self._peaks.scale(path)

    def flops_a_token(self, path: Path) -> float:
        """FLOPs of a training step for each of its tokens, forward and backward; NaN where the shape is not known."""
        if path not in self._flops and path in self.runs:
            self._flops[path] = _flops(self.runs[path].config, self.runs[path].about)
        return self._flops.get(path, float("nan"))

    def blow_up(self, path: Path) -> BlowUp | None:
        """Whether and how the loss of a run blew up, as far as its rows were read; for the same rows found once."""
        columns, kept = self.columns.get(path), self._blown.get(path)
        if columns is None or path not in self.runs:
            return None
        if kept is None or kept[0] is not columns:
            kept = self._blown[path] = columns, blow_up_of(self.runs[path], columns)
        return kept[1]

    def going_on(self) -> str:
        """What goes on without the window, in a sentence or two."""
        steps = [f"“{run.name}” is at step {count(run.step)} of {count(run.steps)}" for run in self.alive]
        begin = [run for run in self.runs.values() if run.path in self.made and run.standing == "created"]
        waits = len(self.waiting) + sum(run.place is None for run in begin)
        if not steps:
            return f"{_runs(waits)} about to be trained." if waits and self.goes_on else ""
        what = f"The training {steps[0]}." if len(steps) == 1 else f"{len(steps)} trainings run: {'; '.join(steps)}."
        more = f" {count(waits)} more {'waits for its turn' if waits == 1 else 'wait for their turn'}." if waits else ""
        return what + more

    def stranded(self) -> str:
        """What waits although no process trains it, in a sentence; nothing where that is as it should be."""
        waits = len(self.waiting)
        return f"{_runs(waits)} waiting, and no process trains what waits." if waits and not self.goes_on else ""


def _runs(number: int) -> str:
    return "One run is" if number == 1 else f"{count(number)} runs are"


def _flops(config: Mapping[str, Any], about: Mapping[str, Any]) -> float:
    chosen = {key.removeprefix("model."): value for key, value in config.items() if key.startswith("model.")}
    try:
        return _flops_of(ModelSettings(**chosen).shape(int(about["vocab_size"])))
    except (LmError, TypeError, KeyError, ValueError):
        return float("nan")


@lru_cache(maxsize=64)
def _flops_of(shape: Shape) -> float:
    """Kept, since runs that are compared are often of one shape."""
    return float(training_flops(shape, Setup()).amount / shape.context_length)


def activity_words(run: Overview, columns: Columns | None, waiting: int) -> str:
    """What the status bar says of a run that is trained, while so many wait."""
    doing = getting_ready(run).removesuffix(".")
    steps = "" if doing and not run.step else f"step {count(run.step)} of {count(run.steps)}"
    parts = [doing, steps, time_left(seconds_left(run, columns))]
    if waiting:
        parts.append(f"{count(waiting)} {'run waits' if waiting == 1 else 'runs wait'}")
    return " · ".join(filter(None, parts))
