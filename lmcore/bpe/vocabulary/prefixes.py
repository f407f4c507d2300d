"""How many bytes does a token carry in smaller vocabularies? The first merges alone are a vocabulary too.

In the order of their ranks, merges only ever join what earlier ones made. So when each pre-token of a sample is
merged once to its end, the rank of every merge tells how many tokens there were after the first N of them:

    tokens(N) = bytes - merges with a rank of at most N,    bytes per token(N) = bytes / tokens(N)
"""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lmcore.bpe.vocabulary.characters import Ints

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

SAMPLE: Final = 1_000_000
"""Bytes of the corpus that are looked at."""
LONGEST: Final = 256
"""Longer pre-tokens are left out of the sample: there are few, and merging takes the square of their length."""
_PIECE: Final = 16_384
_STEP: Final = 512  # pre-tokens


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The bytes of a sample and the tokens it has after the first 0, 1, 2 ... merges: shape (merges + 1,)."""

    text_bytes: int
    tokens: Ints

    @property
    def bytes_per_token(self) -> npt.NDArray[np.float64]:
        """Shape (merges + 1,); 1.0 before the first merge. NaN where the sample is empty."""
        return self.text_bytes / np.where(self.tokens == 0, np.nan, self.tokens)


def measure_prefixes(tokenizer: "Tokenizer", sample: bytes) -> Generator[float, None, Prefixes]:
    """Bytes per token of a sample after each number of merges; yields the share done."""
    words: Counter[bytes] = Counter()
    for place in range(0, len(sample), _PIECE):
        words.update(tokenizer.pretokens(sample[place : place + _PIECE]))
        yield 0.3 * place / len(sample)
    for special in tokenizer.special_tokens:
        words.pop(special.encode(), None)
    ranks = yield from _ranks(tokenizer.merges)
    kept = [(word, count) for word, count in words.items() if len(word) <= LONGEST]
    merged = np.zeros(len(tokenizer.merges) + 1, np.int64)
    for place in range(0, len(kept), _STEP):
        for word, count in kept[place : place + _STEP]:
            for rank in ranks_used(word, ranks):
                merged[rank] += count
        yield 0.4 + 0.6 * place / len(kept)
    text_bytes = sum(len(word) * count for word, count in kept)
    return Prefixes(text_bytes, text_bytes - np.cumsum(merged))


def _ranks(merges: Sequence[tuple[bytes, bytes]]) -> Generator[float, None, dict[tuple[bytes, bytes], int]]:
    """The rank of each pair, from 1; of a pair listed twice the first counts."""
    ranks: dict[tuple[bytes, bytes], int] = {}
    for place in range(0, len(merges), _PIECE):
        for rank, pair in enumerate(merges[place : place + _PIECE], place + 1):
            ranks.setdefault(pair, rank)
        yield 0.3 + 0.1 * place / len(merges)
    return ranks


def ranks_used(word: bytes, ranks: Mapping[tuple[bytes, bytes], int]) -> list[int]:
    """The rank of each merge that a pre-token goes through, the lowest first, in order."""
    parts = [word[place : place + 1] for place in range(len(word))]
    used: list[int] = []
    while len(parts) > 1:
        known = [(ranks[pair], place) for place, pair in enumerate(pairwise(parts)) if pair in ranks]
        if not known:
            break
        rank, place = min(known)
        used.append(rank)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return used
