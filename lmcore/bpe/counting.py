"""Which pre-tokens does the corpus have, and how often? All files, all processors, as a generator of progress.

The generator's own thread reads; the others count, each into a table of its own, and the tables are added up at the
end. A corpus of one block is counted right here, unless the pattern is a custom one: starting threads would take
longer. Now and then reading waits until all is counted that was read, and the tables are written to a checkpoint.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from lmcore import figures
from lmcore.bpe.block_counter import BlockCounter
from lmcore.bpe.checkpoints import Checkpoint, Reached
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.count_threads import CountThreads
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.meter import TICK, Meter
from lmcore.bpe.patterns import Pattern
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.process import processors
from lmcore.bpe.readers import Block, blocks, make_cutter
from lmcore.bpe.sources import Source, nothing_in
from lmcore.bpe.specials import prepare_specials


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
    skipped_lines: int = 0  # bad lines of .jsonl files that were left out
    textless_documents: int = 0  # documents whose text is null, left out too


def count_corpus(
    sources: Sequence[Source],
    pattern: Pattern,
    special_tokens: Sequence[str],
    text_field: str = "text",
    skip_bad_lines: bool = False,
    threads: int | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[Progress | Notice, None, Counts]:
    """Counts all pre-tokens of the corpus; yields at least every 50 ms. `threads`: all processors unless given.

    With a checkpoint it goes on where an earlier count of the same corpus was broken off, and writes its own.
    """
    specials = prepare_specials(special_tokens)
    cutter = make_cutter(pattern, specials)
    count = _Count(sources, BlockCounter(pattern, specials, sources), checkpoint)
    yield count.meter.progress()
    reached = yield from count.go_on()
    stream = chain.from_iterable(
        blocks(source, cutter, text_field, skip_bad_lines, None if number else reached.place)
        for number, source in enumerate(sources[reached.source :])
    )
    first = list(islice(stream, 2))
    workers = 1 if len(first) < 2 else threads or processors()
    slow = pattern.kind == CUSTOM  # a block may be a whole file then, and take longer than may pass between two events
    yield from count.run(chain(first, stream), workers, here=workers == 1 and not slow)
    if not count.counter.counted:
        raise nothing_in(sources)
    return (yield from count.sum_up())


class _Count:
    """A count under way: first `go_on`, then `run`, then `sum_up`."""

    def __init__(self, sources: Sequence[Source], counter: BlockCounter, checkpoint: Checkpoint | None) -> None:
        self.counter = counter
        self.meter = Meter(sources, counter)
        self._sources = sources
        self._checkpoint = checkpoint
        self._tables = [PretokenTable()]

    def go_on(self) -> Generator[Progress | Notice, None, Reached]:
        """Takes over what an earlier count left behind; where to begin."""
        earlier = (yield from self.meter.watch(self._checkpoint.load())) if self._checkpoint else None
        if not earlier:
            return Reached()
        reached = earlier.reached
        self._tables = [earlier.table]
        self.counter.counted, self.counter.skipped = reached.counted, reached.skipped
        self.counter.textless, self.counter.first_invalid = reached.textless, reached.first_invalid
        self.meter.go_on_from(reached.counted, sum(source.size for source in self._sources[: reached.source]))
        done = figures.size(reached.counted)
        yield Notice(f"An earlier count of this corpus was broken off after {done}: counting goes on from there.")
        return reached

    def run(self, stream: Iterable[Block], workers: int, here: bool) -> Generator[Progress | Notice, None, None]:
        """Counts all blocks, each into some table."""
        self._tables += [PretokenTable() for _ in range(workers - 1)]
        with CountThreads(self.counter, self._tables, here) as threads:
            for block in stream:
                self.meter.note(block)
                threads.count(block)
                while threads.full:
                    threads.collect(TICK)
                    yield from self.meter.tell()
                yield from self.meter.tell()
                if self._checkpoint and self._checkpoint.due:
                    yield from self._drain(threads)
                    yield from self._write(self._checkpoint, block)
            yield from self._drain(threads)

    def _drain(self, threads: CountThreads) -> Generator[Progress, None, None]:
        """Waits until all is counted that was handed out."""
        while threads.busy:
            threads.collect(TICK)
            yield from self.meter.tell()

    def _write(self, checkpoint: Checkpoint, block: Block) -> Generator[Progress | Notice, None, None]:
        """Writes what is counted, up to and with `block`; where that cannot be done, counting goes on without."""
        counter = self.counter
        reached = Reached(
            source=self._sources.index(block.source),
            place=block.end,
            counted=counter.counted,
            skipped=counter.skipped,
            special_tokens=sum(table.special_tokens for table in self._tables),
            entries=sum(map(len, self._tables)),
            first_invalid=counter.first_invalid,
            textless=counter.textless,
        )
        try:
            yield from self.meter.watch(checkpoint.write(self._tables, reached))
        except OSError as error:
            why = error.strerror or error
            yield Notice(f"The counts so far could not be kept ({why}): a crash would cost all of them.", "warning")

    def sum_up(self) -> Generator[Progress, None, Counts]:
        """Adds up the tables."""
        tables = sorted(self._tables, key=len)
        table = tables.pop()
        while tables:
            yield from self.meter.watch(table.absorb(tables.pop()))
        words = yield from self.meter.watch(table.export())
        yield self.meter.progress(finished=True)
        invalid = self.counter.first_invalid
        return Counts(
            words=words,
            pretokens=table.pretokens,
            bytes=self.counter.counted,
            pretoken_bytes=table.pretoken_bytes,
            special_tokens=table.special_tokens,
            invalid_bytes=words.invalid_bytes() if invalid else 0,
            invalid_place=(self._sources[invalid[0]].path, invalid[1]) if invalid else None,
            skipped_lines=self.counter.skipped,
            textless_documents=self.counter.textless,
        )
