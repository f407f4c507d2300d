"""Which of 64 bytes are letters, numbers, white space? One bit a byte, and how such masks are moved, added, read off.

ASCII is told by comparing 64 bytes at once. Characters above it are decoded one at a time; all their bytes get the
class of the character, and those behind the first are marked as `inner`. A character that reaches into the next
block is remembered in `spill`, as `bytes there | class << 8`, or 0.
"""

from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.characters import LETTER, LOWER, NUMBER, SPACE, UPPER, character
from lmcore.bpe.machine import ONE, Bytes, Ints, inlined, lowest_bit, range_mask

BLOCK: Final = 64  # bytes looked at together: the bits of a word
TOP: Final = np.uint64(63)
NONE: Final = np.uint64(0)
ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_BELOW_TOP: Final = np.uint64(0x7FFFFFFFFFFFFFFF)
_CASES: Final = LETTER | UPPER | LOWER


class Masks(NamedTuple):
    """The classes of a block. What is not used of it costs nothing: the functions here are inlined."""

    letters: np.uint64  # \\p{L}
    numbers: np.uint64  # \\p{N}
    spaces: np.uint64  # \\s
    uppers: np.uint64  # letters that are only upper: \\p{Lu}\\p{Lt}
    lowers: np.uint64  # letters that are only lower: \\p{Ll}
    accents: np.uint64  # \\p{M}
    valid: np.uint64  # bytes of the text: those before its limit
    inner: np.uint64  # bytes of characters behind their first
    spill: int  # what reaches into the next block


@inlined
def span_mask(start: int, length: int) -> np.uint64:
    """`length` ones from bit `start` on, cut off at bit 63."""
    if start >= BLOCK or length <= 0:
        return NONE
    ones = ALL if length >= BLOCK else (ONE << np.uint64(length)) - ONE
    return ones << np.uint64(start)


@inlined
def shift_in(mask: np.uint64, before: np.uint64) -> np.uint64:
    """`mask` moved up by one byte; the top bit of the block before comes in below."""
    return (mask << ONE) | (before >> TOP)


@inlined
def add(first: np.uint64, second: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The sum and what carries over into the next block.

    Runs are followed by adding: a bit added at the start of a run of ones comes out right behind the run.
    """
    low = (first & _BELOW_TOP) + (second & _BELOW_TOP)
    tops = (first >> TOP) + (second >> TOP) + (low >> TOP)
    return low & _BELOW_TOP | tops << TOP, tops >> ONE


@inlined
def masks_if(found: int, span: np.uint64, masks: Masks) -> Masks:
    """`masks` with a character of class bits `found` added at `span`."""
    cases = found & _CASES
    return Masks(
        masks.letters | (span if found & LETTER else NONE),
        masks.numbers | (span if found & NUMBER else NONE),
        masks.spaces | (span if found & SPACE else NONE),
        masks.uppers | (span if cases == LETTER | UPPER else NONE),
        masks.lowers | (span if cases == LETTER | LOWER else NONE),
        masks.accents | (span if cases == UPPER | LOWER else NONE),
        masks.valid,
        masks.inner,
        masks.spill,
    )


@inlined
def read_block(data: Bytes, block: int, limit: int, classes: Bytes, spill: int) -> Masks:
    """The classes of the 64 bytes at `block`; `spill` is what the block before says.

    White space ends at the limit; in the other masks the bytes behind it may be set.
    """
    valid = span_mask(0, limit - block)
    letters = range_mask(data, block, 0x20, 0x61, 26)
    uppers = range_mask(data, block, 0, 0x41, 26)
    lowers = range_mask(data, block, 0, 0x61, 26)
    numbers = range_mask(data, block, 0, 0x30, 10)
    spaces = range_mask(data, block, 0, 0x20, 1) | range_mask(data, block, 0, 0x09, 5)
    spilled = span_mask(0, spill & 0xFF)
    masks = Masks(letters, numbers, spaces & valid, uppers, lowers, NONE, valid, spilled, 0)
    high = range_mask(data, block, 0, 0x80, 0x80) & valid
    if high:
        if spill:
            masks = masks_if(spill >> 8, spilled, masks)
        masks = read_beyond_ascii(data, block, limit, classes, high & ~spilled, masks)
    return masks


@inlined
def read_beyond_ascii(data: Bytes, block: int, limit: int, classes: Bytes, high: np.uint64, masks: Masks) -> Masks:
    """Adds the characters above ASCII, whose bytes are `high`."""
    inner, spill = masks.inner, 0
    while high:
        index = lowest_bit(high)
        found = character(data, block + index, limit, classes)
        length = found >> 8
        span = span_mask(index, length)
        masks = masks_if(found, span, masks)
        inner |= span & (span << ONE)
        high &= ~span
        if index + length > BLOCK:
            spill = index + length - BLOCK | (found & 0xFF) << 8
    return Masks(
        masks.letters,
        masks.numbers,
        masks.spaces,
        masks.uppers,
        masks.lowers,
        masks.accents,
        masks.valid,
        inner,
        spill,
    )


@inlined
def write_starts(starts: Ints, count: int, block: int, marks: np.uint64) -> int:
    """Writes the places of the marks of a block behind the `count` there are; how many now."""
    while marks:
        starts[count] = block + lowest_bit(marks)
        count += 1
        marks &= marks - ONE
    return count
