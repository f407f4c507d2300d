"""How is the next merge found and carried out? The inner loop of training, interruptible anywhere.

`merge_some` works off a budget of places and comes back; all that it knows is in its arrays, so the next call goes on
in the middle of a merge. Before a merge begins it makes sure that there is room for whatever the merge can find.
"""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Ids, Ints, kernel, signed
from lmcore.bpe.merge_places import merge_places
from lmcore.bpe.merge_state import (
    BUDGET_SPENT,
    CORPUS_TOKENS,
    CURRENT,
    CURSOR,
    ENOUGH,
    LEFT_FOUND,
    LEFT_TOUCHED,
    MERGES,
    MORE_BYTES,
    MORE_PAIRS,
    MORE_PLACES,
    MORE_POOL,
    NEW_TOKEN,
    PAIRS,
    POOL,
    RECOUNT,
    RIGHT_FOUND,
    RIGHT_TOUCHED,
    TOKEN_BYTES,
    TOKENS,
    Corpus,
    Pairs,
    Record,
    Scratch,
    Side,
    Tokens,
)
from lmcore.bpe.pair_heap import best_pair, pop, push
from lmcore.bpe.pair_rows import find_pair, pair_key, shift_of
from lmcore.bpe.token_kernels import join

_MERGE_COST: Final = 128  # what a merge costs beside its places, in places


@kernel
def begin_merge(
    tokens: Tokens, pairs: Pairs, scratch: Scratch, record: Record, state: Ints, pool_size: int, pair: int
) -> int:
    """Takes the top pair off the heap and records its merge; `BUDGET_SPENT`, or what there is too little room for."""
    left, right, size = pairs.left[pair], pairs.right[pair], pairs.sizes[pair]
    length = tokens.offsets[left + 1] - tokens.offsets[left] + tokens.offsets[right + 1] - tokens.offsets[right]
    if state[TOKEN_BYTES] + length > len(tokens.blob):
        return MORE_BYTES
    if 2 * size > len(scratch.left.places):
        return MORE_PLACES
    if state[POOL] + 2 * size > pool_size:
        return MORE_POOL
    if state[PAIRS] + 2 * min(size, state[TOKENS] + 1) > min(len(pairs.left), len(pairs.rows) // 4):
        return MORE_PAIRS
    made = state[MERGES]
    record.left[made], record.right[made], record.counts[made] = left, right, pairs.counts[pair]
    state[MERGES] += 1
    state[NEW_TOKEN] = join(tokens, state, left, right)
    state[CURRENT], state[CURSOR] = pair, 0
    return BUDGET_SPENT


@kernel
def add_pairs(
    tokens: Tokens, pairs: Pairs, state: Ints, tie: int, threshold: int, side: Side, touches: int, new_is_right: bool
) -> None:
    """Makes the pairs of the new token live that count enough; `sizes` becomes their number plus 1, else 0."""
    new = state[NEW_TOKEN]
    for i in range(touches):
        neighbour = signed(side.touched[i])
        weight, size = side.weights[neighbour], side.sizes[neighbour]
        side.weights[neighbour] = side.sizes[neighbour] = 0
        if weight < threshold:
            continue
        pair = int(state[PAIRS])
        left, right = (neighbour, new) if new_is_right else (new, neighbour)
        pairs.left[pair], pairs.right[pair] = left, right
        pairs.counts[pair] = weight
        pairs.starts[pair], pairs.sizes[pair] = state[POOL], 0
        place = find_pair(pairs.rows, shift_of(len(pairs.rows) // 2), pair_key(left, right))
        pairs.rows[place], pairs.rows[place + ONE] = pair_key(left, right), np.uint64(pair)
        state[POOL] += size
        state[PAIRS] += 1
        side.sizes[neighbour] = pair + 1
        push(tokens, pairs, state, tie, pair)


@kernel
def place_pairs(pairs: Pairs, pool: Ids, side: Side, found: int, touches: int) -> None:
    """Hands the places found to the pairs that became live, in order; forgets their numbers."""
    for i in range(found):
        pair = side.sizes[side.places[2 * i + 1]] - 1
        if pair >= 0:
            pool[pairs.starts[pair] + pairs.sizes[pair]] = side.places[2 * i]
            pairs.sizes[pair] += 1
    for i in range(touches):
        side.sizes[side.touched[i]] = 0


@kernel
def end_merge(
    tokens: Tokens, pairs: Pairs, scratch: Scratch, record: Record, state: Ints, pool: Ids, tie: int, threshold: int
) -> None:
    """The merge is done everywhere: its new pairs become live, what it noted on the way is forgotten."""
    add_pairs(tokens, pairs, state, tie, threshold, scratch.left, state[LEFT_TOUCHED], True)
    place_pairs(pairs, pool, scratch.left, state[LEFT_FOUND], state[LEFT_TOUCHED])
    add_pairs(tokens, pairs, state, tie, threshold, scratch.right, state[RIGHT_TOUCHED], False)
    place_pairs(pairs, pool, scratch.right, state[RIGHT_FOUND], state[RIGHT_TOUCHED])
    pairs.counts[state[CURRENT]] = 0
    record.corpus_tokens[state[MERGES] - 1] = state[CORPUS_TOKENS]
    state[CURRENT] = -1
    state[LEFT_FOUND] = state[RIGHT_FOUND] = state[LEFT_TOUCHED] = state[RIGHT_TOUCHED] = 0


@kernel
def merge_some(
    corpus: Corpus,
    tokens: Tokens,
    pairs: Pairs,
    scratch: Scratch,
    record: Record,
    state: Ints,
    pool: Ids,
    tie: int,
    threshold: int,
    vocab_size: int,
    budget: int,
) -> int:
    """Merges until `budget` places were looked at, or until something else must happen first: the reason."""
    while budget > 0:
        if state[CURRENT] < 0:
            if state[TOKENS] >= vocab_size:
                return ENOUGH
            pair = best_pair(tokens, pairs, state, tie, threshold)
            if pair < 0:
                return RECOUNT
            lack = begin_merge(tokens, pairs, scratch, record, state, len(pool), pair)
            if lack != BUDGET_SPENT:
                return lack
            pop(tokens, pairs, state, tie)
        budget -= merge_places(corpus, tokens, pairs, scratch, state, pool, budget) + _MERGE_COST
        if state[CURSOR] == pairs.sizes[state[CURRENT]]:
            end_merge(tokens, pairs, scratch, record, state, pool, tie, threshold)
    return BUDGET_SPENT
