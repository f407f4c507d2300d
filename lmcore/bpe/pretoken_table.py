"""Which different pre-tokens does a corpus have, and how often? The table that a counting thread fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from lmcore.bpe import rows, table_kernels, tally
from lmcore.bpe.characters import class_table
from lmcore.bpe.cuts import CAPACITY
from lmcore.bpe.machine import Bytes, Ints, Words
from lmcore.bpe.specials import Specials

_FIRST_BITS: Final = 12
_LARGE_BITS: Final = 20  # from here on a table is doubled instead of quadrupled
_FIRST_ARENA: Final = 1 << 15
_ABSORBED: Final = 1 << 17  # rows taken over or exported at a time


@dataclass(frozen=True)
class Pretokens:
    """Different pre-tokens with their counts, in no particular order.

    Pre-token i is `blob[offsets[i] : offsets[i + 1]]` and occurs `counts[i]` times; shapes (bytes,), (n + 1,), (n,).
    """

    blob: Bytes
    offsets: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def empty(cls, words: int, size: int) -> "Pretokens":
        """Arrays for so many words of `size` bytes together, to be filled."""
        return cls(np.empty(size, np.uint8), np.zeros(words + 1, np.int64), np.empty(words, np.int64))

    def invalid_bytes(self) -> int:
        """How many bytes of the corpus are not UTF-8; no character reaches across a pre-token's end."""
        return int(tally.sum_invalid(self.blob, self.offsets, self.counts))


class PretokenTable:
    """Counts the pre-tokens of spans of text; used by one thread at a time."""

    def __init__(self) -> None:
        self._bits = _FIRST_BITS
        self._rows: Words = np.zeros(4 << self._bits, np.uint64)
        self._arena: Bytes = np.empty(_FIRST_ARENA, np.uint8)
        self._state: Ints = np.zeros(rows.STATE_SIZE, np.int64)
        self._starts: Ints = np.empty(CAPACITY, np.int64)
        self._masks: Words = np.empty(2, np.uint64)
        self._pending: Words = np.empty(4 * tally.PENDING, np.uint64)

    def __len__(self) -> int:
        return int(self._state[rows.ENTRIES])

    @property
    def pretokens(self) -> int:
        """All pre-tokens counted, repetitions included."""
        return int(self._state[rows.PRETOKENS])

    @property
    def pretoken_bytes(self) -> int:
        """The bytes of all pre-tokens counted; special tokens are not among them."""
        return int(self._state[rows.PRETOKEN_BYTES])

    @property
    def special_tokens(self) -> int:
        """The special tokens met."""
        return int(self._state[rows.SPECIALS])

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._rows.nbytes + self._arena.nbytes

    def count(self, kind: int, data: Bytes, bounds: Ints, specials: Specials) -> int | None:
        """Counts texts `data[bounds[i] : bounds[i + 1]]`, which lie one behind the other.

        Gives the place of the first new pre-token that is not UTF-8, if there is one. `data` must be read-only, as
        `numpy.frombuffer` of bytes is: kernels are compiled for that.
        """
        self._state[rows.FIRST_INVALID] = -1
        text, position = 0, int(bounds[0])
        while text < len(bounds) - 1:
            text, position = tally.count_texts(
                kind, data, bounds, text, position, class_table(), *specials, self._rows, np.uint64(64 - self._bits),
                self._arena, self._state, self._starts, self._masks, self._pending,
            )  # fmt: skip
            if text < len(bounds) - 1:
                self._grow(int(bounds[text + 1]) - position)
        first = int(self._state[rows.FIRST_INVALID])
        return first if first >= 0 else None

    def note_special(self) -> None:
        """Counts a special token that someone else split off."""
        self._state[rows.SPECIALS] += 1

    def add_counts(self, counts: Mapping[bytes, int]) -> None:
        """Adds pre-tokens that someone else cut, with their counts."""
        blob = np.frombuffer(b"".join(counts), np.uint8)
        offsets = np.cumsum([0, *map(len, counts)])
        amounts = np.fromiter(counts.values(), np.int64, len(counts))
        self._make_room(len(counts), len(blob))
        table_kernels.add_pretokens(
            blob, offsets, amounts, self._rows, np.uint64(64 - self._bits), self._arena, self._state
        )  # fmt: skip
        self._state[rows.PRETOKENS] += int(amounts.sum())
        self._state[rows.PRETOKEN_BYTES] += int((amounts * np.diff(offsets)).sum())

    def absorb(self, other: "PretokenTable") -> Iterator[None]:
        """Adds every count of another table; comes up for air every few milliseconds."""
        self._make_room(len(other), int(other._state[rows.ARENA_USED]))
        size = len(other._rows) // 4
        for begin in range(0, size, _ABSORBED):
            table_kernels.absorb(
                other._rows, other._arena, begin, min(begin + _ABSORBED, size), self._rows,
                np.uint64(64 - self._bits), self._arena, self._state,
            )  # fmt: skip
            yield
        for place in (rows.PRETOKENS, rows.SPECIALS, rows.PRETOKEN_BYTES):
            self._state[place] += other._state[place]

    def room(self) -> Pretokens:
        """Arrays of exactly the size that `export` fills."""
        return Pretokens.empty(len(self), int(self._rows[2::4].sum()))

    def export(self, words: Pretokens) -> Iterator[None]:
        """Writes all pre-tokens with their counts into `words`; comes up for air every few milliseconds."""
        size, made = len(self._rows) // 4, 0
        for begin in range(0, size, _ABSORBED):
            end = min(begin + _ABSORBED, size)
            made = table_kernels.export(
                self._rows, self._arena, begin, end, words.blob, words.offsets, words.counts, made
            )
            yield

    def _grow(self, text: int) -> None:
        """Room for more: of rows or of long bytes, whichever a kernel stopped for."""
        if len(self) + CAPACITY > rows.most_entries(len(self._rows) // 4):
            self._resize(self._bits + (1 if self._bits >= _LARGE_BITS else 2))
        else:
            self._extend_arena(min(text, len(self._arena)))

    def _make_room(self, entries: int, long_bytes: int) -> None:
        bits = self._bits
        while len(self) + entries > rows.most_entries(1 << bits):
            bits += 1
        if bits > self._bits:
            self._resize(bits)
        if self._state[rows.ARENA_USED] + long_bytes > len(self._arena):
            self._extend_arena(long_bytes)

    def _resize(self, bits: int) -> None:
        larger: Words = np.zeros(4 << bits, np.uint64)
        table_kernels.move_rows(self._rows, larger, np.uint64(64 - bits))
        self._bits, self._rows = bits, larger

    def _extend_arena(self, needed: int) -> None:
        used = int(self._state[rows.ARENA_USED])
        larger = np.empty(max(2 * len(self._arena), used + needed), np.uint8)
        larger[:used] = self._arena[:used]
        self._arena = larger
