"""How do tables of pre-tokens grow, come together and end as plain arrays?"""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Bytes, Ints, Words, bucket, kernel, pointer, signed
from lmcore.bpe.rows import SHORT, add_counted, find_row, last_row, load_part, long_hash

_FOUR: Final = np.uint64(4)
_ZERO: Final = np.uint64(0)


@kernel
def move_rows(source: Words, begin: int, end: int, rows: Words, shift: np.uint64) -> None:
    """Puts rows `begin` to `end` of a table that has become too small into a larger one without any of them."""
    last = np.uint64(len(rows) // 4 - 1)
    for number in range(begin, end):
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
        position = signed(source[place + ONE]) if long else 0
        amount = source[place + np.uint64(3)]
        add_counted(source[place], high, length, amount, table, shift, bytes_there, position, heap, numbers)


@kernel
def count_missing(
    source: Words, source_arena: Bytes, begin: int, end: int, rows: Words, shift: np.uint64, arena: Bytes
) -> int:
    """How many pre-tokens of rows `begin` to `end` of another table this one does not have."""
    table, heap, bytes_there, last = pointer(rows), pointer(arena), pointer(source_arena), last_row(shift)
    missing = 0
    for number in range(begin, end):
        place = np.uint64(number) * _FOUR
        length = source[place + np.uint64(2)]
        if length == _ZERO:
            continue
        high = _ZERO if length > SHORT else source[place + ONE]
        position = signed(source[place + ONE]) if length > SHORT else 0
        row = bucket(source[place], high, shift)
        found = find_row(table, last, heap, source[place], high, length, row, bytes_there, position)
        missing += table[found + np.uint64(2)] == _ZERO
    return missing


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
        length = signed(rows[place + np.uint64(2)])
        if length == 0:
            continue
        for i in range(length):
            if length > SHORT:
                blob[used + i] = arena[signed(rows[place + ONE]) + i]
            else:
                word = rows[place + np.uint64(i >> 3)]
                blob[used + i] = np.uint8(word >> np.uint64(8 * (i & 7)) & np.uint64(0xFF))
        used += length
        counts[made] = signed(rows[place + np.uint64(3)])
        made += 1
        offsets[made] = used
    return made
