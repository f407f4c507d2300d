"""Which ids does this pre-token have? A hash table of those met before; whatever is new is merged and kept.

A row is four words: the first eight bytes, the next eight, the length and above it the number of ids, and the ids: one
or two of them side by side, of more the place in `more`, where they stand. A pre-token of more than 16 bytes has its
hash in place of the first word and its place in `arena` in place of the second. A row of zeros is free.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from lmcore.bpe.machine import (
    ONE,
    Bytes,
    Ints,
    Words,
    bucket,
    inlined,
    kernel,
    load_word,
    pointer,
    prefetch,
    signed,
)
from lmcore.bpe.merge_ranks import Ranks, Tokens, whole_token
from lmcore.bpe.rows import SHORT, last_row, load_part, long_hash, most_entries, same_bytes
from lmcore.bpe.word_merging import Parts, merge_word

PENDING: Final = 64  # pre-tokens looked up together
LONGEST_KEPT: Final = 128  # bytes of pre-tokens that the table keeps
LONGEST: Final = 2048  # bytes of pre-tokens that are merged here
# Places in the state of a table.
ENTRIES: Final = 0
ARENA_USED: Final = 1
MORE_USED: Final = 2
CROWDED: Final = 3  # whether something could not be kept
MERGED: Final = 4  # bytes merged since this was last set to 0
TABLE_STATE: Final = 5

_FOUR: Final = np.uint64(4)
_THREE: Final = np.uint64(3)
_TWO: Final = np.uint64(2)
_ZERO: Final = np.uint64(0)
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_LOW_MASKS: Final = np.array([(1 << 8 * min(length, 8)) - 1 for length in range(SHORT + 1)], np.uint64)
_HIGH_MASKS: Final = np.array([(1 << 8 * max(length - 8, 0)) - 1 for length in range(SHORT + 1)], np.uint64)


class IdTable(NamedTuple):
    """The table of one thread."""

    rows: Words
    shift: np.uint64  # gives the buckets of `rows`
    arena: Bytes
    arena_size: int
    more: Tokens
    more_size: int
    state: Ints
    pending: Words  # 4 * PENDING words

    @classmethod
    def room(cls, bits: int) -> "IdTable":
        """An empty table of 2 to the power of `bits` rows."""
        arena, more = 4 << bits, 2 << bits
        return cls(
            np.zeros(4 << bits, np.uint64), np.uint64(64 - bits), np.empty(arena, np.uint8), arena,
            np.empty(more, np.uint32), more, np.zeros(TABLE_STATE, np.int64), np.empty(4 * PENDING, np.uint64),
        )  # fmt: skip


@inlined
def bare_table(table: IdTable) -> Any:
    """The same table without its owners, for inner kernels."""
    return IdTable(
        pointer(table.rows),
        table.shift,
        pointer(table.arena),
        table.arena_size,
        pointer(table.more),
        table.more_size,
        pointer(table.state),
        pointer(table.pending),
    )


@inlined
def find_ids(
    table: IdTable, low: np.uint64, high: np.uint64, length: np.uint64, row: np.uint64, data: Bytes, position: int
) -> np.uint64:
    """Where the row of a pre-token begins, from its bucket `row` on: its own or the free one for it."""
    last = last_row(table.shift)
    while True:
        place = row * _FOUR
        held = table.rows[place + _TWO] & _LOW
        if table.rows[place] == low and held == length:
            if length <= SHORT:
                if table.rows[place + ONE] == high:
                    return place
            elif same_bytes(data, position, table.arena, signed(table.rows[place + ONE]), signed(length)):
                return place
        if held == _ZERO:
            return place
        row = (row + ONE) & last


@kernel
def cut_word(data: Bytes, position: int, length: int, ranks: Ranks, parts: Parts, out: Tokens, made: int) -> int:
    """Writes the ids of one pre-token behind the `made` there are; how many now."""
    number = whole_token(ranks, data, position, length)
    if number >= 0:
        out[made] = ranks.ids[number]
        return made + 1
    count = merge_word(data, position, length, ranks, parts)
    for i in range(count):
        out[made + i] = ranks.ids[parts.numbers[i]]
    return made + count


@inlined
def copy_bytes(data: Bytes, position: int, length: int, table: IdTable) -> np.uint64:
    """Copies a pre-token to the arena, which has room; its place there."""
    place = table.state[ARENA_USED]
    for i in range(length):
        table.arena[place + i] = data[position + i]
    table.state[ARENA_USED] = place + length
    return np.uint64(place)


@inlined
def copy_ids(out: Tokens, start: int, count: int, table: IdTable) -> np.uint64:
    """Up to two ids as a word, or the place of more, which have room."""
    if count == 1:
        return np.uint64(out[start])
    if count == 2:
        return np.uint64(out[start]) | np.uint64(out[start + 1]) << _HALF
    place = table.state[MORE_USED]
    for i in range(count):
        table.more[place + i] = out[start + i]
    table.state[MORE_USED] = place + count
    return np.uint64(place)


@kernel
def add_word(
    table: IdTable,
    place: np.uint64,
    low: np.uint64,
    high: np.uint64,
    length: int,
    data: Bytes,
    position: int,
    ranks: Ranks,
    parts: Parts,
    out: Tokens,
    made: int,
) -> int:
    """Merges a new pre-token and keeps its ids in the free row at `place`, if there is room. How many ids now."""
    start, state = made, table.state
    made = cut_word(data, position, length, ranks, parts, out, start)
    state[MERGED] += length
    if length > LONGEST_KEPT:
        return made
    crowded = state[ENTRIES] >= most_entries(signed(last_row(table.shift)) + 1)
    if crowded or state[ARENA_USED] + length > table.arena_size or state[MORE_USED] + length > table.more_size:
        state[CROWDED] = 1
        return made
    table.rows[place] = low
    table.rows[place + ONE] = copy_bytes(data, position, length, table) if length > SHORT else high
    table.rows[place + _TWO] = np.uint64(length) | np.uint64(made - start) << _HALF
    table.rows[place + _THREE] = copy_ids(out, start, made - start, table)
    state[ENTRIES] += 1
    return made


@inlined
def queue(data: Bytes, size: int, starts: Ints, first: int, batch: int, table: IdTable) -> int:
    """Hashes a batch of pre-tokens and asks for their rows; how many, since it ends before one that is too long."""
    for i in range(batch):
        position = starts[first + i]
        length = starts[first + i + 1] - position
        if length > SHORT:
            if length > LONGEST:
                return i
            low, high = long_hash(data, position, length), _ZERO
        elif position + SHORT <= size:
            low = load_word(data, position) & _LOW_MASKS[np.uint64(length)]
            high = load_word(data, position + 8) & _HIGH_MASKS[np.uint64(length)]
        else:
            low = load_part(data, position, min(length, 8))
            high = load_part(data, position + 8, max(length - 8, 0))
        row = bucket(low, high, table.shift)
        prefetch(table.rows, row * _FOUR)
        entry = np.uint64(4 * i)
        table.pending[entry] = low
        table.pending[entry + ONE] = high
        table.pending[entry + _TWO] = np.uint64(length)
        table.pending[entry + _THREE] = row
    return batch


@kernel
def look_up(
    data: Bytes,
    size: int,
    starts: Ints,
    count: int,
    ranks: Ranks,
    table: IdTable,
    parts: Parts,
    out: Tokens,
    made: int,
) -> tuple[int, int]:
    """Writes the ids of pre-tokens between `count` consecutive boundaries behind the `made` there are.

    Gives back how many pre-tokens are done (it stops before one of more than `LONGEST` bytes), and how many ids there
    are now. `out` has room for an id a byte and one more.
    """
    first = 0
    while first < count - 1:
        batch = min(PENDING, count - 1 - first)
        ready = queue(data, size, starts, first, batch, table)
        for i in range(ready):
            entry = np.uint64(4 * i)
            low, high = table.pending[entry], table.pending[entry + ONE]
            length, row = table.pending[entry + _TWO], table.pending[entry + _THREE]
            position = starts[first + i]
            place = find_ids(table, low, high, length, row, data, position)
            held = table.rows[place + _TWO]
            if held == _ZERO:
                made = add_word(table, place, low, high, signed(length), data, position, ranks, parts, out, made)
                continue
            ids, found = signed(held >> _HALF), table.rows[place + _THREE]
            if ids <= 2:
                out[made] = np.uint32(found & _LOW)
                out[made + 1] = np.uint32(found >> _HALF)
            else:
                start = signed(found)
                for k in range(ids):
                    out[made + k] = table.more[start + k]
            made += ids
        first += ready
        if ready < batch:
            break
    return first, made


@kernel
def move_ids(source: Words, rows: Words, shift: np.uint64) -> None:
    """Puts every row of a table that has become too small into a larger, empty one."""
    last = last_row(shift)
    for number in range(len(source) // 4):
        from_place = np.uint64(number) * _FOUR
        length = source[from_place + _TWO] & _LOW
        if length == _ZERO:
            continue
        row = bucket(source[from_place], source[from_place + ONE] if length <= SHORT else _ZERO, shift)
        while rows[row * _FOUR + _TWO] != _ZERO:
            row = (row + ONE) & last
        for word in range(4):
            rows[row * _FOUR + np.uint64(word)] = source[from_place + np.uint64(word)]


def enlarged(table: IdTable, bits: int) -> IdTable:
    """A table with the same ids and 2 to the power of `bits` rows."""
    larger = IdTable.room(bits)
    move_ids(table.rows, larger.rows, larger.shift)
    larger.state[:] = table.state
    larger.state[CROWDED] = 0
    larger.arena[: table.state[ARENA_USED]] = table.arena[: table.state[ARENA_USED]]
    larger.more[: table.state[MORE_USED]] = table.more[: table.state[MORE_USED]]
    return larger
