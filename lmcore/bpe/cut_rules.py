"""Which rules do cl100k, llama3, qwen and o200k share, as operations on masks of 64 bytes?

In all of them a number run is cut into threes (or ones), punctuation takes the newlines behind it, white space ends
behind its last newline, and its last character goes with what follows. "Padding" here is white space that is neither
`\\r` nor `\\n`.
"""

from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.characters import NEWLINE, SPACE, character
from lmcore.bpe.cut_masks import BLOCK, NONE, TOP, Masks, add, shift_in, span_mask
from lmcore.bpe.machine import ONE, Bytes, inlined, kernel, range_mask, signed

_THREE: Final = np.uint64(3)
_SECOND: Final = np.uint64(62)


class Before(NamedTuple):
    """What a block must know of the one before it: the masks there, and what carries over from it."""

    words: np.uint64
    numbers: np.uint64
    spaces: np.uint64
    others: np.uint64  # punctuation, without slashes that go with newlines
    blanks: np.uint64
    newlines: np.uint64
    taken_carry: np.uint64
    lone_carry: np.uint64
    spill: int


class Runs(NamedTuple):
    """The runs of a block, and the places right behind them, which may be at the start of the next one."""

    marks: np.uint64  # starts of pre-tokens where runs start
    heads: np.uint64  # those of words that take nothing along
    first: np.uint64  # those of punctuation without a blank
    after_other: np.uint64
    newlines: np.uint64
    after_newline: np.uint64
    before: Before  # for the next block


@inlined
def nothing_before() -> Before:
    """What the first block knows."""
    return Before(NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 0)


@inlined
def taken_newlines(run: np.uint64, seeds: np.uint64, carry: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64]:
    """What punctuation takes along of a run of newlines: (taken, the places right behind, what carries over).

    `seeds` are the newlines right behind punctuation; from each on the rest of its run is taken. A pre-token starts
    behind that, whatever stands there.
    """
    seeds |= carry
    total, carry = add(run, seeds)
    return run & (~total | seeds), total & ~run, carry


@inlined
def behind_lone(first: np.uint64, others: np.uint64, inner: np.uint64, carry: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The places right behind the first character of punctuation, and what carries over into the next block.

    A letter there belongs to the pre-token: `[^\\r\\n\\p{L}\\p{N}]?\\p{L}+` takes one character along, not more.
    """
    rest = others & inner
    total, over = add(rest, first << ONE | carry)
    return total & ~rest, over | first >> TOP


@kernel
def thirds_of_any(starts: np.uint64, digits: np.uint64, phase: int) -> tuple[np.uint64, int]:
    """`thirds` for digits of several bytes, whose first bytes are `digits`."""
    marks = NONE
    while digits:
        lowest = digits & ~(digits - ONE)
        digits ^= lowest
        if starts & lowest:
            phase = 0
        if phase == 0:
            marks |= lowest
        phase = (phase + 1) % 3
    return marks, phase


@inlined
def thirds(numbers: np.uint64, before: np.uint64, inner: np.uint64, phase: int) -> tuple[np.uint64, int]:
    """Every third digit of each run, from its first on (`\\p{N}{1,3}`), and the phase for the next block.

    `before` is the number mask of the block before; `phase` is how many digits, modulo 3, a run that goes on has had
    since the last mark, that one included.
    """
    second = shift_in(numbers, before)
    starts = numbers & ~second
    if numbers & inner:
        return thirds_of_any(starts, numbers & ~inner, phase)
    third = shift_in(second, before << ONE)
    within = numbers & second & third & shift_in(third, before << ONE << ONE)
    marks = starts | ONE << np.uint64(0 if phase == 0 else 3 - phase) & within
    more = marks << _THREE & within
    while more:
        marks |= more
        more = more << _THREE & within
    return marks, 1 if marks >> TOP else 2 if marks >> _SECOND else 0


@inlined
def last_padding(data: Bytes, block: int, limit: int, classes: Bytes, masks: Masks, padding: np.uint64) -> np.uint64:
    """The first bytes of padding that ends its white space, other than at the end of the text: `\\s+(?!\\S)`."""
    follows = masks.spaces >> ONE
    after = block + BLOCK + (masks.spill & 0xFF)
    if after >= limit:
        follows |= ~(masks.valid >> ONE)
    elif data[after] >= 0x80:
        follows |= ONE << TOP if character(data, after, limit, classes) & SPACE else NONE
    else:
        follows |= ONE << TOP if signed(classes[data[after]]) & SPACE else NONE
    last = padding & ~follows
    while last & masks.inner:
        last = last & ~masks.inner | (last & masks.inner) >> ONE
    return last


@kernel
def newline_follows(data: Bytes, position: int, limit: int, classes: Bytes, whole_tail: bool) -> bool:
    """Whether a newline stands in the white space from `position` on, or the text ends with it if `whole_tail`."""
    while position < limit:
        found = character(data, position, limit, classes)
        if not found & SPACE:
            return False
        if found & NEWLINE:
            return True
        position += found >> 8
    return whole_tail


@kernel
def go_on(padding: np.uint64, lines: np.uint64, stops: np.uint64, beyond: bool) -> np.uint64:
    """Those of the starts `lines` of padding whose run ends at one of `stops`, or at the block's end if `beyond`."""
    found = NONE
    while lines:
        lowest = lines & ~(lines - ONE)
        lines ^= lowest
        behind, over = add(padding, lowest)
        if behind & stops or beyond and over:
            found |= lowest
    return found


@inlined
def space_starts(
    data: Bytes, block: int, limit: int, classes: Bytes, masks: Masks, runs: Runs, whole_tail: bool
) -> np.uint64:
    """Starts within white space: behind its last newline, and at its last character if that is no newline.

    If `whole_tail`, white space at the end of the text is one piece (`\\s++$`).
    """
    padding = masks.spaces & ~runs.newlines
    lines = padding & runs.after_newline
    if lines:
        stops = runs.newlines | (span_mask(limit - block, 1) if whole_tail else NONE)
        behind, over = add(padding, lines)
        if behind & stops or over:
            after = block + BLOCK + (masks.spill & 0xFF)
            beyond = over != NONE and newline_follows(data, after, limit, classes, whole_tail)
            lines &= ~go_on(padding, lines, stops, beyond)
    return lines | last_padding(data, block, limit, classes, masks, padding)


@inlined
def find_runs(data: Bytes, block: int, masks: Masks, words: np.uint64, slashes: np.uint64, before: Before) -> Runs:
    """The runs of a block with word characters `words`; punctuation takes newlines along, `slashes` behind these."""
    newlines = (range_mask(data, block, 0, 0x0A, 1) | range_mask(data, block, 0, 0x0D, 1)) & masks.valid
    punctuation = ~(words | masks.numbers | masks.spaces)
    seeds = newlines & shift_in(punctuation, before.others)
    taken, after_taken, taken_carry = taken_newlines(newlines | slashes, seeds, before.taken_carry)
    others = punctuation & ~taken
    after_other, blanks = shift_in(others, before.others), range_mask(data, block, 0, 0x20, 1)
    first = others & ~after_other & ~shift_in(blanks, before.blanks)
    after_lone, lone_carry = behind_lone(first, others, masks.inner, before.lone_carry)
    after_newline, after_space = shift_in(newlines, before.newlines), shift_in(masks.spaces, before.spaces)
    heads = words & ~shift_in(words, before.words) & ~(after_space & ~after_newline) & ~after_lone
    marks = heads | first | after_taken | masks.spaces & ~after_space & ~taken
    now = Before(words, masks.numbers, masks.spaces, others, blanks, newlines, taken_carry, lone_carry, masks.spill)
    return Runs(marks, heads, first, after_other, newlines, after_newline, now)
