"""Which tokens are text that was decoded wrongly, and what was it before?

UTF-8 read as Windows-1252 (or Latin-1) turns "é" into "Ã©"; saved as UTF-8 again and trained on, it becomes tokens. So
the characters of such a token, written as Windows-1252, are UTF-8 once more. This may have happened several times. Of
runs such as "ÃÂÃÂ" only the first bytes are left: the second ones were control characters, which web pages drop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Characters

MOST: Final = 4  # times that a text is taken to have been decoded wrongly
_LOST: Final = frozenset("ÃÂ")
_IPA: Final = range(0x250, 0x2B0)  # what "É»" would be: rather a letter and a quotation mark


@dataclass(frozen=True)
class Mojibake:
    """What a token was. `original` is "" where bytes were lost on the way; `times` is how often it was misread.

    `tail`: the token is only the end of it, as "€™" is of "â€™"; patterns cut letters from signs.
    """

    original: str
    times: int
    tail: bool = False


@cache
def _bytes_of() -> dict[str, int]:
    """The byte that was read as each character: Windows-1252, and Latin-1 where that has nothing."""
    table = {chr(byte): byte for byte in range(256)}
    for byte in range(0x80, 0xA0):
        table |= dict.fromkeys(bytes([byte]).decode("cp1252", "ignore"), byte)
    return table


def undo(text: str) -> str | None:
    """The text before it was once misread, or None if it was not. undo("CafÃ©") -> "Café" """
    table = _bytes_of()
    if text.isascii() or any(character not in table for character in text):
        return None
    try:
        before = bytes([table[character] for character in text]).decode()
    except UnicodeDecodeError:
        return None
    return None if any(ord(character) in _IPA for character in before) else before


def explain(text: str) -> Mojibake | None:
    """What a text was before it was misread, or None if it reads as it was meant."""
    times, now = 0, text
    while times < MOST and (before := undo(now)) is not None:
        times, now = times + 1, before
    if times:
        return Mojibake(now, times)
    if len(text) > 1 and text[0] == "€" and (before := undo(f"â{text}")) is not None:
        return Mojibake(before, 1, tail=True)
    bare = text.strip()
    if len(bare) > 1 and _LOST.issuperset(bare) and "ÃÂ" in bare:
        return Mojibake("", 2)
    return None


def find_mojibake(texts: Sequence[str], characters: Characters) -> Bools:
    """Which tokens are mojibake; shape (tokens,). Only those with nothing but misread characters are looked at."""
    known = _misread_points()
    points = np.minimum(characters.points, len(known) - 1)
    strange = np.bincount(characters.rows[~known[points]], minlength=len(texts))
    high = np.bincount(characters.rows[characters.points > 0x7F], minlength=len(texts))
    found = np.zeros(len(texts), bool)
    for row in np.flatnonzero((strange == 0) & (high > 1) & (characters.broken == 0)).tolist():
        found[row] = explain(texts[row]) is not None
    return found


@cache
def _misread_points() -> Bools:
    """Which code points a byte can be misread as; the last entry, False, stands for all beyond."""
    points = [ord(character) for character in _bytes_of()]
    known = np.zeros(max(points) + 2, bool)
    known[points] = True
    return known
