"""Which part of a text has to be encoded anew after an edit? From the last safe cut before it to the first behind it.

At a safe cut (`safe_cuts`) a text divides into two whose ids are those of the whole, whatever stands around the
characters that meet there. So where a cut stands before an edit and another behind it, both in bytes that the edit
left alone, the old text and the new one are A·old·C and A·new·C, and only the ids of the middle differ.

Whether a place is a safe cut depends on the two characters that meet there and on the special tokens that may stand
over it: on `reach` bytes before it and behind it, which must be the same before and after the edit.
"""

from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.characters import class_table
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.machine import Bytes, kernel, pointer
from lmcore.bpe.readers import overlaps_special
from lmcore.bpe.safe_cuts import divides, next_cut
from lmcore.bpe.special_ids import SpecialIds, special_at

_LONGEST_CHARACTER: Final = 4
_WINDOW: Final = 1 << 18  # bytes searched in one call; some milliseconds


class Edit(NamedTuple):
    """`removed` bytes from `position` on gave way to `inserted`."""

    position: int
    removed: int
    inserted: bytes

    @property
    def growth(self) -> int:
        """How much longer the text has become, in bytes."""
        return len(self.inserted) - self.removed


def apply(edit: Edit, data: Bytes) -> Bytes:
    """The text after the edit, as another array; read-only, since kernels are compiled for such texts."""
    inserted = np.frombuffer(edit.inserted, np.uint8)
    made = np.concatenate([data[: edit.position], inserted, data[edit.position + edit.removed :]])
    made.flags.writeable = False
    return made


@kernel
def cut_before(kind: int, data: Bytes, position: int, since: int, classes: Bytes, specials: SpecialIds) -> int:
    """The last safe cut at or before `position` and behind `since`, or -1."""
    limit, there, known = len(data), pointer(data), pointer(classes)
    for place in range(min(position, limit - 1), since, -1):
        if kind == CUSTOM:
            divided = special_at(data, place, limit, specials) >= 0
        else:
            divided = divides(kind, there, place, limit, known)
        if divided and not overlaps_special(data, place, limit, specials.blob, specials.offsets):
            return place
    return -1


def previous_cut(kind: int, data: Bytes, position: int, specials: SpecialIds) -> int:
    """The last safe cut at or before `position`, or 0."""
    for end in range(position, 0, -_WINDOW):
        place = cut_before(kind, data, end, max(0, end - _WINDOW), class_table(), specials)
        if place >= 0:
            return place
    return 0


def reach(specials: SpecialIds) -> int:
    """On how many bytes before and behind a place it depends whether that is a safe cut."""
    longest = int(specials.offsets[1]) if len(specials.ids) else 0
    return max(longest, _LONGEST_CHARACTER)


def unsettled(kind: int, data: Bytes, edit: Edit, specials: SpecialIds) -> tuple[int, int]:
    """The part of `data`, the text after the edit, whose ids may differ from those before it: start and end."""
    far, end = reach(specials), edit.position + len(edit.inserted)
    start = previous_cut(kind, data, max(0, edit.position - far), specials)
    stop = next_cut(kind, data, end + far, specials) if end + far < len(data) else len(data)
    return start, stop
