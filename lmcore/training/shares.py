"""Which share of its peak does a machine reach while it trains? Supposed until a run of it has measured it.

On a processor a step is made of products, which run near the peak, and of what reads and writes memory between them,
which takes a time of its own for each number; products take d_model times that. So with the peaks P of the precision
and P₃₂ of fp32 a FLOP takes 1 / (s P) + d₀ / (P₃₂ d_model) seconds: s is the share of the products alone, and at
d_model = d₀ all else takes as long as products in fp32 would. `python tests/benchmarks/training_shares.py` measures it.
"""

from dataclasses import dataclass
from typing import Final

from lmcore.accounting.shape import Shape
from lmcore.training.machine import Machine, Precision

# Measured on two cores with AVX-512 BF16 for d_model 32 to 512: 0.6 to 1.5 times what these give was reached.
_OF_PRODUCTS: Final[dict[Precision, float]] = {"fp32": 0.9, "bf16": 0.7}
_BALANCE: Final = 230.0
_ON_A_GPU: Final = 0.4  # what good trainings reach of models that are large enough to keep it busy; smaller ones less


@dataclass(frozen=True)
class Share:
    """A part of the peak, above 0 and up to 1, and in words whence it is."""

    amount: float
    source: str


def usual_share(machine: Machine, precision: Precision, shape: Shape) -> Share:
    """What is supposed of a model of this shape."""
    if machine.kind != "cpu":
        return Share(_ON_A_GPU, "which is supposed; small models reach less on a GPU")
    peak = machine.peak(precision)
    between = _BALANCE * peak / (machine.peak_fp32 * shape.d_model)
    return Share(1 / (1 / _OF_PRODUCTS[precision] + between), "as models of this width reach on processors")
