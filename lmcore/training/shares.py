"""Which share of its peak does a machine reach while it trains? Supposed until a run of it has measured it.

On a processor a step is made of products, which run near the peak, and of what reads and writes memory between them,
which takes a time of its own for each number; products take d_model times that. So with the peaks P of the precision
and P₃₂ of fp32 a FLOP takes 1 / (s P) + d₀ / (P₃₂ d_model) seconds: s is the share of the products alone, and at
d_model = d₀ all else takes as long as products in fp32 would. `python tests/benchmarks/training_shares.py` measures it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from lmcore.accounting.shape import Shape
from lmcore.errors import UsageError
from lmcore.training.machine import Machine, Precision
from lmcore.training.overview import Overview
from lmcore.training.settings import ModelSettings

# Measured on a core with AVX-512 BF16 for d_model 32 to 512: 0.6 to 1.7 times what these give was reached.
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


def measured_share(runs: Iterable[Overview], machine: Machine, precision: Precision, shape: Shape) -> float | None:
    """The MFU that the newest run of such a model reached here, for `forecast`; None where there was none.

    Such a model is one as wide and deep; here is on a device of this name, in this precision, with as many threads.
    """
    here = {"device_name": machine.name, "precision": precision, "threads": machine.threads}
    known = sorted((run for run in runs if run.last.get("mfu", 0) > 0), key=lambda run: run.created)
    for run in reversed(known):
        found = _shape_of(run)
        if found is None or any(run.about.get(name) != value for name, value in here.items()):
            continue
        if (found.d_model, found.num_layers) == (shape.d_model, shape.num_layers):
            return float(run.last["mfu"])
    return None


def _shape_of(run: Overview) -> Shape | None:
    """The shape of a run's model; None where its config says it no longer."""
    table: dict[str, Any] = {
        key.removeprefix("model."): value for key, value in run.config.items() if key.startswith("model.")
    }
    with suppress(TypeError, ValueError, UsageError):
        return ModelSettings(**table).shape(int(run.about.get("vocab_size", 0)))
    return None
