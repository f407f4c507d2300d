"""Which tokens are text that was decoded wrongly?

Of most tokens a look at their characters says that they are not; `lmcore.text.mojibake` reads the others.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Characters
from lmcore.text.mojibake import TO_BYTE, misread


def find_mojibake(texts: Sequence[str], characters: Characters) -> Bools:
    """Which tokens are mojibake; shape (tokens,). Only those with nothing but misread characters are looked at."""
    known = _misread_points()
    points = np.minimum(characters.points, len(known) - 1)
    strange = np.bincount(characters.rows[~known[points]], minlength=len(texts))
    high = np.bincount(characters.rows[characters.points > 0x7F], minlength=len(texts))
    found = np.zeros(len(texts), bool)
    for row in np.flatnonzero((strange == 0) & (high > 1) & (characters.broken == 0)).tolist():
        found[row] = misread(texts[row]) is not None
    return found


@cache
def _misread_points() -> Bools:
    """Which code points a byte can be misread as; the last entry, False, stands for all beyond."""
    points = [*range(128), *map(ord, TO_BYTE)]
    known = np.zeros(max(points) + 2, bool)
    known[points] = True
    return known
