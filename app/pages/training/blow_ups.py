"""Did a run go wrong although its loss stayed a number? It blew up, or its gradient is 0, and it learns nothing more.

A model that knows nothing, and says that every id is as likely as any other, has a loss of ln(vocabulary). One whose
loss goes far beyond that, and beyond its own start, has been thrown off by a step that was too long.
"""

from dataclasses import dataclass
from math import isfinite, log
from typing import Final

import numpy as np

from app.tables.run_states import FAR
from lmcore.training.curves import Columns
from lmcore.training.overview import Overview

BACK: Final = 0.9
"""Below this share of it, a run has found back: it knows something again."""
STILL: Final = 5
"""Steps without any gradient after which nothing is expected to change."""


@dataclass(frozen=True)
class BlowUp:
    """The first `step` whose loss was above `bound`, and the `worst` loss; whether the run has `recovered` since."""

    step: int
    worst: float
    bound: float
    recovered: bool


def blow_up_of(run: Overview, columns: Columns) -> BlowUp | None:
    """Whether and how the loss of a run blew up; None where it did not."""
    losses, unseen = columns.train["loss"], columns.validation["loss"]
    worst = float(max(np.fmax.reduce(one, initial=0.0) for one in (losses, unseen)))
    start = _knowing_nothing(run, float(losses[0])) if len(losses) else 0.0
    if not start or worst <= FAR * start:
        return None
    tables = (columns.train, columns.validation)
    first = min(
        int(table["step"][row[0]]) for table in tables if len(row := np.flatnonzero(table["loss"] > FAR * start))
    )
    ends = [float(one[-1]) for one in (losses, unseen) if len(one)]
    return BlowUp(first, worst, FAR * start, all(end < BACK * start for end in ends))


def still_since(columns: Columns) -> int | None:
    """The step from which on the gradient has been exactly 0; None where it is not, or not for long."""
    norms = columns.train["grad_norm"]
    if len(norms) < STILL or np.any(norms[-STILL:] != 0):
        return None
    moved = np.flatnonzero(norms != 0)
    return int(columns.train["step"][moved[-1] + 1 if len(moved) else 0])


def _knowing_nothing(run: Overview, first: float) -> float:
    """The loss of a model that knows nothing; that at the start where it was more. 0 where neither is known."""
    size = run.about.get("vocab_size")
    by_chance = log(size) if isinstance(size, int) and size > 1 else 0.0
    return max(by_chance, first if isfinite(first) else 0.0)
