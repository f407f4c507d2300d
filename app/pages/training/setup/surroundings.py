"""What else is there when a run is set up? Runs that measured this machine or take it now; disk and memory."""

import shutil
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from lmcore.training.machine import Machine
from lmcore.training.overview import Watched
from lmcore.training.run_folder import runs_in
from lmcore.training.shares import Measured, measured


@dataclass(frozen=True)
class Around:
    """`runs` are what runs have measured; `alive` says whether one is training now. `disk` are the bytes that are free
    where runs are stored, None where nobody knows; `memory` those of the machine; `names` are those of all runs.
    """

    runs: tuple[Measured, ...] = ()
    alive: bool = False
    disk: int | None = None
    memory: int = 0
    names: frozenset[str] = frozenset()


def look_around(root: Path) -> Generator[None, None, Around]:
    """Looks at the runs of a folder, and at the machine; work of a job. Runs that cannot be read say nothing."""
    found, names, alive = list[Measured](), set[str](), False
    for run in runs_in(root):
        yield
        one = Watched(run).look()
        names.add(one.name)
        alive = alive or one.standing in ("starting", "running")
        if (known := measured(one)) is not None:
            found.append(known)
    return Around(tuple(found), alive, _free(root), int(psutil.virtual_memory().available), frozenset(names))


def at_rest(found: Machine, known: Machine | None, around: Around) -> Machine:
    """What was found out about a machine while a run was training on it, with the peaks that it has otherwise.

    Those are of an earlier measurement, `known`; without one the highest that runs have measured at their beginning.
    """
    if known is not None and (known.kind, known.name, known.threads) == (found.kind, found.name, found.threads):
        peaks = {name: getattr(known, name) for name in ("peak_fp32", "peak_bf16", "source", "bf16", "start")}
        return replace(found, **peaks)
    here = [run for run in around.runs if run.is_of(found)]
    single = max([found.peak_fp32, *(run.peak for run in here if run.precision == "fp32")])
    half = max([found.peak_bf16, *(run.peak for run in here if run.precision == "bf16")])
    return replace(found, peak_fp32=single, peak_bf16=half)


def _free(root: Path) -> int | None:
    """Bytes that are free where a folder is, or will be made."""
    there = next((path for path in (root, *root.parents) if path.exists()), None)
    try:
        return shutil.disk_usage(there).free if there else None
    except OSError:
        return None
