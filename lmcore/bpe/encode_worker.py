"""How does one thread encode? In calls of some milliseconds, with a table of the pre-tokens that it met before."""

from typing import Final

import numpy as np

from lmcore.bpe.characters import class_table
from lmcore.bpe.cuts import CAPACITY
from lmcore.bpe.encode_kernels import AGAIN, DONE, LONG_END, MADE, POSITION, encode_texts, fresh_state
from lmcore.bpe.id_table import CROWDED, LONGEST, MERGED, IdTable, enlarged
from lmcore.bpe.machine import Bytes, Ints
from lmcore.bpe.merge_ranks import Ranks, Tokens
from lmcore.bpe.patterns import Pattern
from lmcore.bpe.special_ids import SpecialIds
from lmcore.bpe.word_merging import Parts, begin_heap, gather, merge_heap
from lmcore.errors import TokenizerError

_FIRST_BITS: Final = 12
_LARGE: Final = 1 << 18
_LARGE_BITS: Final = 17
_MOST_BITS: Final = 19  # a table of 16 MB; a fuller one begins anew
_PAIRS_A_CALL: Final = 1 << 17
_LONGEST_PRETOKEN: Final = 1 << 30


def merged_long(data: Bytes, start: int, end: int, ranks: Ranks) -> tuple[Parts, int]:
    """Merges a pre-token of any length in parts: its tokens' numbers stand at the front of the room; how many."""
    length = end - start
    if length > _LONGEST_PRETOKEN:
        raise TokenizerError(
            f"{length:,} bytes hold no place where the pre-token pattern cuts; split the text into smaller ones."
        )
    parts = Parts.room(length)
    while not begin_heap(data, start, length, ranks, parts, _PAIRS_A_CALL):
        pass
    while not merge_heap(length, ranks, parts, _PAIRS_A_CALL):
        pass
    return parts, gather(length, parts)


class Worker:
    """Encodes on one thread at a time; remembers the pre-tokens that it met. `size`: of its first text, in bytes."""

    def __init__(self, size: int) -> None:
        self._bits = _FIRST_BITS if size < _LARGE else _LARGE_BITS
        self._table = IdTable.room(self._bits)
        self._parts = Parts.room(LONGEST)
        self._starts: Ints = np.empty(CAPACITY, np.int64)
        self._masks = np.empty(2, np.uint64)

    def encode(
        self,
        pattern: Pattern,
        ranks: Ranks,
        specials: SpecialIds,
        data: Bytes,
        bounds: Ints,
        given: Ints,
        out: Tokens,
        ends: Ints,
    ) -> int:
        """Writes the ids of texts `data[bounds[i] : bounds[i + 1]]` to `out`, their ends to `ends`; how many ids."""
        state, classes = fresh_state(), class_table()
        state[POSITION] = bounds[0]
        while True:
            result = encode_texts(
                pattern.kind, data, bounds, given, classes, specials, ranks, self._table, self._parts,
                self._starts, self._masks, out, ends, state,
            )  # fmt: skip
            self._table.state[MERGED] = 0
            if self._table.state[CROWDED]:
                self._make_room()
            if result == DONE:
                return int(state[MADE])
            if result != AGAIN:
                parts, count = merged_long(data, int(state[POSITION]), int(state[LONG_END]), ranks)
                made = int(state[MADE])
                out[made : made + count] = ranks.ids[parts.numbers[:count]]
                state[MADE] += count
                state[POSITION] = state[LONG_END]

    def _make_room(self) -> None:
        if self._bits < _MOST_BITS:
            self._bits = min(self._bits + 2, _MOST_BITS)
            self._table = enlarged(self._table, self._bits)
        else:
            self._table = IdTable.room(self._bits)
