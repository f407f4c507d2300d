"""Is the queue worked off in order, one run at a time, and is none left lying? With real workers on tiny runs."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lmcore.cli import main
from lmcore.errors import UsageError
from lmcore.training import locks, queueing
from lmcore.training.queueing import Began, Ended, dequeue, enqueue, is_worked_off, move, waiting, work_off
from lmcore.training.run_folder import RunFolder, State
from tests.core.trainings import config, new_run


def _runs(folder: Path, number: int) -> list[RunFolder]:
    """Runs that cannot be trained, for what only looks at folders."""
    return [RunFolder.create(folder / "runs", config(folder), "digest", {"steps": 9}) for _ in range(number)]


def test_runs_wait_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    first, second, third = _runs(tmp_path, 3)
    root = tmp_path / "runs"
    for run in (second, third, first, third):
        enqueue(run)
    assert waiting(root) == (second, third, first), "who waits already stays where he is"
    assert dequeue(third)
    assert not dequeue(third)
    enqueue(third)
    assert waiting(root) == (second, first, third)
    assert waiting(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(("place", "order"), [(0, "2013"), (1, "0213"), (3, "0132"), (99, "0132"), (-1, "2013")])
def test_a_run_can_be_moved_in_the_queue(tmp_path: Path, place: int, order: str) -> None:
    runs = _runs(tmp_path, 4)
    for run in runs:
        enqueue(run)
    move(runs[2], place)
    assert waiting(tmp_path / "runs") == tuple(runs[int(number)] for number in order)


def test_a_run_that_no_longer_waits_is_not_put_back_by_moving_it(tmp_path: Path) -> None:
    one, other = _runs(tmp_path, 2)
    enqueue(other)
    move(one, 0)
    assert waiting(tmp_path / "runs") == (other,)


@pytest.mark.parametrize("content", [b"", b"soon", b"\xff", b"9" * 9_999])
def test_a_marker_without_a_number_waits_at_the_end(tmp_path: Path, content: bytes) -> None:
    odd, usual = _runs(tmp_path, 2)
    (odd.control / "start").write_bytes(content)
    enqueue(usual)
    move(usual, 0)
    assert waiting(tmp_path / "runs") == (usual, odd)


def test_a_folder_that_is_no_run_does_not_wait(tmp_path: Path) -> None:
    gone, run = _runs(tmp_path, 2)
    enqueue(gone)
    enqueue(run)
    (gone.path / "config.json").unlink()
    assert waiting(tmp_path / "runs") == (run,)


def test_a_run_that_is_being_trained_cannot_wait(tmp_path: Path) -> None:
    (run,) = _runs(tmp_path, 1)
    with locks.holding(run.lock), pytest.raises(UsageError, match="is being trained already"):
        enqueue(run)
    assert waiting(tmp_path / "runs") == ()


def test_who_only_asks_for_a_lock_is_not_taken_for_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    with lock.open("w+b") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as another window does, in the same instant
        assert not locks.is_held(lock)
    with locks.holding(lock):
        assert locks.is_held(lock)


def test_an_empty_queue_is_worked_off(tmp_path: Path) -> None:
    _runs(tmp_path, 1)
    assert list(work_off(tmp_path / "runs")) == []
    assert list(work_off(tmp_path / "nowhere")) == []


def test_a_run_that_someone_started_himself_no_longer_waits(tmp_path: Path) -> None:
    (run,) = _runs(tmp_path, 1)
    enqueue(run)
    with locks.holding(run.lock):
        assert list(work_off(tmp_path / "runs")) == []
    assert waiting(tmp_path / "runs") == ()


def test_a_run_that_is_put_into_the_queue_while_it_ends_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, late = (new_run(tmp_path, training__steps=2) for _ in range(2))
    holding, root = locks.holding, tmp_path / "runs"
    came: list[object] = []

    @contextmanager
    def ending(path: Path, why: str = "") -> Iterator[None]:
        """Behind the last look for runs that wait, and before the lock is given up."""
        with holding(path, why):
            yield
            if path.name == queueing.LOCK and not came:
                enqueue(late)
                came.append(list(work_off(root)))

    monkeypatch.setattr(locks, "holding", ending)
    enqueue(first)
    events = list(work_off(root))
    assert came == [[]], "the process that was started for it saw another at work, and ended"
    assert [event.run for event in events if isinstance(event, Ended)] == [first.path, late.path]
    assert [run.state().status for run in (first, late)] == ["finished", "finished"]
    assert not is_worked_off(root)


def test_a_run_that_fails_does_not_hinder_the_next(tmp_path: Path) -> None:
    first, broken, last = (new_run(tmp_path, training__steps=3) for _ in range(3))
    for run in (last, broken, first):
        enqueue(run)
    (broken.path / "run.json").write_text("{")
    events = list(work_off(tmp_path / "runs"))
    began = [event.run for event in events if isinstance(event, Began)]
    ended = [(event.run, event.status) for event in events if isinstance(event, Ended)]
    assert began == [last.path, broken.path, first.path]
    assert ended == [(last.path, 0), (broken.path, 2), (first.path, 0)]
    assert (broken.state().status, broken.state().reason) == ("failed", "error")
    assert "run.json" in broken.log.read_text(), "what a worker writes to standard error is in the run's log"
    assert waiting(tmp_path / "runs") == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("raise SystemExit('no torch today')", "The worker could not begin: no torch today"),
        ("import os; os._exit(3)", "The worker could not begin: it said nothing."),
        ("raise ModuleNotFoundError(name='torch')", "Training needs torch, which is not installed here."),
    ],
)
def test_a_worker_that_cannot_begin_is_a_failure_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    run = new_run(tmp_path, training__steps=2)
    run.write_state(State("stopped", step=1, steps=2))
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "torch.py").write_text(written)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "early"), os.environ.get("PYTHONPATH", "")]))
    enqueue(run)
    assert [type(event) for event in work_off(tmp_path / "runs")] == [Began, Ended]
    state = run.state()
    assert (state.status, state.reason, state.step) == ("stopped", "", 1), "nothing of the run has changed"
    assert state.message.startswith(said)
    assert waiting(tmp_path / "runs") == ()


def test_a_run_is_put_into_the_queue_and_listed_as_waiting_by_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = _runs(tmp_path, 2)
    assert main(["runs", "--enqueue", str(other.path)]) == 0
    assert waiting(tmp_path / "runs") == (other,)
    assert main(["runs", "--runs", str(tmp_path / "runs"), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    assert {row["run"]: row["status"] for row in listed} == {str(one.path): "queued", str(other.path): "waiting"}
    assert main(["worker", "queue", str(tmp_path / "nowhere")]) == 2
    assert "is no folder of runs" in capsys.readouterr().err
