"""Is a forecast exact for what it has seen whole, near for what it has seen a part of, and refused like a training?"""

import gzip
import json
import random
from collections import Counter
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from lmcore.bpe import documents, growth, readers, sampling
from lmcore.bpe import forecast as forecasting
from lmcore.bpe.count_store import CountStore
from lmcore.bpe.counting import Counts
from lmcore.bpe.forecast import Forecast, forecast
from lmcore.bpe.options import Options
from lmcore.bpe.pretoken_table import PretokenTable
from lmcore.bpe.readers import blocks
from lmcore.bpe.sources import find_sources
from lmcore.bpe.training import train
from lmcore.errors import CorpusError
from lmcore.paths import resource
from tests.core.engine import as_counter, as_pretokens, at_most, finish, train_files

_OPTIONS = Options(300)


def _forecast(*paths: Path) -> Forecast:
    return finish(forecast(paths, _OPTIONS))[1]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_bytes(resource("sample/moby-dick-and-speeches.txt").read_bytes()[: at_most(600_000, 20_000)])
    return path


def test_a_small_corpus_is_forecast_exactly(corpus: Path) -> None:
    found = _forecast(corpus)
    _, training = train_files([corpus], _OPTIONS)
    assert found.exact
    assert found.corpus_bytes == found.sample_bytes == training.counts.bytes
    assert found.unique_pretokens == len(training.counts.words)
    assert found.special_tokens == training.counts.special_tokens
    assert 0 < found.spread < found.seconds
    assert found.peak_memory > 10_000_000


def test_an_empty_file_among_others_does_not_make_it_less_exact(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    assert _forecast(tmp_path).exact


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> int:
    """What counts as a large corpus; its sample is so many bytes, in 32 pieces."""
    size = at_most(100_000, 8_000)
    monkeypatch.setattr(sampling, "SAMPLE", size)
    monkeypatch.setattr(sampling, "PIECE", size // 32)
    monkeypatch.setattr(readers, "_SEARCH", 64)
    return size


def test_a_large_corpus_is_forecast_from_a_sample(corpus: Path, small_sample: int) -> None:
    size = corpus.stat().st_size
    found = _forecast(corpus)
    assert not found.exact
    assert small_sample * 0.7 <= found.sample_bytes <= small_sample
    assert found.corpus_bytes == pytest.approx(size, rel=0.01)
    unique = len(train_files([corpus], _OPTIONS)[1].counts.words)
    assert found.unique_pretokens == pytest.approx(unique, rel=0.25)
    assert found.unique_pretokens_low <= unique <= found.unique_pretokens_high
    assert found.seconds_low < found.seconds < found.seconds_high
    assert found.peak_memory_low < found.peak_memory < found.peak_memory_high


def _packed(path: Path, lines: list[str]) -> Path:
    """The lines, one document each, in the form that the name says."""
    raw = "\n".join(json.dumps({"text": line}) for line in lines) if ".jsonl" in path.name else " ".join(lines)
    path.write_bytes(gzip.compress(raw.encode()) if path.suffix == ".gz" else raw.encode())
    return path


@pytest.mark.parametrize("name", ["corpus.txt", "corpus.jsonl"])
def test_the_sample_comes_from_all_over_the_corpus(tmp_path: Path, small_sample: int, name: str) -> None:
    """Nothing but one word up to the middle, different ones behind it: from the front no one could tell."""
    lines = ["word word word word word"] * (small_sample // 8) + [
        f"w{number} w{number}x" for number in range(small_sample // 4)
    ]
    path = _packed(tmp_path / name, lines)
    unique = len(train_files([path], _OPTIONS)[1].counts.words)
    found = _forecast(path)
    assert not found.exact
    assert found.unique_pretokens > unique / 4


@pytest.mark.parametrize("name", ["corpus.txt.gz", "corpus.jsonl.gz"])
def test_compressed_files_are_sampled_from_their_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    size = 100_000
    monkeypatch.setattr(documents, "_BUFFER", 1000)
    monkeypatch.setattr(sampling, "SAMPLE", size)
    monkeypatch.setattr(sampling, "PIECE", size // 32)
    monkeypatch.setattr(readers, "_SEARCH", 64)
    numbers = random.Random(3)
    sources = find_sources([_packed(tmp_path / name, [str(numbers.random()) for _ in range(size // 5)])])
    found = [*sampling.pieces(sources, _OPTIONS)]
    sizes = [len(piece.block.data) for piece in found]
    assert len(found) == 32
    assert [piece.block.offset for piece in found] == [0, *accumulate(sizes)][:-1]
    everything = [*blocks(sources[0], lambda data, position: position, "text", False)]
    ratio = sum(len(block.data) for block in everything) / sources[0].size
    assert sum(sizes) / sum(piece.disk for piece in found) == pytest.approx(ratio, rel=0.25)


def test_long_lines_fill_the_sample_from_all_over_the_corpus(tmp_path: Path, small_sample: int) -> None:
    path = _packed(tmp_path / "corpus.jsonl", [f"w{number} " * (small_sample // 30) for number in range(60)])
    sources = find_sources([path])
    found = [*sampling.pieces(sources, _OPTIONS)]
    assert small_sample <= sum(len(piece.block.data) for piece in found) < 1.2 * small_sample
    numbers = sorted(int(piece.block.data.tobytes()[1:3]) for piece in found)
    assert numbers[0] == 0
    assert numbers[-1] > 50
    assert max(after - before for before, after in pairwise(numbers)) <= 12


def test_a_wrong_field_is_told_by_the_forecast_of_a_large_file(tmp_path: Path, small_sample: int) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"body": "some words of a text"}\n' * (small_sample // 10))
    with pytest.raises(CorpusError, match=r'line 1: no text in the field "text" \(the line has: body\)'):
        _forecast(path)


def test_many_small_files_are_sampled_as_well_as_a_large_one(tmp_path: Path, small_sample: int) -> None:
    size = small_sample // 100
    for number in range(400):
        (tmp_path / f"{number}.txt").write_text(" ".join(f"w{number + i % 50}" for i in range(size // 5)))
    found = _forecast(tmp_path)
    assert not found.exact
    assert found.sample_bytes > small_sample / 2
    unique = len(train_files([tmp_path], _OPTIONS)[1].counts.words)
    assert found.unique_pretokens == pytest.approx(unique, rel=0.4)


def test_a_custom_pattern_is_forecast_without_reading_the_whole_text(corpus: Path, small_sample: int) -> None:
    found = finish(forecast([corpus], Options(300, special_tokens=(), pattern=r"\w+|\W")))[1]
    assert found.sample_bytes <= small_sample


def test_kept_counts_are_not_counted_again(corpus: Path, tmp_path: Path) -> None:
    store = CountStore(tmp_path / "counts")
    _, training = finish(train([corpus], _OPTIONS, store))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasting, "pieces", lambda *arguments: pytest.fail("read a sample"))
        found = finish(forecast([corpus], replace(_OPTIONS, vocab_size=350), store))[1]
    assert (found.counts_known, found.exact) == (True, True)
    assert found.unique_pretokens == found.unique_pretokens_low == found.unique_pretokens_high
    assert found.unique_pretokens == len(training.counts.words)
    assert found.special_tokens == training.counts.special_tokens
    assert found.corpus_bytes == training.counts.bytes
    assert not finish(forecast([corpus], replace(_OPTIONS, pattern="cl100k"), store))[1].counts_known


def test_a_part_of_the_kept_words_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "_MERGED", 10)
    words = {b"w%d" % number * (1 + number % 3): number + 1 for number in range(100)}
    counts = Counts(as_pretokens(words), 5050, 9999, 9000, 3)
    sample = forecasting._kept_sample(counts)
    chosen = as_counter(sample.words)
    assert len(chosen) == 10
    assert all(words[word] == count for word, count in chosen.items())
    assert sample.growth.likely * sum(map(len, chosen)) == pytest.approx(sum(map(len, words)))


@pytest.mark.parametrize("law", [1.0, 1.1, 1.2])
def test_growth_is_that_of_words_drawn_by_zipfs_law(law: float) -> None:
    """Words of falling frequency, drawn at random: the growth from 20 pieces to 200 is within what is said of it."""
    numbers = random.Random(5)
    ranks = range(1, at_most(20_000, 3_000))
    size = at_most(1000, 100)
    drawn = numbers.choices(ranks, [1 / (rank + 2) ** law for rank in ranks], k=200 * size)
    spread = growth.Spread()
    for piece in range(20):
        table = PretokenTable()
        table.add_counts(Counter(b"%d" % rank for rank in drawn[piece * size : (piece + 1) * size]))
        spread.note(table)
    grown = len(set(drawn)) / len(set(drawn[: 20 * size]))
    found = spread.growth(10.0)
    assert found.least <= grown <= found.most
    assert found.likely == pytest.approx(grown, rel=0.2)


def test_what_is_in_every_piece_does_not_grow() -> None:
    spread = growth.Spread()
    for _ in range(4):
        table = PretokenTable()
        table.add_counts({b"the": 5, b"same": 2})
        spread.note(table)
    assert spread.growth(50.0).likely == 1.0
    assert spread.growth(1.0) == growth.Growth(1.0, 1.0, 1.0)


@pytest.mark.parametrize(("name", "content"), [("a.txt", b""), ("a.jsonl", b"\n"), ("a.txt", b"\0" * 500)])
def test_what_cannot_be_trained_on_cannot_be_forecast(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=name):
        _forecast(tmp_path)
