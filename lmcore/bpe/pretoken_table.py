"""Which different pre-tokens does a corpus have, and how often? The table that a counting thread fills."""

from collections.abc import Generator, Iterator, Mapping
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
_RANGE: Final = 1 << 17  # rows moved, taken over or exported at a time


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

    def note_specials(self, number: int = 1) -> None:
        """Counts special tokens that someone else split off."""
        self._state[rows.SPECIALS] += number

    def add_counts(self, counts: Mapping[bytes, int]) -> None:
        """Adds pre-tokens that someone else cut, with their counts."""
        blob = np.frombuffer(b"".join(counts), np.uint8)
        offsets = np.cumsum([0, *map(len, counts)])
        self.add(Pretokens(blob, offsets, np.fromiter(counts.values(), np.int64, len(counts))))

    def add(self, words: Pretokens) -> None:
        """Adds counted pre-tokens, whose blob is read-only."""
        for _ in self.make_room(len(words), len(words.blob)):
            pass
        table_kernels.add_pretokens(
            words.blob, words.offsets, words.counts, self._rows, np.uint64(64 - self._bits), self._arena, self._state
        )  # fmt: skip
        self._state[rows.PRETOKENS] += int(words.counts.sum())
        self._state[rows.PRETOKEN_BYTES] += int((words.counts * np.diff(words.offsets)).sum())

    def absorb(self, other: "PretokenTable") -> Generator[None, None, None]:
        """Adds every count of another table; comes up for air every few milliseconds."""
        yield from self.make_room(self._new_in(other), int(other._state[rows.ARENA_USED]))
        for begin, end in other._ranges():
            yield from self.make_room(other._entries(begin, end))
            table_kernels.absorb(
                other._rows, other._arena, begin, end, self._rows,
                np.uint64(64 - self._bits), self._arena, self._state,
            )  # fmt: skip
            yield
        for place in (rows.PRETOKENS, rows.SPECIALS, rows.PRETOKEN_BYTES):
            self._state[place] += other._state[place]

    def export(self) -> Generator[None, None, Pretokens]:
        """All pre-tokens with their counts; comes up for air every few milliseconds."""
        size = made = 0
        for begin, end in self._ranges():
            size += int(self._rows[4 * begin + 2 : 4 * end : 4].sum())
            yield
        words = Pretokens.empty(len(self), size)
        for begin, end in self._ranges():
            made = table_kernels.export(
                self._rows, self._arena, begin, end, words.blob, words.offsets, words.counts, made
            )
            yield
        return words

    def slices(self) -> Iterator[Pretokens]:
        """All pre-tokens with their counts, as many at a time as take a few milliseconds."""
        for begin, end in self._ranges():
            lengths = self._rows[4 * begin + 2 : 4 * end : 4]
            words = Pretokens.empty(self._entries(begin, end), int(lengths.sum()))
            table_kernels.export(self._rows, self._arena, begin, end, words.blob, words.offsets, words.counts, 0)
            yield words

    def _grow(self, text: int) -> None:
        """Room for more: of rows or of long bytes, whichever a kernel stopped for."""
        if len(self) + CAPACITY > rows.most_entries(len(self._rows) // 4):
            for _ in self._resize(self._bits + (1 if self._bits >= _LARGE_BITS else 2)):
                pass
        else:
            self._extend_arena(min(text, len(self._arena)))

    def _new_in(self, other: "PretokenTable") -> int:
        """About how many pre-tokens only the other table has, by its first rows: hashes have mixed them."""
        begin, end = next(other._ranges())
        missing = table_kernels.count_missing(
            other._rows, other._arena, begin, end, self._rows, np.uint64(64 - self._bits), self._arena
        )
        return int(missing) * len(other) // max(1, other._entries(begin, end))

    def _entries(self, begin: int, end: int) -> int:
        """How many of the rows are taken."""
        return int(np.count_nonzero(self._rows[4 * begin + 2 : 4 * end : 4]))

    def _ranges(self) -> Iterator[tuple[int, int]]:
        """The rows, as many at a time as take a few milliseconds."""
        size = len(self._rows) // 4
        for begin in range(0, size, _RANGE):
            yield begin, min(begin + _RANGE, size)

    def make_room(self, entries: int, long_bytes: int = 0) -> Iterator[None]:
        """Room for so many more pre-tokens and bytes of long ones; comes up for air every few milliseconds.

        To be called before the slices of other tables are added: they come in the order of their hashes, and would
        crowd in the first rows of a table that is still small.
        """
        bits = self._bits
        while len(self) + entries > rows.most_entries(1 << bits):
            bits += 1
        if bits > self._bits:
            yield from self._resize(bits)
        if self._state[rows.ARENA_USED] + long_bytes > len(self._arena):
            self._extend_arena(long_bytes)

    def _resize(self, bits: int) -> Iterator[None]:
        larger: Words = np.zeros(4 << bits, np.uint64)
        for begin, end in self._ranges():
            table_kernels.move_rows(self._rows, begin, end, larger, np.uint64(64 - bits))
            yield
        self._bits, self._rows = bits, larger

    def _extend_arena(self, needed: int) -> None:
        used = int(self._state[rows.ARENA_USED])
        larger = np.empty(max(2 * len(self._arena), used + needed), np.uint8)
        larger[:used] = self._arena[:used]
        self._arena = larger
