"""Does a count that was broken off go on where it stopped, and come to what it would have come to?"""

import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from lmcore.bpe import checkpoints, meter, readers
from lmcore.bpe.count_store import CountStore
from lmcore.bpe.counting import Counts
from lmcore.bpe.events import Event, Notice
from lmcore.bpe.machine import Bytes
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS
from lmcore.bpe.readers import Block
from lmcore.bpe.streams import Stream
from lmcore.bpe.training import Training, train
from lmcore.paths import resource
from tests import naive
from tests.core.engine import as_counter, at_most, finish, train_files

_END = "<|endoftext|>"
_OPTIONS = Options(vocab_size=300, skip_bad_lines=True)
_DOCUMENTS = [
    f"It's number {number}, the {number % 7}th of its kind{' — naïve' * (number % 3)}.\n" for number in range(40)
]


@pytest.fixture
def fine_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, and an event and a checkpoint after each."""
    monkeypatch.setattr(readers, "BLOCK", 150)
    monkeypatch.setattr(meter, "TICK", 0.0)
    monkeypatch.setattr(checkpoints, "_SHARE", 1e9)


def _text(documents: Sequence[str]) -> bytes:
    return _END.join(documents).encode() + b"\xff" + documents[0].encode()


def _jsonl(documents: Sequence[str]) -> bytes:
    lines = [json.dumps({"id": number, "text": text}) for number, text in enumerate(documents)]
    return "\n".join(
        ["\ufeff" + lines[0], "", *lines[1:10], "{bad", *lines[10:], '{"text": null}', "[1]", '{"a": 2}', ""]
    ).encode()


def _parquet(documents: Sequence[str]) -> bytes:
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": [*documents, None, ""]}), buffer, row_group_size=7)
    return bytes(buffer.getvalue().to_pybytes())


_FORMS: dict[str, Callable[[Sequence[str]], bytes]] = {"txt": _text, "jsonl": _jsonl, "parquet": _parquet}
_PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def _break_off(paths: Sequence[Path], options: Options, store: CountStore, events: int) -> None:
    """Counts up to so many events behind the first checkpoint, and cancels."""
    work = train(paths, options, store)
    for event in work:
        assert getattr(event, "phase", "count") == "count", "the corpus is too small for the test"
        events -= bool(_kept(store))
        if events < 0:
            break
    work.close()


def _kept(store: CountStore) -> list[Path]:
    return [*store.path("").parent.glob("*.partial.npz")]


def _same(found: Counts, wanted: Counts) -> bool:
    """Whether all is equal, the words in whatever order."""
    return as_counter(found.words) == as_counter(wanted.words) and replace(found, words=wanted.words) == wanted


def _notices(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def _count_again(paths: Sequence[Path], options: Options, store: CountStore) -> tuple[Training, int, str]:
    """The training, the bytes that it counted itself, and what it said."""
    counted = 0

    def note(watched: meter.Meter, block: Block) -> None:
        nonlocal counted
        counted += len(block.data)
        usual(watched, block)

    usual = meter.Meter.note
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter.Meter, "note", note)
        events, training = finish(train(paths, options, store))
    return training, counted, "\n".join(_notices(events))


def test_a_killed_process_costs_only_what_came_since_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, folder, block = tmp_path / "corpus.txt", tmp_path / "counts", at_most(4000, 1000)
    data = resource("sample/moby-dick-and-speeches.txt").read_bytes()[: at_most(400_000, 12_000)]
    corpus.write_bytes(data)
    command = [sys.executable, "-m", "tests.core.counting_process", str(corpus), str(folder), str(block)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        counted = int(process.stdout.readline())
        process.kill()
    read = 0

    def fill(stream: Stream, buffer: Bytes, start: int) -> int:
        nonlocal read
        filled = usual(stream, buffer, start)
        read += filled - start
        return filled

    usual = readers.fill
    monkeypatch.setattr(readers, "fill", fill)
    monkeypatch.setattr(readers, "BLOCK", block)
    events, training = finish(train([corpus], Options(300), CountStore(folder)))
    assert as_counter(training.counts.words) == Counter(naive.pretokens(data, EXPRESSIONS["gpt2"], [_END]))
    assert training.counts.bytes == len(data)
    assert counted - 3 * 2 * block <= training.counts_resumed <= counted, "two threads have two blocks each, at most"
    assert read == len(data) - training.counts_resumed
    assert [text for text in _notices(events) if "was broken off after" in text]


@pytest.mark.usefixtures("fine_steps")
@pytest.mark.parametrize("events", [0, 7, 30])
@pytest.mark.parametrize("packing", _PACKERS)
@pytest.mark.parametrize("form", _FORMS)
def test_every_form_goes_on_where_it_was_broken_off(tmp_path: Path, form: str, packing: str, events: int) -> None:
    """Over two files: `events` decide in which of them, and where."""
    paths = [tmp_path / f"{name}.{form}{packing}" for name in ("first", "second")]
    for path, documents in zip(paths, (_DOCUMENTS[:20], _DOCUMENTS[20:]), strict=True):
        path.write_bytes(_PACKERS[packing](_FORMS[form](documents)))
    store = CountStore(tmp_path / "counts", interval=0.0)
    _break_off(paths, _OPTIONS, store, events)
    training, counted, said = _count_again(paths, _OPTIONS, store)
    assert _same(training.counts, train_files(paths, _OPTIONS)[1].counts)
    assert training.counts.skipped_lines == (6 if form == "jsonl" else 0)
    assert training.counts.textless_documents == (0 if form == "txt" else 2)
    assert training.counts_resumed == training.counts.bytes - counted > 0
    assert "was broken off after" in said
    assert not _kept(store), "the whole is kept now"


@pytest.mark.usefixtures("fine_steps")
@pytest.mark.parametrize("pattern", ["gpt2", r"\w+|\W"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_count_can_be_broken_off_again_and_again(tmp_path: Path, pattern: str, threads: int) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(_text(_DOCUMENTS))
    options = replace(_OPTIONS, pattern=pattern, threads=threads)
    store = CountStore(tmp_path / "counts", interval=0.0)
    for _ in range(5):
        _break_off([path], options, store, 4)
    training, counted, _ = _count_again([path], replace(options, threads=2), store)
    assert _same(training.counts, train_files([path], options)[1].counts)
    assert 0 < training.counts.bytes - counted == training.counts_resumed


def _other_text(path: Path) -> Options:
    path.write_bytes(path.read_bytes().replace(b"number", b"figure"))
    return _OPTIONS


@pytest.mark.usefixtures("fine_steps")
@pytest.mark.parametrize(
    "change", [_other_text, lambda path: replace(_OPTIONS, pattern="cl100k")], ids=["corpus", "pattern"]
)
def test_another_corpus_or_another_cut_is_counted_from_the_beginning(
    tmp_path: Path, change: Callable[[Path], Options]
) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(_text(_DOCUMENTS))
    store = CountStore(tmp_path / "counts", interval=0.0)
    _break_off([path], _OPTIONS, store, 5)
    options = change(path)
    training, counted, said = _count_again([path], options, store)
    assert _same(training.counts, train_files([path], options)[1].counts)
    assert (training.counts_resumed, counted) == (0, training.counts.bytes)
    assert "broken off" not in said


@pytest.mark.usefixtures("fine_steps")
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.97])
def test_a_damaged_checkpoint_is_none(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(_text(_DOCUMENTS))
    store = CountStore(tmp_path / "counts", interval=0.0)
    _break_off([path], _OPTIONS, store, 5)
    (kept,) = _kept(store)
    data = kept.read_bytes()
    kept.write_bytes(data[: int(keep * len(data))])
    training, counted, _ = _count_again([path], _OPTIONS, store)
    assert counted == training.counts.bytes
    assert _same(training.counts, train_files([path], _OPTIONS)[1].counts)


@pytest.mark.usefixtures("fine_steps")
def test_a_flipped_bit_in_the_words_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(_text(_DOCUMENTS))
    store = CountStore(tmp_path / "counts", interval=0.0)
    _break_off([path], _OPTIONS, store, 5)
    (kept,) = _kept(store)
    data = kept.read_bytes()
    place = data.index(b" number")
    kept.write_bytes(data[:place] + b"_" + data[place + 1 :])
    training, counted, _ = _count_again([path], _OPTIONS, store)
    assert counted == training.counts.bytes
    assert b"_number" not in as_counter(training.counts.words)


@pytest.mark.usefixtures("fine_steps")
def test_a_full_disk_costs_the_checkpoint_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(path: Path, mode: str) -> object:
        tried.append(path)
        raise OSError(28, "No space left on device")

    path = tmp_path / "corpus.txt"
    path.write_bytes(_text(_DOCUMENTS))
    monkeypatch.setattr(checkpoints, "writing_aside", fail)
    events, training = finish(train([path], _OPTIONS, CountStore(tmp_path / "counts", interval=0.0)))
    said = [text for text in _notices(events) if "so far" in text]
    assert said == ["The counts so far could not be kept (No space left on device): a crash would cost all of them."]
    assert len(tried) == 1
    assert _same(training.counts, train_files([path], _OPTIONS)[1].counts)


def test_a_short_count_writes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a checkpoint within a few seconds")

    monkeypatch.setattr(checkpoints.Checkpoint, "write", refuse)
    (tmp_path / "corpus.txt").write_bytes(_text(_DOCUMENTS))
    assert finish(train([tmp_path / "corpus.txt"], _OPTIONS, CountStore(tmp_path / "counts")))[1].counts_resumed == 0


def test_writing_that_takes_long_is_done_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock of the checkpoint, each writing takes a second here: the next is a hundred seconds away."""
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    checkpoint = CountStore(tmp_path, interval=0.0).checkpoint("a" * 64)
    assert checkpoint.due
    for _ in checkpoint.write([], checkpoints.Reached()):
        pass
    due = [checkpoint.due for _ in range(150)]
    assert due.index(True) == pytest.approx(100, abs=2)
