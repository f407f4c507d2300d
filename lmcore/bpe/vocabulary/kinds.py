"""Of what kind is a token? Words by their case, numbers, white space, signs, controls, broken characters, specials."""

from enum import IntEnum
from typing import Final

import numpy as np

from lmcore.bpe.vocabulary.characters import (
    BLANK,
    LETTER,
    LOWER,
    MARK,
    NUMBER,
    SEEN,
    SPACE,
    UPPER,
    Bools,
    Characters,
    Flags,
    Ints,
)
from lmcore.bpe.vocabulary.scripts import COMMON, PARTIAL, Codes, script_table


class Kind(IntEnum):
    """The kinds, each token of exactly one. A word is letters and marks behind any number of spaces."""

    LOWER = 0
    CAPITALISED = 1
    UPPER = 2
    MIXED_CASE = 3
    CASELESS = 4
    NUMBER = 5
    BLANK = 6
    SIGNS = 7
    BROKEN = 8
    SPECIAL = 9
    CONTROL = 10


KIND_NAMES: Final = {
    Kind.LOWER: "Lower-case words",
    Kind.CAPITALISED: "Capitalised words",
    Kind.UPPER: "Upper case",
    Kind.MIXED_CASE: "Mixed case",
    Kind.CASELESS: "Words without case",
    Kind.NUMBER: "Numbers",
    Kind.BLANK: "White space",
    Kind.SIGNS: "Punctuation and mixed",
    Kind.BROKEN: "Not UTF-8 alone",
    Kind.SPECIAL: "Special tokens",
    Kind.CONTROL: "Control characters",
}
WORDS: Final = (Kind.LOWER, Kind.CAPITALISED, Kind.UPPER, Kind.MIXED_CASE, Kind.CASELESS)


class Counts:
    """How many characters with certain flags each token has."""

    def __init__(self, characters: Characters, flags: Flags, tokens: int) -> None:
        self._rows, self._flags, self._tokens = characters.rows, flags, tokens
        self.total = self.count(SEEN)

    def count(self, wanted: int) -> Ints:
        """Characters of each token with any of the flags."""
        return np.bincount(self._rows[(self._flags & wanted) != 0], minlength=self._tokens)

    def all_of(self, wanted: int) -> Bools:
        """Tokens whose every character has one of the flags; none of the empty ones."""
        found: Bools = (self.total > 0) & (self.count(wanted) == self.total)
        return found


def find_kinds(characters: Characters, flags: Flags, special: Bools) -> Codes:
    """The kind of each token: shape (tokens,)."""
    counts = Counts(characters, flags, len(special))
    letters, upper, lower = counts.count(LETTER), counts.count(UPPER), counts.count(LOWER)
    bare = _behind_spaces(characters, flags)
    inside = bare & ((flags & (LETTER | MARK)) == 0)
    word = (letters > 0) & (np.bincount(characters.rows[inside], minlength=len(special)) == 0)
    inside = bare & ((flags & NUMBER) == 0)
    number = (counts.count(NUMBER) > 0) & (np.bincount(characters.rows[inside], minlength=len(special)) == 0)
    kinds = np.full(len(special), Kind.SIGNS, np.uint8)
    controls = np.bincount(characters.rows[_is_control(characters.points)], minlength=len(special))
    kinds[(counts.total > 0) & (controls == counts.total)] = Kind.CONTROL
    kinds[counts.all_of(BLANK)] = Kind.BLANK
    kinds[number] = Kind.NUMBER
    kinds[word] = Kind.MIXED_CASE
    kinds[word & (upper == 0) & (lower > 0)] = Kind.LOWER
    kinds[word & (upper + lower == 0)] = Kind.CASELESS
    kinds[word & (upper == 1) & _starts_upper(characters, flags, bare, len(special))] = Kind.CAPITALISED
    kinds[word & (upper > 1) & (lower == 0)] = Kind.UPPER
    kinds[characters.broken > 0] = Kind.BROKEN
    kinds[special] = Kind.SPECIAL
    return kinds


def _is_control(points: Ints) -> Bools:
    """By character: whether it is of Unicode's category Cc."""
    found: Bools = (points < 0x20) | ((points >= 0x7F) & (points < 0xA0))
    return found


def _behind_spaces(characters: Characters, flags: Flags) -> Bools:
    """By character: whether it stands behind all spaces that its token begins with."""
    is_space = (flags & SPACE) != 0
    places = np.arange(len(flags))
    first = np.ones(len(flags), bool)
    first[1:] = characters.rows[1:] != characters.rows[:-1]
    begins = np.maximum.accumulate(np.where(first, places, 0))
    last_other = np.maximum.accumulate(np.where(is_space, -1, places)) if len(places) else places
    return last_other >= begins


def _starts_upper(characters: Characters, flags: Flags, bare: Bools, tokens: int) -> Bools:
    """By token: whether the first character behind its spaces is a capital."""
    chosen = np.flatnonzero(bare)
    rows, first = np.unique(characters.rows[chosen], return_index=True)
    starts = np.zeros(tokens, bool)
    starts[rows] = (flags[chosen[first]] & UPPER) != 0
    return starts


def find_scripts_of(characters: Characters, tokens: int) -> Codes:
    """The script of each token: that of its first character that has one of its own; shape (tokens,)."""
    scripts = np.full(tokens, PARTIAL, np.uint8)
    scripts[characters.rows] = COMMON
    of = script_table()[characters.points]
    chosen = np.flatnonzero(of > PARTIAL)
    rows, first = np.unique(characters.rows[chosen], return_index=True)
    scripts[rows] = of[chosen[first]]
    return scripts


def find_runs(characters: Characters, tokens: int) -> Bools:
    """Tokens that are one character twice or more, and nothing else; shape (tokens,)."""
    length = np.bincount(characters.rows, minlength=tokens)
    changes = (characters.rows[1:] == characters.rows[:-1]) & (characters.points[1:] != characters.points[:-1])
    changed = np.bincount(characters.rows[1:][changes], minlength=tokens)
    found: Bools = (length > 1) & (changed == 0) & (characters.broken == 0)
    return found
