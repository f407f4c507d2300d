"""Which pairs are live? Laying out the words and counting their pairs anew, a range at a time."""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Bytes, Ids, Ints, Words, inlined, kernel, pointer, signed
from lmcore.bpe.merge_places import word_weight
from lmcore.bpe.merge_state import FREE, PAIRS, POOL, SEPARATOR, Corpus, Pairs, Tokens
from lmcore.bpe.pair_heap import push
from lmcore.bpe.pair_rows import find_pair, pair_key, shift_of

_LARGEST: Final = (1 << 31) - 1


@kernel
def lay_out(blob: Bytes, offsets: Ints, counts: Ints, order: Ints, begin: int, end: int, cells: Ids, place: int) -> int:
    """Writes words `begin` to `end` of the order into `cells` from byte `place` on; where the next one goes.

    The order begins with the words that occur most: the first of them may be too frequent for a cell.
    """
    for word in range(begin, end):
        source = order[word]
        weight = counts[source] if counts[source] <= _LARGEST else -1 - word
        for i in range(offsets[source], offsets[source + 1]):
            cells[2 * place], cells[2 * place + 1] = blob[i], weight
            place += 1
        cells[2 * place], cells[2 * place + 1] = SEPARATOR, weight
        place += 1
    return place


@inlined
def next_pair(cells: Ids, bounds: Ints, place: int, end: int) -> tuple[int, int]:
    """Where from `place` on the next two tokens of one word stand, the left and the right one.

    Where none is left before `end`, both are where the next search is to begin, at `end` or behind.
    """
    while place < end:
        left = signed(cells[2 * place])
        following = place + (bounds[left + 1] - bounds[left] if left >= 0 else 1)
        if left >= 0 and cells[2 * following] >= 0:
            return place, following
        place = following
    return place, place


@kernel
def count_pairs(corpus: Corpus, offsets: Ints, place: int, end: int, rows: Words, used: int) -> tuple[int, int]:
    """Adds the pairs that begin in cells `place` to `end`, a word's start, to a table of 2-word rows.

    `offsets` are those of the tokens. Gives back where it stopped (before `end`: the table is half full) and the rows
    in use.
    """
    cells, weights, bounds, table = pointer(corpus.cells), pointer(corpus.weights), pointer(offsets), pointer(rows)
    shift, most = shift_of(len(rows) // 2), len(rows) // 4
    place, following = next_pair(cells, bounds, place, end)
    while place < end and used < most:
        key = pair_key(cells[2 * place], cells[2 * following])
        row = find_pair(table, shift, key)
        if table[row] == FREE:
            table[row], table[row + ONE] = key, np.uint64(0)
            used += 1
        table[row + ONE] += np.uint64(word_weight(weights, signed(cells[2 * place + 1])))
        place, following = next_pair(cells, bounds, following, end)
    return place, used


@kernel
def move_pairs(source: Words, rows: Words) -> None:
    """Copies a table of pairs into a larger, empty one."""
    shift = shift_of(len(rows) // 2)
    for i in range(0, len(source), 2):
        if source[i] != FREE:
            row = find_pair(rows, shift, source[i])
            rows[row], rows[row + ONE] = source[i], source[i + 1]


@kernel
def count_frequent(rows: Words, threshold: int) -> int:
    """How many pairs of the table count at least `threshold`."""
    frequent = 0
    for i in range(0, len(rows), 2):
        frequent += rows[i] != FREE and signed(rows[i + 1]) >= threshold
    return frequent


@kernel
def take_pairs(rows: Words, threshold: int, tokens: Tokens, pairs: Pairs, state: Ints, tie: int) -> None:
    """Makes the pairs live that count at least `threshold`; `pairs` is empty and has room for them."""
    shift = shift_of(len(pairs.rows) // 2)
    for i in range(0, len(rows), 2):
        if rows[i] == FREE or signed(rows[i + 1]) < threshold:
            continue
        pair = int(state[PAIRS])
        pairs.left[pair] = signed(rows[i] >> np.uint64(32))
        pairs.right[pair] = signed(rows[i] & np.uint64(0xFFFFFFFF))
        pairs.counts[pair] = signed(rows[i + 1])
        pairs.sizes[pair] = 0
        row = find_pair(pairs.rows, shift, rows[i])
        pairs.rows[row], pairs.rows[row + ONE] = rows[i], np.uint64(pair)
        state[PAIRS] += 1
        push(tokens, pairs, state, tie, pair)


@kernel
def visit_places(corpus: Corpus, offsets: Ints, pairs: Pairs, place: int, end: int, pool: Ids, write: bool) -> int:
    """Counts the places of live pairs in cells `place` to `end` into `sizes`, or writes them to the pool as well."""
    cells, bounds, rows = pointer(corpus.cells), pointer(offsets), pointer(pairs.rows)
    starts, sizes = pointer(pairs.starts), pointer(pairs.sizes)
    shift = shift_of(len(pairs.rows) // 2)
    place, following = next_pair(cells, bounds, place, end)
    while place < end:
        row = find_pair(rows, shift, pair_key(cells[2 * place], cells[2 * following]))
        if rows[row] != FREE:
            pair = signed(rows[row + ONE])
            if write:
                pool[starts[pair] + sizes[pair]] = place
            sizes[pair] += 1
        place, following = next_pair(cells, bounds, following, end)
    return place


@kernel
def allot_pool(pairs: Pairs, state: Ints) -> int:
    """Gives every live pair as much of the pool as `sizes` says and sets those to 0; how much in all."""
    used = 0
    for pair in range(state[PAIRS]):
        pairs.starts[pair] = used
        used += pairs.sizes[pair]
        pairs.sizes[pair] = 0
    state[POOL] = used
    return used


@kernel
def compact_pool(pairs: Pairs, state: Ints, pool: Ids, fresh: Ids, threshold: int) -> None:
    """Copies the places of the pairs that can still be merged to the front of `fresh`."""
    used = 0
    for pair in range(state[PAIRS]):
        if pairs.counts[pair] < threshold:
            pairs.sizes[pair] = 0
        start, size = pairs.starts[pair], pairs.sizes[pair]
        fresh[used : used + size] = pool[start : start + size]
        pairs.starts[pair] = used
        used += size
    state[POOL] = used
