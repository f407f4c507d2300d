"""Who counts? Threads that take blocks in the order of the text, each into a table of its own; or whoever asks."""

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Self

from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.pretoken_table import PretokenTable
from lmcore.bpe.readers import Block

_PATIENCE: Final = 0.07  # seconds to wait for threads that were told to stop


class CountThreads:
    """A context in which blocks are counted, by a thread for each table; one table is filled here where `here` is set.

    Leaving it, early or not, ends the threads. One that is deep in a custom expression or in a text of gigabytes
    without a blank ends by itself later: nobody waits for it, and its counts are no longer looked at.
    """

    def __init__(self, counter: BlockCounter, tables: Sequence[PretokenTable], here: bool) -> None:
        self._counter = counter
        self._tables = tables
        self._blocks: SimpleQueue[Block | None] = SimpleQueue()
        self._ends: SimpleQueue[BaseException | None] = SimpleQueue()
        self.busy = 0
        """Blocks handed out that are not known to be counted."""
        self._threads = [
            threading.Thread(target=self._work, args=[table], name="count", daemon=True) for table in tables if not here
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counter.stop()
        for _ in self._threads:
            self._blocks.put(None)
        until = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    @property
    def full(self) -> bool:
        """Whether one block waits for each thread that counts one, so that none has to wait for the reader."""
        return self.busy >= 2 * len(self._tables)

    def count(self, block: Block) -> None:
        """Counts a block, now or soon."""
        if not self._threads:
            self._counter.count(block, self._tables[0])
            return
        self._blocks.put(block)
        self.busy += 1

    def collect(self, seconds: float) -> None:
        """Waits so long for a block to be done. An error of the counting threads comes up here."""
        try:
            error = self._ends.get(timeout=seconds)
        except Empty:
            return
        self.busy -= 1
        if error:
            raise error

    def _work(self, table: PretokenTable) -> None:
        while block := self._blocks.get():
            try:
                self._counter.count(block, table)
            except BaseException as error:  # carried to whoever collects, who raises it
                self._ends.put(error)
            else:
                self._ends.put(None)
