"""How do runs come out of a set-up? The corpus is encoded where it is not yet, each run gets its folder, all wait."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

from lmcore import figures
from lmcore.training.run_folder import RunFolder

PHASES: Final = {
    "prepare": "Compiling kernels, which happens once on a machine",
    "encode": "Encoding the corpus",
    "check": "Checking the token file",
}
Made = Generator[Any, None, list[RunFolder]]
"""What is told of encoding; the result are the runs."""


def making_words(event: Any) -> str:
    """What is said of an event: the time that is left first, then the phase with amount and rate."""
    if not hasattr(event, "phase"):
        return str(getattr(event, "text", ""))
    what = PHASES.get(event.phase, "Reading the corpus")
    if event.phase == "prepare":
        return f"{what}: {figures.count(event.done)} of {figures.count(event.total)}"
    amount = f"{what}: {figures.size(event.done)}" + (f" of {figures.size(event.total)}" if event.total else "")
    if event.rate <= 0:
        return amount
    left = (event.total - event.done) / event.rate
    first = f"{figures.rough_duration(left)} left · " if event.total and left >= 1 else ""
    return f"{first}{amount}, {figures.rate(event.rate, 'bytes')}"


def made(tables: Mapping[str, Any], root: Path, parent: str = "") -> Made:
    """The runs of nested tables, of which a table "sweep" makes several; all are planned before the first is made.

    `parent` is the name of the run whose settings were changed. Raises `LmError` for what cannot be.
    """
    from lmcore.training.creating import creating, plan
    from lmcore.training.sweeps import members

    group, planned, runs = members(tables), [], []
    for member in group:
        one = yield from plan(member.config)
        planned.append(one)
    for member, one in zip(group, planned, strict=True):
        about = {**member.about, **({"parent": parent} if parent else {})}
        run = yield from creating(one, root, about)
        runs.append(run)
    return runs
