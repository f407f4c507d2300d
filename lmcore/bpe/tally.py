"""How often does each pre-token occur? Texts are cut and their pre-tokens counted into a table, a batch at a time.

The rows of a batch are asked for before the first is read: most of the time would be waiting for memory otherwise.
"""

from typing import Final

import numpy as np

from lmcore.bpe.characters import count_invalid
from lmcore.bpe.cuts import cut
from lmcore.bpe.machine import ONE, Bytes, Ints, Words, bucket, kernel, load_word, pointer, prefetch, signed
from lmcore.bpe.rows import (
    ARENA_USED,
    ENTRIES,
    PRETOKEN_BYTES,
    PRETOKENS,
    SHORT,
    SPECIALS,
    fill_row,
    find_row,
    last_row,
    load_part,
    long_hash,
    most_entries,
)
from lmcore.bpe.specials import find_special, special_length

PENDING: Final = 64  # pre-tokens looked up together
_FOUR: Final = np.uint64(4)
_ZERO: Final = np.uint64(0)
_LOW_MASKS: Final = np.array([(1 << 8 * min(length, 8)) - 1 for length in range(SHORT + 1)], np.uint64)
_HIGH_MASKS: Final = np.array([(1 << 8 * max(length - 8, 0)) - 1 for length in range(SHORT + 1)], np.uint64)


@kernel
def tally(
    data: Bytes,
    size: int,
    starts: Ints,
    count: int,
    rows: Words,
    shift: np.uint64,
    arena: Bytes,
    state: Ints,
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
    kind: int,
    data: Bytes,
    size: int,
    position: int,
    limit: int,
    classes: Bytes,
    rows: Words,
    shift: np.uint64,
    arena: Bytes,
    room: int,
    state: Ints,
    starts: Ints,
    masks: Words,
    pending: Words,
) -> int:
    """Counts the pre-tokens of one text without special tokens; where it stopped (before `limit`: more room needed)."""
    most = most_entries(signed(last_row(shift)) + 1)
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
    kind: int,
    data: Bytes,
    bounds: Ints,
    text: int,
    position: int,
    classes: Bytes,
    firsts: Bytes,
    blob: Bytes,
    offsets: Ints,
    rows: Words,
    shift: np.uint64,
    arena: Bytes,
    state: Ints,
    starts: Ints,
    masks: Words,
    pending: Words,
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
def sum_invalid(blob: Bytes, offsets: Ints, counts: Ints) -> int:
    """How many bytes of a corpus are not UTF-8, by its words; no character reaches across a word's end."""
    invalid = 0
    for i in range(len(counts)):
        invalid += counts[i] * count_invalid(blob, offsets[i], offsets[i + 1])
    return invalid
