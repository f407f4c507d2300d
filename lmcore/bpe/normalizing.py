"""How is a text normalized for a vocabulary that wants NFC, without touching its special tokens?

As in Hugging Face `tokenizers`, special tokens are split off first; what lies between is normalized part by part.
`tokenizers` has the tables of Unicode 9. Marks that are newer (98 of them in Unicode 14, U+1DFA for one), and what is
put together of newer characters, are left alone there. So they are here, whatever Unicode this Python has: only
characters that those tables know are normalized, which `resources/normalized_characters.npz` lists. Whatever else
stands between them begins anew, as a letter would; and of what Unicode 9 knows, no later version says anything else.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np

from lmcore.paths import resource

NFC: Final = "NFC"
RESOURCE: Final = "normalized_characters.npz"
_SINGLETONS: Final = frozenset("K;`")  # the ASCII characters that others become in NFC (U+212A, U+037E, U+1FEF)


def normalize(text: str, tokens: Sequence[str]) -> str:
    """The text in NFC between the tokens, which stay as they are.

    normalize("e\\u0301<|a|>\\u0338", ["<|a|>"]) -> "é<|a|>\\u0338", where all at once would make "≯" of the end
    """
    if unicodedata.is_normalized(NFC, text):
        return text
    if not tokens:
        return _normalize_part(text)
    parts = _splitter(tuple(tokens)).split(text)
    return "".join([_normalize_part(part) if i % 2 == 0 else part for i, part in enumerate(parts)])


def _normalize_part(text: str) -> str:
    return _known().sub(lambda run: unicodedata.normalize(NFC, run[0]), text)


@functools.cache
def _known() -> re.Pattern[str]:
    """Finds runs of characters that Unicode 9 normalizes, or that no version does."""
    with np.load(resource(RESOURCE), allow_pickle=False) as ranges:
        bounds = zip(ranges["first"].tolist(), ranges["last"].tolist(), strict=True)
        return re.compile("[" + "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in bounds) + "]+")


def arises(token: str) -> bool:
    """Whether NFC can make the token out of a text that does not have it: not if all of it is plain ASCII."""
    return not token.isascii() or not _SINGLETONS.isdisjoint(token)


@functools.lru_cache(4)
def _splitter(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the leftmost token, of several the longest; every second part of a split is a token."""
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")
