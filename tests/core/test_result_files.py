"""Does a saved training say how it was made, and is the old one kept whole where saving fails?"""

import csv
import json
from pathlib import Path

import pytest
import tokenizers

from lmcore.bpe import result_files
from lmcore.bpe.count_store import CountStore
from lmcore.bpe.forecast import forecast
from lmcore.bpe.options import Options
from lmcore.bpe.result_files import longest_tokens, save_training
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.training import Training, train
from lmcore.errors import LmError
from tests.core.engine import finish, train_files

_TEXT = b"low lower lowest, new newer newest<|endoftext|>wide wider widest caf\xe9\n" * 20


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_bytes(_TEXT)
    return path


@pytest.fixture
def training(corpus: Path) -> Training:
    return train_files([corpus], Options(280))[1]


def test_the_folder_holds_what_it_promises(tmp_path: Path, training: Training) -> None:
    save_training(training, tmp_path / "new" / "out")
    names = {path.name for path in (tmp_path / "new" / "out").iterdir()}
    assert names == {"tokenizer.json", "training.json", "merges.csv", "counts.npz"}
    peer = tokenizers.Tokenizer.from_file(str(tmp_path / "new" / "out" / "tokenizer.json"))
    text = "the lowest wider<|endoftext|>"
    assert (
        peer.encode(text).ids
        == Tokenizer.load(tmp_path / "new" / "out").encode(text)
        == training.tokenizer().encode(text)
    )


def test_the_account_says_corpus_options_time_and_memory(tmp_path: Path, corpus: Path, training: Training) -> None:
    _, expected = finish(forecast([corpus], training.options))
    save_training(training, tmp_path / "out", expected)
    about = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))
    assert about["corpus"]["files"] == [{"path": str(corpus.resolve()), "bytes": len(_TEXT)}]
    assert about["corpus"]["bytes"] == len(_TEXT)
    assert about["corpus"]["special_tokens"] == 20
    assert about["corpus"]["invalid_bytes"] == 20
    assert about["corpus"]["first_invalid"] == {"file": str(corpus), "offset": _TEXT.index(b"\xe9")}
    assert about["options"]["special_tokens"] == ["<|endoftext|>"]
    assert (about["options"]["pattern"], about["options"]["tie"]) == ("gpt2", "greater-bytes")
    assert (about["vocab_size"], about["merges"]) == (280, 23)
    assert set(about["phases"]) == {"count", "merge"}
    assert all(phase["seconds"] >= 0 and phase["peak_memory_bytes"] > 10_000_000 for phase in about["phases"].values())
    assert about["forecast"]["unique_pretokens"] == about["corpus"]["unique_pretokens"]


def test_the_table_of_merges_lists_each_with_its_count(tmp_path: Path, training: Training) -> None:
    save_training(training, tmp_path / "out")
    with (tmp_path / "out" / "merges.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    model = json.loads((tmp_path / "out" / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    assert [[row["left"], row["right"]] for row in rows] == model["merges"]
    assert [int(row["count"]) for row in rows] == [merge.count for merge in training.merges]
    assert [int(row["rank"]) for row in rows] == list(range(1, 24))
    assert all(model["vocab"][row["left"] + row["right"]] == int(row["id"]) for row in rows)


def test_the_counts_in_the_folder_spare_the_next_training_its_counting(
    tmp_path: Path, corpus: Path, training: Training
) -> None:
    save_training(training, tmp_path / "out")
    _, more = finish(train([corpus], Options(290), CountStore(tmp_path / "none", beside=tmp_path / "out")))
    assert more.counts_reused
    assert more.merges[:23] == training.merges


def test_the_longest_tokens_come_first(training: Training) -> None:
    tokens = longest_tokens(training, 5)
    lengths = sorted((len(merge.token) for merge in training.merges), reverse=True)
    assert [len(token) for token in tokens] == lengths[:5]
    assert longest_tokens(training, 0) == []


@pytest.mark.parametrize("step", ["to_json", "describe", "_write_merges", "write_counts"])
def test_a_save_that_fails_leaves_the_old_folder_whole(
    tmp_path: Path, corpus: Path, training: Training, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    out = tmp_path / "out"
    save_training(training, out)
    (out / "training.json").write_text("the older one")
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    another = train_files([corpus], Options(270, ("wide",)))[1]

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(result_files, step, fail)
    with pytest.raises(LmError, match=r"out: cannot be written \(No space left on device\); choose another folder\."):
        save_training(another, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.txt", "out"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, training: Training) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(LmError, match="out is a file, not a folder"):
        save_training(training, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"
