"""What sets two vocabularies apart? The tokens of one alone, of the other alone and of both; and how the overlap grows.

Tokens are the same if their bytes are; ids do not matter.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary
from lmcore.bpe.vocabulary.kinds import KIND_NAMES

_STEP: Final = 16_384


@dataclass(frozen=True, eq=False)
class Difference:
    """Rows of the left vocabulary that the right one lacks, rows of the right one that the left one lacks, and pairs.

    `both` has the rows of the left one, `both_right` the rows of the same tokens in the right one. `overlap[n]` is
    the share of the first n + 1 tokens of one that are among the first n + 1 of the other, in the order of merges.
    """

    left: Vocabulary
    right: Vocabulary
    only_left: Ints
    only_right: Ints
    both: Ints
    both_right: Ints
    overlap: npt.NDArray[np.float64]

    @property
    def share(self) -> float:
        """Which part of the left vocabulary the right one has as well, 0 to 1."""
        return len(self.both) / max(1, len(self.left))

    def by(self, column: str) -> list[tuple[int, int, int, int]]:
        """For each value of "kinds" or "scripts": the value, and how many are only left, in both, only right."""
        own: npt.NDArray[np.uint8] = getattr(self.left, column)
        other: npt.NDArray[np.uint8] = getattr(self.right, column)
        parts = (own[self.only_left], own[self.both], other[self.only_right])
        counts = [np.bincount(part, minlength=256).tolist() for part in parts]
        return [(value, *row) for value, row in enumerate(zip(*counts, strict=True)) if any(row)]


def compare(left: Vocabulary, right: Vocabulary) -> Generator[float, None, Difference]:
    """The difference of two vocabularies; yields the share done."""
    matches = yield from _matches(left, right, 0.0)
    backwards = yield from _matches(right, left, 0.5)
    both = np.flatnonzero(matches != NONE)
    overlap = overlap_by_rank(left, right, both, matches[both])
    only_left, only_right = np.flatnonzero(matches == NONE), np.flatnonzero(backwards == NONE)
    return Difference(left, right, only_left, only_right, both, matches[both], overlap)


def _matches(own: Vocabulary, other: Vocabulary, done: float) -> Generator[float, None, Ints]:
    """By row of one: the row of the other with the same bytes, or -1."""
    matches = np.full(len(own), NONE, np.int64)
    for place in range(0, len(own), _STEP):
        part = own.tokens[place : place + _STEP]
        matches[place : place + len(part)] = [other.rows_by_token.get(token, NONE) for token in part]
        yield done + 0.5 * place / len(own)
    return matches


def overlap_by_rank(left: Vocabulary, right: Vocabulary, both: Ints, both_right: Ints) -> npt.NDArray[np.float64]:
    """The share that the first 1, 2, 3 ... tokens have in common; as long as the smaller vocabulary.

    First come the bytes, then the merges in order; special tokens, which were not learned, are left out.
    """
    own, other = learned_order(left), learned_order(right)
    size = min(np.count_nonzero(own != NONE), np.count_nonzero(other != NONE))
    entered = np.maximum(own[both], other[both_right])
    learned = (own[both] != NONE) & (other[both_right] != NONE) & (entered < size)
    common = np.cumsum(np.bincount(entered[learned], minlength=size))
    return common / np.arange(1, size + 1)


def learned_order(vocabulary: Vocabulary) -> Ints:
    """The place of each row in the order of learning, from 0; -1 for special tokens.

    Single bytes stand by their value, since vocabularies number them in different ways; what no merge makes comes
    behind the merges.
    """
    order = np.full(len(vocabulary), NONE, np.int64)
    rows = np.flatnonzero(~vocabulary.special)
    is_byte = vocabulary.lengths[rows] == 1
    merged = vocabulary.ranks[rows]
    first = vocabulary.data[vocabulary.offsets[rows]]
    place = np.where(is_byte, first, np.where(merged == NONE, np.iinfo(np.int32).max, 256 + merged.astype(np.int64)))
    order[rows[np.argsort(place, kind="stable")]] = np.arange(len(rows))
    return order


def longest(vocabulary: Vocabulary, rows: Ints, most: int) -> Ints:
    """The longest of these rows in bytes, of equals the lowest id; special tokens are left out."""
    learned = rows[~vocabulary.special[rows]]
    return learned[np.argsort(-vocabulary.lengths[learned], kind="stable")[:most]]


def composition(vocabulary: Vocabulary, rows: Ints, most: int = 3) -> list[tuple[str, float]]:
    """The kinds that most of these rows are of, with their shares, the greatest first."""
    counts = np.bincount(vocabulary.kinds[rows], minlength=len(KIND_NAMES))
    names = list(KIND_NAMES.values())
    order = np.argsort(-counts, kind="stable")[:most]
    return [(names[kind], float(counts[kind] / len(rows))) for kind in order.tolist() if counts[kind]]
