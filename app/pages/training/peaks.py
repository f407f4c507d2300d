"""Of what is MFU a share? Of one peak a machine, so that its runs can be compared: the best that any of them found.

Each worker measures the peak when it begins, beside whatever else the machine does then, and may find too little. A
rate that a run reached is as good a finding: no share is above 100 %.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Final

from app.tables.run_rates import mean_mfu
from lmcore.training.overview import Overview

MACHINE: Final = ("device_name", "precision", "threads", "processes")
"""What has to be the same for two runs to have the same peak."""


class Peaks:
    """Tells runs with their MFU by the best peak of their machine, which never falls while runs are followed; one that
    is as before stays the same object.
    """

    def __init__(self) -> None:
        self._best: dict[Hashable, float] = {}
        self._told: dict[Path, tuple[Overview, float, Overview]] = {}

    def told(self, runs: Iterable[Overview]) -> dict[Path, Overview]:
        """All runs by their folders, in the same order."""
        runs = list(runs)
        for run in runs:
            reached = max(1.0, run.last.get("mfu", 0.0), mean_mfu(run) or 0.0)
            if (found := _peak(run) * reached) > 0 and isfinite(found):
                self._best[_machine(run)] = max(self._best.get(_machine(run), 0.0), found)
        known, self._told = self._told, {}
        for run in runs:
            peak, before = self._best.get(_machine(run), 0.0), known.get(run.path)
            same = before is not None and before[0] is run and before[1] == peak
            self._told[run.path] = before if before and same else (run, peak, _by(run, peak))
        return {path: made for path, (_, _, made) in self._told.items()}

    def scale(self, path: Path) -> float:
        """What the MFU that a run wrote is multiplied by."""
        run, peak, _ = self._told.get(path, (None, 0.0, None))
        return _peak(run) / peak if run is not None and peak else 1.0


def _machine(run: Overview) -> tuple[str, ...]:
    return tuple(str(run.about.get(name)) for name in MACHINE)


def _peak(run: Overview) -> float:
    peak = run.about.get("peak_flops")
    return float(peak) if isinstance(peak, int | float) and peak > 0 else 0.0


def _by(run: Overview, peak: float) -> Overview:
    """The run with its MFU by this peak."""
    if not 0 < _peak(run) != peak:
        return run
    last: Mapping[str, float] = run.last
    if (share := last.get("mfu")) is not None:
        last = {**last, "mfu": share * _peak(run) / peak}
    source = "the best that runs of this machine found"
    return replace(run, last=last, about={**run.about, "peak_flops": peak, "peak_source": source})
