"""How does a tokenizer cut the part of a text that is seen? A window's pre-tokens and tokens, with their bytes.

A window is cut at places where the pattern cuts whatever stands around, so that it shows what the whole text would.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.safe_cuts import next_cut
from lmcore.bpe.special_ids import make_special_ids
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.text.lanes import Span

REACHES: Final = (256, 2048, 16_384)
"""Bytes before and behind a window in which a cut is looked for, the nearest first."""
SLICE: Final = 8_192
"""Bytes that are encoded between two events of a count."""
UNCUT: Final = 4_000_000
"""The most bytes without a safe cut that are encoded in one go."""


class TokenSpan(NamedTuple):
    """A token: its bytes `start` to `end`, and its id."""

    start: int
    end: int
    token_id: int


@dataclass(frozen=True)
class TokenWindow:
    """The pre-tokens and tokens of bytes `start` to `end` of a text."""

    start: int
    end: int
    pretokens: tuple[Span, ...]
    tokens: tuple[TokenSpan, ...]


@dataclass(frozen=True)
class TokenCounts:
    """How many pre-tokens and tokens a whole text has."""

    pretokens: int
    tokens: int


class Windows:
    """Windows of texts by one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        whole = tokenizer.added_ids | tokenizer.special_ids
        self._whole = make_special_ids(whole)
        self._longest = max((len(token.encode()) for token in whole), default=1)

    def window(self, data: bytes, start: int, end: int) -> TokenWindow | None:
        """The window with bytes `start` to `end`, and a little more; None where no safe cut is within reach."""
        first, last = self.cut_before(data, start), self.cut_behind(data, end)
        return None if first is None or last is None else self.cut(data[first:last], first)

    def cut(self, part: bytes, offset: int = 0) -> TokenWindow:
        """The pre-tokens and tokens of a part that can be cut alone; `offset` is where it begins in the text."""
        pretokens = [len(piece) for piece in self.tokenizer.pretokens(part)]
        ids = self.tokenizer.encode_bytes(part)
        sizes = [len(self.tokenizer.vocab[token_id]) for token_id in ids]
        tokens = [TokenSpan(*span, token_id) for span, token_id in zip(_spans(sizes, offset), ids, strict=True)]
        return TokenWindow(offset, offset + len(part), tuple(_spans(pretokens, offset)), tuple(tokens))

    def count(self, data: bytes) -> Generator[float, None, TokenCounts | None]:
        """Count all of a text, part by part; None where too much of it has no safe cut. Yields the share done."""
        pretokens = tokens = start = 0
        while start < len(data):
            yield start / len(data)
            end = self._part_end(data, start)
            if end is None:
                return None
            pretokens += len(self.tokenizer.pretokens(data[start:end]))
            tokens += len(self.tokenizer.encode_bytes(data[start:end]))
            start = end
        yield 1.0
        return TokenCounts(pretokens, tokens)

    def cut_before(self, data: bytes, place: int) -> int | None:
        """A safe cut at or before `place`; None if none is within reach."""
        for reach in REACHES:
            if place <= reach:
                return 0
            low = place - reach
            found = self._first_cut(data, low, low + self._longest + 4, place + self._longest + 4)
            if found is not None and found <= place:
                return found
        return None

    def cut_behind(self, data: bytes, place: int, reaches: Sequence[int] = REACHES) -> int | None:
        """A safe cut at or behind `place`, or the end of the text; None if neither is within reach."""
        for reach in reaches:
            if place + reach >= len(data):
                return len(data)
            found = self._first_cut(data, max(0, place - self._longest - 4), place, place + reach)
            if found is not None:
                return found
        return None

    def _part_end(self, data: bytes, start: int) -> int | None:
        return self.cut_behind(data, start + SLICE, (*REACHES, UNCUT))

    def _first_cut(self, data: bytes, low: int, place: int, high: int) -> int | None:
        """The first cut behind `place` in bytes `low` to `high`; None if there is none."""
        part = np.frombuffer(data[low:high], np.uint8)
        found = low + next_cut(self.tokenizer.pattern.kind, part, max(1, place - low), self._whole)
        return found if found < min(high, len(data)) else None


def _spans(sizes: Sequence[int], offset: int) -> list[Span]:
    """Ranges of these sizes side by side: _spans([1, 2], 5) -> [(5, 6), (6, 8)]."""
    ends = np.cumsum(np.array(sizes, np.int64)) + offset
    starts = ends - np.array(sizes, np.int64)
    return [Span(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
