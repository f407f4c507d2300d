"""Which texts are hard to cut? Random ones of the characters that rules speak of, cut off around block borders."""

import random
from typing import Final

_BLANKS: Final = " | | | | | |\n|\n|\n|\r|\r\n|\t|\v|\f|  |   |\n  |    \n|\x85|\xa0|\u1680|\u2003|\u2028|\u202f|\u3000"
_QUOTES: Final = "'|'|'|'|'|'|'s|'S|'t|'re|'RE|'rE|'ve|'vE|'ll|'lL|'LL|'m|'d|'D|''|'\u017f|'\u212a|\u2019s"
_LETTERS: Final = (
    "a|a|b|s|z|S|T|R|L|V|E|e|l|d|m|t|M|D|x|word|Word|WORD|aB|ABc|é|É|ß|\u017f|\u212a|ǅ|ʰ|ª|中|文|ש|\u0627|क|ა|Ა|"
    "\U0001d400|\U00010400|\U00010428|\ua7f8"
)
_MARKS: Final = "\u0301|\u0300|\u093e|\u20dd|\u3099|\ufe0f"
_NUMBERS: Final = "0|1|2|3|4|5|6|7|8|9|12|123|1234|12345|٣|²|½|Ⅷ|\u3007|๑|\U0001d7d8"
_OTHERS: Final = (
    '.|,|/|!|?|-|_|"|(|)|/|//|./|/\n|\n/|.\n|.\n/|\0|\x1c|\x1f|\x7f|…|—|€|“|”|😀|👩\u200d👧|🏽|\u200b|\ufeff|'
    "\ue000|\U0010ffff"
)
_INVALID: Final = [
    b"\x80",
    b"\xbf",
    b"\xc2",
    b"\xc3",
    b"\xe2\x82",
    b"\xe3\x80",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xff",
]
_GROUPS: Final = [
    *(
        [piece.encode() for piece in text.split("|")]
        for text in (_BLANKS, _QUOTES, _LETTERS, _MARKS, _NUMBERS, _OTHERS)
    ),
    _INVALID,
]
_ASCII: Final = [[piece for piece in group if piece.isascii()] or [b"a"] for group in _GROUPS]
# How much of a text comes from each group: many kinds of texts, such as layout, contractions, numbers, capitals.
_SHARES: Final = (
    (6, 3, 6, 1, 2, 3, 0.5), (10, 0, 2, 0, 0, 2, 0), (3, 6, 8, 0, 0, 1, 0), (2, 1, 6, 4, 1, 3, 0),
    (2, 1, 2, 0, 10, 1, 0), (4, 2, 4, 0, 2, 6, 0), (3, 2, 8, 2, 2, 3, 2), (8, 1, 1, 0, 1, 8, 0),
    (1, 4, 12, 0, 0, 0, 0), (1, 2, 4, 6, 0, 6, 0),
)  # fmt: skip
_FILLED: Final = "a|A| |.|7|\n|'|é|中|\u0301|٣|\u3000|ab 'c "
_FILLERS: Final = [filler.encode() for filler in _FILLED.split("|")]


def hostile_text(numbers: random.Random) -> bytes:
    """Up to some 300 bytes, often behind a run that moves them to a block's border, often cut off anywhere."""
    groups = _ASCII if numbers.random() < 0.4 else _GROUPS
    chosen = [numbers.choices(group, k=numbers.choice([1, 2, 3, 8, 50])) for group in groups]
    size = max(1, 64 * numbers.choice([0, 1, 1, 1, 2, 2, 3, 4]) + numbers.randint(-6, 9))
    data = bytearray()
    if numbers.random() < 0.5:
        filler = numbers.choice(_FILLERS)
        data += filler * (numbers.choice([numbers.randint(0, 70), 60, 61, 62, 63, 64]) // len(filler))
    shares = numbers.choice(_SHARES)
    while len(data) < size:
        data += numbers.choice(numbers.choices(chosen, shares)[0])
    return bytes(data[:size] if numbers.random() < 0.5 else data)
