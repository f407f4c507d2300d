"""Which tokens hold these bytes? A search over one array of all tokens, a few comparisons of whole arrays.

Haystack.of([b"the", b"other", b"hat"]).rows_with(b"th")  ->  rows 0 and 1
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Bytes, Ints


class Haystack:
    """Byte strings laid end to end; a match never reaches from one into the next."""

    def __init__(self, data: Bytes, offsets: Ints) -> None:
        self._data = data
        self._ends = offsets[1:]
        self._rows = np.repeat(np.arange(len(offsets) - 1, dtype=np.int32), np.diff(offsets))
        self._frequency = np.bincount(data, minlength=256)

    @classmethod
    def of(cls, strings: Sequence[bytes]) -> "Haystack":
        """Lay these strings end to end."""
        lengths = np.fromiter(map(len, strings), np.int64, len(strings))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return cls(np.frombuffer(b"".join(strings), np.uint8), offsets)

    def rows_with(self, needle: bytes, high_half: int | None = None) -> Bools:
        """Which strings hold `needle`; with `high_half` (0 to 15) also a byte behind it that begins with these bits.

        Shape (strings,). The empty needle is in every string.
        """
        found = np.zeros(len(self._ends), bool)
        size = len(needle) + (high_half is not None)
        if size == 0:
            return ~found
        if size <= len(self._data):
            starts = self._starts(needle, high_half, size)
            rows = self._rows[starts]
            found[rows[starts + size <= self._ends[rows]]] = True
        return found

    def _starts(self, needle: bytes, high_half: int | None, size: int) -> Ints:
        """Where the needle stands, also across the borders: the rarest byte is looked for first."""
        last = len(self._data) - size + 1
        order = sorted(range(len(needle)), key=lambda place: int(self._frequency[needle[place]]))
        starts: Ints | None = None
        for place in order:
            if starts is None:
                starts = np.flatnonzero(self._data[place : place + last] == needle[place])
            else:
                starts = starts[self._data[starts + place] == needle[place]]
        if high_half is not None:
            if starts is None:
                return np.flatnonzero(self._data[:last] >> 4 == high_half)
            starts = starts[self._data[starts + len(needle)] >> 4 == high_half]
        assert starts is not None
        return starts


class Lines:
    """All texts in one, a line each. Those that hold a line end themselves are left out: `broken` are their rows."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.broken = np.array([row for row, text in enumerate(texts) if "\n" in text], np.int64)
        kept = list(texts)
        for row in self.broken.tolist():
            kept[row] = ""
        lengths = np.fromiter(map(len, kept), np.int64, len(kept))
        self._ends = np.cumsum(lengths + 1) - 1
        self.text = "\n".join(kept)

    def parts(self, lines: int) -> Iterator[slice]:
        """Parts of the text of so many whole lines, one after the other."""
        start = 0
        for end in [*self._ends[lines - 1 : -1 : lines].tolist(), len(self.text)]:
            yield slice(start, end)
            start = end + 1

    def rows_at(self, places: Ints) -> Ints:
        """The rows of these places in the text; a line's end belongs to the line."""
        return np.searchsorted(self._ends, places)


def fold(texts: Iterable[str]) -> list[bytes]:
    """The texts without differences of case, as UTF-8: what is searched, and what is searched for."""
    return [text.casefold().encode() for text in texts]
