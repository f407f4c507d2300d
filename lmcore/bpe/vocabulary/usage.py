"""How often does a corpus use each token, and in which company? Counts over all of it, contexts from its beginning."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import Vocabulary

if TYPE_CHECKING:
    from lmcore.bpe.sources import Source
    from lmcore.bpe.tokenizer import Tokenizer

KEPT: Final = 8_000_000
"""Bytes of the corpus that contexts are taken from."""
PIECE: Final = 262_144
"""Bytes that are encoded at a time; they are cut where every pattern cuts."""
CONTEXT: Final = 48  # bytes before and behind a token that are shown


@dataclass(frozen=True)
class UsageProgress:
    """How far the counting is; `total` is in bytes on the disk, `done` as well."""

    done: int
    total: int
    text_bytes: int
    seconds: float


class Context(NamedTuple):
    """A token where it stands in the corpus, `place` bytes from its beginning."""

    before: bytes
    token: bytes
    behind: bytes
    place: int


@dataclass(frozen=True, eq=False)
class Usage:
    """What a corpus makes of a vocabulary. `counts` has one entry a row; the other arrays are of the part kept."""

    name: str
    counts: Ints
    text_bytes: int
    tokens: int
    documents: int
    kept: bytes
    ids: npt.NDArray[np.uint32]
    starts: Ints

    def contexts(self, token_id: int, length: int, most: int) -> list[Context]:
        """Up to `most` places of a token of `length` bytes, spread over the part of the corpus that was kept."""
        places = np.flatnonzero(self.ids == token_id)
        if len(places) > most:
            places = places[np.linspace(0, len(places) - 1, most).astype(np.int64)]
        return [self._context(int(self.starts[place]), length) for place in places.tolist()]

    def _context(self, start: int, length: int) -> Context:
        end = start + length
        before = self.kept[max(0, start - CONTEXT) : start]
        return Context(before, self.kept[start:end], self.kept[end : end + CONTEXT], start)


def count_usage(
    tokenizer: "Tokenizer", vocabulary: Vocabulary, paths: Sequence[Path], name: str = ""
) -> Generator[UsageProgress, None, Usage]:
    """Encodes a corpus and counts its tokens. Raises `CorpusError` where a file cannot be read."""
    from lmcore.bpe.sources import find_sources

    sources = find_sources(paths)
    counter = _Counter(tokenizer, vocabulary)
    began, total, read = time.perf_counter(), sum(source.size for source in sources), 0
    for source in sources:
        disk = 0
        for piece, disk in _pieces(tokenizer, source):
            counter.add(piece)
            yield UsageProgress(read + disk, total, counter.text_bytes, time.perf_counter() - began)
        read += max(disk, source.size)
    return counter.usage(name or name_of(paths))


def name_of(paths: Sequence[Path]) -> str:
    """What to call a corpus: its first file without its endings, and how many more there are."""
    first = paths[0].absolute().name.lstrip(".").split(".")[0] or paths[0].name
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def _pieces(tokenizer: "Tokenizer", source: "Source") -> "Generator[tuple[bytes, int], None, None]":
    """Pieces of a source with the bytes of the file read so far."""
    from lmcore.bpe.options import Options
    from lmcore.bpe.readers import blocks, make_cutter
    from lmcore.bpe.specials import prepare_specials

    cutter = make_cutter(tokenizer.pattern, prepare_specials(tokenizer.special_tokens))
    for block in blocks(source, cutter, Options().text_field, True):
        for begin, end in zip(block.bounds[:-1].tolist(), block.bounds[1:].tolist(), strict=True):
            text, start = block.data[begin:end], 0
            while start < len(text):
                stop = cutter(text, start + PIECE) if start + PIECE < len(text) else len(text)
                yield text[start:stop].tobytes(), block.end.disk
                start = stop


class _Counter:
    """Counts tokens piece by piece, and keeps the first pieces for contexts."""

    def __init__(self, tokenizer: "Tokenizer", vocabulary: Vocabulary) -> None:
        self._tokenizer, self._vocabulary = tokenizer, vocabulary
        self._counts = np.zeros(int(vocabulary.ids[-1]) + 1, np.int64)
        self._kept: list[bytes] = []
        self._ids: list[npt.NDArray[np.uint32]] = []
        self.text_bytes = 0

    def add(self, piece: bytes) -> None:
        """Further text."""
        ids = self._tokenizer.encode_array(piece, threads=1)
        self._counts += np.bincount(ids, minlength=len(self._counts))
        if self.text_bytes < KEPT:
            self._kept.append(piece)
            self._ids.append(ids)
        self.text_bytes += len(piece)

    def usage(self, name: str) -> Usage:
        """What came of it."""
        known = self._vocabulary
        ids = np.concatenate([np.zeros(0, np.uint32), *self._ids])
        lengths = known.lengths[known.rows_of_ids(ids)]
        counts = self._counts[known.ids]
        documents = 1 + int(counts[known.special].max(initial=0))
        starts = np.cumsum(lengths) - lengths
        kept = b"".join(self._kept)
        return Usage(name, counts, self.text_bytes, int(counts.sum()), documents, kept, ids, starts)
