"""Is a run made piece by piece, so that a window can do it, and can another be made of it?"""

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lmcore.bpe.events import Progress
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import CorpusError
from lmcore.generators import result_of
from lmcore.training import data as data_module
from lmcore.training import encoded as module
from lmcore.training.config import config_of
from lmcore.training.creating import creating, creating_all, plan, tables_of
from lmcore.training.run_folder import runs_in
from tests.core.trainings import config, new_run, tables, token_file, worked


def _events(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    events = []
    while True:
        try:
            events.append(next(work))
        except StopIteration as end:
            return events, end.value


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 12,000 bytes is one of many pieces."""
    monkeypatch.setattr(module, "PIECE", 1_000)
    monkeypatch.setattr(data_module, "PIECE", 500)


@pytest.mark.parametrize("validated", [False, True])
def test_token_files_are_read_in_pieces_and_what_was_read_is_told(tmp_path: Path, validated: bool) -> None:
    unseen = {"data__validation": str(token_file(tmp_path, 3_000, seed=1))} if validated else {}
    total = 12_000 + (6_000 if validated else 0)
    looked, planned = _events(plan(config(tmp_path, **unseen)))
    made, run = _events(creating(planned, tmp_path / "runs"))
    for events in (looked, made):
        assert all(isinstance(event, Progress) and event.phase == "check" for event in events)
        assert [event.done for event in events] == list(range(1_000, total + 1, 1_000))
        assert {event.total for event in events} == {total}
        assert [event.finished for event in events] == [*[False] * (len(events) - 1), True]
    assert (
        run.about()["data"]["train"]["sha256"]
        == hashlib.sha256(Path(planned.config.data.train).read_bytes()).hexdigest()
    )


def test_a_run_that_is_given_up_while_its_data_are_read_is_not_there(tmp_path: Path) -> None:
    work = creating(result_of(plan(config(tmp_path))), tmp_path / "runs")
    next(work)
    work.close()
    assert not (tmp_path / "runs").exists()


def test_an_id_that_is_not_in_the_vocabulary_is_found_in_the_last_piece(tmp_path: Path) -> None:
    work = plan(config(tmp_path, model__vocab_size=61))
    path = tmp_path / "tokens-0.bin"
    path.write_bytes(path.read_bytes()[:-2] + b"\x3d\x00")
    for _ in range(11):
        next(work)
    with pytest.raises(CorpusError, match="position 5,999 is 61"):
        result_of(work)


def test_a_run_says_of_which_run_and_group_it_was_made(tmp_path: Path) -> None:
    planned = result_of(plan(config(tmp_path)))
    first = result_of(creating(planned, tmp_path / "runs"))
    group = {"id": "a", "keys": ["training.seed"], "values": {"training.seed": 3}}
    second = result_of(creating(planned, tmp_path / "runs", {"parent": first.name, "group": group}))
    assert first.about()["parent"] is None
    assert (second.about()["parent"], second.about()["group"]) == (first.name, group)
    assert second.digest() == first.digest(), "whence it came does not decide its result"


def test_whoever_gives_up_a_sweep_while_it_is_made_has_none_of_its_runs(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    work = creating_all(tables(tmp_path) | {"sweep": {"training.seed": [1, 2]}}, root)
    while not list(runs_in(root)):
        next(work)
    work.close()
    assert list(root.iterdir()) == []


def test_what_was_chosen_for_a_run_makes_the_same_run_again(tmp_path: Path) -> None:
    run = new_run(tmp_path, training__seed=7, schedule__warmup_steps=3)
    again = result_of(creating(result_of(plan(config_of(tables_of(run)))), tmp_path / "runs", {"parent": run.name}))
    assert again.config() == run.config()
    assert again.digest() == run.digest()
    assert worked(again).status == "finished"


def test_a_run_without_a_name_has_an_empty_one(tmp_path: Path) -> None:
    settings = tables(tmp_path)
    del settings["name"]
    run = result_of(creating(result_of(plan(config_of(settings))), tmp_path / "runs"))
    assert tables_of(run)["name"] == ""


def test_paths_are_absolute_whatever_folder_is_worked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tables(tmp_path)
    monkeypatch.chdir(tmp_path)
    settings["data"] = {"train": "tokens-0.bin"}
    run = result_of(creating(result_of(plan(config_of(settings))), tmp_path / "runs"))
    assert tables_of(run)["data"]["train"] == str(tmp_path / "tokens-0.bin")
    assert tables_of(run)["data"]["validation"] == ""


def test_a_tokenizer_that_is_gone_or_another_by_now_is_the_one_that_the_run_kept(tmp_path: Path) -> None:
    plain = {number: bytes([number]) for number in range(256)}
    Tokenizer(plain, [], ["<|endoftext|>"]).save(tmp_path / "tokenizer")
    (tmp_path / "text.txt").write_text("The whale swam by. " * 500)
    settings = tables(tmp_path)
    settings["data"] = {"corpus": [str(tmp_path / "text.txt")], "tokenizer": str(tmp_path / "tokenizer")}
    run = result_of(creating(result_of(plan(config_of(settings))), tmp_path / "runs"))
    assert tables_of(run)["data"]["tokenizer"] == str(tmp_path / "tokenizer")
    (tmp_path / "tokenizer").rename(tmp_path / "elsewhere")
    found = tables_of(run)
    Tokenizer({**plain, 256: b"wh"}, [(b"w", b"h")], ["<|endoftext|>"]).save(tmp_path / "tokenizer")
    assert tables_of(run) == found
    (tmp_path / "tokenizer" / "tokenizer.json").write_text("{")
    assert tables_of(run) == found
    assert found["data"]["tokenizer"] == str(run.tokenizer)
    assert found["data"]["corpus"] == [str(tmp_path / "text.txt")]
    assert config_of(found).data.corpus == (str(tmp_path / "text.txt"),)
