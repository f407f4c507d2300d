"""How is a text normalized for a vocabulary that wants NFC, without touching its special tokens?

As in Hugging Face `tokenizers`, special tokens are split off first; what lies between is normalized part by part.
`tokenizers` knows the characters of an older Unicode: 98 code points, all of them combining marks that are newer,
are put in order or composed here and left alone there.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

NFC: Final = "NFC"
_JAMO: Final = frozenset(map(chr, range(0x1100, 0x1200)))
_LATER_SCRIPTS: Final = 0x11000  # from here on there are letters that join with what is before them
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


def normalize_stream(texts: Iterable[str], tokens: Sequence[str]) -> Iterator[str]:
    """The same for a text that comes in parts, whose borders make no difference.

    Held back is all from the last character on that joins with nothing before it, and that is in no token which the
    next part may complete.
    """
    longest = max(map(len, tokens), default=1)
    held = ""
    for text in texts:
        held += text
        cut = _last_border(held, len(held) - longest, tokens)
        if cut > 0:
            yield normalize(held[:cut], tokens)
            held = held[cut:]
    yield normalize(held, tokens)


def _last_border(text: str, position: int, tokens: Sequence[str]) -> int:
    """The last place up to `position`, in no token, where a character begins that joins with none before it; or 0."""
    inside = [match.span() for match in _splitter(tuple(tokens)).finditer(text)] if tokens else []
    for place in range(position, 0, -1):
        if _stands_alone(text[place]) and not any(start < place < end for start, end in inside):
            return place
    return 0


def _stands_alone(character: str) -> bool:
    """Whether NFC never joins the character with one before it: ASCII, and letters that are no parts of syllables."""
    if character.isascii():
        return True
    letter = unicodedata.category(character) in ("Lu", "Ll", "Lo") and not unicodedata.combining(character)
    return letter and character not in _JAMO and ord(character) < _LATER_SCRIPTS


def arises(token: str) -> bool:
    """Whether NFC can make the token out of a text that does not have it: not if all of it is plain ASCII."""
    return not token.isascii() or not _SINGLETONS.isdisjoint(token)


@functools.lru_cache(4)
def _splitter(tokens: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the leftmost token, of several the longest; every second part of a split is a token."""
    longest_first = sorted(tokens, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})")
