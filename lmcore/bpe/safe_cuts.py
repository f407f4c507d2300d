"""Where may a text be divided so that each part gives the ids that it gives in the whole?

Behind a letter or digit, where a character follows that no named pattern joins to it, whatever stands around the two:
neither letter, digit nor mark, nor an apostrophe, which may begin a contraction. In any language some comes soon. A
custom pattern may look anywhere, so only special tokens divide a text then.
"""

from typing import Final

from lmcore.bpe.characters import INVALID, LETTER, LOWER, NUMBER, SPACE, UPPER, character, class_table
from lmcore.bpe.choices import CL100K, CUSTOM, GPT2, LLAMA3, O200K, QWEN
from lmcore.bpe.machine import Bytes, inlined, kernel, pointer
from lmcore.bpe.readers import last_whole, overlaps_special
from lmcore.bpe.special_ids import SpecialIds, special_at

_WINDOW: Final = 1 << 20  # bytes searched in one call
_NEAR: Final = 1 << 12  # bytes at the end that are searched first
_APOSTROPHE: Final = 0x27
_JOINED: Final = LETTER | NUMBER | UPPER | LOWER | INVALID


@inlined
def ends_word(data: Bytes, place: int, classes: Bytes) -> bool:
    """Whether a letter or digit ends at `place`."""
    start = place - 1
    while start > 0 and place - start < 4 and data[start] & 0xC0 == 0x80:
        start -= 1
    found = character(data, start, place, classes)
    return bool(start + (found >> 8) == place and found & (LETTER | NUMBER))


@inlined
def divides(kind: int, data: Bytes, place: int, limit: int, classes: Bytes) -> bool:
    """Whether a pattern cuts at `place`, whatever stands around the characters that meet there."""
    before = data[place - 1]
    if data[place] == _APOSTROPHE or (before < 0x80 and not classes[before] & (LETTER | NUMBER)):
        return False  # told by two bytes, so that long stretches without letters are passed quickly
    found = character(data, place, limit, classes)
    if kind in (GPT2, CL100K, O200K, LLAMA3, QWEN):
        return not found & _JOINED and ends_word(data, place, classes)
    return bool(found & SPACE) and ends_word(data, place, classes)


@kernel
def cut_from(kind: int, data: Bytes, position: int, until: int, classes: Bytes, specials: SpecialIds) -> int:
    """The first place behind `position` and before `until` where the text may be divided, or -1."""
    limit, there, known = len(data), pointer(data), pointer(classes)
    until = min(until, last_whole(limit, specials.offsets))
    for place in range(max(position, 1), until):
        if kind == CUSTOM:
            divided = special_at(data, place, limit, specials) >= 0
        else:
            divided = divides(kind, there, place, limit, known)
        if divided and not overlaps_special(data, place, limit, specials.blob, specials.offsets):
            return place
    return -1


def next_cut(kind: int, data: Bytes, position: int, specials: SpecialIds) -> int:
    """The first place behind `position` where the text may be divided, or its end."""
    for start in range(position, len(data), _WINDOW):
        place = cut_from(kind, data, start, start + _WINDOW, class_table(), specials)
        if place >= 0:
            return place
    return len(data)


def last_cut(kind: int, data: Bytes, position: int, specials: SpecialIds) -> int:
    """A place near the end, at or behind `position`, where the text may be divided; -1 where there is none."""
    end, width = len(data), _NEAR
    while end > position:
        start = max(position, end - width)
        place = cut_from(kind, data, start, end, class_table(), specials)
        if place >= 0:
            return place
        end, width = start, min(16 * width, _WINDOW)
    return -1
