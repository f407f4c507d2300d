"""How is one pre-token cut into tokens? The merge of lowest rank first, the leftmost of several, until none is left.

Short pre-tokens are searched for the lowest rank anew after each merge. Long ones keep their pairs in a heap, so that
a megabyte of one letter takes no longer than other text of that size; that work can be done in parts.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from lmcore.bpe.machine import Bytes, Ids, Ints, Words, inlined, kernel, pointer, signed
from lmcore.bpe.merge_ranks import NONE, Ranks, rank_of, rank_of_bytes

SCANNED: Final = 48  # bytes of pre-tokens that are searched anew
# Places in the state of a merging.
FILLED: Final = 0  # pairs entered into the heap
HEAP_SIZE: Final = 1
STEPS: Final = 2  # merges done
STATE_SIZE: Final = 3

_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class Parts(NamedTuple):
    """Room to merge one pre-token of up to `len(numbers)` bytes; part i begins at byte i of it."""

    numbers: Ids  # of the token that begins here
    ranks: Ids  # of the pair of this part and the next, or `NONE`
    nexts: Ids  # where the next part begins; the length of the pre-token behind the last
    befores: Ids  # where the part before begins, or -1
    heap: Words  # rank << 32 | place; what the ranks no longer say is passed over
    steps: Words  # the merges done, in order: rank << 32 | place
    state: Ints

    @classmethod
    def room(cls, length: int) -> "Parts":
        """For pre-tokens of up to `length` bytes."""
        numbers, ranks, nexts, befores = (np.empty(length, np.int32) for _ in range(4))
        heap, steps = np.empty(2 * length, np.uint64), np.empty(length, np.uint64)
        return cls(numbers, ranks, nexts, befores, heap, steps, np.zeros(STATE_SIZE, np.int64))


@inlined
def bare_parts(parts: Parts) -> Any:
    """The same room without its owners, for inner kernels."""
    return Parts(
        pointer(parts.numbers),
        pointer(parts.ranks),
        pointer(parts.nexts),
        pointer(parts.befores),
        pointer(parts.heap),
        pointer(parts.steps),
        pointer(parts.state),
    )


@inlined
def lowest(ranks: Ids, count: int) -> int:
    """The place of the lowest of `count` ranks, the leftmost of several, or -1 where all are `NONE`."""
    best, at = NONE, -1
    for i in range(count):
        if ranks[i] < best:
            best, at = signed(ranks[i]), i
    return at


@kernel
def merge_scanned(data: Bytes, position: int, length: int, ranks: Ranks, parts: Parts) -> int:
    """Merges a short pre-token; its tokens' numbers then stand at the front of `parts.numbers`. How many they are."""
    numbers, pair_ranks = parts.numbers, parts.ranks
    numbers[0] = data[position]
    for i in range(1, length):
        numbers[i] = data[position + i]
        pair_ranks[i - 1] = rank_of_bytes(ranks, signed(data[position + i - 1]), signed(data[position + i]))
    count = length
    while True:
        at = lowest(pair_ranks, count - 1)
        if at < 0:
            return count
        numbers[at] = ranks.joined[pair_ranks[at]]
        count -= 1
        for i in range(at + 1, count):
            numbers[i] = numbers[i + 1]
            pair_ranks[i] = pair_ranks[i + 1]
        if at > 0:
            pair_ranks[at - 1] = rank_of(ranks, signed(numbers[at - 1]), signed(numbers[at]))
        if at + 1 < count:
            pair_ranks[at] = rank_of(ranks, signed(numbers[at]), signed(numbers[at + 1]))


@inlined
def push(heap: Words, state: Ints, rank: int, place: int) -> None:
    """Adds a pair to the heap."""
    entry = np.uint64(rank) << _HALF | np.uint64(place)
    hole = state[HEAP_SIZE]
    state[HEAP_SIZE] = hole + 1
    while hole > 0:
        above = (hole - 1) >> 1
        if heap[above] <= entry:
            break
        heap[hole] = heap[above]
        hole = above
    heap[hole] = entry


@inlined
def pop(heap: Words, state: Ints) -> np.uint64:
    """Takes the pair of lowest rank, the leftmost of several, out of the heap, which is not empty."""
    least: np.uint64 = heap[0]
    size = state[HEAP_SIZE] - 1
    state[HEAP_SIZE] = size
    entry = heap[size]
    hole, below = 0, 1
    while below < size:
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= entry:
            break
        heap[hole] = heap[below]
        hole, below = below, 2 * below + 1
    heap[hole] = entry
    return least


@kernel
def begin_heap(data: Bytes, position: int, length: int, ranks: Ranks, parts: Parts, most: int) -> bool:
    """Lays up to `most` more bytes of a pre-token out as parts; whether all of them are."""
    state = parts.state
    start = state[FILLED]
    end = min(length, start + most)
    for i in range(start, end):
        parts.numbers[i] = data[position + i]
        parts.nexts[i] = i + 1
        parts.befores[i] = i - 1
        parts.ranks[i] = NONE
        if i + 1 < length:
            rank = rank_of_bytes(ranks, signed(data[position + i]), signed(data[position + i + 1]))
            parts.ranks[i] = rank
            if rank != NONE:
                push(parts.heap, state, rank, i)
    state[FILLED] = end
    return bool(end == length)


@inlined
def renew(ranks: Ranks, parts: Parts, left: int, right: int) -> None:
    """Enters the pair of the parts at these two places, one of which is new."""
    rank = rank_of(ranks, signed(parts.numbers[left]), signed(parts.numbers[right]))
    parts.ranks[left] = rank
    if rank != NONE:
        push(parts.heap, parts.state, rank, left)


@kernel
def merge_heap(length: int, ranks: Ranks, parts: Parts, most: int) -> bool:
    """Looks at up to `most` pairs of the heap and does their merges; whether all is merged."""
    state = parts.state
    for _ in range(most):
        if state[HEAP_SIZE] == 0:
            return True
        entry = pop(parts.heap, state)
        rank, place = signed(entry >> _HALF), signed(entry & _LOW)
        if parts.ranks[place] != rank:
            continue
        parts.steps[state[STEPS]] = entry
        state[STEPS] += 1
        gone = signed(parts.nexts[place])
        after, before = signed(parts.nexts[gone]), signed(parts.befores[place])
        parts.numbers[place] = ranks.joined[rank]
        parts.nexts[place] = after
        parts.ranks[gone] = parts.ranks[place] = NONE
        if after < length:
            parts.befores[after] = place
            renew(ranks, parts, place, after)
        if before >= 0:
            renew(ranks, parts, before, place)
    return False


@inlined
def reset(state: Ints) -> None:
    """Makes room that was used ready for another pre-token."""
    state[FILLED] = state[HEAP_SIZE] = state[STEPS] = 0


@kernel
def gather(length: int, parts: Parts) -> int:
    """Moves the tokens' numbers to the front of `parts.numbers`; how many they are."""
    count = place = 0
    while place < length:
        parts.numbers[count] = parts.numbers[place]
        count += 1
        place = signed(parts.nexts[place])
    return count


@kernel
def merge_word(data: Bytes, position: int, length: int, ranks: Ranks, parts: Parts) -> int:
    """Merges a pre-token for which there is room; its tokens' numbers then stand in front. How many they are."""
    if length <= SCANNED:
        return merge_scanned(data, position, length, ranks, parts)
    reset(parts.state)
    begin_heap(data, position, length, ranks, parts, length)
    merge_heap(length, ranks, parts, 4 * length)
    return gather(length, parts)
