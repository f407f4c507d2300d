"""How many tokens a second does a model write, with its cache and without? Measured at one place of the context."""

from collections.abc import Generator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final

import torch

from lmcore.model.decoder import Decoder, Prepared, Recomputing, Scored
from lmcore.model.generation import draw
from lmcore.model.sampling import Sampler, Sampling

_SECONDS: Final = 0.7
"""That each of both is measured; a single token may take longer."""
_MOST: Final = 32
"""Times that it is."""
_TRIAL: Final = 16
"""Ids that are read first to learn how long more of them take."""
_LONGEST: Final = 0.8
"""Seconds that reading all ids before a place may take."""


@dataclass(frozen=True)
class Timed:
    """Something took so long: one token, or a trial; or a piece of it, of which `whole` is false."""

    seconds: float
    whole: bool = True


@dataclass(frozen=True)
class Speeds:
    """Tokens a second behind `position` tokens, sampling included: medians."""

    position: int
    cached: float
    uncached: float


def measure_speeds(prepared: Prepared) -> Generator[Timed, None, Speeds]:
    """Write the last token of the context, or an earlier one where it would take too long without a cache.

    The cache is not filled by reading: whatever numbers are in it, one more token takes as long.
    """
    position = yield from _affordable(prepared)
    decoder, recomputing = Decoder(prepared, 1, position + 1), Recomputing(prepared)
    token = torch.zeros(1, dtype=torch.long, device=prepared.device)
    medians = []
    for scoring in (decoder, recomputing):
        times: list[float] = []
        begun = perf_counter()
        while not times or len(times) < _MOST and perf_counter() - begun < _SECONDS:
            decoder.column, recomputing.texts = position, [[0] * position]
            seconds = yield from _timed(scoring.advance(token), prepared.model.architecture.vocab_size)
            times.append(seconds)
            yield Timed(seconds)
        medians.append(median(times))
    return Speeds(position, 1 / medians[0], 1 / medians[1])


def _timed(work: Scored, vocab_size: int) -> Generator[Timed, None, float]:
    """Seconds that these scores take, and a draw from them; what passes between the pieces is not counted."""
    sampler = Sampler(Sampling(), [[0]], vocab_size, 1)
    seconds = 0.0
    while True:
        begun = perf_counter()
        try:
            next(work)
        except StopIteration as end:
            with torch.inference_mode():
                draw(end.value, sampler, 0, 0)
            return seconds + perf_counter() - begun
        seconds += perf_counter() - begun
        yield Timed(seconds, whole=False)


def _affordable(prepared: Prepared) -> Generator[Timed, None, int]:
    """The place of the context's last token, or one that is a trial times a power of two.

    Twice the place takes at most four times as long: attention is quadratic, all else linear.
    """
    last = prepared.model.architecture.context_length - 1
    position, recomputing = min(_TRIAL, last), Recomputing(prepared)
    while position < last:
        taken = yield from _timed(recomputing.start([[0] * position]), prepared.model.architecture.vocab_size)
        yield Timed(taken)
        if 4 * taken > _LONGEST:
            break
        position = min(2 * position, last)
    return position
