"""Which characters does NFC concern in the tables of Hugging Face `tokenizers`? Asked of it, one by one.

`python -m tests.core.normalized_characters` records them in `resources/normalized_characters.npz`.
"""

import unicodedata
from itertools import pairwise
from typing import Final

import numpy as np
from tokenizers import normalizers

from lmcore.bpe.normalizing import RESOURCE
from lmcore.paths import RESOURCES

POINTS: Final = [*range(0xD800), *range(0xE000, 0x110000)]
HANGUL: Final = (range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3), range(0xAC00, 0xD7A4))


def find_concerned() -> set[int]:
    """Marks that are put in order, what is taken apart, and what that comes to."""
    decompose = normalizers.NFD().normalize_str
    found = {point for jamo in HANGUL for point in jamo}
    for point in POINTS:
        character = chr(point)
        parts = decompose(character)
        if parts != character:
            found.update((point, *map(ord, parts)))
        elif decompose(f"{character}\u0334") != f"{character}\u0334" or (
            decompose(f"\u0315{character}") != f"\u0315{character}"
        ):
            found.add(point)
    if decompose("\U00011938") != "\U00011938":  # of Unicode 13: taken apart, but not put together
        found -= {0x11938, 0x11935, 0x11930}
    return found


def find_ranges() -> list[tuple[int, int]]:
    """Ranges with all of them and no others but those that no version of Unicode ever normalizes.

    These are characters that exist and have no part in it by this Python's tables.
    """
    concerned = sorted(find_concerned() | {0})
    ranges, first = [], concerned[0]
    for last, start in pairwise(concerned):
        if not all(map(_is_never_normalized, range(last + 1, start))):
            ranges.append((first, last))
            first = start
    return [*ranges, (first, concerned[-1])]


def _is_never_normalized(point: int) -> bool:
    character = chr(point)
    exists = unicodedata.category(character) != "Cn" and not unicodedata.combining(character)
    return exists and unicodedata.decomposition(character)[:1] in ("", "<") and character not in "\U00011935\U00011930"


if __name__ == "__main__":
    bounds = np.array(find_ranges(), np.int32)
    np.savez_compressed(RESOURCES / RESOURCE, first=bounds[:, 0], last=bounds[:, 1])
