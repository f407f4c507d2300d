"""How is long work cut so that whoever asked for it can be told how far it is, and stop it? Into pieces of like work.

A piece depends on sizes alone, never on a clock: how prompts are cut decides the last digits of their scores, and the
same seed is to draw the same text on a busy machine.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from lmcore.model.decoder_layer import Cache, DecoderLayer, Half

WORK: Final = 1 << 31
"""Weights times positions that are multiplied at once: some 20 to 50 ms of a processor with a few cores."""
_LEAST, _MOST = 128, 1024
"""Positions that are read at once: with fewer, a product takes longer for fetching its weights than for all else."""
_FETCHED: Final = 32
"""Positions that take as long as a single one: its weights have to be fetched all the same."""
Step = tuple[Half, Cache]
"""Half a layer, and where its keys and values are."""


def positions_at_once(layer: DecoderLayer, rows: int) -> int:
    """How many positions of so many rows are read in one piece."""
    largest = max(layer.weights)
    return max(1, max(_LEAST, min(_MOST, WORK // largest)) // rows)


def spans(first: int, last: int, at_once: int) -> Iterator[tuple[int, int]]:
    """The pieces of first to before last: spans(0, 5, 2) -> (0, 2), (2, 4), (4, 5)."""
    return ((begin, min(begin + at_once, last)) for begin in range(first, last, at_once))


def stretches(layers: Sequence[DecoderLayer], caches: Sequence[Cache], positions: int) -> list[list[Step]]:
    """All halves of the layers in order, as many together as one piece of work can be for so many positions."""
    found: list[list[Step]] = [[]]
    done = 0
    for layer, cache in zip(layers, caches, strict=True):
        for half, weights in zip(layer.halves, layer.weights, strict=True):
            work = weights * max(positions, _FETCHED)
            if found[-1] and done + work > WORK:
                found.append([])
                done = 0
            found[-1].append((half, cache))
            done += work
    return found
