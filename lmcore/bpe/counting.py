"""Which pre-tokens does the corpus have, and how often? All files, all processors, as a generator of progress.

The generator's own thread reads; the others count, each into a table of its own, and the tables are added up at the
end. A corpus of one block is counted right here, unless the pattern is a custom one: starting threads would take
longer.
"""

import os
import time
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import psutil

from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.events import Progress
from lmcore.bpe.patterns import Pattern
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.readers import Block, blocks, make_cutter
from lmcore.bpe.sources import Source, nothing_in
from lmcore.bpe.specials import prepare_specials

_TICK: Final = 0.04  # seconds between events at the most


@dataclass(frozen=True)
class Counts:
    """What a corpus consists of. `invalid_bytes` are not UTF-8; the first stands at `invalid_place`."""

    words: Pretokens
    pretokens: int
    bytes: int  # of text, special tokens included
    pretoken_bytes: int
    special_tokens: int
    invalid_bytes: int = 0
    invalid_place: tuple[Path, int] | None = None  # file, offset in its text


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resident_memory() -> int:
    """Bytes of memory that this process occupies now."""
    return int(psutil.Process().memory_info().rss)


class _Meter:
    """How far reading has come, in bytes of text; what is compressed is estimated by what was read of it so far."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._started = self._told = time.perf_counter()
        self._disk = sum(source.size for source in sources)
        self._before = {}
        before = 0
        for source in sources:
            self._before[source] = before
            before += source.size
        self._text = self._disk_read = 0

    def note(self, block: Block) -> None:
        """A block was read."""
        self._text += len(block.data)
        self._disk_read = self._before[block.source] + block.disk

    @property
    def due(self) -> bool:
        """Whether it is time to say something."""
        return time.perf_counter() - self._told > _TICK

    def progress(self, counted: int, finished: bool = False) -> Progress:
        """An event for this moment."""
        self._told = time.perf_counter()
        seconds = self._told - self._started
        total = self._text * self._disk // self._disk_read if self._disk_read else self._disk
        rate = counted / seconds if seconds else 0.0
        done = counted if finished else min(counted, total)
        return Progress("count", done, done if finished else total, rate, seconds, resident_memory(), finished)


def count_corpus(
    sources: Sequence[Source],
    pattern: Pattern,
    special_tokens: Sequence[str],
    text_field: str = "text",
    skip_bad_lines: bool = False,
    threads: int | None = None,
) -> Generator[Progress, None, Counts]:
    """Counts all pre-tokens of the corpus; yields at least every 50 ms. `threads`: all processors unless given."""
    specials = prepare_specials(special_tokens)
    counter = BlockCounter(pattern, specials, sources)
    cutter = make_cutter(pattern, specials)
    meter = _Meter(sources)
    yield meter.progress(0)
    stream = chain.from_iterable(blocks(source, cutter, text_field, skip_bad_lines) for source in sources)
    first = list(islice(stream, 2))
    workers = 1 if len(first) < 2 else threads or processors()
    tables = [PretokenTable() for _ in range(workers)]
    slow = pattern.kind == CUSTOM  # a block may be a whole file then, and take longer than may pass between two events
    work = _count_here if workers == 1 and not slow else _count_threaded
    yield from work(counter, chain(first, stream), tables, meter)
    if not counter.counted:
        raise nothing_in(sources)
    tables.sort(key=len)
    table = tables.pop()
    while tables:
        for _ in table.absorb(tables.pop()):
            if meter.due:
                yield meter.progress(counter.counted)
    words = table.room()
    for _ in table.export(words):
        if meter.due:
            yield meter.progress(counter.counted)
    yield meter.progress(counter.counted, finished=True)
    invalid = counter.first_invalid
    return Counts(
        words=words,
        pretokens=table.pretokens,
        bytes=counter.counted,
        pretoken_bytes=table.pretoken_bytes,
        special_tokens=table.special_tokens,
        invalid_bytes=words.invalid_bytes() if invalid else 0,
        invalid_place=(sources[invalid[0]].path, invalid[1]) if invalid else None,
    )


def _count_here(
    counter: BlockCounter, stream: Iterable[Block], tables: Sequence[PretokenTable], meter: _Meter
) -> Generator[Progress, None, None]:
    for block in stream:
        meter.note(block)
        counter.count(block, tables[0])
        if meter.due:
            yield meter.progress(counter.counted)


def _count_threaded(
    counter: BlockCounter, stream: Iterable[Block], tables: Sequence[PretokenTable], meter: _Meter
) -> Generator[Progress, None, None]:
    """Keeps one block waiting for each thread, so that none has to wait for the reader."""
    free: SimpleQueue[PretokenTable] = SimpleQueue()
    for table in tables:
        free.put(table)

    def work(block: Block) -> None:
        table = free.get()
        try:
            counter.count(block, table)
        finally:  # blocks that wait for a table would wait forever
            free.put(table)

    running: set[Future[None]] = set()
    pool = ThreadPoolExecutor(len(tables), thread_name_prefix="count")
    try:
        for block in stream:
            meter.note(block)
            running.add(pool.submit(work, block))
            while len(running) >= 2 * len(tables):
                running = _collect(running)
                if meter.due:
                    yield meter.progress(counter.counted)
        while running:
            running = _collect(running)
            if meter.due:
                yield meter.progress(counter.counted)
    finally:
        counter.stop()
        pool.shutdown(cancel_futures=True)


def _collect(running: set[Future[None]]) -> set[Future[None]]:
    """Waits a tick for a block to be done; what still runs. Errors of the counting threads come up here."""
    done, still = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return still
