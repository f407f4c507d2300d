"""How is the next merge found and carried out? The inner loop of training, interruptible anywhere.

`merge_some` works off a budget of places and comes back; all that it knows is in its arrays, so the next call goes on
in the middle of a merge. Before a merge begins it makes sure that there is room for whatever the merge can find.
"""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Ids, Ints, Words, bucket, inlined, kernel, pointer, prefetch
from lmcore.bpe.merge_state import (
    BUDGET_SPENT,
    CORPUS_TOKENS,
    CURRENT,
    CURSOR,
    ENOUGH,
    FREE,
    GREATER_BYTES,
    HEAP,
    INTERIOR,
    LEFT_FOUND,
    LEFT_TOUCHED,
    MERGES,
    MORE_BYTES,
    MORE_MERGES,
    MORE_PAIRS,
    MORE_PLACES,
    MORE_POOL,
    NEW_TOKEN,
    PAIRS,
    POOL,
    RECOUNT,
    REUSED,
    RIGHT_FOUND,
    RIGHT_TOUCHED,
    SEPARATOR,
    TOKEN_BYTES,
    TOKENS,
    Corpus,
    Pairs,
    Record,
    Scratch,
    Tokens,
)

_TWO: Final = np.uint64(2)
_NONE: Final = np.uint64(0)
_FAR: Final = 24  # places ahead at which a word's symbols are asked for
_NEAR: Final = 8  # places ahead at which they have come, and the pairs around are asked for
_MERGE_COST: Final = 128  # what a merge costs beside its places, in places


@inlined
def pair_key(left: int, right: int) -> np.uint64:
    """A pair of token ids as one word."""
    return np.uint64(left) << np.uint64(32) | np.uint64(right)


@inlined
def shift_of(rows: int) -> np.uint64:
    """What turns a hash into a row number of a table with `rows` rows, a power of two."""
    bits = 0
    while 1 << bits < rows:
        bits += 1
    return np.uint64(64 - bits)


@inlined
def find_pair(rows: Words, shift: np.uint64, key: np.uint64) -> np.uint64:
    """The place of `key` in a table of 2-word rows, or the free place where it belongs."""
    last = (ONE << (np.uint64(64) - shift)) - ONE
    row = bucket(key, _NONE, shift)
    while rows[row * _TWO] != key and rows[row * _TWO] != FREE:
        row = (row + ONE) & last
    return row * _TWO


@kernel
def compare_tokens(tokens: Tokens, first: int, second: int) -> int:
    """Below, equal to or above 0 as the bytes of the first token sort before, like or after those of the second."""
    if first == second:
        return 0
    if tokens.prefixes[first] != tokens.prefixes[second]:
        return 1 if tokens.prefixes[first] > tokens.prefixes[second] else -1
    first_start, second_start = tokens.offsets[first], tokens.offsets[second]
    first_size = tokens.offsets[first + 1] - first_start
    second_size = tokens.offsets[second + 1] - second_start
    for i in range(min(first_size, second_size)):
        difference = np.int64(tokens.blob[first_start + i]) - np.int64(tokens.blob[second_start + i])
        if difference != 0:
            return int(difference)
    return int(first_size - second_size)


@kernel
def wins_tie(tokens: Tokens, pairs: Pairs, tie: int, first: int, second: int) -> bool:
    """Whether of two pairs with equal counts the first is to be merged before the second."""
    left, other_left = pairs.left[first], pairs.left[second]
    right, other_right = pairs.right[first], pairs.right[second]
    if tie == GREATER_BYTES:
        order = compare_tokens(tokens, left, other_left)
        return order > 0 if order != 0 else compare_tokens(tokens, right, other_right) > 0
    if left != other_left:
        return bool(tokens.order[left] < tokens.order[other_left])
    return bool(tokens.order[right] < tokens.order[other_right])


@kernel
def comes_first(tokens: Tokens, pairs: Pairs, tie: int, first: int, second: int) -> bool:
    """Whether heap entry `first` is to be above entry `second`."""
    count, other = pairs.heap_counts[first], pairs.heap_counts[second]
    if count != other:
        return bool(count > other)
    return wins_tie(tokens, pairs, tie, pairs.heap_pairs[first], pairs.heap_pairs[second])


@kernel
def swap_entries(pairs: Pairs, first: int, second: int) -> None:
    """Exchanges two heap entries."""
    count, pair = pairs.heap_counts[first], pairs.heap_pairs[first]
    pairs.heap_counts[first], pairs.heap_pairs[first] = pairs.heap_counts[second], pairs.heap_pairs[second]
    pairs.heap_counts[second], pairs.heap_pairs[second] = count, pair


@kernel
def sift_down(tokens: Tokens, pairs: Pairs, state: Ints, tie: int, entry: int) -> None:
    """Moves an entry down to where both below it may stay there."""
    while True:
        best = entry
        for below in (2 * entry + 1, 2 * entry + 2):
            if below < state[HEAP] and comes_first(tokens, pairs, tie, below, best):
                best = below
        if best == entry:
            return
        swap_entries(pairs, entry, best)
        entry = best


@kernel
def push(tokens: Tokens, pairs: Pairs, state: Ints, tie: int, pair: int) -> None:
    """Puts a pair on the heap."""
    entry = int(state[HEAP])
    pairs.heap_counts[entry], pairs.heap_pairs[entry] = pairs.counts[pair], pair
    state[HEAP] += 1
    while entry > 0 and comes_first(tokens, pairs, tie, entry, (entry - 1) // 2):
        swap_entries(pairs, entry, (entry - 1) // 2)
        entry = (entry - 1) // 2


@kernel
def pop(tokens: Tokens, pairs: Pairs, state: Ints, tie: int) -> None:
    """Takes the top entry off the heap."""
    state[HEAP] -= 1
    swap_entries(pairs, 0, state[HEAP])
    sift_down(tokens, pairs, state, tie, 0)


@kernel
def best_pair(tokens: Tokens, pairs: Pairs, state: Ints, tie: int, threshold: int) -> int:
    """The live pair to merge next, left on top of the heap, or -1. Entries are brought up to date on the way."""
    while state[HEAP] > 0:
        pair = pairs.heap_pairs[0]
        count = pairs.counts[pair]
        if count < threshold:
            pop(tokens, pairs, state, tie)
        elif count < pairs.heap_counts[0]:
            pairs.heap_counts[0] = count
            sift_down(tokens, pairs, state, tie, 0)
        else:
            return int(pair)
    return -1


@kernel
def find_bytes(tokens: Tokens, start: int, size: int) -> int:
    """The place in `by_bytes` of the token whose bytes are `blob[start : start + size]`, or the free one for it."""
    digest = np.uint64(14695981039346656037)
    for i in range(size):
        digest = bucket(digest ^ np.uint64(tokens.blob[start + i]), _NONE, _NONE)
    last = len(tokens.by_bytes) - 1
    place = np.int64(digest >> np.uint64(20)) & last
    while True:
        token = tokens.by_bytes[place]
        if token < 0:
            return int(place)
        held = tokens.offsets[token]
        if tokens.offsets[token + 1] - held == size:
            same = 0
            while same < size and tokens.blob[held + same] == tokens.blob[start + same]:
                same += 1
            if same == size:
                return int(place)
        place = (place + 1) & last


@kernel
def add_token(tokens: Tokens, state: Ints, size: int) -> int:
    """Gives an id to the bytes behind those used in `blob`, unless a token has them; that token's id."""
    start = state[TOKEN_BYTES]
    place = find_bytes(tokens, start, size)
    if tokens.by_bytes[place] >= 0:
        return int(tokens.by_bytes[place])
    token = int(state[TOKENS])
    prefix = _NONE
    for i in range(8):
        prefix = prefix << np.uint64(8) | np.uint64(tokens.blob[start + i] if i < size else 0)
    tokens.prefixes[token] = prefix
    tokens.offsets[token + 1] = start + size
    tokens.by_bytes[place] = token
    state[TOKENS] += 1
    state[TOKEN_BYTES] += size
    return token


@kernel
def join(tokens: Tokens, state: Ints, left: int, right: int) -> int:
    """The token that `left` and `right` make; new unless one with these bytes is there."""
    used = state[TOKEN_BYTES]
    for token in (left, right):
        start, size = tokens.offsets[token], tokens.offsets[token + 1] - tokens.offsets[token]
        tokens.blob[used : used + size] = tokens.blob[start : start + size]
        used += size
    return add_token(tokens, state, used - state[TOKEN_BYTES])


@kernel
def begin_merge(
    tokens: Tokens, pairs: Pairs, scratch: Scratch, record: Record, state: Ints, pool_size: int, pair: int
) -> int:
    """Takes the top pair off the heap and records its merge; `BUDGET_SPENT`, or what there is too little room for."""
    left, right, size = pairs.left[pair], pairs.right[pair], pairs.sizes[pair]
    length = tokens.offsets[left + 1] - tokens.offsets[left] + tokens.offsets[right + 1] - tokens.offsets[right]
    if state[TOKEN_BYTES] + length > len(tokens.blob):
        return MORE_BYTES
    if state[MERGES] >= len(record.left) or state[MERGES] * 2 >= len(tokens.merged) // 2:
        return MORE_MERGES
    if 2 * size > len(scratch.left_places):
        return MORE_PLACES
    if state[POOL] + 2 * size > pool_size:
        return MORE_POOL
    if state[PAIRS] + 2 * min(size, state[TOKENS] + 1) > min(len(pairs.left), len(pairs.rows) // 4):
        return MORE_PAIRS
    place = find_pair(tokens.merged, shift_of(len(tokens.merged) // 2), pair_key(left, right))
    state[REUSED] = 1
    if tokens.merged[place] != FREE:
        state[NEW_TOKEN] = np.int64(tokens.merged[place + ONE])
    else:
        known = state[TOKENS]
        token = join(tokens, state, left, right)
        state[REUSED] = token < known
        state[NEW_TOKEN] = token
        tokens.merged[place], tokens.merged[place + ONE] = pair_key(left, right), np.uint64(token)
        made = state[MERGES]
        record.left[made], record.right[made], record.token[made] = left, right, token
        record.counts[made] = pairs.counts[pair]
        state[MERGES] += 1
    state[CURRENT], state[CURSOR] = pair, 0
    return BUDGET_SPENT


@inlined
def lower(pairs_rows: Words, shift: np.uint64, counts: Ints, left: int, right: int, weight: int) -> None:
    """Takes `weight` off the count of a pair, if it is live."""
    place = find_pair(pairs_rows, shift, pair_key(left, right))
    if pairs_rows[place] != FREE:
        counts[np.int64(pairs_rows[place + ONE])] -= weight


@inlined
def word_weight(weights: Ints, number: int) -> int:
    """How often a word occurs, by what stands beside its symbols: that itself, or its place among the large ones."""
    return number if number >= 0 else int(weights[-1 - number])


@inlined
def prefetch_rows(
    rows: Words, shift: np.uint64, cells: Ids, offsets: Ints, start: int, left: int, left_size: int, right: int, size: int
) -> None:
    """Asks for the rows of the pairs that a merge at `start` will lower, if it is still one."""
    if cells[2 * start] != left or cells[2 * (start + left_size)] != right:
        return
    before = np.int64(cells[2 * start - 2])
    if before != SEPARATOR:
        back = start - 1 if before >= 0 else start + before
        prefetch(rows, bucket(pair_key(cells[2 * back], left), _NONE, shift) * _TWO)
    following = np.int64(cells[2 * (start + size)])
    if following != SEPARATOR:
        prefetch(rows, bucket(pair_key(right, following), _NONE, shift) * _TWO)


@inlined
def note(
    neighbour: int, weight: int, place: int, weights: Ints, sizes: Ints, touched: Ids, places: Ids, state: Ints,
    found: int, touches: int,
) -> None:
    """Records one place of a pair of the new token and a neighbour."""
    if sizes[neighbour] == 0:
        touched[state[touches]] = neighbour
        state[touches] += 1
    sizes[neighbour] += 1
    weights[neighbour] += weight
    row = 2 * state[found]
    places[row], places[row + 1] = place, neighbour
    state[found] += 1


@kernel
def merge_places(
    corpus: Corpus, tokens: Tokens, pairs: Pairs, scratch: Scratch, state_array: Ints, pool: Ids, most: int
) -> int:
    """Merges the current pair at up to `most` more of its places; how many were looked at."""
    cells, weights, offsets, state = pointer(corpus.cells), pointer(corpus.weights), pointer(tokens.offsets), pointer(state_array)
    rows, counts, shift = pointer(pairs.rows), pointer(pairs.counts), shift_of(len(pairs.rows) // 2)
    left_weights, left_sizes = pointer(scratch.left_weights), pointer(scratch.left_sizes)
    right_weights, right_sizes = pointer(scratch.right_weights), pointer(scratch.right_sizes)
    left_touched, left_places = pointer(scratch.left_touched), pointer(scratch.left_places)
    right_touched, right_places = pointer(scratch.right_touched), pointer(scratch.right_places)
    pair, new = state[CURRENT], state[NEW_TOKEN]
    left, right = np.int64(pairs.left[pair]), np.int64(pairs.right[pair])
    left_size, right_size = offsets[left + 1] - offsets[left], offsets[right + 1] - offsets[right]
    size = left_size + right_size
    first = pairs.starts[pair] + state[CURSOR]
    here = min(most, pairs.sizes[pair] - state[CURSOR])
    joined = 0
    last = pairs.starts[pair] + pairs.sizes[pair] - 1
    for i in range(first, first + here):
        prefetch(cells, np.uint64(2 * pool[min(i + _FAR, last)]))
        prefetch_rows(rows, shift, cells, offsets, np.int64(pool[min(i + _NEAR, last)]), left, left_size, right, size)
        start = np.int64(pool[i])
        middle = start + left_size
        if cells[2 * start] != left or cells[2 * middle] != right:
            continue
        weight = word_weight(weights, np.int64(cells[2 * start + 1]))
        end = start + size
        before = np.int64(cells[2 * start - 2])
        if before != SEPARATOR:
            back = start - 1 if before >= 0 else start + before
            neighbour = np.int64(cells[2 * back])
            if neighbour == new:
                right_weights[left] -= weight
            else:
                lower(rows, shift, counts, neighbour, left, weight)
            note(neighbour, weight, back, left_weights, left_sizes, left_touched, left_places, state, LEFT_FOUND, LEFT_TOUCHED)
        neighbour = np.int64(cells[2 * end])
        if neighbour != SEPARATOR:
            lower(rows, shift, counts, right, neighbour, weight)
            note(neighbour, weight, start, right_weights, right_sizes, right_touched, right_places, state, RIGHT_FOUND, RIGHT_TOUCHED)
        cells[2 * middle - 2] = INTERIOR
        cells[2 * middle] = INTERIOR
        cells[2 * end - 2] = -size
        cells[2 * start] = new
        joined += weight
    state[CORPUS_TOKENS] -= joined
    state[CURSOR] += here
    return here


@kernel
def add_pairs(
    tokens: Tokens, pairs: Pairs, state: Ints, tie: int, threshold: int, new: int, new_is_right: bool,
    weights: Ints, sizes: Ints, touched: Ids, touches: int,
) -> None:
    """Makes the pairs of the new token live that count enough; `sizes` becomes their number plus 1, else 0."""
    for i in range(touches):
        neighbour = touched[i]
        weight, size = weights[neighbour], sizes[neighbour]
        weights[neighbour] = sizes[neighbour] = 0
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
        sizes[neighbour] = pair + 1
        push(tokens, pairs, state, tie, pair)


@kernel
def place_pairs(pairs: Pairs, pool: Ids, places: Ids, found: int, numbers: Ints, touched: Ids, touches: int) -> None:
    """Hands the places found to the pairs that became live, in order; forgets their numbers."""
    for i in range(found):
        pair = numbers[places[2 * i + 1]] - 1
        if pair >= 0:
            pool[pairs.starts[pair] + pairs.sizes[pair]] = places[2 * i]
            pairs.sizes[pair] += 1
    for i in range(touches):
        numbers[touched[i]] = 0


@kernel
def end_merge(
    tokens: Tokens, pairs: Pairs, scratch: Scratch, record: Record, state: Ints, pool: Ids, tie: int, threshold: int
) -> None:
    """The merge is done everywhere: its new pairs become live, what it noted on the way is forgotten."""
    new = state[NEW_TOKEN]
    left, right = state[LEFT_TOUCHED], state[RIGHT_TOUCHED]
    add_pairs(
        tokens, pairs, state, tie, threshold, new, True,
        scratch.left_weights, scratch.left_sizes, scratch.left_touched, left,
    )  # fmt: skip
    place_pairs(pairs, pool, scratch.left_places, state[LEFT_FOUND], scratch.left_sizes, scratch.left_touched, left)
    add_pairs(
        tokens, pairs, state, tie, threshold, new, False,
        scratch.right_weights, scratch.right_sizes, scratch.right_touched, right,
    )  # fmt: skip
    place_pairs(pairs, pool, scratch.right_places, state[RIGHT_FOUND], scratch.right_sizes, scratch.right_touched, right)
    pairs.counts[state[CURRENT]] = 0
    record.corpus_tokens[state[MERGES] - 1] = state[CORPUS_TOKENS]
    state[CURRENT] = -1
    state[LEFT_FOUND] = state[RIGHT_FOUND] = state[LEFT_TOUCHED] = state[RIGHT_TOUCHED] = 0


@kernel
def merge_some(
    corpus: Corpus, tokens: Tokens, pairs: Pairs, scratch: Scratch, record: Record, state: Ints, pool: Ids,
    tie: int, threshold: int, vocab_size: int, budget: int,
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
            reused = state[REUSED]
            end_merge(tokens, pairs, scratch, record, state, pool, tie, threshold)
            if reused:
                return RECOUNT
    return BUDGET_SPENT
