"""Is a forecast exact for what it has seen whole, near for what it has seen a part of, and refused like a training?"""

from pathlib import Path

import pytest

from lmcore.bpe import forecast as forecasting
from lmcore.bpe import readers
from lmcore.bpe.forecast import Forecast, forecast
from lmcore.bpe.options import Options
from lmcore.errors import CorpusError
from lmcore.paths import resource
from tests.core.engine import at_most, finish, train_files

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


def test_a_large_corpus_is_forecast_from_its_front(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = corpus.stat().st_size
    for module in (readers, forecasting):
        monkeypatch.setattr(module, "BLOCK", size // 40)
    monkeypatch.setattr(forecasting, "SAMPLE", size // 5)
    monkeypatch.setattr(readers, "_SEARCH", 64)
    found = _forecast(corpus)
    assert not found.exact
    assert size // 5 <= found.sample_bytes < size // 3
    assert found.corpus_bytes == pytest.approx(size, rel=0.05)
    unique = len(train_files([corpus], _OPTIONS)[1].counts.words)
    assert found.unique_pretokens == pytest.approx(unique, rel=0.35)


@pytest.mark.parametrize(("name", "content"), [("a.txt", b""), ("a.jsonl", b"\n"), ("a.txt", b"\0" * 500)])
def test_what_cannot_be_trained_on_cannot_be_forecast(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=name):
        _forecast(tmp_path)
