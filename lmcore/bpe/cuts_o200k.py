"""How are texts cut for o200k, 64 bytes at a time as bit masks?

As for cl100k, but a word ends where a capital follows a small letter, a contraction belongs to the word before it,
and marks are word characters. Two things are left to the scanner: a capital behind a letter without case (whether it
begins a word depends on what stands before and behind), and a mark behind punctuation that is not taken along.
"""

from typing import Final

import numpy as np

from lmcore.bpe.cut_masks import BLOCK, NONE, read_block, shift_in, span_mask, write_starts
from lmcore.bpe.cut_rules import behind_lone, space_starts, taken_newlines, thirds
from lmcore.bpe.machine import ONE, Bytes, Ints, inlined, kernel, lowest_bit, range_mask
from lmcore.bpe.scanner import contraction

_FOLD: Final = 0x20


@inlined
def suffixes(
    data: Bytes, block: int, limit: int, classes: Bytes, quotes: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """What contractions at `quotes`, right behind words, do to starts: (remove, add), here and in the next block.

    Behind a contraction everything begins anew, so that an apostrophe there is not behind a word.
    """
    drop = add = drop_beyond = add_beyond = NONE
    while quotes:
        index = lowest_bit(quotes)
        quotes &= quotes - ONE
        length = contraction(data, block + index, limit, classes, _FOLD)
        if length:
            behind = index + length
            drop |= span_mask(index, length)
            add |= span_mask(behind, 1)
            if behind >= BLOCK:
                drop_beyond = span_mask(0, behind - BLOCK)
                add_beyond = span_mask(behind - BLOCK, 1)
            quotes &= ~add
    return drop, add, drop_beyond, add_beyond


@kernel
def mark_o200k(
    data: Bytes, size: int, position: int, limit: int, stop: int, classes: Bytes, starts: Ints
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends past `stop`, before a block that needs `scanner.next_end`, or before the last bytes of the buffer. The last
    start's pre-token may reach on.
    """
    count, block, spill, phase = 0, position, 0, 0
    words_before = lowers_before = caseless_before = numbers_before = NONE
    spaces_before = others_before = punctuation_before = blanks_before = newlines_before = NONE
    taken_carry = lone_carry = drop_next = add_next = NONE
    while block < stop and block + BLOCK <= size:
        masks = read_block(data, block, limit, classes, spill)
        words, numbers, spaces = masks.letters | masks.accents, masks.numbers, masks.spaces
        caseless = words & ~masks.uppers & ~masks.lowers
        if masks.uppers & shift_in(caseless, caseless_before) & masks.valid:
            break
        blanks = range_mask(data, block, 0, 0x20, 1)
        newlines = (range_mask(data, block, 0, 0x0A, 1) | range_mask(data, block, 0, 0x0D, 1)) & masks.valid
        slashes = range_mask(data, block, 0, 0x2F, 1) & masks.valid
        punctuation = ~(words | numbers | spaces) & masks.valid
        after_newline = shift_in(newlines, newlines_before)
        after_space = shift_in(spaces, spaces_before)

        seeds = newlines & shift_in(punctuation, punctuation_before)
        taken, after_taken, taken_next = taken_newlines(newlines | slashes, seeds, taken_carry)
        others = punctuation & ~taken
        after_other = shift_in(others, others_before)
        first = others & ~after_other & ~shift_in(blanks, blanks_before)
        after_lone, lone_next = behind_lone(first, others, masks.inner, lone_carry)
        after_padding = after_space & ~after_newline
        word_starts = words & ~shift_in(words, words_before) & ~after_padding & ~after_lone
        if word_starts & masks.accents & after_other:
            break
        taken_carry, lone_carry, spill = taken_next, lone_next, masks.spill
        marks = after_taken | first | word_starts | masks.uppers & shift_in(masks.lowers, lowers_before)
        marks |= spaces & ~after_space & ~taken
        marks |= space_starts(data, block, limit, classes, masks, newlines, after_newline, after_taken, False)
        thirds_found, phase = thirds(numbers, numbers_before, masks.inner, phase)
        marks |= thirds_found
        quotes = first & shift_in(words, words_before) & range_mask(data, block, 0, 0x27, 1) & ~add_next
        marks = marks & ~drop_next | add_next
        drop_next = add_next = NONE
        if quotes:
            drop, add, drop_next, add_next = suffixes(data, block, limit, classes, quotes)
            marks = marks & ~drop | add
        count = write_starts(starts, count, block, marks & masks.valid)
        words_before, lowers_before, caseless_before, numbers_before = words, masks.lowers, caseless, numbers
        spaces_before, others_before, punctuation_before = spaces, others, punctuation
        blanks_before, newlines_before = blanks, newlines
        block += BLOCK
    return count, block
