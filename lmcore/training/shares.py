"""Which share of its peak does a machine reach while it trains? Supposed until a run of it has measured it.

On a processor a step is made of products, which run near the peak, and of what reads and writes memory between them,
which takes a time of its own for each number; products take d_model times that. So with the peaks P of the precision
and P₃₂ of fp32 a FLOP takes 1 / (s P) + d₀ / (P₃₂ d_model) seconds: s is the share of the products alone, and at
d_model = d₀ all else takes as long as products in fp32 would. `python tests/benchmarks/training_shares.py` measures it.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, Final

from lmcore.accounting.shape import Shape
from lmcore.errors import UsageError
from lmcore.training.machine import Machine, Precision
from lmcore.training.overview import Overview
from lmcore.training.settings import ModelSettings

# Measured on a core with AVX-512 BF16 for d_model 32 to 512: 0.6 to 1.7 times what these give was reached.
_OF_PRODUCTS: Final[dict[Precision, float]] = {"fp32": 0.9, "bf16": 0.7}
_WIDELY: Final = 0.6, 1.7
_BALANCE: Final = 230.0
_NEAR: Final = log(4)  # widths and depths up to four times one another are of one kind
_AGAIN: Final = 0.87, 1.15  # two runs of the sample on a machine that did nothing else differed by an eighth
_OF_GPUS: Final = 0.25, 1.5  # a tenth of the peak is usual for small models, six tenths for the best trainings
_ON_A_GPU: Final = 0.4  # what good trainings reach of models that are large enough to keep it busy; smaller ones less


@dataclass(frozen=True)
class Share:
    """A part of the peak, above 0 and up to 1, and in words whence it is; likely between `low` and `high` times it."""

    amount: float
    source: str
    low: float = 1.0
    high: float = 1.0


@dataclass(frozen=True)
class Measured:
    """What a run reached on a device: `mfu` is its share of the peak there, over all of its time, in `precision`.

    `peak` are the FLOP/s that this is a share of, 0 where nobody wrote them down. `tried` says whether the run was to
    find the precision out by itself, which it does by trying its model in both. `start` are the seconds from the
    process to its first step, 0 where nobody wrote them down.
    """

    device: str
    threads: int
    precision: Precision
    tried: bool
    peak: float
    mfu: float
    shape: Shape
    created: float
    start: float = 0.0

    def is_of(self, machine: Machine) -> bool:
        """Whether it was measured on this device, with as many threads."""
        return (self.device, self.threads) == (machine.name, machine.threads)

    def share_of(self, peak: float) -> float:
        """Which share of another peak its FLOP/s are. A peak that is measured beside other work is too low, and the
        next run is as fast as the last one nevertheless.
        """
        return self.mfu * self.peak / peak if self.peak and peak else self.mfu

    def distance(self, shape: Shape) -> float:
        """How far the sizes are from those of `shape`: 0 where width and depth are the same."""
        return abs(log(shape.d_model / self.shape.d_model)) + abs(log(shape.num_layers / self.shape.num_layers))


def measured(run: Overview) -> Measured | None:
    """What a run that is going or done has measured; None where that is nothing, or its config is not known."""
    mfu, shape = _mfu(run), _shape_of(run)
    precision = run.about.get("precision")
    if not mfu or shape is None or precision not in ("fp32", "bf16"):
        return None
    peak, threads, start = (run.about.get(name) for name in ("peak_flops", "threads", "start_seconds"))
    return Measured(
        device=str(run.about.get("device_name", "")),
        threads=threads if isinstance(threads, int) else 0,
        precision=precision,
        tried=run.config.get("training.precision", "auto") == "auto",
        peak=float(peak) if isinstance(peak, int | float) else 0.0,
        mfu=mfu,
        shape=shape,
        created=run.created,
        start=float(start) if isinstance(start, int | float) and isfinite(start) and start > 0 else 0.0,
    )


def usual_share(machine: Machine, precision: Precision, shape: Shape) -> Share:
    """What is supposed of a model of this shape."""
    if machine.kind != "cpu":
        return Share(_ON_A_GPU, "which is supposed; small models reach less on a GPU", *_OF_GPUS)
    peak = machine.peak(precision)
    between = _BALANCE * peak / (machine.peak_fp32 * shape.d_model)
    return Share(1 / (1 / _OF_PRODUCTS[precision] + between), "as models of this width reach on processors", *_WIDELY)


def measured_share(known: Iterable[Measured], machine: Machine, precision: Precision, shape: Shape) -> Share | None:
    """What earlier runs say of such a model on this machine in this precision; None where they say nothing.

    The newest run that is as wide and deep was as fast as the next will be: likely within what such runs differ by, and
    what its share of the peak comes to that the machine seems to have now. Else the nearest in size counts: a model is
    as far from what is usual as that one was.
    """
    peak = machine.peak(precision)
    here = [run for run in known if run.is_of(machine) and run.precision == precision and run.distance(shape) < _NEAR]
    if not here:
        return None
    nearest = min(here, key=lambda run: (run.distance(shape), -run.created))
    if nearest.distance(shape) == 0:
        amount = nearest.share_of(peak)
        others = [nearest.mfu, *(run.share_of(peak) for run in here if run.distance(shape) == 0)]
        reached = [share / amount for share in others]
        low, high = min(_AGAIN[0], *reached), max(_AGAIN[1], *reached)
        return Share(min(1.0, amount), "as an earlier run here reached", low, high)
    usual, there = usual_share(machine, precision, shape), usual_share(machine, precision, nearest.shape)
    sizes = f"{nearest.shape.d_model:,} wide, {nearest.shape.num_layers} layers"
    amount = min(1.0, nearest.share_of(peak) * usual.amount / there.amount)
    return Share(amount, f"reckoned from an earlier run here ({sizes})", *_WIDELY)


def measured_start(known: Iterable[Measured], machine: Machine) -> float:
    """The seconds from a process to its first step, by the newest run here that says it; 0.0 where none does."""
    said = [run for run in known if run.is_of(machine) and run.start]
    return max(said, key=lambda run: run.created).start if said else 0.0


def found_precision(known: Iterable[Measured], machine: Machine, shape: Shape) -> Precision | None:
    """The precision that the newest run of these sizes found to be the faster one here; None where none has tried."""
    tried = [run for run in known if run.tried and run.is_of(machine) and run.distance(shape) == 0]
    return max(tried, key=lambda run: run.created).precision if tried else None


def _mfu(run: Overview) -> float:
    """The share of the peak over all of a run's time, by that of the last step; 0 where it measured none."""
    last = run.last
    share, rate, seconds = last.get("mfu", 0.0), last.get("tokens_per_second", 0.0), last.get("seconds", 0.0)
    if not (isfinite(share) and share > 0):
        return 0.0
    mean = last.get("tokens", 0.0) / seconds if seconds > 0 else 0.0
    return share * mean / rate if mean > 0 and isfinite(mean) and rate > 0 else share


def _shape_of(run: Overview) -> Shape | None:
    """The shape of a run's model; None where its config says it no longer."""
    table: dict[str, Any] = {
        key.removeprefix("model."): value for key, value in run.config.items() if key.startswith("model.")
    }
    with suppress(TypeError, ValueError, UsageError):
        return ModelSettings(**table).shape(int(run.about.get("vocab_size", 0)))
    return None
