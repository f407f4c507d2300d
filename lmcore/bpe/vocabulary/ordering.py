"""In which order do tokens stand? By any column, either way round, without disturbing the order of equals.

A key of 200,000 rows and the place of each row go into one integer, which numpy sorts in a few milliseconds.
"""

from enum import Enum, auto
from typing import Final

import numpy as np
import numpy.typing as npt

from lmcore.bpe.vocabulary.characters import Bytes, Ints
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary
from lmcore.bpe.vocabulary.kinds import KIND_NAMES
from lmcore.bpe.vocabulary.scripts import SCRIPTS, script_name

_WORD: Final = 8


class Column(Enum):
    """What can be sorted by."""

    ID = auto()
    TOKEN = auto()
    BYTES = auto()
    CHARACTERS = auto()
    SCRIPT = auto()
    KIND = auto()
    RANK = auto()
    MADE = auto()
    GAIN = auto()
    USED = auto()
    PARENTS = auto()


class Ordering:
    """Sorts the rows of one vocabulary. `used` is how often each token stands in a corpus, once that is known."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._alphabetical = byte_ranks(vocabulary.data, vocabulary.offsets)
        self.used: Ints | None = None

    def sorted_rows(self, rows: Ints, column: Column, *, descending: bool = False) -> Ints:
        """`rows` in another order. Equal ones stay as they stood; what is not known comes last either way."""
        keys = self._keys(column)[rows]
        return rows[stable_order(keys, descending)]

    def _keys(self, column: Column) -> Ints:
        """A number >= 0 for each row, or -1 where there is nothing to sort by."""
        known, making = self._vocabulary, self._vocabulary.making
        if column is Column.TOKEN:
            return self._alphabetical
        if column is Column.PARENTS:
            return self._parents()
        if column is Column.SCRIPT:
            return _alphabet([script_name(number) for number in range(len(SCRIPTS))])[known.scripts]
        if column is Column.KIND:
            return _alphabet(list(KIND_NAMES.values()))[known.kinds]
        plain = {
            Column.ID: known.ids,
            Column.BYTES: known.lengths,
            Column.CHARACTERS: known.characters,
            Column.RANK: known.ranks.astype(np.int64),
            Column.USED: self.used,
            Column.MADE: making.counts if making else None,
            Column.GAIN: _scaled(making.gains) if making else None,
        }
        found = plain[column]
        return np.full(len(known), NONE, np.int64) if found is None else found

    def _parents(self) -> Ints:
        """By the left parent, then by the right one."""
        left, right = self._vocabulary.left, self._vocabulary.right
        keys = self._alphabetical[left] * len(left) + self._alphabetical[right]
        return np.where(left >= 0, keys, NONE)


def stable_order(keys: Ints, descending: bool = False) -> Ints:
    """Where the keys stand in order, the first of equals first; negative keys last. [2, -1, 0] -> [2, 0, 1]"""
    highest = int(keys.max(initial=0))
    ranked = np.where(keys < 0, highest + 1, highest - keys if descending else keys)
    bits = max(1, len(keys).bit_length())
    if (highest + 1).bit_length() + bits > 63:
        return np.argsort(ranked, kind="stable")
    packed = ranked << bits | np.arange(len(keys))
    packed.sort()
    return packed & ((1 << bits) - 1)


def byte_ranks(data: Bytes, offsets: Ints) -> Ints:
    """The place of each token when all are sorted by their bytes; equal ones share a place. Shape (tokens,).

    Compares eight bytes at a time, and the next eight only of those that are equal so far: sorting bytes objects
    would hold the interpreter for a tenth of a second.
    """
    lengths = np.diff(offsets)
    ranks = np.zeros(len(lengths), np.int64)
    tied = np.arange(len(lengths))
    start = 0
    while len(tied):
        words = _words(data, offsets, tied, start)
        size = np.minimum(lengths[tied] - start, _WORD)
        order = np.lexsort((size, words, ranks[tied]) if start else (size, words))
        group, word, longer = ranks[tied][order], words[order], size[order]
        new = np.ones(len(order), bool)
        new[1:] = (group[1:] != group[:-1]) | (word[1:] != word[:-1]) | (longer[1:] != longer[:-1])
        groups = np.maximum.accumulate(
            np.where(np.concatenate([[True], group[1:] != group[:-1]]), np.arange(len(order)), 0)
        )
        begins = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        ranks[tied[order]] = group + begins - groups
        start += _WORD
        again = np.zeros(len(order), bool)
        same = ~new
        again[1:] |= same[1:]
        again[:-1] |= same[1:]
        tied = tied[order][again & (longer == _WORD)]
    return ranks


def _words(data: Bytes, offsets: Ints, rows: Ints, start: int) -> npt.NDArray[np.uint64]:
    """Bytes `start` to `start + 8` of tokens as one number each, zeros behind their ends."""
    words = np.zeros(len(rows), np.uint64)
    for step in range(_WORD):
        places = offsets[rows] + start + step
        inside = places < offsets[rows + 1]
        words <<= np.uint64(8)
        words[inside] |= data[places[inside]]
    return words


def _alphabet(names: list[str]) -> Ints:
    """The place of each name in the alphabet."""
    order = sorted(range(len(names)), key=names.__getitem__)
    places = np.empty(len(names), np.int64)
    places[order] = np.arange(len(names))
    return places


def _scaled(gains: npt.NDArray[np.float64]) -> Ints:
    """Gains as whole numbers in the same order; those that are not known become -1."""
    return np.where(np.isnan(gains), NONE, np.nan_to_num(gains) * 1e12).astype(np.int64)
