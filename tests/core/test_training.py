"""Does a whole training tell what happens in order, stop at once when nobody asks on, and reuse what it knows?"""

import os
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest

from lmcore.bpe import merging, meter, readers, train_bpe
from lmcore.bpe.choices import TieRule
from lmcore.bpe.count_store import CountStore
from lmcore.bpe.events import Event, Merges, Notice, Progress
from lmcore.bpe.options import Options
from lmcore.bpe.training import Training, train
from lmcore.errors import UsageError
from lmcore.paths import HOME_VARIABLE, resource
from tests import naive
from tests.core.engine import as_counter, at_most, finish, merges_of, train_files

_OPTIONS = Options(vocab_size=330)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_bytes(resource("sample/moby-dick-and-speeches.txt").read_bytes()[: at_most(120_000, 12_000)])
    return path


@pytest.fixture
def store(tmp_path: Path) -> CountStore:
    return CountStore(tmp_path / "counts")


@pytest.fixture
def fine_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks and short slices of work, so that a small corpus takes many events and several threads."""
    monkeypatch.setattr(readers, "BLOCK", 5000)
    monkeypatch.setattr(meter, "TICK", 0.0)
    monkeypatch.setattr(merging, "_BUDGET", at_most(3000, 1000))


def _notices(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def _phases(events: list[Event]) -> list[str]:
    return [event.phase for event in events if isinstance(event, Progress)]


@pytest.mark.usefixtures("fine_steps")
def test_events_come_in_order_and_add_up(corpus: Path) -> None:
    events, training = train_files([corpus], replace(_OPTIONS, threads=2))
    progress = [event for event in events if isinstance(event, Progress)]
    assert list(dict.fromkeys(_phases(events))) == ["count", "merge"]
    assert _phases(events) == sorted(_phases(events)), "counting ends before merging begins"
    for phase in ("count", "merge"):
        own = [event for event in progress if event.phase == phase]
        assert [event.finished for event in own] == [False] * (len(own) - 1) + [True]
        assert own[-1].done == own[-1].total
        assert all(one.done <= other.done and one.seconds <= other.seconds for one, other in pairwise(own))
    assert progress[-1].total == 330 - 257
    merges = merges_of(events)
    assert merges == list(training.merges)
    assert [merge.rank for merge in merges] == list(range(1, 330 - 257 + 1))
    assert [merge.token_id for merge in merges] == list(range(257, 330))
    assert sum(isinstance(event, Merges) for event in events) > 3


def test_bytes_per_token_are_those_of_encoding_the_corpus(corpus: Path) -> None:
    _, training = train_files([corpus], _OPTIONS)
    words = as_counter(training.counts.words)
    pairs = [(merge.left, merge.right) for merge in training.merges]
    size = sum(len(word) * count for word, count in words.items())
    for rank in (1, 10, len(pairs)):
        tokens = sum(len(naive.encode(word, pairs[:rank])) * count for word, count in words.items())
        assert training.merges[rank - 1].bytes_per_token == pytest.approx(size / tokens)
    gained = [merge.bytes_per_token for merge in training.merges]
    assert gained == sorted(gained)
    assert gained[0] > 1


def test_the_vocabulary_holds_bytes_then_special_tokens_then_merges(corpus: Path) -> None:
    _, training = train_files([corpus], Options(300, ("<|b|>", "<|a|>", "<|b|>")))
    vocab = training.vocab
    assert [vocab[i] for i in range(256)] == [bytes([i]) for i in range(256)]
    assert (vocab[256], vocab[257]) == (b"<|b|>", b"<|a|>")
    assert sorted(vocab) == list(range(300))
    assert not any(b"<|" in token for token in list(vocab.values())[258:])


def test_phases_are_reported_with_time_and_memory(corpus: Path) -> None:
    events, training = train_files([corpus], _OPTIONS)
    assert [phase.name for phase in training.phases] == ["count", "merge"]
    assert all(phase.seconds > 0 and phase.peak_memory > 10_000_000 for phase in training.phases)
    peak = max(event.memory for event in events if isinstance(event, Progress))
    assert max(phase.peak_memory for phase in training.phases) == peak


@pytest.mark.usefixtures("fine_steps")
@pytest.mark.parametrize(
    "options", [replace(_OPTIONS, threads=2), replace(_OPTIONS, pattern=r"\w+|\W", threads=2)], ids=["gpt2", "custom"]
)
def test_whoever_stops_asking_leaves_no_thread_behind(corpus: Path, options: Options) -> None:
    before = threading.active_count()
    events = 0
    for _ in train([corpus], options):
        events += 1
    for stop in {1, 2, 3, 5, 8, events // 2, events - 1}:
        work = train([corpus], options)
        for _ in islice(work, stop):
            pass
        work.close()
        assert threading.active_count() == before, f"after event {stop}"


@pytest.mark.usefixtures("fine_steps")
def test_many_files_are_looked_at_a_little_at_a_time(tmp_path: Path, store: CountStore) -> None:
    for number in range(50):
        folder = tmp_path / "corpus" / str(number // 10)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text("low lower lowest")
    work = train([tmp_path / "corpus"], _OPTIONS, store)
    looked = [event for event in islice(work, 100) if isinstance(event, Progress)]
    assert {(event.phase, event.done, event.total) for event in looked} == {("count", 0, 0)}, "50 found, 50 opened"
    work.close()


@pytest.mark.usefixtures("fine_steps")
def test_a_training_that_was_cancelled_while_counting_keeps_no_counts(corpus: Path, store: CountStore) -> None:
    work = train([corpus], replace(_OPTIONS, threads=2), store)
    for _ in range(3):
        next(work)
    work.close()
    events, training = finish(train([corpus], _OPTIONS, store))
    assert not training.counts_reused
    assert _notices(events) == []


def test_counts_are_reused_and_that_is_said(corpus: Path, store: CountStore) -> None:
    _, first = finish(train([corpus], _OPTIONS, store))
    events, second = finish(train([corpus], _OPTIONS, store))
    assert (first.counts_reused, second.counts_reused) == (False, True)
    assert [text for text in _notices(events) if "counting is skipped" in text]
    assert second.merges == first.merges
    assert replace(second.counts, words=first.counts.words) == first.counts
    assert as_counter(second.counts.words) == as_counter(first.counts.words)
    assert [phase.name for phase in second.phases] == ["count", "merge"]


def test_a_larger_vocabulary_continues_the_smaller_one(corpus: Path, store: CountStore) -> None:
    _, small = finish(train([corpus], replace(_OPTIONS, vocab_size=300), store))
    _, large = finish(train([corpus], replace(_OPTIONS, vocab_size=400), store))
    assert large.counts_reused
    assert large.merges[: len(small.merges)] == small.merges
    assert len(large.merges) == 143


def test_another_tie_rule_uses_the_same_counts(corpus: Path, store: CountStore) -> None:
    finish(train([corpus], _OPTIONS, store))
    assert finish(train([corpus], replace(_OPTIONS, tie=TieRule.LOWEST_IDS), store))[1].counts_reused


@pytest.mark.parametrize(
    "options",
    [
        replace(_OPTIONS, pattern="cl100k"),
        replace(_OPTIONS, special_tokens=("<|endoftext|>", "Ishmael")),
        replace(_OPTIONS, special_tokens=()),
        replace(_OPTIONS, pattern="[a-z]+"),
    ],
    ids=["pattern", "more specials", "no specials", "custom"],
)
def test_other_cuts_are_counted_anew(corpus: Path, store: CountStore, options: Options) -> None:
    finish(train([corpus], _OPTIONS, store))
    _, training = finish(train([corpus], options, store))
    assert not training.counts_reused
    assert training.merges == train_files([corpus], options)[1].merges


def test_other_text_fields_are_counted_anew(tmp_path: Path, store: CountStore) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": "one one", "body": "two two"}\n')
    finish(train([path], _OPTIONS, store))
    _, training = finish(train([path], replace(_OPTIONS, text_field="body"), store))
    assert b"two" in as_counter(training.counts.words)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" more")


def _change_in_the_middle(path: Path) -> None:
    """As many bytes as before, at the same time of change."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _touch_later(path: Path) -> None:
    """Nothing that can be seen but the time of change: it could have changed anywhere."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


@pytest.mark.parametrize("change", [_append, _change_in_the_middle, _touch_later])
def test_a_changed_file_is_counted_anew(corpus: Path, store: CountStore, change: Callable[[Path], None]) -> None:
    finish(train([corpus], _OPTIONS, store))
    change(corpus)
    assert not finish(train([corpus], _OPTIONS, store))[1].counts_reused


def test_without_a_store_nothing_is_kept(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    train_files([corpus], _OPTIONS)
    assert not train_files([corpus], _OPTIONS)[1].counts_reused
    assert not [*tmp_path.rglob("*.npz")]


def test_a_corpus_too_small_ends_early_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("a small one")
    events, training = train_files([tmp_path], Options(5000))
    assert len(training.merges) == 8
    assert [text for text in _notices(events) if "no pair was left" in text and "265 tokens instead of 5,000" in text]
    assert isinstance(events[-2], Progress)
    assert (events[-2].done, events[-2].total) == (8, 8)


def test_a_vocabulary_of_bytes_and_special_tokens_needs_no_merge(corpus: Path) -> None:
    events, training = train_files([corpus], Options(257))
    assert training.merges == ()
    assert _notices(events) == []


def test_bytes_that_are_not_utf8_are_counted_kept_and_told(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_bytes(b"caf\xe9 " * 3 + b"caf\xe9")
    events, training = train_files([tmp_path], Options(258, pattern="whitespace"))
    (notice,) = _notices(events)
    assert notice.startswith("4 bytes of the corpus are not UTF-8; the first is at offset 3 of corpus.txt.")
    assert [merge.token for merge in training.merges] == [b"f\xe9"]


def test_the_courses_function_gives_vocabulary_and_merges(corpus: Path) -> None:
    vocab, merges = train_bpe(str(corpus), 300, ["<|endoftext|>"])
    _, training = train_files([corpus], Options(300))
    assert vocab == training.vocab
    assert merges == [(merge.left, merge.right) for merge in training.merges]


def test_kernels_are_prepared_where_they_are_missing(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The job says so, and the next one need not."""
    prepared: list[bool] = []

    def worker() -> Generator[Progress, None, None]:
        prepared.append(True)
        yield Progress("prepare", 9, 9, 1.0, 9.0, 0, finished=True)

    monkeypatch.setattr("lmcore.bpe.training.is_prepared", lambda: bool(prepared))
    monkeypatch.setattr("lmcore.bpe.training.prepare", worker)
    events, training = train_files([corpus], _OPTIONS)
    assert list(dict.fromkeys(_phases(events))) == ["prepare", "count", "merge"]
    assert [phase.name for phase in training.phases] == ["prepare", "count", "merge"]
    assert "prepare" not in _phases(train_files([corpus], _OPTIONS)[0])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"vocab_size": 256}, "256 bytes and 1 special tokens need 257"),
        ({"vocab_size": 1 << 25}, "16,777,216 are the most"),
        ({"special_tokens": ("",)}, "special token is empty"),
        ({"pattern": "(a"}, r"neither a name \(gpt2, .*\) nor a valid expression: missing \) at position 2"),
        ({"pattern": "a*"}, "matches the empty text"),
        ({"pattern": ""}, "matches the empty text"),
        ({"threads": 0}, "0 threads cannot count"),
    ],
)
def test_options_that_contradict_each_other_are_refused(wrong: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        replace(_OPTIONS, **wrong)  # type: ignore[arg-type]  # names and values come from the table above
    assert "\n" not in str(caught.value)


def test_a_training_gives_the_tokenizer_it_made(corpus: Path) -> None:
    training: Training = train_files([corpus], replace(_OPTIONS, pattern="cl100k"))[1]
    tokenizer = training.tokenizer()
    assert tokenizer.vocab == training.vocab
    assert tokenizer.pattern.name == "cl100k"
    words = as_counter(training.counts.words)
    tokens = sum(len(tokenizer.encode_bytes(word)) * count for word, count in words.items())
    assert training.merges[-1].bytes_per_token == pytest.approx(training.counts.pretoken_bytes / tokens)


def test_a_store_that_cannot_be_written_costs_only_the_counts(tmp_path: Path) -> None:
    """The folder of the counts cannot be made where a file stands: the training goes on, and says so."""
    (tmp_path / "corpus.txt").write_text("low low lower")
    (tmp_path / "taken").write_text("")
    events, training = finish(train([tmp_path / "corpus.txt"], Options(260), CountStore(tmp_path / "taken")))
    assert len(training.merges) == 260 - 256 - len(Options().special_tokens)
    (notice,) = [event for event in events if isinstance(event, Notice) and "kept" in event.text]
    assert notice.kind == "warning"


@pytest.mark.parametrize(("pattern", "told"), [(r"^.|\w+", True), (r"\p{L}+|\s", False), ("cl100k", False)])
def test_a_pattern_that_others_read_otherwise_is_told(tmp_path: Path, pattern: str, told: bool) -> None:
    (tmp_path / "corpus.txt").write_text("low low lower")
    events, _ = train_files([tmp_path], Options(258, pattern=pattern))
    assert any("Hugging Face" in event.text for event in events if isinstance(event, Notice)) is told
