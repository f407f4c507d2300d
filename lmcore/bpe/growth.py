"""How many different pre-tokens does a corpus have, judged by a sample of pieces from all over it?

By how many pieces each pre-token is in. Let V be all pre-tokens of the sample, Q1 those of one piece only and Q2 those
of just two. Another piece would add Q1 / pieces new ones, so V grows with the power Q1 / V of the sample (Heaps' law;
H. S. Heaps, Information Retrieval, 1978) without fitting anything, whatever the order of the pieces. That power b
falls as the sample grows; by the same counting its slope over the logarithm of the size is (Q1 - 2 Q2) / V - b². It is
taken to go on falling by the same share.
"""

import math
from dataclasses import dataclass
from typing import Final

from lmcore.bpe.pretoken_table import PretokenTable

_ROOM: Final = 1 << 17  # different pre-tokens to begin with
_DOUBT: Final = 0.08  # that the power may be off, as found on nine corpora of prose, source code and many languages


@dataclass(frozen=True)
class Growth:
    """What to multiply the different pre-tokens of a sample with, for the whole corpus; and the least and the most."""

    likely: float
    least: float
    most: float


class Spread:
    """In how many pieces each pre-token is."""

    def __init__(self) -> None:
        self._table = PretokenTable()
        for _ in self._table.make_room(_ROOM):
            pass

    def note(self, piece: PretokenTable) -> None:
        """Takes in the pre-tokens of one piece."""
        for words in piece.slices():
            words.blob.flags.writeable = False
            words.counts.fill(1)
            self._table.add(words)

    def growth(self, times: float) -> Growth:
        """How the number of different pre-tokens grows when there is `times` as much text as in the sample."""
        if times <= 1 or not len(self._table):
            return Growth(1.0, 1.0, 1.0)
        once = twice = 0
        for words in self._table.slices():
            once, twice = once + int((words.counts == 1).sum()), twice + int((words.counts == 2).sum())
        power, steps = _mean_power(once / len(self._table), twice / len(self._table), math.log(times)), math.log(times)
        low, high = max(0.0, power - _DOUBT), min(1.0, power + _DOUBT)
        return Growth(math.exp(power * steps), math.exp(low * steps), math.exp(high * steps))


def _mean_power(once: float, twice: float, steps: float) -> float:
    """The mean of Heaps' power over so many steps of growth, e-fold each, from the shares Q1 / V and Q2 / V on."""
    if once == 0:
        return 0.0
    decay = min(0.0, (once - 2 * twice) / once - once) * steps
    return once * (math.expm1(decay) / decay if decay else 1.0)
