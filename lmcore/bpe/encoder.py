"""What turns bytes into ids? A pattern, tokens that are split off, merges, and a worker for each thread in use."""

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from lmcore.bpe.characters import class_table
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.cuts import CAPACITY, cut
from lmcore.bpe.encode_worker import Worker
from lmcore.bpe.machine import Bytes, Ints
from lmcore.bpe.merge_ranks import Ranks, Tokens
from lmcore.bpe.patterns import Pattern, pieces
from lmcore.bpe.special_ids import SpecialIds, next_special, special_at
from lmcore.errors import TokenizerError

NO_INTS: Final = np.empty(0, np.int64)


class Encoder:
    """Encodes from any number of threads at once; `added` are the tokens that are split off even without specials."""

    def __init__(self, pattern: Pattern, ranks: Ranks, specials: SpecialIds, added: SpecialIds) -> None:
        self.pattern = pattern
        self.ranks = ranks
        self._specials = specials
        self._added = added
        self._compiled = pattern.compile() if pattern.kind == CUSTOM else None
        self._idle: deque[Worker] = deque()

    @cached_property
    def numbers(self) -> npt.NDArray[np.object_]:
        """Every id as one Python number: lists that share them take a fifth of the memory, and less time."""
        highest = max(int(ids.max(initial=0)) for ids in (self.ranks.ids, self._specials.ids))
        return np.array(range(highest + 1), dtype=object)

    def limited(self, merges: int) -> "Encoder":
        """The same with the first so many merges alone."""
        limit = min(merges, self.ranks.limit)
        return Encoder(self.pattern, self.ranks._replace(limit=limit), self._specials, self._added)

    def split_off(self, specials: bool) -> SpecialIds:
        """The tokens that are split off first: all of them, or those alone that are not special."""
        return self._specials if specials else self._added

    def encode(self, data: Bytes, bounds: Ints, out: Tokens, ends: Ints, specials: bool) -> int:
        """Writes the ids of texts `data[bounds[i] : bounds[i + 1]]` to `out`, their ends to `ends`; how many ids.

        `out` has room for an id a byte and one more.
        """
        given = self._given(data, bounds, specials) if self._compiled else NO_INTS
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = Worker(len(data))
        made = worker.encode(self.pattern, self.ranks, self.split_off(specials), data, bounds, given, out, ends)
        self._idle.append(worker)
        return made

    def segments(self, data: Bytes, start: int, limit: int, specials: bool) -> Iterator[tuple[int, int, int]]:
        """The stretches of `data[start:limit]` between tokens that are split off, and these: start, end, id or -1."""
        wanted = self.split_off(specials)
        while start < limit:
            end = next_special(data, len(data), start, limit, wanted)
            if end > start:
                yield start, end, -1
            start = end
            if end < limit:
                token = special_at(data, end, limit, wanted)
                start += int(wanted.offsets[token + 1] - wanted.offsets[token])
                yield end, start, int(wanted.ids[token])

    def ends(self, data: Bytes, start: int, end: int) -> Ints:
        """Where the pre-tokens of `data[start:end]` end, in which nothing is to be split off."""
        if self._compiled:
            return self._matches(data, start, end)
        starts, masks = np.empty(CAPACITY, np.int64), np.empty(2, np.uint64)
        found = [NO_INTS]
        while start < end:
            count = cut(self.pattern.kind, data, len(data), start, end, class_table(), starts, masks)
            found.append(starts[1:count].copy())
            start = int(starts[count - 1])
        return np.concatenate(found)

    def _matches(self, data: Bytes, start: int, end: int) -> Ints:
        assert self._compiled is not None
        text = data[start:end].tobytes().decode("utf-8", "surrogateescape")
        try:
            lengths = [len(piece.encode("utf-8", "surrogateescape")) for piece in pieces(self._compiled, text)]
        except TimeoutError as error:
            raise TokenizerError(
                "The pre-token pattern tries too many ways to match this text; write it without nested repetitions "
                "such as (a+)+."
            ) from error
        return start + np.cumsum(np.array(lengths, np.int64))

    def _given(self, data: Bytes, bounds: Ints, specials: bool) -> Ints:
        found = [NO_INTS]
        for begin, limit in pairwise(bounds.tolist()):
            for start, end, token_id in self.segments(data, begin, limit, specials):
                if token_id < 0:
                    found.append(self._matches(data, start, end))
        return np.concatenate(found)
