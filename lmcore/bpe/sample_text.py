"""How is one text cut after the first n merges, for any n? What a sample of text looks like while a vocabulary grows.

The cuts are nested: a merge only ever removes boundaries between bytes. So it is enough to remember at which merge
each boundary vanished and which token each span became; the cut after n merges is then read off, for any n.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.events import Merge

NEVER: Final = np.iinfo(np.int64).max
NONE: Final = -1


class PieceRef(NamedTuple):
    """Bytes `start` to `end` (exclusive) are one token, made by merge `rank` (0 for bytes and special tokens)."""

    start: int
    end: int
    token_id: int
    rank: int = 0


class SampleText:
    """A text as pre-tokens and the merges so far.

    `pretokens` in the order of the text; one that is a key of `special` is a special token with that id: no merge
    touches it. Merges arrive in rank order from 1. A merge costs O(places where its pair stands).
    """

    def __init__(self, pretokens: Sequence[bytes], special: Mapping[bytes, int] | None = None) -> None:
        self.text = b"".join(pretokens)
        self.n_merges = 0
        self._vanished = np.full(len(self.text), NEVER, dtype=np.int64)  # [byte]: of the boundary before it
        self._ids = list(self.text)  # [byte]: the id of the token that begins here; stale inside a token
        self._ends = list(range(1, len(self.text) + 1))  # [byte]: where that token ends
        self._before = [NONE] * len(self.text)  # [byte]: where the token before it begins, within its pre-token
        self._inner = [False] * (len(self.text) + 1)  # [byte]: a pre-token goes on here, so that a merge may join
        self._places: dict[tuple[int, int], list[int]] = {}
        self._made: dict[tuple[int, int], tuple[int, int]] = {}  # (start, end) -> (token id, rank)
        self._index_pretokens(pretokens, special or {})

    def _index_pretokens(self, pretokens: Sequence[bytes], special: Mapping[bytes, int]) -> None:
        start = 0
        for pretoken in pretokens:
            end = start + len(pretoken)
            if pretoken in special:
                self._vanished[start + 1 : end] = 0
                self._made[start, end] = (special[pretoken], 0)
            else:
                for place in range(start + 1, end):
                    self._before[place] = place - 1
                    self._inner[place] = True
                    self._remember(place - 1, place)
            start = end

    def extend(self, merges: Iterable[Merge]) -> None:
        """Apply further merges, in rank order, each to the whole text."""
        for merge in merges:
            assert merge.rank == self.n_merges + 1, f"merge {merge.rank} arrived after {self.n_merges} merges"
            self.n_merges = merge.rank
            if places := self._places.pop((merge.left_id, merge.right_id), None):
                self._apply(merge, sorted(places))

    def _apply(self, merge: Merge, places: list[int]) -> None:
        """Join the pair wherever it still stands, from left to right, as in `aaa` -> `aa` `a`."""
        for left in places:
            right = self._ends[left]
            if self._stands(left, right, merge):
                self._join(left, right, merge)

    def _stands(self, left: int, right: int, merge: Merge) -> bool:
        """Whether the pair is still at a remembered place: one before it may have taken either part away."""
        if not self._inner[right] or self._vanished[left] <= self.n_merges:
            return False
        return self._ids[left] == merge.left_id and self._ids[right] == merge.right_id

    def _join(self, left: int, right: int, merge: Merge) -> None:
        end = self._ends[right]
        self._vanished[right] = merge.rank
        self._made[left, end] = (merge.token_id, merge.rank)
        self._ids[left], self._ends[left] = merge.token_id, end
        if self._before[left] != NONE:
            self._remember(self._before[left], left)
        if self._inner[end]:
            self._before[end] = left
            self._remember(left, end)

    def _remember(self, left: int, right: int) -> None:
        self._places.setdefault((self._ids[left], self._ids[right]), []).append(left)

    def pieces(self, n_merges: int) -> tuple[PieceRef, ...]:
        """The text as cut by the first `n_merges` merges (0 to those received), in the order of the text."""
        assert 0 <= n_merges <= self.n_merges, f"{n_merges} of {self.n_merges} merges"
        starts = np.flatnonzero(self._vanished > n_merges).tolist()
        return tuple(self._piece(start, end) for start, end in pairwise([*starts, len(self.text)]))

    def _piece(self, start: int, end: int) -> PieceRef:
        made = self._made.get((start, end))
        return PieceRef(start, end, *made) if made else PieceRef(start, end, self.text[start])
