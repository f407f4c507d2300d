"""Which tokens can no text become? Asked of the tokenizer itself, token by token.

A token comes about only by the merges within its own bytes: nothing has ever crossed its two ends. So where merging
its bytes alone gives other tokens, no text whatsoever gives it: that is certain. Where they give it, but the
pre-token pattern cuts its bytes apart, a text around them may keep them together, such as the rest of a character that
the token ends in. All texts of a list are tried; of a token that none of them gives it is said that it was not found,
which is as much as the list is worth.
"""

from collections.abc import Generator, Iterator
from enum import IntEnum
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Ints
from lmcore.bpe.vocabulary.columns import Vocabulary
from lmcore.bpe.vocabulary.scripts import Codes

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

STEP: Final = 4096  # tokens that are asked together, some milliseconds
# Characters of every class, and beginnings and ends of such characters: of letters, marks, digits, signs and blanks.
_BEFORE: Final = (
    *(b"", b" ", b"a", b"A", b"1", b".", b"\n", b"'", b"/"),
    *(b"\xc2", b"\xc3", b"\xd0", b"\xd8", b"\xe0", b"\xe0\xa4", b"\xe2\x80", b"\xe3", b"\xe3\x81", b"\xe4\xb8"),
    *(b"\xea\xb0", b"\xef\xbc", b"\xcc", b"\xf0\x9f\x98", b"\xf0\x9f", b"\xf0"),
)
_BEHIND: Final = (
    *(b"", b" ", b"a", b"A", b"1", b".", b"\n", b"s"),
    *(b"\x80", b"\x81", b"\xa0", b"\xb0", b"\xbf", b"\x98\x80", b"\x80\x80", b"\x81\x82", b"\xb8\x80", b"\xa4\x95"),
    *(b"\xb0\x80", b"\xbc\x81", b"\x90\x80", b"\x9f\x98\x80", b"\x90\x80\x80"),
)


class Reach(IntEnum):
    """Whether some text becomes the token."""

    REACHED = 0
    NEVER_MERGED = 1
    NOT_FOUND = 2


REACH_WORDS: Final = {
    Reach.REACHED: "Its own text becomes it, or some text around it does.",
    Reach.NEVER_MERGED: "Merging its bytes gives other tokens, so no text ever becomes it.",
    Reach.NOT_FOUND: "The pre-token pattern cuts its bytes apart, and none of the texts tried around them becomes it.",
}


def find_reach(tokenizer: "Tokenizer", vocabulary: Vocabulary) -> Generator[float, None, Codes]:
    """The `Reach` of every row; yields the share done. Special tokens are reached: they are matched whole."""
    asked = _Asked(tokenizer, vocabulary)
    reach = np.zeros(len(vocabulary), np.uint8)
    ordinary = np.flatnonzero(~vocabulary.special)
    for place in range(0, len(ordinary), STEP):
        rows = ordinary[place : place + STEP]
        for row in rows[~asked.alone(rows)].tolist():
            reach[row] = asked.in_context(row)
            yield place / len(ordinary)
        yield place / len(ordinary)
    return reach


def _surroundings() -> Iterator[tuple[bytes, bytes]]:
    """What may stand before and behind a token; at last, every way in which a cut character can begin or go on."""
    yield from product(_BEFORE, _BEHIND)
    tails = [bytes([byte]) for byte in range(0x80, 0xC0)]
    for tail in tails:
        yield from ((b"", tail + more) for more in (b"", b"\x80", b"\x95", b"\xa6", b"\xb5", b"\x80\x80"))
    for first in range(0xC2, 0xF5):
        yield from ((bytes([first]) + more, b"") for more in (b"", *tails[::8]))


class _Asked:
    """Looks for texts around tokens that their own bytes alone do not become.

    What it needs loads numba, for which the window's thread, that reads the words above, must not wait.
    """

    def __init__(self, tokenizer: "Tokenizer", vocabulary: Vocabulary) -> None:
        from lmcore.bpe.encoder import Encoder
        from lmcore.bpe.patterns import find_pattern
        from lmcore.bpe.special_ids import make_special_ids

        self._tokenizer, self._vocabulary = tokenizer, vocabulary
        self._whole = tokenizer.ignore_merges
        uncut, none = find_pattern(r"(?s:.+)"), make_special_ids({})
        self._merging = Encoder(uncut, tokenizer.encoder.ranks._replace(longest_whole=0), none, none)

    def alone(self, rows: Ints) -> Bools:
        """Which tokens their own bytes become."""
        from lmcore.bpe.merge_ranks import join_bytes

        data, bounds = join_bytes([self._vocabulary.tokens[row] for row in rows.tolist()])
        ids, ends = self._tokenizer.encode_texts(data, bounds)
        numbers = np.diff(ends, prepend=0)
        alone: Bools = (numbers == 1) & (ids[np.maximum(ends - 1, 0)] == self._vocabulary.ids[rows])
        return alone

    def in_context(self, row: int) -> Reach:
        """What is known of the token."""
        token, token_id = self._vocabulary.tokens[row], int(self._vocabulary.ids[row])
        same = self._vocabulary.rows_by_token[token]
        if same != row or not (self._whole or self._merges(token)):
            return Reach.NEVER_MERGED
        found = any(self._holds(before, token, behind, token_id) for before, behind in _surroundings())
        return Reach.REACHED if found else Reach.NOT_FOUND

    def _merges(self, token: bytes) -> bool:
        """Whether merging the token's bytes gives it if nothing cuts them."""
        from lmcore.bpe.encoding import encode_list

        return len(encode_list(self._merging, np.frombuffer(token, np.uint8), specials=False, threads=1)) == 1

    def _holds(self, before: bytes, token: bytes, behind: bytes, token_id: int) -> bool:
        """Whether the token comes out of the text just where its bytes stand."""
        place = 0
        for found in self._tokenizer.encode_bytes(before + token + behind):
            if place == len(before):
                return found == token_id
            place += len(self._tokenizer.vocab[found])
        return False
