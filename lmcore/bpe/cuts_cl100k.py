"""How are texts cut for cl100k, llama3 and qwen, 64 bytes at a time as bit masks?

Letters take one character along that stands before them, be it white space or punctuation, unless it is a newline,
a number, or punctuation that goes with what precedes it. A contraction ends after its letters. The rest is in
`cut_rules`. The three differ in how many digits go together and in white space at the end of a text.
"""

from typing import Final

import numpy as np

from lmcore.bpe.cut_masks import ALL, BLOCK, NONE, read_block, span_mask, write_starts
from lmcore.bpe.cut_rules import find_runs, nothing_before, space_starts, thirds
from lmcore.bpe.machine import ONE, Bytes, Ints, inlined, kernel, lowest_bit, range_mask
from lmcore.bpe.scanner import contraction

_TWO: Final = np.uint64(2)
_FOLD: Final = 0x20


@inlined
def contractions(
    data: Bytes, block: int, limit: int, classes: Bytes, quotes: np.uint64, letters: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """The places right behind the contractions that begin at `quotes`, here and in the next block.

    Only where a letter stands there does it matter, that is where at least two stand behind the apostrophe.
    """
    quotes &= (letters >> ONE | ~(ALL >> ONE)) & (letters >> _TWO | ~(ALL >> _TWO))  # what is not seen may be letters
    here, beyond = NONE, NONE
    while quotes:
        index = lowest_bit(quotes)
        quotes &= quotes - ONE
        length = contraction(data, block + index, limit, classes, _FOLD)
        if length:
            here |= span_mask(index + length, 1)
            beyond |= span_mask(index + length - BLOCK, 1) if index + length >= BLOCK else NONE
    return here, beyond


@kernel
def mark_cl100k(
    data: Bytes,
    size: int,
    position: int,
    limit: int,
    stop: int,
    classes: Bytes,
    starts: Ints,
    grouped: bool,
    whole_tail: bool,
) -> tuple[int, int]:
    """Writes the pre-token starts from `position`, itself one, in whole blocks; (how many, where the blocks ended).

    Ends past `stop`, or before the last bytes of the buffer. The last start's pre-token may reach on. `grouped` is
    whether digits go in threes, `whole_tail` whether white space at the end of the text is one piece.
    """
    count, block, phase, contracted, before = 0, position, 0, NONE, nothing_before()
    while block < stop and block + BLOCK <= size:
        masks = read_block(data, block, limit, classes, before.spill)
        runs = find_runs(data, block, masks, masks.letters, NONE, before)
        marks = runs.marks | space_starts(data, block, limit, classes, masks, runs, whole_tail) | contracted
        if grouped:
            digits, phase = thirds(masks.numbers, before.numbers, masks.inner, phase)
        else:
            digits = masks.numbers & ~masks.inner
        quotes = runs.first & range_mask(data, block, 0, 0x27, 1)
        contracted = NONE
        if quotes:
            found, contracted = contractions(data, block, limit, classes, quotes, masks.letters)
            marks |= found
        count = write_starts(starts, count, block, (marks | digits) & masks.valid)
        before = runs.before
        block += BLOCK
    return count, block
