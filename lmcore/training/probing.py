"""What suits this model on this machine? A probe of at most 20 seconds: how many sequences at once, in which precision.

More sequences at once keep a GPU busy and take more memory; a processor is often fastest with few. bf16 halves what
products take and costs conversions around them, which decide for small models. Both are found by trying the model.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final, Protocol

import torch

from lmcore.errors import LmError
from lmcore.training.devices import Device
from lmcore.training.machine import Precision
from lmcore.training.memory import is_out_of_memory

SECONDS: Final = 20.0
_TRIAL: Final = 0.3  # seconds at least that a trial is repeated, of which the quickest counts
_STATES: Final = 8  # bytes a parameter of AdamW's two moments
_SHARE: Final = 0.9  # of the free memory that a trial may be expected to take
_GAIN: Final = 1.05  # by which a rate has to be better: more memory, or fewer digits, have to pay


class Trial(Protocol):
    """A trainer that can be tried out."""

    def try_out(self, sequences: int) -> None:
        """Take so many sequences through the model and back, without learning anything."""

    def compute_in(self, precision: Precision) -> None:
        """Take this precision from now on."""


def faster_precision(trial: Trial, device: Device, sequences: int) -> tuple[Precision, float]:
    """The precision in which so many sequences take less time, and how many times as fast bf16 was; it is taken."""
    rates: dict[Precision, float] = {}
    for precision in ("fp32", "bf16"):
        trial.compute_in(precision)
        rates[precision] = _rate(trial.try_out, sequences, device)
    gain = rates["bf16"] / rates["fp32"] if rates["fp32"] else 2.0
    found: Precision = "bf16" if gain > _GAIN else "fp32"
    trial.compute_in(found)
    return found, gain


def largest_fitting(
    run: Callable[[int], None], device: Device, parameters: int, batch: int, seconds: float = SECONDS
) -> int:
    """The fastest number of sequences up to `batch` that fits; `run` takes so many through the model and back.

    Raises `LmError` where not even one fits.
    """
    states = torch.zeros(_STATES * parameters, dtype=torch.uint8, device=device.torch)
    best, fastest, before, begun = 0, 0.0, device.free_memory(), perf_counter()
    for size in _sizes(batch):
        taken = before - device.free_memory()
        if best and (2 * taken > _SHARE * before or perf_counter() - begun > seconds / 2):
            break
        rate = _rate(run, size, device)
        if rate == 0:
            break
        if rate > _GAIN * fastest:
            best, fastest = size, rate
    del states
    if not best:
        raise LmError("Not even one sequence fits into memory; take a shorter context or a smaller model.")
    return best


def _sizes(batch: int) -> list[int]:
    """1, 2, 4, … and the whole batch: _sizes(12) -> [1, 2, 4, 8, 12]."""
    return [1 << power for power in range(batch.bit_length()) if 1 << power < batch] + [batch]


def _rate(run: Callable[[int], None], size: int, device: Device) -> float:
    """Sequences a second, of the quickest of some trials behind a first one; 0 where memory ran out."""
    quickest, begun = float("inf"), 0.0
    try:
        run(size)
        device.synchronize()
        begun = perf_counter()
        while perf_counter() - begun < _TRIAL or quickest == float("inf"):
            start = perf_counter()
            run(size)
            device.synchronize()
            quickest = min(quickest, perf_counter() - start)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if device.kind == "cuda":
            torch.cuda.empty_cache()
        return 0.0
    return size / quickest
