"""How long will a training take, and how much memory? Measured on a sample of the corpus, before the start.

Counting goes on as fast as on the sample, on as many threads as there are. The number of different pre-tokens grows
with a power of the text (Heaps' law; H. S. Heaps, Information Retrieval, 1978), fitted through the sample's middle
and end. Merging takes as long for each of their bytes as it does for those of the sample, and some time a merge.
"""

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.events import Progress
from lmcore.bpe.merging import Merger
from lmcore.bpe.options import Options
from lmcore.bpe.prepare import is_prepared, load_kernels, prepare
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.process import processors, resident_memory
from lmcore.bpe.readers import BLOCK, Block, blocks, make_cutter
from lmcore.bpe.sources import Source, find_sources, nothing_in
from lmcore.bpe.specials import prepare_specials

SAMPLE: Final = 4 * BLOCK  # bytes of text
_MERGE_SECONDS: Final = 8e-6  # a merge beside its places: the heap, the record, the events
_SPREAD: Final = 0.25  # of the time: what trainings of one corpus differ by on a machine that does other things too
_ROW: Final = 32  # bytes of a row of the table of pre-tokens, which is a third to two thirds full
_WORD: Final = 24  # bytes of a word beside its own: offset, count, weight
_CELL: Final = 8  # bytes of a byte of a word, laid out
_PLACES: Final = 8  # bytes of the places of the pairs, for a byte of a word
_TOKEN: Final = 400  # bytes of a token: its merge, its rows in the tables


@dataclass(frozen=True)
class Forecast:
    """What a training is expected to take; `exact` if the sample was the whole corpus."""

    seconds: float
    spread: float  # seconds more or less
    peak_memory: int  # bytes of the process
    unique_pretokens: int
    special_tokens: int
    sample_bytes: int
    corpus_bytes: int
    exact: bool

    def as_json(self) -> dict[str, Any]:
        """For `training.json`."""
        return asdict(self)


@dataclass(frozen=True)
class _Sample:
    words: Pretokens
    bytes: int
    special_tokens: int
    growth: float  # the exponent of Heaps' law
    text_per_disk: float  # bytes of text for a byte of the files
    seconds: float  # of counting on one thread
    whole: bool

    @property
    def word_bytes(self) -> int:
        return int(self.words.offsets[-1])


def forecast(paths: Sequence[Path], options: Options) -> Generator[Progress, None, Forecast]:
    """Measures a sample from the front of each file; about a second at most. Raises `LmError` as `train` does."""
    sources = find_sources(paths)
    yield from prepare() if not is_prepared() else load_kernels()
    sample = yield from _count_sample(sources, options)
    merge_seconds, merges = yield from _time_merges(sample.words, options)
    fixed = min(_MERGE_SECONDS * merges, merge_seconds)
    disk = sum(source.size for source in sources)
    corpus = sample.bytes if sample.whole else max(sample.bytes, round(disk * sample.text_per_disk))
    more = 1.0 if sample.whole else (corpus / sample.bytes) ** sample.growth
    threads = 1 if corpus <= BLOCK else options.threads or processors()
    seconds = sample.seconds * corpus / sample.bytes / threads + fixed + (merge_seconds - fixed) * more
    return Forecast(
        seconds=seconds,
        spread=seconds * _SPREAD,
        peak_memory=resident_memory() + _memory(sample, more, threads, options),
        unique_pretokens=round(len(sample.words) * more),
        special_tokens=round(sample.special_tokens * corpus / sample.bytes),
        sample_bytes=sample.bytes,
        corpus_bytes=corpus,
        exact=sample.whole,
    )


def _memory(sample: _Sample, more: float, threads: int, options: Options) -> int:
    """Bytes beyond what the process has now: the larger of what counting and what merging holds at its end."""
    words, size = len(sample.words) * more, sample.word_bytes * more
    rows = 2.0 ** math.ceil(math.log2(max(1.5 * words, 4096)))
    counting = _ROW * rows * (1 + (threads - 1) / 2) + 2 * threads * BLOCK + size
    merging = (_WORD + _CELL) * words + (1 + _CELL + _PLACES) * size + _TOKEN * options.vocab_size
    return round(max(counting, merging))


def _sampled(sources: Sequence[Source], options: Options) -> Iterator[tuple[Block, bool]]:
    """Blocks from the front of each file, as many as make up the sample; whether each ends its file."""
    cutter = make_cutter(options.compiled, prepare_specials(options.special_tokens))
    share, size = SAMPLE // len(sources), 0
    for source in sources:
        taken = 0
        stream = blocks(source, cutter, options.text_field, options.skip_bad_lines)
        block = next(stream, None)
        while block is not None and taken <= share and size < SAMPLE:
            following = next(stream, None)
            taken += len(block.data)
            size += len(block.data)
            yield block, following is None
            block = following
        stream.close()


def _count_sample(sources: Sequence[Source], options: Options) -> Generator[Progress, None, _Sample]:
    table = PretokenTable()
    counter = BlockCounter(options.compiled, prepare_specials(options.special_tokens), sources)
    seconds, ended, disk = 0.0, 0, dict[Source, int]()
    points: list[tuple[int, int]] = []  # bytes of text, different pre-tokens
    for block, last in _sampled(sources, options):
        began = time.perf_counter()
        counter.count(block, table)
        seconds += time.perf_counter() - began
        points.append((table.pretoken_bytes, len(table)))
        disk[block.source] = block.source.size if last else block.end.disk
        ended += last
        rate = counter.counted / seconds
        yield Progress("count", counter.counted, SAMPLE, rate, seconds, resident_memory())
    if not points:
        raise nothing_in(sources)
    exporting = table.export()
    while True:
        try:
            next(exporting)
        except StopIteration as end:
            words: Pretokens = end.value
            break
        yield Progress("count", counter.counted, SAMPLE, counter.counted / seconds, seconds, resident_memory())
    text_per_disk = counter.counted / max(sum(disk.values()), 1)
    whole = ended == sum(source.size > 0 for source in sources)
    return _Sample(words, counter.counted, table.special_tokens, _growth(points), text_per_disk, seconds, whole)


def _growth(points: Sequence[tuple[int, int]]) -> float:
    """The exponent of Heaps' law through the middle and the last of the points; 0.6, usual for English, for one."""
    (text, unique), (all_text, all_unique) = points[(len(points) - 1) // 2], points[-1]
    if text == all_text or unique == all_unique:
        return 0.6
    return min(1.0, math.log(all_unique / unique) / math.log(all_text / text))


def _time_merges(words: Pretokens, options: Options) -> Generator[Progress, None, tuple[float, int]]:
    """Seconds of merging the sample up to the vocabulary asked for, and how many merges that were."""
    began = time.perf_counter()
    merger = Merger(words, options.vocab_size, len(options.special_tokens), options.tie)
    for _ in merger.run():
        merger.new_merges()
        seconds = time.perf_counter() - began
        yield Progress("merge", merger.made, options.planned_merges, 0.0, seconds, resident_memory())
    return time.perf_counter() - began, merger.made
