"""How do counted pre-tokens become a vocabulary? The merges of byte-pair encoding, a slice of work at a time.

The algorithm is the course's: in each round the most frequent pair of neighbouring tokens, counted over all
pre-tokens, becomes a token; a rule decides between equal counts. The loop itself is in `merge_kernels`; here is what
it needs around it: room that grows, and the threshold below which pairs need not be followed.
"""

from collections.abc import Generator, Iterator
from typing import Final

import numpy as np
import psutil

from lmcore.bpe import merge_room, merge_state, pair_kernels
from lmcore.bpe.choices import TieRule
from lmcore.bpe.events import Merge
from lmcore.bpe.machine import Ids, Ints, Words
from lmcore.bpe.merge_kernels import merge_some
from lmcore.bpe.merge_state import Corpus
from lmcore.bpe.pretoken_table import Pretokens
from lmcore.errors import LmError

_BUDGET: Final = 400_000  # places looked at in one call: about 10 ms
_RANGE: Final = 250_000  # bytes of words laid out or counted in one call: likewise
_LARGEST: Final = (1 << 31) - 1
_FIRST_ROWS: Final = 1 << 14
_TAIL: Final = 16
_BYTES_PER_CELL: Final = 40  # of memory for each byte of the words: cells, places, and the places of one merge


class Merger:
    """The state of one training's merges: `run()` works, `new_merges()` gives what it made since the last call.

    `vocab_size` counts bytes, special tokens and merged tokens. Ids: bytes 0 to 255, then the special tokens, then
    the tokens in the order of their merges.
    """

    def __init__(self, words: Pretokens, vocab_size: int, special_tokens: int, tie: TieRule) -> None:
        self._words = words
        self._vocab_size = vocab_size
        self._specials = special_tokens
        self._tie = merge_state.GREATER_BYTES if tie is TieRule.GREATER_BYTES else merge_state.LOWEST_IDS
        self._state: Ints = np.zeros(merge_state.STATE_SIZE, np.int64)
        self._state[merge_state.CURRENT] = -1
        self._tokens = merge_room.first_tokens(special_tokens, vocab_size, self._state)
        self._scratch = merge_room.first_scratch(vocab_size)
        self._record = merge_room.first_record(vocab_size)
        self._pairs = merge_room.empty_pairs(2)
        self._pool: Ids = np.empty(0, np.int32)
        self._bytes = int((words.counts * np.diff(words.offsets)).sum())
        self._state[merge_state.CORPUS_TOKENS] = self._bytes
        self._threshold = max(1, int(words.counts.sum()) // (_TAIL * vocab_size))
        self._given = 0
        self.recounts = 0

    @property
    def made(self) -> int:
        """How many merges were begun, each for a token of its own."""
        return int(self._state[merge_state.MERGES])

    def token(self, token_id: int) -> bytes:
        """The bytes of a token that is a byte or was made by a merge."""
        offsets = self._tokens.offsets
        return self._tokens.blob[offsets[token_id] : offsets[token_id + 1]].tobytes()

    def run(self) -> Iterator[None]:
        """Merges until the vocabulary is full or no pair is left; comes up for air every 20 ms or so."""
        corpus = yield from self._lay_out()
        yield from self._recount(corpus)
        while True:
            reason = merge_some(
                corpus, self._tokens, self._pairs, self._scratch, self._record, self._state, self._pool,
                self._tie, self._threshold, self._vocab_size, _BUDGET,
            )  # fmt: skip
            if reason == merge_state.ENOUGH:
                return
            if reason == merge_state.RECOUNT:
                if self._threshold == 1:
                    return
                self._threshold = max(1, self._threshold // 4)
                yield from self._recount(corpus)
            elif reason != merge_state.BUDGET_SPENT:
                self._make_room(reason)
            yield

    def new_merges(self) -> tuple[Merge, ...]:
        """The merges that are whole and were not given before, in order."""
        done = self.made - (self._state[merge_state.CURRENT] >= 0)
        record, first = self._record, self._given
        self._given = max(int(done), first)
        columns = (column[first : self._given].tolist() for column in record)
        before = 255 + self._specials
        return tuple(
            Merge(
                rank,
                left,
                right,
                before + rank,
                self.token(left),
                self.token(right),
                count,
                self._bytes / corpus_tokens,
            )
            for rank, (left, right, count, corpus_tokens) in enumerate(zip(*columns, strict=True), first + 1)
        )

    def _lay_out(self) -> Generator[None, None, Corpus]:
        """Writes the words into cells, the most frequent first: what is read most lies together."""
        words = self._words
        order = np.argsort(-words.counts, kind="stable")
        lengths = np.diff(words.offsets)[order]
        order = order[lengths > 1]
        lengths = lengths[lengths > 1]
        size = int(lengths.sum()) + len(lengths) + 1
        if size > _LARGEST:
            raise LmError(
                f"The corpus has {size / 1e9:.1f} GB of different pre-tokens, more than the 2.1 GB that can be merged; "
                "take a smaller corpus or a pattern that cuts it into smaller pieces."
            )
        needed, free = _BYTES_PER_CELL * size, psutil.virtual_memory().available
        if needed > free:
            raise LmError(
                f"Merging {size / 1e6:,.0f} MB of different pre-tokens needs about {needed / 1e9:.1f} GB of memory, "
                f"and {free / 1e9:.1f} GB are free; take a smaller corpus or a pattern that cuts smaller pieces."
            )
        cells = np.empty(2 * size, np.int32)
        cells[:2] = merge_state.SEPARATOR
        step, place = max(1, _RANGE // 8), 1
        for begin in range(0, len(order), step):
            end = min(begin + step, len(order))
            place = pair_kernels.lay_out(words.blob, words.offsets, words.counts, order, begin, end, cells, place)
            yield
        weights = words.counts[order]
        return Corpus(cells, weights[weights > _LARGEST])

    def _recount(self, corpus: Corpus) -> Iterator[None]:
        """Counts all pairs and makes those live that reach the threshold."""
        self.recounts += 1
        rows = yield from self._count_pairs(corpus)
        frequent = int(pair_kernels.count_frequent(rows, self._threshold))
        self._pairs = merge_room.empty_pairs(merge_room.power_of_two(2 * frequent + 1024))
        self._state[merge_state.PAIRS] = self._state[merge_state.HEAP] = 0
        pair_kernels.take_pairs(rows, self._threshold, self._tokens, self._pairs, self._state, self._tie)
        del rows
        yield from self._visit(corpus, write=False)
        used = pair_kernels.allot_pool(self._pairs, self._state)
        self._pool = np.empty(2 * used, np.int32)
        yield from self._visit(corpus, write=True)

    def _count_pairs(self, corpus: Corpus) -> Generator[None, None, Words]:
        rows = merge_room.empty_rows(_FIRST_ROWS)
        place, used, end = 1, 0, len(corpus.cells) // 2
        while place < end:
            goal = min(place + _RANGE, end)
            place, used = pair_kernels.count_pairs(corpus, self._tokens.offsets, place, goal, rows, used)
            if place < goal:
                larger = merge_room.empty_rows(2 * len(rows))
                pair_kernels.move_pairs(rows, larger)
                rows = larger
            yield
        return rows

    def _visit(self, corpus: Corpus, write: bool) -> Iterator[None]:
        place, end = 1, len(corpus.cells) // 2
        while place < end:
            goal = min(place + 2 * _RANGE, end)
            place = pair_kernels.visit_places(corpus, self._tokens.offsets, self._pairs, place, goal, self._pool, write)
            yield

    def _make_room(self, reason: int) -> None:
        """More of what the loop came back for; the pair that it wants to merge is on top of the heap."""
        size = int(self._pairs.sizes[self._pairs.heap_pairs[0]])
        if reason == merge_state.MORE_PAIRS:
            self._pairs = merge_room.more_pairs(self._pairs, int(self._state[merge_state.PAIRS]) + 2 * size + 2)
        elif reason == merge_state.MORE_POOL:
            self._pool = merge_room.more_pool(self._pairs, self._state, self._pool, 2 * size, self._threshold)
        elif reason == merge_state.MORE_PLACES:
            self._scratch = merge_room.more_places(self._scratch, 2 * size)
        else:
            longest = int(np.diff(self._tokens.offsets).max())
            self._tokens = merge_room.more_bytes(self._tokens, len(self._tokens.blob) + 2 * longest)
