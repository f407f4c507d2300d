"""Which share of its peak does a machine reach while it trains? Supposed until a run of it has measured it."""

from dataclasses import dataclass
from typing import Final

from lmcore.accounting.shape import Shape
from lmcore.training.machine import Machine, Precision

_ELSEWHERE: Final = 0.4  # of a GPU: what good trainings of models reach that are large enough to keep it busy


@dataclass(frozen=True)
class Share:
    """A part of the peak, above 0 and up to 1, and in words whence it is."""

    amount: float
    source: str


def usual_share(machine: Machine, precision: Precision, shape: Shape) -> Share:
    """What is supposed of a model of this shape."""
    return Share(_ELSEWHERE, "which is supposed")
