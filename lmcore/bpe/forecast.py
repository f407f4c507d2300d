"""How long will a training take, and how much memory? Measured on a sample of the corpus, before the start.

Where the counts of the corpus are kept, nothing is counted: then only merging is forecast, and the numbers of
pre-tokens are exact. Else counting is expected to go on on as many threads as there are, a little slower than on the
sample, and the number of different pre-tokens comes from `growth`. Merging takes some time a merge, and a little less
for each byte of theirs than for those of the sample.
"""

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.compiling import load_kernels
from lmcore.bpe.count_store import CountStore, digest_corpus
from lmcore.bpe.counting import Counts
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.growth import Growth, Spread
from lmcore.bpe.merging import Merger
from lmcore.bpe.meter import looked_at
from lmcore.bpe.options import Options
from lmcore.bpe.prepare import is_prepared, prepare
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.process import processors, resident_memory
from lmcore.bpe.readers import BLOCK
from lmcore.bpe.sampling import SAMPLE, pieces
from lmcore.bpe.sources import Source, find_files, nothing_in
from lmcore.bpe.specials import prepare_specials

_MERGE_SECONDS: Final = 8e-6  # a merge beside its places: the heap, the record, the events
_SLOWER: Final = 1.7  # counting a corpus to counting its sample: files are read, and tables outgrow the cache
_RARER: Final = 0.85  # power of the words' bytes that merging grows with: those that come later are in fewer merges
_DOUBT: Final = 0.35  # of the time: what trainings of one corpus differ by on a machine that does other things too
_MEMORY_DOUBT: Final = 0.1  # of the whole process
_MERGED: Final = 100_000  # different pre-tokens whose merging is timed, of counts that are kept
_SHARED: Final = 0.6  # power of its share of the text by which a thread has fewer different pre-tokens than all have
_ROW: Final = 32  # bytes of a row of the table of pre-tokens, which is a third to two thirds full
_WORD: Final = 24  # bytes of a word beside its own: offset, count, weight
_CELL: Final = 8  # bytes of a byte of a word, laid out
_PLACES: Final = 8  # bytes of the places of the pairs, for a byte of a word
_TOKEN: Final = 400  # bytes of a token: its merge, its rows in the tables


@dataclass(frozen=True)
class Forecast:
    """What a training is expected to take. `_low` and `_high` are between what nearly all trainings turn out to take.

    `exact`: the numbers of pre-tokens are no estimates, since the sample was the whole corpus, or since its counts are
    kept (`counts_known`) and nothing will be counted.
    """

    seconds: float
    spread: float  # seconds more or less
    peak_memory: int  # bytes of the process
    unique_pretokens: int
    special_tokens: int
    sample_bytes: int
    corpus_bytes: int
    exact: bool
    counts_known: bool
    seconds_low: float
    seconds_high: float
    peak_memory_low: int
    peak_memory_high: int
    unique_pretokens_low: int
    unique_pretokens_high: int

    def as_json(self) -> dict[str, Any]:
        """For `training.json`."""
        return asdict(self)


@dataclass(frozen=True)
class _Sample:
    """Counted words, and what the whole corpus has more of."""

    words: Pretokens
    bytes: int
    special_tokens: int
    count_seconds: float  # of counting the whole corpus
    corpus: int  # bytes of text of the whole corpus
    growth: Growth
    threads: int  # that will count; 0 if nothing is counted
    exact: bool


def forecast(
    paths: Sequence[Path], options: Options, store: CountStore | None = None
) -> Generator[Progress | Notice, None, Forecast]:
    """Measures a sample, or what `store` has; about half a second. Raises `LmError` as `train` does."""
    sources = yield from looked_at(find_files(paths))
    if not is_prepared():
        yield from prepare()
    yield from load_kernels()
    known = store.find((yield from looked_at(digest_corpus(sources, options)))) if store else None
    sample = _kept_sample(known) if known else (yield from _count_sample(sources, options))
    merge_seconds, merges = yield from _time_merges(sample.words, options)
    fixed = min(_MERGE_SECONDS * merges, merge_seconds)
    least, likely, most = sample.growth.least, sample.growth.likely, sample.growth.most

    def seconds(more: float) -> float:
        return sample.count_seconds + fixed + (merge_seconds - fixed) * math.pow(more, _RARER)

    low, high = (1 - _DOUBT) * seconds(least), (1 + _DOUBT) * seconds(most)
    unique = len(known.words) if known else round(len(sample.words) * likely)
    now = resident_memory()
    return Forecast(
        seconds=seconds(likely),
        spread=(high - low) / 2,
        peak_memory=now + _memory(sample, likely, options),
        unique_pretokens=unique,
        special_tokens=known.special_tokens if known else round(sample.special_tokens * sample.corpus / sample.bytes),
        sample_bytes=sample.bytes,
        corpus_bytes=sample.corpus,
        exact=sample.exact,
        counts_known=known is not None,
        seconds_low=low,
        seconds_high=high,
        peak_memory_low=round((now + _memory(sample, least, options)) * (1 - _MEMORY_DOUBT)),
        peak_memory_high=round((now + _memory(sample, most, options)) * (1 + _MEMORY_DOUBT)),
        unique_pretokens_low=unique if known else round(len(sample.words) * least),
        unique_pretokens_high=unique if known else round(len(sample.words) * most),
    )


def _memory(sample: _Sample, more: float, options: Options) -> int:
    """Bytes beyond what the process has now: the larger of what counting and what merging holds at its end."""
    words, size = len(sample.words) * more, int(sample.words.offsets[-1]) * more
    merging = (_WORD + _CELL) * words + (1 + _CELL + _PLACES) * size + _TOKEN * options.vocab_size
    if not sample.threads:
        return round(merging)
    own, together = _rows(words * sample.threads**-_SHARED), _rows(words)
    rows = sample.threads * own + (together if together > own else 0)  # the last table grows while the others are there
    return round(max(_ROW * rows + 2 * sample.threads * BLOCK, merging))


def _rows(words: float) -> int:
    """Rows of a table of so many words, at most two thirds of which are taken."""
    return 1 << math.ceil(math.log2(max(1.5 * words, 4096)))


def _kept_sample(counts: Counts) -> _Sample:
    """One of so many words, evenly: they are in the order of their hashes, so these stand for the others."""
    words = counts.words
    step = max(1, len(words) // _MERGED)
    starts, ends = words.offsets[:-1][::step], words.offsets[1:][::step]
    offsets = np.concatenate([[0], np.cumsum(ends - starts)])
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], ends - starts)
    chosen = Pretokens(words.blob[places], offsets, words.counts[::step].copy())
    more = int(words.offsets[-1]) / max(1, int(offsets[-1]))
    return _Sample(chosen, counts.bytes, counts.special_tokens, 0.0, counts.bytes, Growth(more, more, more), 0, True)


def _count_sample(sources: Sequence[Source], options: Options) -> Generator[Progress, None, _Sample]:
    table, spread = PretokenTable(), Spread()
    specials = prepare_specials(options.special_tokens)
    counter = BlockCounter(options.compiled, specials, sources)
    seconds, disk, ended = 0.0, 0, 0
    for piece in pieces(sources, options):
        began = time.perf_counter()
        counter.count(piece.block, table)
        seconds += time.perf_counter() - began
        own = PretokenTable()
        BlockCounter(options.compiled, specials, sources).count(piece.block, own)
        spread.note(own)
        disk += piece.disk
        ended += piece.last
        yield Progress("count", counter.counted, SAMPLE, counter.counted / seconds, seconds, resident_memory())
    if not counter.counted:
        raise nothing_in(sources)
    words = yield from _export(table, counter, seconds)
    whole = ended == sum(source.size > 0 for source in sources)
    on_disk = sum(source.size for source in sources)
    corpus = counter.counted if whole else max(counter.counted, round(on_disk * counter.counted / max(disk, 1)))
    times = corpus / counter.counted
    threads = 1 if corpus <= BLOCK else options.threads or processors()
    seconds *= times / threads * (1.0 if threads == 1 and whole else _SLOWER)
    growth = spread.growth(times)
    return _Sample(words, counter.counted, table.special_tokens, seconds, corpus, growth, threads, whole)


def _export(table: PretokenTable, counter: BlockCounter, seconds: float) -> Generator[Progress, None, Pretokens]:
    exporting = table.export()
    while True:
        try:
            next(exporting)
        except StopIteration as end:
            words: Pretokens = end.value
            return words
        yield Progress("count", counter.counted, SAMPLE, counter.counted / seconds, seconds, resident_memory())


def _time_merges(words: Pretokens, options: Options) -> Generator[Progress, None, tuple[float, int]]:
    """Seconds of merging the sample up to the vocabulary asked for, and how many merges that were."""
    began = time.perf_counter()
    merger = Merger(words, options.vocab_size, len(options.special_tokens), options.tie)
    for _ in merger.run():
        merger.new_merges()
        seconds = time.perf_counter() - began
        yield Progress("merge", merger.made, options.planned_merges, 0.0, seconds, resident_memory())
    return time.perf_counter() - began, merger.made
