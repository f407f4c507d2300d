"""How do tests drive the engine? Small ways to run its kernels and generators on bytes instead of files."""

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from lmcore.bpe.characters import class_table
from lmcore.bpe.choices import TieRule
from lmcore.bpe.counting import Counts, count_corpus
from lmcore.bpe.cuts import CAPACITY, cut
from lmcore.bpe.events import Event, Merge, Merges
from lmcore.bpe.machine import JIT, Ints
from lmcore.bpe.merging import Merger
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS, find_pattern
from lmcore.bpe.pretoken_table import Pretokens
from lmcore.bpe.scanner import next_end
from lmcore.bpe.sources import find_sources
from lmcore.bpe.training import Training, train

Yielded = TypeVar("Yielded")
Result = TypeVar("Result")

NAMES: Final = tuple(EXPRESSIONS)
DECLARATION: Final = Path(__file__).parent / "data" / "declaration_in_many_scripts.txt"


def at_most(compiled: int, interpreted: int) -> int:
    """A size of a test: the first where kernels are compiled, the second where they run as Python."""
    return compiled if JIT else interpreted


def finish(work: Generator[Yielded, None, Result]) -> tuple[list[Yielded], Result]:
    """Everything that a generator yields, and what it returns."""
    yielded = []
    while True:
        try:
            yielded.append(next(work))
        except StopIteration as end:
            return yielded, end.value


def scan(name: str, data: bytes, start: int = 0, limit: int | None = None) -> list[int]:
    """The ends of the pre-tokens of `data[start:limit]` by the scanner."""
    array, end = np.frombuffer(data, np.uint8), len(data) if limit is None else limit
    kind, classes, ends = find_pattern(name).kind, class_table(), []
    while start < end:
        start = next_end(kind, array, start, end, classes)
        ends.append(start)
    return ends


def cut_ends(name: str, data: bytes, start: int = 0, limit: int | None = None) -> Ints:
    """The same by the masks."""
    array, end = np.frombuffer(data, np.uint8), len(data) if limit is None else limit
    kind, classes, starts, masks = (
        find_pattern(name).kind,
        class_table(),
        np.empty(CAPACITY, np.int64),
        np.empty(2, np.uint64),
    )
    found = []
    while start < end:
        count = cut(kind, array, len(array), start, end, classes, starts, masks)
        assert count >= 2
        assert starts[0] == start
        found.append(starts[1:count].copy())
        start = int(starts[count - 1])
    return np.concatenate(found) if found else np.empty(0, np.int64)


def as_counter(words: Pretokens) -> Counter[bytes]:
    """Pre-tokens with their counts; each must be there once."""
    blob, offsets = words.blob.tobytes(), words.offsets.tolist()
    keys = [blob[start:end] for start, end in pairwise(offsets)]
    assert len(set(keys)) == len(keys)
    return Counter(dict(zip(keys, words.counts.tolist(), strict=True)))


def as_pretokens(words: Mapping[bytes, int]) -> Pretokens:
    """The opposite."""
    blob = np.frombuffer(b"".join(words), np.uint8)
    return Pretokens(blob, np.cumsum([0, *map(len, words)]), np.array(list(words.values()), np.int64))


def count_files(
    paths: Sequence[Path], pattern: str = "gpt2", special_tokens: Sequence[str] = (), threads: int | None = None
) -> Counts:
    """What the files of a corpus consist of."""
    return finish(count_corpus(find_sources(paths), find_pattern(pattern), special_tokens, threads=threads))[1]


def merge_words(
    words: Mapping[bytes, int], merges: int, tie: TieRule = TieRule.GREATER_BYTES, threshold: int | None = None
) -> list[Merge]:
    """Merges counted words into so many new tokens; `threshold` overrides where pairs begin to be followed."""
    merger = Merger(as_pretokens(words), 256 + merges, 0, tie)
    if threshold is not None:
        merger._threshold = threshold
    made: list[Merge] = []
    for _ in merger.run():
        made += merger.new_merges()
    return [*made, *merger.new_merges()]


def train_files(paths: Sequence[Path], options: Options) -> tuple[list[Event], Training]:
    """A whole training without a store."""
    return finish(train(paths, options))


def merges_of(events: Iterable[Event]) -> list[Merge]:
    """The merges that the events tell of, in order."""
    return [merge for event in events if isinstance(event, Merges) for merge in event.merges]
