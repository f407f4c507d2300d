"""Is what is taken out of a run whole, while a worker goes on with it?"""

import csv
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lmcore.bpe.events import Notice
from lmcore.errors import UsageError
from lmcore.generators import result_of
from lmcore.training.archiving import Written, csv_of, zip_run
from lmcore.training.checkpoint_files import MANIFEST, WEIGHTS, check, checkpoints_in
from lmcore.training.curves import TRAIN, VALIDATION, Columns, empty
from lmcore.training.metrics import read_rows
from lmcore.training.run_folder import RunFolder
from tests.core.trainings import new_run, worked


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of 40 steps with two checkpoints."""
    run = new_run(tmp_path)
    worked(run)
    return run


def _packed(run: RunFolder, place: Path, then: Callable[[], object], **which: Any) -> tuple[list[Any], tuple[str, ...]]:
    """Pack a run; do something behind the first piece."""
    events, work = [], zip_run(run, place, **which)
    while True:
        try:
            events.append(next(work))
        except StopIteration as end:
            return events, end.value
        if len(events) == 1:
            then()


def _opened(place: Path, folder: Path) -> RunFolder:
    """The run that is in a zip."""
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (found,) = folder.iterdir()
    return RunFolder.open(found)


@pytest.mark.parametrize(("which", "steps"), [("newest", [40]), ("all", [30, 40]), ("none", [])])
def test_a_zip_holds_the_run_and_the_checkpoints_that_were_wanted(
    run: RunFolder, tmp_path: Path, which: Any, steps: list[int]
) -> None:
    run.annotate(["best"], "kept")
    events, passed_over = _packed(run, tmp_path / "run.zip", lambda: None, checkpoints=which)
    found = _opened(tmp_path / "run.zip", tmp_path / "there")
    assert [one.step for one in checkpoints_in(found.checkpoints)] == steps
    for one in checkpoints_in(found.checkpoints):
        check(one)
    assert read_rows(found.metrics) == read_rows(run.metrics)
    assert (found.config(), found.state(), found.annotations()) == (run.config(), run.state(), run.annotations())
    done = [event.done for event in events if isinstance(event, Written)]
    assert done == sorted(done)
    assert events[-1].done == events[-1].total > sum(file.stat().st_size for file in run.path.glob("*.json*"))
    assert passed_over == ()
    assert not [path for path in found.path.rglob("*") if path.name in ("run.lock", "control", "stop", ".reserve")]


def test_what_a_worker_appends_meanwhile_is_left_out(run: RunFolder, tmp_path: Path) -> None:
    before = run.metrics.read_bytes()

    def append() -> None:
        with run.metrics.open("ab") as file:
            file.write(b'{"kind": "train", "step": 41, "loss": 1.0}\n{"torn')

    _packed(run, tmp_path / "run.zip", append)
    assert _opened(tmp_path / "run.zip", tmp_path / "there").metrics.read_bytes() == before


def test_a_checkpoint_that_goes_meanwhile_is_passed_over_and_said(run: RunFolder, tmp_path: Path) -> None:
    first = checkpoints_in(run.checkpoints)[0].path
    gone = first.with_name(f".{first.name}.removed")
    events, passed_over = _packed(run, tmp_path / "run.zip", lambda: first.rename(gone), checkpoints="all")
    assert passed_over == ("The checkpoint of step 30 was removed meanwhile.",)
    assert [event.text for event in events if isinstance(event, Notice)] == list(passed_over)
    found = _opened(tmp_path / "run.zip", tmp_path / "there")
    assert [one.step for one in checkpoints_in(found.checkpoints)] == [40]


def test_where_the_newest_goes_the_newest_by_then_is_taken(run: RunFolder, tmp_path: Path) -> None:
    newest = checkpoints_in(run.checkpoints)[-1].path
    _packed(run, tmp_path / "run.zip", lambda: newest.rename(newest.with_name("step-00000050")))
    found = _opened(tmp_path / "run.zip", tmp_path / "there")
    assert [one.step for one in checkpoints_in(found.checkpoints)] == [50]


@pytest.mark.parametrize(
    "tear", [lambda folder: (folder / MANIFEST).unlink(), lambda folder: os.truncate(folder / WEIGHTS, 100)]
)
def test_a_torn_checkpoint_is_passed_over_and_said(
    run: RunFolder, tmp_path: Path, tear: Callable[[Path], object]
) -> None:
    tear(checkpoints_in(run.checkpoints)[-1].path)
    for which in ("newest", "all"):
        events, passed_over = _packed(run, tmp_path / f"{which}.zip", lambda: None, checkpoints=which)
        assert passed_over == ("The checkpoint of step 40 is damaged and was left out.",)
        assert [event.text for event in events if isinstance(event, Notice)] == list(passed_over)
        (held,) = checkpoints_in(_opened(tmp_path / f"{which}.zip", tmp_path / which).checkpoints)
        assert held.step == 30
        check(held)
        packed, end = [event for event in events if isinstance(event, Written)][-2:]
        assert packed == end, "the bytes of the one that is packed were reckoned with"


def test_where_no_checkpoint_is_whole_the_zip_has_none(run: RunFolder, tmp_path: Path) -> None:
    for one in checkpoints_in(run.checkpoints):
        (one.path / MANIFEST).unlink()
    _, passed_over = _packed(run, tmp_path / "run.zip", lambda: None)
    assert passed_over == tuple(f"The checkpoint of step {step} is damaged and was left out." for step in (40, 30))
    assert checkpoints_in(_opened(tmp_path / "run.zip", tmp_path / "there").checkpoints) == []


def test_a_checkpoint_that_goes_while_it_is_read_is_whole(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lmcore.training.archiving._PIECE", 1_000)
    newest = checkpoints_in(run.checkpoints)[-1]
    work = zip_run(run, tmp_path / "run.zip")
    names = len(list(newest.path.iterdir()))
    before = sum(path.stat().st_size for path in run.path.iterdir() if path.is_file() and path != run.lock)
    while next(work).done <= before:  # type: ignore[union-attr]
        pass
    for file in newest.path.iterdir():
        file.unlink()
    newest.path.rmdir()
    assert result_of(work) == ()
    (found,) = checkpoints_in(_opened(tmp_path / "run.zip", tmp_path / "there").checkpoints)
    check(found)
    assert len(list(found.path.iterdir())) == names


def test_a_zip_that_is_cancelled_leaves_what_was_there(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "run.zip").write_bytes(b"before")
    work = zip_run(run, tmp_path / "run.zip")
    next(work)
    work.close()
    assert (tmp_path / "run.zip").read_bytes() == b"before"
    assert not list(tmp_path.glob(".run.zip*"))


def test_an_earlier_zip_in_the_run_itself_is_not_packed(run: RunFolder) -> None:
    place = run.exports / "run.zip"
    sizes = [result_of(zip_run(run, place)) == () and place.stat().st_size for _ in range(2)]
    assert sizes[0] == sizes[1]


def test_a_folder_of_other_things_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run of a training"):
        next(zip_run(RunFolder(tmp_path), tmp_path / "run.zip"))


def _columns(train: dict[str, list[float]], validation: dict[str, list[float]]) -> Columns:
    def table(names: tuple[str, ...], given: dict[str, list[float]]) -> dict[str, Any]:
        number = len(given["step"])
        lacking = {name: -1 if column.dtype == np.int64 else np.nan for name, column in empty(names).items()}
        return {
            name: np.array(given.get(name, [value] * number), empty((name,))[name].dtype)
            for name, value in lacking.items()
        }

    return Columns(table(TRAIN, train), table(VALIDATION, validation))


def test_a_table_has_a_row_a_step_and_validation_in_a_column_of_its_own(tmp_path: Path) -> None:
    nan = float("nan")
    columns = _columns(
        {"step": [1, 2, 4], "tokens": [10, 20, -1], "loss": [3.25, 0.1 + 0.2, nan], "mfu": [0.5, nan, nan]},
        {"step": [2, 3], "loss": [2.5, nan]},
    )
    events = list(csv_of({"a run": columns}, tmp_path / "curve.csv"))
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = [(row["step"], row["tokens"], row["loss"], row["mfu"], row["validation_loss"]) for row in rows]
    assert chosen == [
        ("1", "10", "3.25", "0.5", ""),
        ("2", "20", "0.30000000000000004", "", "2.5"),
        ("3", "", "", "", "nan"),
        ("4", "", "nan", "", ""),
    ]
    assert [(event.done, event.total) for event in events] == [(0, 4), (4, 4)]


def test_runs_stand_below_one_another_under_their_names(tmp_path: Path) -> None:
    one = _columns({"step": [1, 2], "loss": [3.0, 2.0]}, {"step": [2], "bits_per_byte": [1.5]})
    other = _columns({"step": [1], "loss": [4.0]}, {"step": []})
    list(csv_of({'lr 1e-3, "short"': one, "other": other}, tmp_path / "curves.csv"))
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["step"], row["loss"]) for row in rows] == [
        ('lr 1e-3, "short"', "1", "3"),
        ('lr 1e-3, "short"', "2", "2"),
        ("other", "1", "4"),
    ]
    assert [row["validation_bits_per_byte"] for row in rows] == ["", "1.5", ""]


def test_a_long_table_is_written_in_pieces_and_whole(tmp_path: Path) -> None:
    steps: list[float] = list(range(1, 25_001))
    columns = _columns({"step": steps, "loss": [1 / step for step in steps]}, {"step": steps[99::100]})
    events = list(csv_of({"a run": columns}, tmp_path / "curve.csv"))
    assert [event.done for event in events] == [*range(0, 25_001, 5_000)]
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == steps
    assert [float(row["loss"]) for row in rows] == [1 / step for step in steps]
    assert sum(row["validation_loss"] == "nan" for row in rows) == 250


def test_a_run_without_rows_is_a_table_without_rows(tmp_path: Path) -> None:
    list(csv_of({"a run": Columns()}, tmp_path / "curve.csv"))
    checked = ["validation_loss", "validation_perplexity", "validation_bits_per_byte"]
    assert (tmp_path / "curve.csv").read_text() == ",".join(["run", *TRAIN, *checked]) + "\n"
    assert json.dumps([*TRAIN]) == json.dumps(list(empty(TRAIN)))
