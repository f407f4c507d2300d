"""How are texts cut for o200k, 64 bytes at a time as bit masks?

As for cl100k, but a word ends where a capital follows a small letter, a contraction belongs to the word before it,
and marks are word characters. Two things are left to the scanner: a capital behind a letter without case (whether it
begins a word depends on what stands before and behind), and a mark behind punctuation that is not taken along.
"""

from typing import Final

import numpy as np

from lmcore.bpe.cut_masks import BLOCK, NONE, read_block, shift_in, span_mask, write_starts
from lmcore.bpe.cut_rules import find_runs, nothing_before, space_starts, thirds
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
    count, block, phase, before = 0, position, 0, nothing_before()
    lowers_before = caseless_before = drop_next = add_next = NONE
    while block < stop and block + BLOCK <= size:
        masks = read_block(data, block, limit, classes, before.spill)
        words = masks.letters | masks.accents
        slashes = range_mask(data, block, 0, 0x2F, 1)
        runs = find_runs(data, block, masks, words, slashes, before)
        caseless = words & ~masks.uppers & ~masks.lowers
        unclear = masks.uppers & shift_in(caseless, caseless_before) | runs.heads & masks.accents & runs.after_other
        if unclear:
            break
        capitals = masks.uppers & shift_in(masks.lowers, lowers_before)
        digits, phase = thirds(masks.numbers, before.numbers, masks.inner, phase)
        spaces = space_starts(data, block, limit, classes, masks, runs, False)
        marks = (runs.marks | capitals | digits | spaces) & ~drop_next | add_next
        quotes = runs.first & shift_in(words, before.words) & range_mask(data, block, 0, 0x27, 1) & ~add_next
        drop_next = add_next = NONE
        if quotes:
            drop, add, drop_next, add_next = suffixes(data, block, limit, classes, quotes)
            marks = marks & ~drop | add
        count = write_starts(starts, count, block, marks & masks.valid)
        lowers_before, caseless_before, before = masks.lowers, caseless, runs.before
        block += BLOCK
    return count, block
