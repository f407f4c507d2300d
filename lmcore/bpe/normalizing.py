"""How is a text normalized for a vocabulary that wants NFC, without touching its special tokens?

As in Hugging Face `tokenizers`, special tokens are split off first; what lies between is normalized part by part.
`tokenizers` knows the characters of an older Unicode: 98 code points, all of them combining marks that are newer,
are put in order or composed here and left alone there.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

NFC: Final = "NFC"
_SINGLETONS: Final = frozenset("K;`")  # the ASCII characters that others become in NFC (U+212A, U+037E, U+1FEF)


def normalize(text: str, tokens: Sequence[str]) -> str:
    """The text in NFC between the tokens, which stay as they are.

    normalize("e\\u0301<|a|>\\u0338", ["<|a|>"]) -> "é<|a|>\\u0338", where all at once would make "≯" of the end
    """
    if unicodedata.is_normalized(NFC, text):
        return text
    if not tokens:
        return unicodedata.normalize(NFC, text)
    parts = _splitter(tuple(tokens)).split(text)
    return "".join([unicodedata.normalize(NFC, part) if i % 2 == 0 else part for i, part in enumerate(parts)])


def arises(token: str) -> bool:
    """Whether NFC can make the token out of a text that does not have it: not if all of it is plain ASCII."""
    return not token.isascii() or not _SINGLETONS.isdisjoint(token)


@functools.lru_cache(4)
def _splitter(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the leftmost token, of several the longest; every second part of a split is a token."""
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")
