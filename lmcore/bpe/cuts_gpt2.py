"""How are texts cut for gpt2, 64 bytes at a time as bit masks?

A pre-token starts where the class of character changes, with four exceptions that are bit operations too: a blank
takes what follows it along; the last of several white-space characters stands apart; a contraction ends after its
letters. White space of several bytes is left to the scanner.
"""

from typing import Final

import numpy as np

from lmcore.bpe.characters import LETTER, NUMBER, SPACE, character
from lmcore.bpe.cut_masks import BLOCK, NONE, TOP, shift_in, span_mask, write_starts
from lmcore.bpe.machine import ONE, Bytes, Ints, Words, inlined, kernel, lowest_bit, range_mask
from lmcore.bpe.scanner import contraction

_COMPLEX: Final = -1


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
        if index + length > BLOCK:
            spill = index + length - BLOCK | (found & (LETTER | NUMBER)) << 8
    masks[0], masks[1] = letters, numbers
    return spill


@inlined
def contract(
    data: Bytes, block: int, limit: int, classes: Bytes, marks: np.uint64, quotes: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Moves starts from behind apostrophes to behind contractions; also what the next block loses and gains by it."""
    drop, add = NONE, NONE
    while quotes:
        index = lowest_bit(quotes)
        quotes &= quotes - ONE
        length = contraction(data, block + index, limit, classes, 0)
        if length:
            marks = (marks & ~span_mask(index + 1, 1)) | span_mask(index + length, 1)
            if index + length >= BLOCK:
                drop = span_mask(index + 1 - BLOCK, 1) if index + 1 >= BLOCK else NONE
                add = span_mask(index + length - BLOCK, 1)
    return marks, drop, add


@kernel
def mark_gpt2(
    data: Bytes, size: int, position: int, limit: int, stop: int, classes: Bytes, starts: Ints, masks: Words
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends past `stop`, or before a block that needs `scanner.next_end`. The last start's pre-token may
    reach on.
    """
    count, block = 0, position
    letters_before = numbers_before = others_before = spaces_before = blanks_before = NONE
    add, drop = NONE, NONE
    spill = 0
    while block < stop and block + BLOCK < size:
        valid = span_mask(0, limit - block)
        letters = range_mask(data, block, 0x20, 0x61, 26)
        numbers = range_mask(data, block, 0, 0x30, 10)
        blanks = range_mask(data, block, 0, 0x20, 1)
        spaces = blanks | range_mask(data, block, 0, 0x09, 5)
        spaces_next = range_mask(data, block + 1, 0, 0x20, 1) | range_mask(data, block + 1, 0, 0x09, 5)
        spilled = span_mask(0, spill & 0xFF)
        high = range_mask(data, block, 0, 0x80, 0x80) & valid & ~spilled
        if spill:
            letters |= spilled if spill >> 8 & LETTER else NONE
            numbers |= spilled if spill >> 8 & NUMBER else NONE
            spill = 0
        if high:
            masks[0], masks[1] = letters, numbers
            spill = beyond_ascii(data, block, limit, classes, high, masks)
            if spill == _COMPLEX:
                break
            letters, numbers = masks[0], masks[1]
        if block + BLOCK >= limit:
            spaces_next |= ~(valid >> ONE)
        elif data[block + BLOCK] >= 0x80 and character(data, block + BLOCK, limit, classes) & SPACE:
            spaces_next |= ONE << TOP
        others = ~(letters | numbers | spaces)
        marks = letters & ~shift_in(letters, letters_before)
        marks |= numbers & ~shift_in(numbers, numbers_before)
        marks |= others & ~shift_in(others, others_before)
        marks &= ~shift_in(blanks, blanks_before)
        marks |= spaces & ~shift_in(spaces, spaces_before) | spaces & ~spaces_next
        marks = (marks & ~drop) | add
        add = drop = NONE
        quotes = marks & range_mask(data, block, 0, 0x27, 1) & valid
        if quotes:
            marks, drop, add = contract(data, block, limit, classes, marks, quotes)
        count = write_starts(starts, count, block, marks & valid)
        letters_before, numbers_before, others_before = letters, numbers, others
        spaces_before, blanks_before = spaces, blanks
        block += BLOCK
    return count, block
