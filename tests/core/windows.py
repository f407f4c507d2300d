"""What someone hears who looks at a folder of runs, for tests of what is told there."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

import numpy as np

from lmcore.training.curves import Columns
from lmcore.training.following import Forgotten, Grown, Interest, Listed, Sampled, Trouble, following
from lmcore.training.metrics import read_rows
from lmcore.training.overview import Overview
from lmcore.training.run_folder import RunFolder
from lmcore.training.sample_files import Sample

PATIENCE: Final = 60.0  # seconds until something is taken to have never come


class Window:
    """What someone who looks at a folder has been told."""

    def __init__(self, root: Path) -> None:
        self.interest = Interest()
        self.events = following(root, self.interest)
        self.runs: tuple[Overview, ...] | None = None
        self.columns: dict[Path, Columns] = {}
        self.samples: dict[Path, tuple[Sample, ...]] = {}
        self.trouble = ""
        self.heard = 0

    def hear(self) -> None:
        """The next event."""
        event = next(self.events)
        self.heard += event is not None
        match event:
            case Listed():
                self.runs = event.runs
            case Grown():
                self.columns[event.path] = event.columns
            case Forgotten():
                del self.columns[event.path]
            case Trouble():
                self.trouble = event.sentence
            case Sampled():
                self.samples[event.path] = event.samples

    def until(self, true: Callable[[], object]) -> None:
        """Hear until something is so."""
        end = monotonic() + PATIENCE
        while not true():
            assert monotonic() < end, f"never came; the runs are {self.runs}"
            self.hear()

    def look(self) -> None:
        """Hear until all was looked at twice since now: what is wanted anew is told in any case."""
        for _ in range(2):
            fence = Path(f"/nowhere/{self.heard}")
            self.interest.paths |= {fence}
            self.until(lambda: fence in self.columns)  # noqa: B023

    @property
    def paths(self) -> list[Path]:
        return [run.path for run in self.runs or ()]

    def standing(self, path: Path) -> str:
        return next((run.standing for run in self.runs or () if run.path == path), "")

    def steps(self, path: Path) -> list[int]:
        return list(self.columns[path].train["step"].tolist()) if path in self.columns else []


def check_rows(window: Window, run: RunFolder) -> None:
    """Whether it was told what the file says."""
    rows = [row for row in read_rows(run.metrics) if row["kind"] == "train"]
    columns = window.columns[run.path].train
    for name in ("step", "loss", "tokens"):
        np.testing.assert_array_equal(columns[name], [row.get(name, -1) for row in rows])
