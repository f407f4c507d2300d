"""Does what is kept of an encoded corpus stand for that corpus, whatever happens to the files meanwhile?"""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from lmcore import paths
from lmcore.bpe.token_file import TokenFile, sidecar
from lmcore.bpe.token_writing import encode_corpus
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import CorpusError
from lmcore.generators import result_of
from lmcore.training import encoded as module
from lmcore.training.config import config_of
from lmcore.training.creating import create, plan, reopen
from lmcore.training.encoded import Corpus, encoded
from lmcore.training.run_folder import RunFolder
from tests.core.trainings import tables, worked

WHALES, SHIPS = "The whale swam by. " * 500, "A ship at sea. " * 400


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "cache_dir", lambda: tmp_path / "cache")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "u.txt"
    path.write_text(WHALES)
    os.utime(path, (1_000, 1_000))
    return path


def _bytes() -> Tokenizer:
    return Tokenizer({number: bytes([number]) for number in range(256)}, [], ["<|endoftext|>"])


def _ids(file: TokenFile) -> str:
    return _bytes().decode(file.ids().tolist())


def _corpus(*texts: Path) -> Corpus:
    return Corpus(texts, "text", _bytes())


@pytest.fixture
def run(text: Path) -> RunFolder:
    """A run on the text whose encoded ids are gone, as a cache's can be."""
    run = _run(text)
    place = Path(run.about()["data"]["train"]["path"])
    place.unlink()
    sidecar(place).unlink()
    return run


def _run(text: Path) -> RunFolder:
    folder = text.parent
    _bytes().save(folder / "tokenizer")
    settings = tables(folder, training__steps=3)
    settings["data"] = {"corpus": [str(text)], "tokenizer": str(folder / "tokenizer")}
    return create(result_of(plan(config_of(settings))), folder / "runs")


def _put_back(text: Path) -> None:
    text.write_text(WHALES)
    os.utime(text, (1_000, 1_000))


def _same_size(text: Path) -> None:
    text.write_text(WHALES.replace("whale", "shark"))


def _other_size(text: Path) -> None:
    text.write_text(SHIPS)


@pytest.mark.parametrize("change", [_same_size, _other_size])
def test_another_text_takes_no_place_and_the_run_goes_on_once_its_own_is_back(
    run: RunFolder, text: Path, change: Callable[[Path], None]
) -> None:
    change(text)
    with pytest.raises(CorpusError, match=r"u\.txt: is no longer the text that the run began with") as refused:
        worked(run)
    assert "cache" not in str(refused.value)
    _put_back(text)
    assert _ids(result_of(encoded(_corpus(text)))) == WHALES
    assert worked(run).status == "finished"


def test_a_text_of_another_size_is_refused_before_it_is_encoded(
    run: RunFolder, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _other_size(text)
    monkeypatch.setattr(module, "_encode", None)
    with pytest.raises(CorpusError, match=r"\(6,000 bytes, then 9,500\)"):
        result_of(reopen(run))


def test_the_same_text_with_another_time_is_taken_for_the_run_and_for_no_key(run: RunFolder, text: Path) -> None:
    os.utime(text, (2_000, 2_000))
    assert worked(run).status == "finished"
    _same_size(text)
    os.utime(text, (1_000, 1_000))
    assert "shark" in _ids(result_of(encoded(_corpus(text))))


def test_a_text_that_is_gone_is_named_with_what_can_be_done(run: RunFolder, text: Path) -> None:
    text.unlink()
    with pytest.raises(CorpusError, match=r"u\.txt: is gone, .*; put the text back, then resume the run\."):
        worked(run)
    _put_back(text)
    assert worked(run).status == "finished"


def test_what_stands_in_a_place_wrongly_is_encoded_anew(text: Path) -> None:
    made = result_of(encoded(_corpus(text)))
    other = text.with_name("other.txt")
    other.write_text(SHIPS)
    result_of(encode_corpus(_bytes(), [other], made.path))
    assert _ids(TokenFile.open(made.path)) == SHIPS
    assert _ids(result_of(encoded(_corpus(text)))) == WHALES


def test_a_run_whose_ids_were_replaced_in_the_cache_encodes_them_anew(text: Path) -> None:
    run = _run(text)
    other = text.with_name("other.txt")
    other.write_text(SHIPS)
    place = Path(run.about()["data"]["train"]["path"])
    result_of(encode_corpus(_bytes(), [other], place))
    assert worked(run).status == "finished"
    assert _ids(TokenFile.open(place)) == WHALES


def test_what_is_encoded_already_is_not_encoded_again(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = result_of(encoded(_corpus(text)))
    monkeypatch.setattr(module, "_encode", None)
    assert result_of(encoded(_corpus(text))) == first


@pytest.mark.parametrize("change", [_same_size, _other_size, Path.unlink])
def test_a_text_that_changes_while_it_is_encoded_is_refused(text: Path, change: Callable[[Path], None]) -> None:
    work = encoded(_corpus(text))
    while getattr(next(work), "done", 0) == 0:
        pass
    change(text)
    with pytest.raises(CorpusError, match=r"u\.txt: (changed while it was encoded|no such file)"):
        result_of(work)
    _put_back(text)
    assert _ids(result_of(encoded(_corpus(text)))) == WHALES


def test_two_that_encode_the_same_text_do_not_write_over_one_another(text: Path) -> None:
    work, found = encoded(_corpus(text)), list[TokenFile]()
    while getattr(next(work), "done", 0) == 0:
        pass
    other = Thread(target=lambda: found.append(result_of(encoded(_corpus(text)))))
    other.start()
    mine = result_of(work)
    other.join()
    assert found == [mine]
    assert _ids(mine) == WHALES
    assert {path.name for path in mine.path.parent.iterdir() if not path.name.startswith(".")} == {
        mine.path.name,
        sidecar(mine.path).name,
    }
