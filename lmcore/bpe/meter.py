"""How far has counting come? In bytes of text, as events that are told when it is time."""

import time
from collections.abc import Generator, Iterator, Sequence
from typing import Final, TypeVar

from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.events import Notice, PhaseName, Progress
from lmcore.bpe.process import resident_memory
from lmcore.bpe.readers import Block
from lmcore.bpe.sources import Source

TICK: Final = 0.04  # seconds between events at the most
Result = TypeVar("Result")


def looked_at(
    work: Generator[Notice | None, None, Result], phase: PhaseName = "count"
) -> Generator[Progress | Notice, None, Result]:
    """Does what comes before a phase, a little at a time; tells now and then that it has not begun."""
    told = time.perf_counter()
    while True:
        try:
            notice = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        if notice:
            yield notice
        if time.perf_counter() - told > TICK:
            told = time.perf_counter()
            yield Progress(phase, 0, 0, 0.0, 0.0, resident_memory())


class Meter:
    """Events of a count. What is compressed is estimated by what was read of it so far."""

    def __init__(self, sources: Sequence[Source], counter: BlockCounter) -> None:
        self._started = self._told = time.perf_counter()
        self._counter = counter
        self._disk = sum(source.size for source in sources)
        self._source: Source | None = None
        self._before = 0  # bytes of the files before that one
        self._known = self._text = self._disk_read = 0

    def go_on_from(self, counted: int, before: int) -> None:
        """So many bytes were counted earlier (they do not make the rate higher), and files of so many bytes done."""
        self._known = self._text = counted
        self._before = before

    def note(self, block: Block) -> None:
        """A block was read."""
        self._text += len(block.data)
        if self._source and block.source is not self._source:
            self._before += self._source.size
        self._source = block.source
        self._disk_read = self._before + block.end.disk

    def progress(self, finished: bool = False) -> Progress:
        """An event for this moment."""
        counted = self._counter.counted
        self._told = time.perf_counter()
        seconds = self._told - self._started
        total = self._text * self._disk // self._disk_read if self._disk_read else max(self._disk, counted)
        rate = (counted - self._known) / seconds if seconds else 0.0
        done = counted if finished else min(counted, total)
        return Progress("count", done, done if finished else total, rate, seconds, resident_memory(), finished)

    def tell(self) -> Iterator[Progress]:
        """An event if it is time for one, else nothing."""
        if time.perf_counter() - self._told > TICK:
            yield self.progress()

    def watch(self, work: Generator[None, None, Result]) -> Generator[Progress, None, Result]:
        """Does some work that comes up for air, and tells on the way how far counting is. Gives back what it does."""
        try:
            while True:
                next(work)
                yield from self.tell()
        except StopIteration as end:
            result: Result = end.value
            return result
        finally:
            work.close()
