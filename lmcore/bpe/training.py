"""How does a vocabulary grow out of a corpus? The whole training, as a generator of events with a result."""

import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lmcore.bpe.checkpoints import Checkpoint
from lmcore.bpe.count_store import CountStore, digest_corpus
from lmcore.bpe.counting import Counts, count_corpus
from lmcore.bpe.documents import left_out
from lmcore.bpe.events import Event, Merge, Merges, Notice, PhaseName, Progress
from lmcore.bpe.merge_ranks import Pair
from lmcore.bpe.merging import Merger
from lmcore.bpe.meter import looked_at
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import reads_otherwise
from lmcore.bpe.prepare import is_prepared, prepare
from lmcore.bpe.process import resident_memory
from lmcore.bpe.sources import Source, find_files
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.generators import result_of


@dataclass(frozen=True)
class PhaseReport:
    """What one phase took: seconds, and the most bytes of memory that the process had meanwhile."""

    name: PhaseName
    seconds: float
    peak_memory: int


@dataclass(frozen=True)
class Training:
    """A finished training. `counts_resumed` bytes of the corpus were counted by an earlier one that was broken off."""

    sources: tuple[Source, ...]
    options: Options
    counts: Counts
    merges: tuple[Merge, ...]
    phases: tuple[PhaseReport, ...]
    corpus_key: str
    counts_reused: bool
    counts_resumed: int = 0

    @property
    def vocab(self) -> dict[int, bytes]:
        """Ids to bytes: the bytes, the special tokens, the merged tokens."""
        vocab = {byte: bytes([byte]) for byte in range(256)}
        vocab |= {256 + i: token.encode() for i, token in enumerate(self.options.special_tokens)}
        return vocab | {merge.token_id: merge.token for merge in self.merges}

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that it made."""
        pairs = [(merge.left, merge.right) for merge in self.merges]
        return Tokenizer(self.vocab, pairs, self.options.special_tokens, self.options.pattern)


_Told = TypeVar("_Told", bound=Event)


class _Clock:
    """Seconds and peak memory of each phase, from the events that pass."""

    def __init__(self) -> None:
        self._reports: dict[PhaseName, PhaseReport] = {}

    def note(self, event: _Told) -> _Told:
        """Remembers the event, if it says how far a phase is, and hands it on."""
        if not isinstance(event, Progress):
            return event
        before = self._reports.get(event.phase, PhaseReport(event.phase, 0.0, 0))
        peak = max(before.peak_memory, event.memory)
        self._reports[event.phase] = PhaseReport(event.phase, event.seconds, peak)
        return event

    @property
    def reports(self) -> tuple[PhaseReport, ...]:
        """The phases so far."""
        return tuple(self._reports.values())


def train(paths: Sequence[Path], options: Options, store: CountStore | None = None) -> Generator[Event, None, Training]:
    """Counts the corpus, unless `store` has its counts, then merges; yields at least every 50 ms.

    Without a store nothing is looked up and nothing kept. Raises `LmError` with one sentence for whatever the user
    can mend.
    """
    clock = _Clock()
    sources = yield from looked_at(find_files(paths))
    if mark := reads_otherwise(options.compiled):
        yield Notice(
            f"Hugging Face tokenizers may refuse this pattern or cut otherwise: it reads {mark} in another way.",
            "warning",
        )
    if not is_prepared():
        for progress in prepare():
            yield clock.note(progress)
    key = yield from looked_at(digest_corpus(sources, options))
    known = store.find(key) if store else None
    checkpoint = store.checkpoint(key) if store else None
    if known:
        yield Notice("The corpus was counted before and has not changed: counting is skipped.")
        counts = known
        yield clock.note(Progress("count", counts.bytes, counts.bytes, 0.0, 0.0, resident_memory(), finished=True))
    else:
        counts = yield from _count(sources, options, clock, checkpoint)
        if store:
            yield from _keep(store, key, counts)
    yield from _describe_flaws(counts, options)
    merges = yield from _merge(counts, options, clock)
    resumed = checkpoint.resumed if checkpoint else 0
    return Training(sources, options, counts, merges, clock.reports, key, known is not None, resumed)


def _count(
    sources: Sequence[Source], options: Options, clock: _Clock, checkpoint: Checkpoint | None
) -> Generator[Event, None, Counts]:
    counting = count_corpus(
        sources,
        options.compiled,
        options.special_tokens,
        options.text_field,
        options.skip_bad_lines,
        options.threads,
        checkpoint,
    )
    while True:
        try:
            progress = next(counting)
        except StopIteration as end:
            counts: Counts = end.value
            return counts
        try:
            yield clock.note(progress)
        except GeneratorExit:
            counting.close()
            raise


def _keep(store: CountStore, key: str, counts: Counts) -> Iterable[Notice]:
    """Keeps the counts; where that cannot be done, the training goes on without."""
    try:
        store.save(key, counts)
    except OSError as error:
        yield Notice(
            f"The counts could not be kept ({error.strerror or error}): the next training counts anew.", "warning"
        )


def _describe_flaws(counts: Counts, options: Options) -> Iterable[Notice]:
    yield from left_out(counts.skipped_lines, counts.textless_documents, options.text_field)
    if counts.invalid_place:
        path, offset = counts.invalid_place
        yield Notice(
            f"{counts.invalid_bytes:,} bytes of the corpus are not UTF-8; the first is at offset {offset:,} of "
            f"{path.name}. They are kept: to byte-level BPE each is a byte like any other.",
            "warning",
        )


def _merge(counts: Counts, options: Options, clock: _Clock) -> Generator[Event, None, tuple[Merge, ...]]:
    started = time.perf_counter()
    merger = Merger(counts.words, options.vocab_size, len(options.special_tokens), options.tie)
    planned, merges = options.planned_merges, list[Merge]()

    def progress(finished: bool = False) -> Progress:
        seconds = time.perf_counter() - started
        done = len(merges)
        rate = done / seconds if seconds else 0.0
        total = done if finished else planned
        return clock.note(Progress("merge", done, total, rate, seconds, resident_memory(), finished))

    yield progress()
    for _ in merger.run():
        new = merger.new_merges()
        merges += new
        if new:
            yield Merges(new, time.perf_counter() - started, resident_memory())
        yield progress()
    new = merger.new_merges()
    merges += new
    if new:
        yield Merges(new, time.perf_counter() - started, resident_memory())
    yield progress(finished=True)
    made = 256 + len(options.special_tokens) + len(merges)
    if made < options.vocab_size:
        yield Notice(
            f"After {len(merges):,} merges no pair was left: the vocabulary has {made:,} tokens instead of "
            f"{options.vocab_size:,}. A larger corpus gives more.",
            "warning",
        )
    return tuple(merges)


def train_bpe(
    input_path: str | Path, vocab_size: int, special_tokens: Sequence[str]
) -> tuple[dict[int, bytes], list[Pair]]:
    """The course's function: trains on one file or folder and gives back vocabulary and merges, in order."""
    result = result_of(train([Path(input_path)], Options(vocab_size=vocab_size, special_tokens=tuple(special_tokens))))
    return result.vocab, [(merge.left, merge.right) for merge in result.merges]
