"""How often does each pre-token occur? A hash table whose rows hold pre-tokens of up to 16 bytes themselves.

A row is four words: the first eight bytes, the next eight, the length, the count. A longer pre-token has its hash in
place of the first word and its place in `arena`, where its bytes are kept, in place of the second; equal hashes are
told apart by comparing the bytes. A length of 0 marks a free row; collisions go to the next row.

The rows of a batch are asked for before the first is read: most of the time would be waiting for memory otherwise.
"""

from typing import Final

import numpy as np

from lmcore.bpe.characters import count_invalid
from lmcore.bpe.cuts import cut
from lmcore.bpe.machine import HIGH_BITS, ONE, Bytes, Ints, Words, bucket, inlined, kernel, load_word, mix, pointer, prefetch
from lmcore.bpe.specials import find_special, special_length

# Places in the state of a table.
ENTRIES: Final = 0
ARENA_USED: Final = 1
PRETOKENS: Final = 2
SPECIALS: Final = 3
FIRST_INVALID: Final = 4  # position of the first byte that is not UTF-8 in the data at hand, or -1
PRETOKEN_BYTES: Final = 5
STATE_SIZE: Final = 6

SHORT: Final = 16
PENDING: Final = 64  # pre-tokens looked up together
_FOUR: Final = np.uint64(4)
_ZERO: Final = np.uint64(0)
_LOW_MASKS: Final = np.array([(1 << 8 * min(length, 8)) - 1 for length in range(SHORT + 1)], np.uint64)
_HIGH_MASKS: Final = np.array([(1 << 8 * max(length - 8, 0)) - 1 for length in range(SHORT + 1)], np.uint64)


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
    rows: Words, last: np.uint64, arena: Bytes, low: np.uint64, high: np.uint64, length: np.uint64, row: np.uint64,
    data: Bytes, position: int,
) -> np.uint64:
    """The row of a pre-token, from its bucket `row` on: its own or the free one where it belongs; `last` is the last row."""
    while True:
        place = row * _FOUR
        held = rows[place + np.uint64(2)]
        if held == _ZERO:
            return place
        if held == length and rows[place] == low:
            if length <= SHORT:
                if rows[place + ONE] == high:
                    return place
            elif same_bytes(data, position, arena, int(np.int64(rows[place + ONE])), int(np.int64(length))):
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
    rows: Words, place: np.uint64, low: np.uint64, high: np.uint64, length: np.uint64,
    data: Bytes, position: int, arena: Bytes, state: Ints,
) -> None:
    """Makes a free row the row of a new pre-token, with count 0."""
    size = int(np.int64(length))
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
def tally(
    data: Bytes, size: int, starts: Ints, count: int, rows: Words, shift: np.uint64, arena: Bytes, state: Ints,
    pending: Words,
) -> None:
    """Counts the pre-tokens between `count` consecutive boundaries; table and arena have room for all of them."""
    last = last_row(shift)
    for first in range(0, count - 1, PENDING):
        batch = min(PENDING, count - 1 - first)
        for i in range(batch):
            position = starts[first + i]
            length = starts[first + i + 1] - position
            if length > SHORT:
                low, high = long_hash(data, position, length), _ZERO
            elif position + SHORT <= size:
                low = load_word(data, position) & _LOW_MASKS[np.uint64(length)]
                high = load_word(data, position + 8) & _HIGH_MASKS[np.uint64(length)]
            else:
                low = load_part(data, position, min(length, 8))
                high = load_part(data, position + 8, max(length - 8, 0))
            row = bucket(low, high, shift)
            prefetch(rows, row * _FOUR)
            entry = np.uint64(4 * i)
            pending[entry] = low
            pending[entry + ONE] = high
            pending[entry + np.uint64(2)] = np.uint64(length)
            pending[entry + np.uint64(3)] = row
        for i in range(batch):
            entry = np.uint64(4 * i)
            low, high = pending[entry], pending[entry + ONE]
            length_word, row = pending[entry + np.uint64(2)], pending[entry + np.uint64(3)]
            position = starts[first + i]
            place = find_row(rows, last, arena, low, high, length_word, row, data, position)
            if rows[place + np.uint64(2)] == _ZERO:
                fill_row(rows, place, low, high, length_word, data, position, arena, state)
            rows[place + np.uint64(3)] += ONE
    state[PRETOKENS] += count - 1
    state[PRETOKEN_BYTES] += starts[count - 1] - starts[0]


@kernel
def count_text(
    kind: int, data: Bytes, size: int, position: int, limit: int, classes: Bytes, rows: Words, shift: np.uint64,
    arena: Bytes, room: int, state: Ints, starts: Ints, masks: Words, pending: Words,
) -> int:
    """Counts the pre-tokens of one text without special tokens; where it stopped (before `limit`: more room needed)."""
    most = most_entries(np.int64(last_row(shift)) + 1)
    while position < limit:
        count = cut(kind, data, size, position, limit, classes, starts, masks)
        span = starts[count - 1] - position
        if state[ENTRIES] + count > most or state[ARENA_USED] + span > room:
            break
        tally(data, size, starts, count, rows, shift, arena, state, pending)
        position = starts[count - 1]
    return position


@kernel
def count_texts(
    kind: int, data: Bytes, bounds: Ints, text: int, position: int, classes: Bytes,
    firsts: Bytes, blob: Bytes, offsets: Ints,
    rows: Words, shift: np.uint64, arena: Bytes, state: Ints, starts: Ints, masks: Words, pending: Words,
) -> tuple[int, int]:
    """Counts texts `data[bounds[i] : bounds[i + 1]]`, special tokens split off, from `position` in number `text` on.

    Gives back the text and the position where it stopped: before the end where the table needs more room.
    """
    size, room = len(data), len(arena)
    bytes_there, table, heap, numbers = pointer(data), pointer(rows), pointer(arena), pointer(state)
    known, ends, bits, queue = pointer(classes), pointer(starts), pointer(masks), pointer(pending)
    while text < len(bounds) - 1:
        limit = bounds[text + 1]
        while position < limit:
            end = find_special(bytes_there, size, position, limit, firsts, blob, offsets)
            position = count_text(
                kind, bytes_there, size, position, end, known, table, shift, heap, room, numbers, ends, bits, queue
            )
            if position < end:
                return text, position
            if end < limit:
                position += special_length(bytes_there, end, limit, blob, offsets)
                state[SPECIALS] += 1
        text += 1
    return text, position


@kernel
def move_rows(source: Words, rows: Words, shift: np.uint64) -> None:
    """Puts every row of a table that has become too small into a larger, empty one."""
    last = np.uint64(len(rows) // 4 - 1)
    for number in range(len(source) // 4):
        from_place = np.uint64(number) * _FOUR
        length = source[from_place + np.uint64(2)]
        if length == _ZERO:
            continue
        row = bucket(source[from_place], source[from_place + ONE] if length <= SHORT else _ZERO, shift)
        while rows[row * _FOUR + np.uint64(2)] != _ZERO:
            row = (row + ONE) & last
        for word in range(4):
            rows[row * _FOUR + np.uint64(word)] = source[from_place + np.uint64(word)]


@kernel
def add_counted(
    low: np.uint64, high: np.uint64, length: np.uint64, amount: np.uint64, rows: Words, shift: np.uint64,
    data: Bytes, position: int, arena: Bytes, state: Ints,
) -> None:
    """Adds `amount` to the count of one pre-token; a long one stands at `position` and has its hash in `low`."""
    row = bucket(low, high, shift)
    place = find_row(rows, last_row(shift), arena, low, high, length, row, data, position)
    if rows[place + np.uint64(2)] == _ZERO:
        rows[place] = low
        rows[place + ONE] = (
            high if length <= SHORT else np.uint64(add_long_bytes(data, position, int(np.int64(length)), arena, state))
        )
        rows[place + np.uint64(2)] = length
        state[ENTRIES] += 1
    rows[place + np.uint64(3)] += amount


@kernel
def absorb(
    source: Words, source_arena: Bytes, begin: int, end: int, rows: Words, shift: np.uint64, arena: Bytes, state: Ints
) -> None:
    """Adds the counts of rows `begin` to `end` of another table; this one has room for all of them."""
    table, heap, numbers, bytes_there = pointer(rows), pointer(arena), pointer(state), pointer(source_arena)
    for number in range(begin, end):
        place = np.uint64(number) * _FOUR
        length = source[place + np.uint64(2)]
        if length == _ZERO:
            continue
        long = length > SHORT
        high = _ZERO if long else source[place + ONE]
        position = int(np.int64(source[place + ONE])) if long else 0
        amount = source[place + np.uint64(3)]
        add_counted(source[place], high, length, amount, table, shift, bytes_there, position, heap, numbers)


@kernel
def add_pretokens(
    blob: Bytes, offsets: Ints, counts: Ints, rows: Words, shift: np.uint64, arena: Bytes, state: Ints
) -> None:
    """Adds pre-tokens that stand one after another in `blob`; the table has room for all of them."""
    table, heap, numbers, text = pointer(rows), pointer(arena), pointer(state), pointer(blob)
    for number in range(len(counts)):
        position, length = offsets[number], offsets[number + 1] - offsets[number]
        if length > SHORT:
            low, high = long_hash(text, position, length), _ZERO
        else:
            low = load_part(text, position, min(length, 8))
            high = load_part(text, position + 8, max(length - 8, 0))
        amount = np.uint64(counts[number])
        add_counted(low, high, np.uint64(length), amount, table, shift, text, position, heap, numbers)


@kernel
def export(rows: Words, arena: Bytes, begin: int, end: int, blob: Bytes, offsets: Ints, counts: Ints, made: int) -> int:
    """Writes the pre-tokens of rows `begin` to `end` one after another behind the `made` there are; how many now."""
    used = offsets[made]
    for number in range(begin, end):
        place = np.uint64(number) * _FOUR
        length = int(np.int64(rows[place + np.uint64(2)]))
        if length == 0:
            continue
        for i in range(length):
            if length > SHORT:
                blob[used + i] = arena[int(np.int64(rows[place + ONE])) + i]
            else:
                word = rows[place + np.uint64(i >> 3)]
                blob[used + i] = np.uint8(word >> np.uint64(8 * (i & 7)) & np.uint64(0xFF))
        used += length
        counts[made] = np.int64(rows[place + np.uint64(3)])
        made += 1
        offsets[made] = used
    return made


@kernel
def sum_invalid(blob: Bytes, offsets: Ints, counts: Ints) -> int:
    """How many bytes of a corpus are not UTF-8, by its words; no character reaches across a word's end."""
    invalid = 0
    for i in range(len(counts)):
        invalid += counts[i] * count_invalid(blob, offsets[i], offsets[i + 1])
    return invalid
