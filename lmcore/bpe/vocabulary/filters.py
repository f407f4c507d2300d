"""Which tokens fit what was typed? Text, hex or a regular expression becomes the rows that have it."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from lmcore.bpe.display import DOT, SIGNS
from lmcore.bpe.vocabulary.characters import Bools, Ints
from lmcore.bpe.vocabulary.columns import Vocabulary
from lmcore.bpe.vocabulary.line_search import LineSearch, line_search
from lmcore.bpe.vocabulary.searching import fold
from lmcore.errors import UsageError

if TYPE_CHECKING:
    import regex

SECONDS: Final = 3.0
"""What a regular expression may take over the whole vocabulary."""
_SLICE: Final = 2048  # tokens asked one by one in a step
_LINES: Final = 8192  # tokens asked at once in a step
_AT_ONCE: Final = 0.9  # of the work, by and large, is the search through all lines
_BRIEF: Final = 0.004
"""Seconds that a search may take within a step; one that takes longer is begun anew in a step of its own."""
_HARMLESS: Final = 10
"""Characters of a text in which no expression can take long: to watch the time costs more than most searches."""
_LOOKS_AROUND: Final = re.compile(r"\(\?(?!:)|\(\*|\\[AZzGKRX]|\{[a-z]")
"""What tells a line from a text of its own, or looks beyond its match: such an expression is tried token by token."""
_NO_CASE: Final = "(?i)"
_EVERYWHERE: Final = ("^", "$")  # with which most expressions begin, and which are found in every token
_LITERAL: Final = re.compile(r"[^\\^$.|?*+()\[\]{}\ufffd]+")
"""What means itself. Bytes that are no UTF-8 are U+FFFD in a text, so that sign is looked for as an expression."""
_WRITTEN: Final = {DOT: " ", **{sign: character for character, sign in SIGNS.items()}}


class Mode(Enum):
    """How what was typed is meant."""

    TEXT = "Text"
    HEX = "Hex"
    REGEX = "Regex"


class Searched(NamedTuple):
    """How far a search has come, from 0 to 1, and which rows it has found by then; it goes on to fill that array."""

    share: float
    found: Bools


Searching = Generator[Searched, None, Bools]
"""Which rows have what is looked for; shape (tokens,)."""


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


def rows_matching(vocabulary: Vocabulary, typed: str, seconds: float = SECONDS) -> Searching:
    """Tokens in which a regular expression is found; yields how far it has come.

    A step takes a few milliseconds, unless the expression tries very many ways. Raises `UsageError` where it is none,
    or where it takes too long altogether.
    """
    search = compile_expression(typed)
    until = monotonic() + seconds
    found = np.zeros(len(vocabulary), bool)
    try:
        if typed in _EVERYWHERE:
            found[:] = True
        elif _LITERAL.fullmatch(typed) and typed.isprintable():
            found = vocabulary.raw.rows_with(typed.encode())
        elif _LOOKS_AROUND.search(typed.removeprefix(_NO_CASE)):
            yield from _one_by_one(search, vocabulary.texts, range(len(vocabulary)), until, found)
        else:
            yield from _all_at_once(line_search(typed), search, vocabulary, until, found)
    except TimeoutError as error:
        raise UsageError(
            f"The regular expression took more than {seconds:.0f} s and was stopped. Write it without nested "
            "repetitions such as (a+)+."
        ) from error
    return found


def _one_by_one(
    search: "regex.Pattern[str]", texts: Sequence[str], rows: Sequence[int], until: float, found: Bools,
    done: float = 0.0,
) -> Iterator[Searched]:  # fmt: skip
    share = (1 - done) / max(1, len(rows))
    for place in range(0, len(rows), _SLICE):
        for row in rows[place : place + _SLICE]:
            text = texts[row]
            try:
                found[row] = search.search(text, timeout=_BRIEF if len(text) > _HARMLESS else None) is not None
            except TimeoutError:
                yield Searched(done + place * share, found)
                found[row] = search.search(text, timeout=_time_left(until)) is not None
        _time_left(until)
        yield Searched(done + min(place + _SLICE, len(rows)) * share, found)


def _all_at_once(
    lines: LineSearch, search: "regex.Pattern[str]", vocabulary: Vocabulary, until: float, found: Bools
) -> Iterator[Searched]:
    """The same by a search through all tokens, a line each, in a tenth of the time.

    Tokens that a match reaches into from another line are asked once more, alone.
    """
    across: set[int] = set()
    size = max(1, len(vocabulary.lines.text))
    for part in vocabulary.lines.parts(_LINES):
        try:
            spans = _spans(lines, vocabulary.lines.text, part, _BRIEF)
        except TimeoutError:
            yield Searched(_AT_ONCE * part.start / size, found)
            spans = _spans(lines, vocabulary.lines.text, part, _time_left(until))
        first, last = vocabulary.lines.rows_at(spans[0]), vocabulary.lines.rows_at(spans[1])
        found[first[first == last]] = True
        for start, end in zip(first[first != last].tolist(), last[first != last].tolist(), strict=True):
            across.update(range(start, end + 1))
        _time_left(until)
        yield Searched(_AT_ONCE * part.stop / size, found)
    found[vocabulary.lines.broken] = False
    asked = sorted(across.union(vocabulary.lines.broken.tolist()))
    yield from _one_by_one(search, vocabulary.texts, asked, until, found, _AT_ONCE)


def _spans(lines: LineSearch, text: str, part: slice, seconds: float) -> Ints:
    """Where the matches in a part of the text start and end; shape (2, matches).

    Where none reaches over a line's end, that is said of the start alone, which takes half the time.
    """
    matches = lines.pattern.finditer(text, part.start, part.stop, timeout=None if lines.calm else seconds)
    if lines.apart:
        starts = np.array([match.start() for match in matches], np.int64)
        return np.stack([starts, starts])
    return np.array([match.span() for match in matches], np.int64).reshape(-1, 2).T


def _time_left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
