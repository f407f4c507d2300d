"""Is what a window hears of a folder of runs true, whatever happens to them while it looks?"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from lmcore.training import locks
from lmcore.training.listing import Listing
from lmcore.training.run_folder import RunFolder
from lmcore.training.sample_files import Sample
from tests.core.trainings import new_run
from tests.core.windows import Window, check_rows


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def window(root: Path) -> Iterator[Window]:
    opened = Window(root)
    yield opened
    opened.events.close()


def _append(run: RunFolder, *steps: int, kind: str = "train") -> None:
    with run.metrics.open("ab") as file:
        file.write(
            b"".join(orjson.dumps({"kind": kind, "step": step, "loss": 1 / (1 + step)}) + b"\n" for step in steps)
        )


def test_runs_come_and_go_and_are_told_oldest_first(window: Window, root: Path, tmp_path: Path) -> None:
    window.until(lambda: window.runs == ())
    runs = [new_run(tmp_path) for _ in range(3)]
    (root / "other things").mkdir()
    (root / "model").mkdir()
    (root / "model" / "config.json").write_text('{"model_type": "llama"}')
    window.until(lambda: len(window.paths) == 3)
    assert window.paths == sorted(run.path for run in runs)
    before = window.runs
    window.look()
    assert window.runs is before, "nothing is told twice"
    shutil.rmtree(runs[1].path)
    window.until(lambda: len(window.paths) == 2)
    assert runs[1].path not in window.paths
    shutil.rmtree(root)
    window.until(lambda: window.runs == ())


def test_rows_that_nobody_wants_are_forgotten_and_told_again_when_they_are_wanted(
    window: Window, tmp_path: Path
) -> None:
    run = new_run(tmp_path)
    _append(run, 1, 2)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: window.steps(run.path) == [1, 2])
    window.interest.paths = frozenset()
    window.until(lambda: run.path not in window.columns)
    _append(run, 3)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: run.path in window.columns)
    assert window.steps(run.path) == [1, 2, 3]


def test_a_torn_last_line_is_no_row_until_it_is_whole(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    _append(run, 1, 2)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: window.steps(run.path) == [1, 2])
    with run.metrics.open("ab") as file:
        file.write(b'{"kind":"train","step":3,"lo')
    window.look()
    assert window.steps(run.path) == [1, 2]
    assert window.runs is not None
    assert window.runs[0].last["step"] == 2
    with run.metrics.open("ab") as file:
        file.write(b'ss":0.25}\n')
    window.until(lambda: window.steps(run.path) == [1, 2, 3])
    check_rows(window, run)


def test_a_run_that_is_deleted_while_it_is_shown_is_gone(window: Window, tmp_path: Path) -> None:
    run, other = new_run(tmp_path), new_run(tmp_path)
    _append(run, 1, 2)
    window.interest.paths, window.interest.current = frozenset({run.path}), run.path
    window.until(lambda: window.steps(run.path) == [1, 2])
    shutil.rmtree(run.path)
    window.until(lambda: window.paths == [other.path] and window.steps(run.path) == [])
    assert window.standing(other.path) == "created"


def test_a_run_that_is_edited_while_it_is_shown_is_read_anew(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    _append(run, *range(1, 500))
    window.interest.paths = frozenset({run.path})
    window.until(lambda: len(window.steps(run.path)) == 499)
    lines = run.metrics.read_bytes().split(b"\n")
    run.metrics.write_bytes(b"\n".join(lines[:100] + lines[300:]))
    window.until(lambda: len(window.steps(run.path)) == 299)
    check_rows(window, run)
    config = run.path / "config.json"
    config.write_text(config.read_text().replace('"d_model": 16', '"d_model": 32'))
    window.until(lambda: window.standing(run.path) == "damaged")
    assert window.runs is not None
    assert "was changed" in window.runs[0].message


def test_a_half_written_checkpoint_is_not_told(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (run.checkpoints / "step-00000010").mkdir()
    (run.checkpoints / "step-00000010" / "model.safetensors").write_bytes(b"half")
    window.until(lambda: window.paths == [run.path])
    assert window.runs is not None
    assert window.runs[0].checkpoints == ()


def test_texts_are_told_with_the_loss_of_their_step(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    window.interest.current = run.path
    window.until(lambda: window.samples == {run.path: ()})
    _append(run, 10, kind="validation")
    texts = [{"prompt": "Once", "text": " upon"}, {"prompt": "A", "text": " rose"}]
    for step, content in ((10, {"step": 10, "texts": texts}), (20, {"step": 20, "texts": texts[:1]}), (30, None)):
        place = run.samples / f"step-{step:08d}.json"
        place.write_text(json.dumps(content) if content else '{"step": 30, "te')
    expected = (Sample(10, 1 / 11, (("Once", " upon"), ("A", " rose"))), Sample(20, None, (("Once", " upon"),)))
    window.until(lambda: window.samples[run.path] == expected)
    assert run.path not in window.columns, "its rows are not wanted"


def test_rows_are_told_of_a_run_whose_texts_were_wanted_before(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    _append(run, 1, 2)
    window.interest.current = run.path
    window.until(lambda: run.path in window.samples)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: window.steps(run.path) == [1, 2])
    window.columns.clear()
    window.look()
    assert run.path not in window.columns, "nothing is told twice"


def test_a_clock_that_jumps_changes_nothing(window: Window, tmp_path: Path) -> None:
    run = new_run(tmp_path)
    window.interest.paths = frozenset({run.path})
    with locks.holding(run.lock):
        for number, (moment, heartbeat) in enumerate([(4e9, 4e9), (1.0, 1.0), (2e9, 0.0), (2e9, -5.0)], 1):
            _append(run, number)
            os.utime(run.metrics, (moment, moment))
            state = {"status": "running", "step": number, "heartbeat": heartbeat}
            (run.path / "state.json").write_text(json.dumps(state))
            os.utime(run.path / "state.json", (moment, moment))
            window.until(lambda: len(window.steps(run.path)) == number)  # noqa: B023
            window.until(lambda: window.runs and window.runs[0].step == number)  # noqa: B023
            assert window.standing(run.path) == "running"
    window.until(lambda: window.standing(run.path) == "lost")
    check_rows(window, run)


def test_runs_that_wait_are_told_in_their_order(window: Window, tmp_path: Path) -> None:
    runs = sorted((new_run(tmp_path) for _ in range(3)), key=lambda run: run.path)
    for run, number in zip(runs, (3, 1, 2), strict=True):
        (run.control / "start").write_text(f"{number}\n")
    window.until(lambda: window.runs and [run.place for run in window.runs] == [2, 0, 1])
    (runs[1].control / "start").unlink()
    window.until(lambda: window.runs and [run.place for run in window.runs] == [1, None, 0])
    assert window.standing(runs[1].path) == "created"


def test_a_folder_that_cannot_be_listed_is_told_and_looked_at_until_it_can(
    window: Window, root: Path, tmp_path: Path
) -> None:
    run = new_run(tmp_path)
    window.until(lambda: window.paths == [run.path])
    aside = root.rename(tmp_path / "aside")
    root.symlink_to(root)
    window.until(lambda: "cannot be listed" in window.trouble)
    assert window.paths == [run.path]
    root.unlink()
    aside.rename(root)
    window.until(lambda: not window.trouble)
    _append(run, 1)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: window.steps(run.path) == [1])


def test_texts_that_cannot_be_read_are_the_trouble_of_their_run_alone(window: Window, tmp_path: Path) -> None:
    broken, other = new_run(tmp_path), new_run(tmp_path)
    shutil.rmtree(broken.path / "samples", ignore_errors=True)
    (broken.path / "samples").symlink_to(broken.path / "samples")
    window.interest.current = broken.path
    window.until(lambda: len(window.paths) == 2)
    window.look()
    assert window.trouble == ""
    _append(other, 1)
    window.interest.paths = frozenset({other.path})
    window.until(lambda: window.steps(other.path) == [1])


def test_rows_are_looked_at_while_a_long_list_is_looked_through(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path)
    _append(run, 1, 2)
    window.interest.paths = frozenset({run.path})
    window.until(lambda: window.steps(run.path) == [1, 2])
    before = window.runs

    def endless(_listing: Listing) -> Iterator[None]:
        while True:
            yield

    monkeypatch.setattr(Listing, "look", endless)
    for step in (3, 4):
        _append(run, step)
        window.until(lambda: window.steps(run.path)[-1] == step)  # noqa: B023
    assert window.runs is before
