"""What suits this model on this machine? A probe of some seconds: how many sequences at once, in which precision.

More sequences at once keep a device busy and take more memory, and a processor is now and then faster with few. bf16
halves what products take and costs conversions around them, which decide for small models. Both are found by trying the
model. A machine has busy moments, so what is compared takes turns, the median of some rounds counts, and where they
are not clear, or there was no time for them, all that memory holds go at once, in bf16. Numbers of sequences take
times that differ, and what is short passes between two turns of another process, so that few would seem faster than
they are: a round in which a processor had other work says nothing of them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from time import perf_counter, thread_time
from typing import Final, Protocol, TypeVar

import torch

from lmcore.errors import LmError
from lmcore.training.devices import Device
from lmcore.training.machine import Precision
from lmcore.training.memory import is_out_of_memory

SECONDS: Final = 3.0
"""That a comparison may take, behind a first look at what is compared."""
KINDS: Final[tuple[Precision, ...]] = ("fp32", "bf16")
_PATIENCE: Final = 15.0  # seconds that rounds of two precisions may take, since all of a run's numbers depend on them
_ROUNDS: Final = 3, 7  # of a comparison: fewer say nothing, more are not needed
_STATES: Final = 8  # bytes a parameter of AdamW's two moments
_SHARE: Final = 0.9  # of the free memory that a trial may be expected to take
_CLEARLY: Final = 1.1  # times as fast as what was there before
_FASTER: Final = 1.15  # the same for bf16, which costs digits
_TRIED: Final = 8  # sequences with which precisions are compared, where there is time
_CALM: Final = 0.8  # of the clock's time that this thread ran: it leads all products, and waits for the others busily
Way = TypeVar("Way")
Run = Callable[[int], None]
"""Takes so many sequences through the model and back. Raises what torch does where memory runs out."""


class Trial(Protocol):
    """A trainer that can be tried out."""

    def try_out(self, sequences: int) -> None:
        """Take so many sequences through the model and back, without learning anything."""

    def compute_in(self, precision: Precision) -> None:
        """Take this precision from now on."""


def faster_precision(
    trial: Trial, device: Device, sequences: int, seconds: float = SECONDS
) -> tuple[Precision, float | None]:
    """The precision in which this model is faster, bf16 only where it clearly is, and how many times as fast it was in
    bf16; that is taken. Where there is no time to find out it is bf16, as products of matrices were faster, and None.
    """

    def run(precision: Precision, number: int) -> None:
        trial.compute_in(precision)
        trial.try_out(number)
        device.synchronize()

    for kind in (*KINDS, KINDS[0]):
        begun = perf_counter()
        run(kind, 1)
    once = max(perf_counter() - begun, 1e-6)
    number = max(1, min(_TRIED, sequences, int(seconds / (2 * _ROUNDS[0] * once))))
    rounds = _alternating({kind: partial(run, kind, number) for kind in KINDS}, seconds, _PATIENCE)
    gain = _gain(rounds, "fp32", "bf16")
    found: Precision = "fp32" if gain is not None and gain < _FASTER else "bf16"
    trial.compute_in(found)
    return found, gain


def best_at_once(run: Run, device: Device, parameters: int, most: int, seconds: float = SECONDS) -> int:
    """How many sequences up to `most` go through the model at once: all that memory holds, unless fewer are clearly
    faster.

    Raises `LmError` where not even one fits.
    """
    states = torch.ones(_STATES * parameters, dtype=torch.uint8, device=device.torch)
    fitting = _fitting(run, device, most, seconds)
    del states
    if not fitting:
        raise LmError("Not even one sequence fits into memory; take a shorter context or a smaller model.")
    chosen = fitting
    sizes = sorted(_halves(fitting))  # the shortest first: a large model has no time for many

    def trial(size: int) -> None:
        run(size)
        device.synchronize()

    is_calm = _has_the_processor if device.kind == "cpu" else _always
    ways = {size: partial(trial, size) for size in sizes}
    rounds = _alternating(ways, seconds, is_calm=is_calm) if sizes[1:] else []
    for size in reversed(sizes):
        gain = _gain(rounds, chosen, size, chosen / size)
        if gain is not None and gain > _CLEARLY:
            chosen = size
    return chosen


def _fitting(run: Run, device: Device, most: int, seconds: float) -> int:
    """The largest number up to `most` that memory holds, 0 where it does not hold one.

    One and two sequences tell what each takes; all are tried at once where that is expected to fit, else twice as many
    each time. On a processor, which knows no end of memory before it is too late, what would take too long is believed.
    """
    begun, used, room = perf_counter(), device.used_memory(), _SHARE * device.free_memory()
    best, each = 0, 0.0
    while best < most:
        size = best + 1 if best < 2 else most if most * each <= room else min(2 * best, most)
        if size * each > room:
            break
        if best and device.kind == "cpu" and size * (perf_counter() - begun) > 2 * best * seconds:
            return size
        if _fits(run, size, device):
            best = size
            each = max(0, device.used_memory() - used) / best
        else:
            most = size // 2
    return min(best, most)


def _fits(run: Run, size: int, device: Device) -> bool:
    try:
        run(size)
        device.synchronize()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if device.kind == "cuda":
            torch.cuda.empty_cache()
        return False
    return True


def _halves(size: int) -> list[int]:
    """_halves(12) -> [12, 6, 3, 1]."""
    return [size >> power for power in range(size.bit_length())]


def _always(_clock: float, _ran: float) -> bool:
    """Of a device that nobody else uses."""
    return True


def _has_the_processor(clock: float, ran: float) -> bool:
    """Whether this thread ran most of the time that passed by the clock: no other process took its turn."""
    return ran >= _CALM * clock


def _alternating(
    ways: Mapping[Way, Callable[[], None]],
    seconds: float,
    patience: float = 0.0,
    is_calm: Callable[[float, float], bool] = _always,
) -> list[dict[Way, float]]:
    """The seconds of each way, in whole rounds in which each has its turn, as many as there is time for; for rounds
    enough to say something there is `patience`. Rounds that are not calm, by the seconds of the clock and those that
    this thread ran, do not count.
    """
    rounds: list[dict[Way, float]] = []
    began = perf_counter()
    while len(rounds) < _ROUNDS[1]:
        took: dict[Way, float] = {}
        clock, ran = perf_counter(), thread_time()
        for way, go in ways.items():
            begun = perf_counter()
            if begun - began > (seconds if len(rounds) >= _ROUNDS[0] else max(seconds, patience)):
                return rounds
            go()
            took[way] = perf_counter() - begun
        if is_calm(perf_counter() - clock, thread_time() - ran):
            rounds.append(took)
    return rounds


def _gain(rounds: Sequence[Mapping[Way, float]], before: Way, other: Way, scale: float = 1.0) -> float | None:
    """How many times as fast the `other` was, by the median of the rounds; None where these are too few.

    `scale` is how many times as much work the one `before` did.
    """
    if len(rounds) < _ROUNDS[0]:
        return None
    return median(took[before] / max(took[other], 1e-9) / scale for took in rounds)
