"""How many tokens a second does a model write, with its cache and without? Measured at one place of the context."""

from collections.abc import Generator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final

import torch

from lmcore.model.decoder import Decoder, Prepared, Recomputing, Scoring
from lmcore.model.generation import draw
from lmcore.model.sampling import Sampler, Sampling

_SECONDS: Final = 0.7
"""That each of both is measured; a single token may take longer."""
_MOST: Final = 32
"""Tokens behind the place, or so many times the same one."""
_TRIAL: Final = 16
"""Ids that are read to learn how long more of them take."""


@dataclass(frozen=True)
class Timed:
    """One token took so long."""

    cached: bool
    seconds: float


@dataclass(frozen=True)
class Speeds:
    """Tokens a second behind `position` tokens, sampling included: medians."""

    position: int
    cached: float
    uncached: float


def measure_speeds(prepared: Prepared) -> Generator[Timed, None, Speeds]:
    """Write tokens at the end of the context, or earlier where one without a cache would take too long there.

    The cache is not filled by reading, which takes as long for each number in it.
    """
    position, ids = _affordable(prepared), torch.zeros(1, dtype=torch.long, device=prepared.device)
    decoder = Decoder(prepared, 1, position + _MOST)
    recomputing = Recomputing(prepared)
    recomputing.texts = [[0] * position]
    cached: list[float] = []
    uncached: list[float] = []
    for times, scoring in ((cached, decoder), (uncached, recomputing)):
        begun = perf_counter()
        while not times or len(times) < _MOST and perf_counter() - begun < _SECONDS:
            decoder.column, recomputing.texts = position, [[0] * position]
            times.append(_seconds(scoring, ids, prepared.model.architecture.vocab_size))
            yield Timed(scoring is decoder, times[-1])
    return Speeds(position, 1 / median(cached), 1 / median(uncached))


@torch.inference_mode()
def _seconds(scoring: Scoring, ids: torch.Tensor, vocab_size: int) -> float:
    """How long one more token takes."""
    sampler = Sampler(Sampling(), [[0]], vocab_size, 1)
    begun = perf_counter()
    draw(scoring.advance(ids), sampler, 0, 0)
    return perf_counter() - begun


@torch.inference_mode()
def _affordable(prepared: Prepared) -> int:
    """The place before the last of the context, halved until reading so many ids seems to take a second at most."""
    position = prepared.model.architecture.context_length - 1
    trial = min(_TRIAL, position)
    if trial < 1:
        return 0
    recomputing = Recomputing(prepared)
    begun = perf_counter()
    recomputing.start([[0] * trial])
    each = (perf_counter() - begun) / trial
    while position > trial and each * position > 1:
        position //= 2
    return position
