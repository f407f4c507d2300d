"""How are texts cut for gpt2, 64 bytes at a time as bit masks?

A pre-token starts where the class of character changes, with three exceptions that are bit operations too: a blank
takes what follows it along; the last of several white-space characters stands apart; a contraction ends after its
letters.
"""

import numpy as np

from lmcore.bpe.cut_masks import BLOCK, NONE, read_block, shift_in, span_mask, write_starts
from lmcore.bpe.cut_rules import last_padding
from lmcore.bpe.machine import ONE, Bytes, Ints, inlined, kernel, lowest_bit, range_mask
from lmcore.bpe.scanner import contraction


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
    data: Bytes, size: int, position: int, limit: int, stop: int, classes: Bytes, starts: Ints
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends past `stop`, or before the last bytes of the buffer. The last start's pre-token may reach on.
    """
    count, block, spill = 0, position, 0
    letters_before = numbers_before = others_before = spaces_before = blanks_before = NONE
    add = drop = NONE
    while block < stop and block + BLOCK <= size:
        masks = read_block(data, block, limit, classes, spill)
        letters, numbers, spaces, spill = masks.letters, masks.numbers, masks.spaces, masks.spill
        blanks = range_mask(data, block, 0, 0x20, 1)
        others = ~(letters | numbers | spaces)
        marks = letters & ~shift_in(letters, letters_before)
        marks |= numbers & ~shift_in(numbers, numbers_before)
        marks |= others & ~shift_in(others, others_before)
        marks &= ~shift_in(blanks, blanks_before)
        marks |= spaces & ~shift_in(spaces, spaces_before)
        marks |= last_padding(data, block, limit, classes, masks, spaces)
        marks = marks & ~drop | add
        add = drop = NONE
        quotes = marks & range_mask(data, block, 0, 0x27, 1)
        if quotes:
            marks, drop, add = contract(data, block, limit, classes, marks, quotes)
        count = write_starts(starts, count, block, marks & masks.valid)
        letters_before, numbers_before, others_before = letters, numbers, others
        spaces_before, blanks_before = spaces, blanks
        block += BLOCK
    return count, block
