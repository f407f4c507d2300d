"""Which pair is merged next? A heap whose entries may be out of date, but never too low."""

from lmcore.bpe.machine import Ints, kernel
from lmcore.bpe.merge_state import GREATER_BYTES, HEAP, Pairs, Tokens
from lmcore.bpe.token_kernels import compare_tokens


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
