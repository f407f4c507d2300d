"""How is a pre-token kept with its count? A hash table whose rows hold pre-tokens of up to 16 bytes themselves.

A row is four words: the first eight bytes, the next eight, the length, the count. A longer pre-token has its hash in
place of the first word and its place in `arena`, where its bytes are kept, in place of the second; equal hashes are
told apart by comparing the bytes. A length of 0 marks a free row; collisions go to the next row.
"""

from typing import Final

import numpy as np

from lmcore.bpe.characters import count_invalid
from lmcore.bpe.machine import HIGH_BITS, ONE, Bytes, Ints, Words, bucket, inlined, kernel, load_word, mix, signed

# Places in the state of a table.
ENTRIES: Final = 0
ARENA_USED: Final = 1
PRETOKENS: Final = 2
SPECIALS: Final = 3
FIRST_INVALID: Final = 4  # position of the first byte that is not UTF-8 in the data at hand, or -1
PRETOKEN_BYTES: Final = 5
STATE_SIZE: Final = 6

SHORT: Final = 16
_FOUR: Final = np.uint64(4)
_ZERO: Final = np.uint64(0)


@inlined
def last_row(shift: np.uint64) -> np.uint64:
    """The number of the last row of the table whose buckets `shift` gives."""
    return (ONE << (np.uint64(64) - shift)) - ONE


@inlined
def most_entries(rows: int) -> int:
    """How many of `rows` rows may be taken: with two thirds, a search rarely looks at more than two."""
    return rows * 2 // 3


@inlined
def load_part(data: Bytes, position: int, length: int) -> np.uint64:
    """Up to 8 bytes as a little-endian word, reading no further."""
    word = _ZERO
    for i in range(length):
        word |= np.uint64(data[position + i]) << np.uint64(8 * i)
    return word


@kernel
def long_hash(data: Bytes, position: int, length: int) -> np.uint64:
    """A hash of any number of bytes."""
    state = np.uint64(length)
    whole = length - length % 8
    for i in range(0, whole, 8):
        state = mix(state, load_word(data, position + i))
    return mix(state, load_part(data, position + whole, length - whole))


@inlined
def same_bytes(data: Bytes, position: int, arena: Bytes, place: int, length: int) -> bool:
    """Whether `length` bytes of both are equal."""
    for i in range(length):
        if data[position + i] != arena[place + i]:
            return False
    return True


@inlined
def find_row(
    rows: Words,
    last: np.uint64,
    arena: Bytes,
    low: np.uint64,
    high: np.uint64,
    length: np.uint64,
    row: np.uint64,
    data: Bytes,
    position: int,
) -> np.uint64:
    """The row of a pre-token, from its bucket `row` on: its own or the free one for it; `last` is the last row."""
    while True:
        place = row * _FOUR
        held = rows[place + np.uint64(2)]
        if held == _ZERO:
            return place
        if held == length and rows[place] == low:
            if length <= SHORT:
                if rows[place + ONE] == high:
                    return place
            elif same_bytes(data, position, arena, signed(rows[place + ONE]), signed(length)):
                return place
        row = (row + ONE) & last


@kernel
def add_long_bytes(data: Bytes, position: int, length: int, arena: Bytes, state: Ints) -> int:
    """Copies a pre-token to the arena, which has room; its place there."""
    place = state[ARENA_USED]
    for i in range(length):
        arena[place + i] = data[position + i]
    state[ARENA_USED] += length
    return int(place)


@kernel
def fill_row(
    rows: Words,
    place: np.uint64,
    low: np.uint64,
    high: np.uint64,
    length: np.uint64,
    data: Bytes,
    position: int,
    arena: Bytes,
    state: Ints,
) -> None:
    """Makes a free row the row of a new pre-token, with count 0."""
    size = signed(length)
    if size > SHORT:
        high = np.uint64(add_long_bytes(data, position, size, arena, state))
    rows[place] = low
    rows[place + ONE] = high
    rows[place + np.uint64(2)] = length
    state[ENTRIES] += 1
    suspicious = size > SHORT or (low | high) & HIGH_BITS != _ZERO
    if suspicious and state[FIRST_INVALID] < 0 and count_invalid(data, position, position + size):
        state[FIRST_INVALID] = position


@kernel
def add_counted(
    low: np.uint64,
    high: np.uint64,
    length: np.uint64,
    amount: np.uint64,
    rows: Words,
    shift: np.uint64,
    data: Bytes,
    position: int,
    arena: Bytes,
    state: Ints,
) -> None:
    """Adds `amount` to the count of one pre-token; a long one stands at `position` and has its hash in `low`."""
    row = bucket(low, high, shift)
    place = find_row(rows, last_row(shift), arena, low, high, length, row, data, position)
    if rows[place + np.uint64(2)] == _ZERO:
        rows[place] = low
        rows[place + ONE] = (
            high if length <= SHORT else np.uint64(add_long_bytes(data, position, signed(length), arena, state))
        )
        rows[place + np.uint64(2)] = length
        state[ENTRIES] += 1
    rows[place + np.uint64(3)] += amount
