"""How do runs come out of a set-up? The corpus is encoded where it is not yet, each run gets its folder, all wait."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from lmcore import figures
from lmcore.training.handing import Asked
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


def made(asked: Asked, root: Path) -> Made:
    """The runs that were asked for, with imports that take long on the thread that makes them."""
    from lmcore.training.creating import creating_all

    return (yield from creating_all(asked.tables, root, asked.parent))
