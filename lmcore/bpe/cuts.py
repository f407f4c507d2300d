"""How is a text cut into pre-tokens fast? 64 bytes at a time as bit masks, one bit a byte, for the gpt2 pattern.

A pre-token starts where the class of character changes, with four exceptions that are bit operations too: a blank
takes what follows it along; the last of several white-space characters stands apart; a contraction ends after its
letters. Bytes above ASCII are decoded one character at a time into the same masks. What the masks cannot say (white
space of several bytes, the last bytes of a buffer) is left to `scanner.next_end`, which is exact everywhere.

A pre-token start needs nothing of what stood before it, so each call begins afresh at one.
"""

from typing import Final

import numpy as np

from lmcore.bpe.characters import LETTER, NUMBER, SPACE, character
from lmcore.bpe.choices import GPT2
from lmcore.bpe.machine import ONE, Bytes, Ints, Words, inlined, kernel, lowest_bit, range_mask
from lmcore.bpe.scanner import contraction, next_end

BATCH: Final = 4096  # bytes cut in one call
CAPACITY: Final = 2 * BATCH  # boundaries that one call can give

_TOP: Final = np.uint64(63)
_NONE: Final = np.uint64(0)
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_BLOCK: Final = 64
_COMPLEX: Final = -1


@inlined
def span_mask(start: int, length: int) -> np.uint64:
    """`length` ones from bit `start` on, cut off at bit 63."""
    if start >= _BLOCK or length <= 0:
        return _NONE
    ones = _ALL if length >= _BLOCK else (ONE << np.uint64(length)) - ONE
    return ones << np.uint64(start)


@inlined
def shift_in(mask: np.uint64, before: np.uint64) -> np.uint64:
    """`mask` moved up by one byte; the top bit of the block before comes in below."""
    return (mask << ONE) | (before >> _TOP)


@kernel
def beyond_ascii(data: Bytes, position: int, limit: int, classes: Bytes, high: np.uint64, masks: Words) -> int:
    """Adds the characters above ASCII to the letter and number masks; the bytes that spill over, or `_COMPLEX`.

    `masks` holds the letter and the number mask. The result is `bytes | class << 8` of the last
    character where it reaches into the next block, else 0.
    """
    letters, numbers = masks[0], masks[1]
    spill = 0
    while high:
        index = lowest_bit(high)
        found = character(data, position + index, limit, classes)
        if found & SPACE:
            return _COMPLEX
        length = found >> 8
        span = span_mask(index, length)
        if found & LETTER:
            letters |= span
        elif found & NUMBER:
            numbers |= span
        high &= ~span
        if index + length > _BLOCK:
            spill = index + length - _BLOCK | (found & (LETTER | NUMBER)) << 8
    masks[0], masks[1] = letters, numbers
    return spill


@inlined
def contract(
    data: Bytes, block: int, limit: int, classes: Bytes, marks: np.uint64, quotes: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Moves starts from behind apostrophes to behind contractions; also what the next block loses and gains by it."""
    drop, add = _NONE, _NONE
    while quotes:
        index = lowest_bit(quotes)
        quotes &= quotes - ONE
        length = contraction(data, block + index, limit, classes, 0)
        if length:
            marks = (marks & ~span_mask(index + 1, 1)) | span_mask(index + length, 1)
            if index + length >= _BLOCK:
                drop = span_mask(index + 1 - _BLOCK, 1) if index + 1 >= _BLOCK else _NONE
                add = span_mask(index + length - _BLOCK, 1)
    return marks, drop, add


@inlined
def write_starts(starts: Ints, count: int, block: int, marks: np.uint64) -> int:
    """Writes the places of the marks of a block behind the `count` there are; how many now."""
    while marks:
        starts[count] = block + lowest_bit(marks)
        count += 1
        marks &= marks - ONE
    return count


@kernel
def mark_gpt2(
    data: Bytes, size: int, position: int, limit: int, classes: Bytes, starts: Ints, masks: Words
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends before a block that needs `next_end`, after `BATCH` bytes, or past `limit`. The last start's pre-token may
    reach on.
    """
    count, block = 0, position
    letters_before = numbers_before = others_before = spaces_before = blanks_before = _NONE
    add, drop = _NONE, _NONE
    spill = 0
    stop = min(limit, position + BATCH)
    while block < stop and block + _BLOCK < size:
        valid = span_mask(0, limit - block)
        letters = range_mask(data, block, 0x20, 0x61, 26)
        numbers = range_mask(data, block, 0, 0x30, 10)
        blanks = range_mask(data, block, 0, 0x20, 1)
        spaces = blanks | range_mask(data, block, 0, 0x09, 5)
        spaces_next = range_mask(data, block + 1, 0, 0x20, 1) | range_mask(data, block + 1, 0, 0x09, 5)
        spilled = span_mask(0, spill & 0xFF)
        high = range_mask(data, block, 0, 0x80, 0x80) & valid & ~spilled
        if spill:
            letters |= spilled if spill >> 8 & LETTER else _NONE
            numbers |= spilled if spill >> 8 & NUMBER else _NONE
            spill = 0
        if high:
            masks[0], masks[1] = letters, numbers
            spill = beyond_ascii(data, block, limit, classes, high, masks)
            if spill == _COMPLEX:
                break
            letters, numbers = masks[0], masks[1]
        if block + _BLOCK >= limit:
            spaces_next |= ~(valid >> ONE)
        elif data[block + _BLOCK] >= 0x80 and character(data, block + _BLOCK, limit, classes) & SPACE:
            spaces_next |= ONE << _TOP
        others = ~(letters | numbers | spaces)
        marks = letters & ~shift_in(letters, letters_before)
        marks |= numbers & ~shift_in(numbers, numbers_before)
        marks |= others & ~shift_in(others, others_before)
        marks &= ~shift_in(blanks, blanks_before)
        marks |= spaces & ~shift_in(spaces, spaces_before) | spaces & ~spaces_next
        marks = (marks & ~drop) | add
        add = drop = _NONE
        quotes = marks & range_mask(data, block, 0, 0x27, 1) & valid
        if quotes:
            marks, drop, add = contract(data, block, limit, classes, marks, quotes)
        count = write_starts(starts, count, block, marks & valid)
        letters_before, numbers_before, others_before = letters, numbers, others
        spaces_before, blanks_before = spaces, blanks
        block += _BLOCK
    return count, block


@kernel
def cut(
    kind: int, data: Bytes, size: int, position: int, limit: int, classes: Bytes, starts: Ints, masks: Words
) -> int:
    """Writes boundaries of consecutive pre-tokens to `starts`; how many (at least two, since `position < limit`).

    The first boundary is `position`, the last is where to go on: `limit` at the end of the text. `data` has
    `size` bytes, `starts` holds `CAPACITY` numbers, `masks` two.
    """
    starts[0] = position
    count, goal = 1, position + 1
    if kind == GPT2:
        marked, block = mark_gpt2(data, size, position, limit, classes, starts, masks)
        if block >= limit:
            starts[marked] = limit
            return marked + 1
        if marked > 1 and block >= position + BATCH:
            return marked
        count = max(marked, 1)
        goal = block + _BLOCK
    else:
        goal = position + BATCH
    end = starts[count - 1]
    while end < limit and (end < goal or count < 2) and count < CAPACITY:
        end = next_end(kind, data, end, limit, classes)
        starts[count] = end
        count += 1
    return count
