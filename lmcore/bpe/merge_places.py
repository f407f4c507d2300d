"""How is a pair merged at the places where it stands? The innermost loop, which waits little for memory."""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Ids, Ints, Words, bucket, inlined, kernel, pointer, prefetch, signed
from lmcore.bpe.merge_state import (
    CORPUS_TOKENS,
    CURRENT,
    CURSOR,
    FREE,
    INTERIOR,
    LEFT_FOUND,
    LEFT_TOUCHED,
    NEW_TOKEN,
    RIGHT_FOUND,
    RIGHT_TOUCHED,
    SEPARATOR,
    Corpus,
    Pairs,
    Scratch,
    Side,
    Tokens,
)
from lmcore.bpe.pair_rows import find_pair, pair_key, shift_of

_TWO: Final = np.uint64(2)
_NONE: Final = np.uint64(0)
_FAR: Final = 24  # places ahead at which a word's symbols are asked for
_NEAR: Final = 8  # places ahead at which they have come, and the pairs around are asked for


@inlined
def lower(pairs_rows: Words, shift: np.uint64, counts: Ints, left: int, right: int, weight: int) -> None:
    """Takes `weight` off the count of a pair, if it is live."""
    place = find_pair(pairs_rows, shift, pair_key(left, right))
    if pairs_rows[place] != FREE:
        counts[signed(pairs_rows[place + ONE])] -= weight


@inlined
def word_weight(weights: Ints, number: int) -> int:
    """How often a word occurs, by what stands beside its symbols: that itself, or its place among the large ones."""
    return number if number >= 0 else int(weights[-1 - number])


@inlined
def prefetch_rows(
    rows: Words,
    shift: np.uint64,
    cells: Ids,
    offsets: Ints,
    start: int,
    left: int,
    left_size: int,
    right: int,
    size: int,
) -> None:
    """Asks for the rows of the pairs that a merge at `start` will lower, if it is still one."""
    if cells[2 * start] != left or cells[2 * (start + left_size)] != right:
        return
    before = signed(cells[2 * start - 2])
    if before != SEPARATOR:
        back = start - 1 if before >= 0 else start + before
        prefetch(rows, bucket(pair_key(cells[2 * back], left), _NONE, shift) * _TWO)
    following = signed(cells[2 * (start + size)])
    if following != SEPARATOR:
        prefetch(rows, bucket(pair_key(right, following), _NONE, shift) * _TWO)


@inlined
def bare(side: Side) -> Side:
    """The same by pointers."""
    return Side(pointer(side.weights), pointer(side.sizes), pointer(side.touched), pointer(side.places))


@inlined
def note(side: Side, neighbour: int, weight: int, place: int, state: Ints, found: int, touches: int) -> None:
    """Records one place of a pair of the new token and a neighbour."""
    if side.sizes[neighbour] == 0:
        side.touched[state[touches]] = neighbour
        state[touches] += 1
    side.sizes[neighbour] += 1
    side.weights[neighbour] += weight
    row = 2 * state[found]
    side.places[row], side.places[row + 1] = place, neighbour
    state[found] += 1


@inlined
def rewrite(cells: Ids, start: int, middle: int, end: int, new: int) -> None:
    """Makes one token of the two that begin at `start` and `middle`."""
    cells[2 * middle - 2] = INTERIOR
    cells[2 * middle] = INTERIOR
    cells[2 * end - 2] = start - end
    cells[2 * start] = new


@kernel
def merge_places(
    corpus: Corpus, tokens: Tokens, pairs: Pairs, scratch: Scratch, state_array: Ints, pool: Ids, most: int
) -> int:
    """Merges the current pair at up to `most` more of its places; how many were looked at."""
    cells, weights = pointer(corpus.cells), pointer(corpus.weights)
    offsets, state = pointer(tokens.offsets), pointer(state_array)
    rows, counts, shift = pointer(pairs.rows), pointer(pairs.counts), shift_of(len(pairs.rows) // 2)
    left_side, right_side = bare(scratch.left), bare(scratch.right)
    pair, new = state[CURRENT], state[NEW_TOKEN]
    left, right = signed(pairs.left[pair]), signed(pairs.right[pair])
    left_size, right_size = offsets[left + 1] - offsets[left], offsets[right + 1] - offsets[right]
    size = left_size + right_size
    first, last = pairs.starts[pair] + state[CURSOR], pairs.starts[pair] + pairs.sizes[pair] - 1
    here = min(most, pairs.sizes[pair] - state[CURSOR])
    joined = 0
    for i in range(first, first + here):
        prefetch(cells, np.uint64(2 * pool[min(i + _FAR, last)]))
        prefetch_rows(rows, shift, cells, offsets, signed(pool[min(i + _NEAR, last)]), left, left_size, right, size)
        start = signed(pool[i])
        middle, end = start + left_size, start + size
        if cells[2 * start] != left or cells[2 * middle] != right:
            continue
        weight = word_weight(weights, signed(cells[2 * start + 1]))
        before = signed(cells[2 * start - 2])
        if before != SEPARATOR:
            back = start - 1 if before >= 0 else start + before
            neighbour = signed(cells[2 * back])
            if neighbour == new:
                right_side.weights[left] -= weight
            else:
                lower(rows, shift, counts, neighbour, left, weight)
            note(left_side, neighbour, weight, back, state, LEFT_FOUND, LEFT_TOUCHED)
        neighbour = signed(cells[2 * end])
        if neighbour != SEPARATOR:
            lower(rows, shift, counts, right, neighbour, weight)
            note(right_side, neighbour, weight, start, state, RIGHT_FOUND, RIGHT_TOUCHED)
        rewrite(cells, start, middle, end, new)
        joined += weight
    state[CORPUS_TOKENS] -= joined
    state[CURSOR] += here
    return int(here)
