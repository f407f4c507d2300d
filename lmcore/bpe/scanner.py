"""Where does the next pre-token end? The named patterns, character by character, exactly as their expressions cut.

`next_end` is the reference of the kernels: it follows each expression's alternatives in order, with their
backtracking. `cuts.py` finds the same ends 64 bytes at a time where the text allows.
"""

from typing import Final

from lmcore.bpe.characters import LETTER, LONG_S, LOWER, NEWLINE, NUMBER, SPACE, UPPER, character
from lmcore.bpe.choices import CL100K, GPT2, O200K, QWEN, WHITESPACE
from lmcore.bpe.machine import Bytes, inlined, kernel

_APOSTROPHE: Final = 0x27
_BLANK: Final = 0x20
_SLASH: Final = 0x2F
_WORD: Final = LETTER | NUMBER | SPACE


@inlined
def run_end(data: Bytes, position: int, limit: int, classes: Bytes, wanted: int) -> int:
    """The end of the run of characters that have one of the bits `wanted`."""
    while position < limit:
        found = character(data, position, limit, classes)
        if not found & wanted:
            break
        position += found >> 8
    return position


@inlined
def other_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """The end of the run `[^\\s\\p{L}\\p{N}]*`."""
    while position < limit:
        found = character(data, position, limit, classes)
        if found & _WORD:
            break
        position += found >> 8
    return position


@inlined
def contraction(data: Bytes, position: int, limit: int, classes: Bytes, fold: int) -> int:
    """The length of `'(?:[sdmt]|ll|ve|re)` at `position`, or 0; `fold` is 0x20 where case does not matter, else 0."""
    if position + 1 >= limit or data[position] != _APOSTROPHE:
        return 0
    first = data[position + 1]
    if first >= 0x80:
        return 3 if fold and character(data, position + 1, limit, classes) & LONG_S else 0
    first |= fold
    if first == 0x73 or first == 0x64 or first == 0x6D or first == 0x74:
        return 2
    if position + 2 >= limit:
        return 0
    second = data[position + 2] | fold
    if first == 0x6C and second == 0x6C or (first == 0x76 or first == 0x72) and second == 0x65:
        return 3
    return 0


@inlined
def space_end(data: Bytes, position: int, limit: int, classes: Bytes, newlines: bool, whole_tail: bool) -> int:
    """The end of white space: `\\s+$` if `whole_tail`, then `\\s*[\\r\\n]+` if `newlines`, then `\\s+(?!\\S)|\\s+`."""
    start, last, newline_end = position, position, -1
    while position < limit:
        found = character(data, position, limit, classes)
        if not found & SPACE:
            break
        last = position
        position += found >> 8
        if found & NEWLINE:
            newline_end = position
    if position == limit and whole_tail:
        return position
    if newlines and newline_end > 0:
        return newline_end
    return last if position < limit and last > start else position


@kernel
def gpt2_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """`'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`"""
    shortened = contraction(data, position, limit, classes, 0)
    if shortened:
        return position + shortened
    start = position
    if data[position] == _BLANK and position + 1 < limit:
        start += 1
    found = character(data, start, limit, classes)
    if found & LETTER:
        return run_end(data, start, limit, classes, LETTER)
    if found & NUMBER:
        return run_end(data, start, limit, classes, NUMBER)
    if not found & SPACE:
        return other_end(data, start, limit, classes)
    return space_end(data, position, limit, classes, False, True)


@inlined
def digits_end(data: Bytes, position: int, limit: int, classes: Bytes, most: int) -> int:
    """The end of `\\p{N}{1,most}`."""
    for _ in range(most):
        if position >= limit:
            break
        found = character(data, position, limit, classes)
        if not found & NUMBER:
            break
        position += found >> 8
    return position


@inlined
def punctuation_end(data: Bytes, position: int, limit: int, classes: Bytes, slashes: bool) -> int:
    """The end of ` ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*` (or `[\\r\\n/]*`), or `position` where it does not match."""
    start = position + 1 if data[position] == _BLANK else position
    end = other_end(data, start, limit, classes)
    if end == start:
        return position
    while end < limit and (data[end] == 0x0A or data[end] == 0x0D or slashes and data[end] == _SLASH):
        end += 1
    return end


@kernel
def cl100k_end(data: Bytes, position: int, limit: int, classes: Bytes, digits: int, whole_tail: bool) -> int:
    """`'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*`, spaces."""
    shortened = contraction(data, position, limit, classes, 0x20)
    if shortened:
        return position + shortened
    found = character(data, position, limit, classes)
    start = position if found & (LETTER | NUMBER | NEWLINE) else position + (found >> 8)
    end = run_end(data, start, limit, classes, LETTER)
    if end > start:
        return end
    if found & NUMBER:
        return digits_end(data, position, limit, classes, digits)
    end = punctuation_end(data, position, limit, classes, False)
    if end > position:
        return end
    return space_end(data, position, limit, classes, True, whole_tail)


@kernel
def capitalised_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """The end of `UPPER*LOWER+`, or -1: the last of the greedy upper run that is also lower, where no lower follows."""
    end, last_both = position, -1
    while end < limit:
        found = character(data, end, limit, classes)
        if not found & UPPER:
            break
        end += found >> 8
        if found & LOWER:
            last_both = end
    lower = run_end(data, end, limit, classes, LOWER)
    return lower if lower > end else last_both


@kernel
def o200k_word_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """The end of o200k's two word alternatives, each tried with its optional prefix, then without; -1 if neither."""
    found = character(data, position, limit, classes)
    prefixed = not found & (LETTER | NUMBER | NEWLINE)
    after = position + (found >> 8)
    end = capitalised_end(data, after, limit, classes) if prefixed else -1
    if end < 0:
        end = capitalised_end(data, position, limit, classes)
    if end < 0 and prefixed:
        end = run_end(data, after, limit, classes, UPPER)
        end = end if end > after else -1
    if end < 0:
        end = run_end(data, position, limit, classes, UPPER)
        end = end if end > position else -1
    return end


@kernel
def o200k_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """o200k: words that begin with capitals, with a contraction; `\\p{N}{1,3}`; punctuation with `/`; white space."""
    end = o200k_word_end(data, position, limit, classes)
    if end >= 0:
        return end + contraction(data, end, limit, classes, 0x20)
    if character(data, position, limit, classes) & NUMBER:
        return digits_end(data, position, limit, classes, 3)
    end = punctuation_end(data, position, limit, classes, True)
    if end > position:
        return end
    return space_end(data, position, limit, classes, True, False)


@kernel
def whitespace_end(data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """`\\S+|\\s+`"""
    spaces = character(data, position, limit, classes) & SPACE
    while position < limit:
        found = character(data, position, limit, classes)
        if found & SPACE != spaces:
            break
        position += found >> 8
    return position


@kernel
def next_end(kind: int, data: Bytes, position: int, limit: int, classes: Bytes) -> int:
    """The end of the pre-token that starts at `position < limit`; the text ends at `limit`."""
    if kind == GPT2:
        return gpt2_end(data, position, limit, classes)
    if kind == O200K:
        return o200k_end(data, position, limit, classes)
    if kind == WHITESPACE:
        return whitespace_end(data, position, limit, classes)
    return cl100k_end(data, position, limit, classes, 1 if kind == QWEN else 3, kind == CL100K)
