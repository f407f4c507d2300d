"""Which tokens fit what was typed? Text, hex or a regular expression becomes the rows that have it."""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.display import DOT, SIGNS
from lmcore.bpe.vocabulary.characters import Bools
from lmcore.bpe.vocabulary.columns import Vocabulary
from lmcore.bpe.vocabulary.searching import fold
from lmcore.errors import UsageError

if TYPE_CHECKING:
    import regex

SECONDS: Final = 3.0
"""What a regular expression may take over the whole vocabulary."""
_SLICE: Final = 4096
_HARMLESS: Final = 10
"""Characters of a text in which no expression can take long: to watch the time costs more than most searches."""
_LOOKS_AROUND: Final = re.compile(r"\(\?(?!:)|\(\*|\\[AZzGKRX]|\{[a-z]")
"""What tells a line from a text of its own, or looks beyond its match: such an expression is tried token by token."""
_NO_CASE: Final = "(?i)"
_WRITTEN: Final = {DOT: " ", **{sign: character for character, sign in SIGNS.items()}}


class Mode(Enum):
    """How what was typed is meant."""

    TEXT = "Text"
    HEX = "Hex"
    REGEX = "Regex"


@dataclass(frozen=True)
class Needle:
    """Bytes to look for, and the upper half of one more where only half of it was typed."""

    raw: bytes
    high_half: int | None = None


def rows_with_text(vocabulary: Vocabulary, typed: str) -> Bools:
    """Tokens that hold a text, whatever its case. The signs that tokens are shown with stand for what they show."""
    wanted = fold([typed])[0]
    found = vocabulary.folded.rows_with(wanted)
    meant = "".join(_WRITTEN.get(character, character) for character in typed)
    return found | vocabulary.folded.rows_with(fold([meant])[0]) if meant != typed else found


def read_hex(typed: str) -> Needle:
    """Bytes typed as "E2 80", "e280" or "0xE2 0x80"; a last single digit is the upper half of a byte.

    Raises `UsageError` with the first sign that is no digit.
    """
    digits = re.sub(r"0[xX]|\\x|[\s,]", "", typed)
    wrong = re.search(r"[^0-9A-Fa-f]", digits)
    if wrong:
        raise UsageError(f"“{wrong[0]}” is not a hexadecimal digit. Type bytes as pairs of 0–9 and A–F, such as E2 80.")
    even = len(digits) // 2 * 2
    return Needle(bytes.fromhex(digits[:even]), int(digits[even], 16) if even < len(digits) else None)


def rows_with_hex(vocabulary: Vocabulary, typed: str) -> Bools:
    """Tokens that hold the bytes typed."""
    needle = read_hex(typed)
    return vocabulary.raw.rows_with(needle.raw, needle.high_half)


def compile_expression(typed: str) -> "regex.Pattern[str]":
    """The expression, or a `UsageError` with what is wrong and where."""
    import regex

    try:
        return regex.compile(typed)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(
            f"Not a regular expression: {error}. A sign such as ( or * is meant itself behind a \\."
        ) from error


def rows_matching(vocabulary: Vocabulary, typed: str, seconds: float = SECONDS) -> Generator[float, None, Bools]:
    """Tokens in which a regular expression is found; yields the share done.

    Raises `UsageError` where it is none, or where it tries so many ways that it would take too long.
    """
    search = compile_expression(typed)
    until = monotonic() + seconds
    try:
        if _LOOKS_AROUND.search(typed.removeprefix(_NO_CASE)):
            found = yield from _one_by_one(search, vocabulary.texts, range(len(vocabulary)), until)
        else:
            found = yield from _all_at_once(typed, search, vocabulary, until)
    except TimeoutError as error:
        raise UsageError(
            f"The regular expression took more than {seconds:.0f} s and was stopped. Write it without nested "
            "repetitions such as (a+)+."
        ) from error
    return found


def _one_by_one(
    search: "regex.Pattern[str]", texts: Sequence[str], rows: Sequence[int], until: float
) -> Generator[float, None, Bools]:
    found = np.zeros(len(texts), bool)
    for place in range(0, len(rows), _SLICE):
        left = _time_left(until)
        for row in rows[place : place + _SLICE]:
            text = texts[row]
            limit = left if len(text) > _HARMLESS else None
            found[row] = search.search(text, timeout=limit) is not None
        yield place / len(rows)
    return found


def _all_at_once(
    typed: str, search: "regex.Pattern[str]", vocabulary: Vocabulary, until: float
) -> Generator[float, None, Bools]:
    """The same by one search through all tokens, a line each, in a tenth of the time.

    A token that matches alone also matches in its line, or a match that came from the line before has covered it. So
    those that a match reaches into from another line are asked once more, alone.
    """
    import regex

    lines = vocabulary.lines
    found = np.zeros(len(vocabulary), bool)
    across: set[int] = set()
    # The rest of the line is taken as well, so that there is at most one match a line.
    whole = f"(?:{typed.removeprefix(_NO_CASE)})[^\n]*+"
    flags = regex.MULTILINE | (regex.IGNORECASE if typed.startswith(_NO_CASE) else 0)
    matches = regex.finditer(whole, lines.text, flags, timeout=_time_left(until))
    while found_spans := [match.span() for match in islice(matches, _SLICE)]:
        spans = np.array(found_spans, np.int64)
        first, last = lines.rows_at(spans[:, 0]), lines.rows_at(spans[:, 1])
        found[first[first == last]] = True
        for start, end in zip(first[first != last].tolist(), last[first != last].tolist(), strict=True):
            across.update(range(start, end + 1))
        yield float(spans[-1, 1]) / (1 + len(lines.text))
    found[lines.broken] = False
    asked = sorted(across.union(lines.broken.tolist()))
    return found | (yield from _one_by_one(search, vocabulary.texts, asked, until))


def _time_left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
