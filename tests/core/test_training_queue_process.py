"""Does the process that works off the queue outlive who started it, and does nothing get lost when it is ended?"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from lmcore.cli import main
from lmcore.generators import result_of
from lmcore.training import locks
from lmcore.training.handing import Asked, ask_to_wait, hand_over, taking_over, unmade
from lmcore.training.queueing import LOCK, ask_to_end, dequeue, enqueue, is_worked_off, waiting
from lmcore.training.run_folder import RunFolder, runs_in
from tests.core.awaiting import until
from tests.core.trainings import losses, new_run, tables

_STARTER = """
import subprocess, sys
command = [sys.executable, "-m", "lmcore.cli", "worker", "queue", sys.argv[1]]
queue = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
print(queue.pid, flush=True)
"""
_LONG = 1_000_000


def _queue(root: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "lmcore.cli", "worker", "queue", str(root)])


def _is_training(run: RunFolder) -> bool:
    return run.is_alive and run.state().step > 0


def _end(run: RunFolder) -> None:
    run.ask_to_stop("paused")
    until(lambda: not run.is_alive)


def test_a_second_process_ends_at_once_and_the_first_goes_on_with_the_next(tmp_path: Path) -> None:
    first, last = (new_run(tmp_path, training__steps=steps) for steps in (_LONG, 2))
    for run in (first, last):
        enqueue(run)
    queue = _queue(tmp_path / "runs")
    until(lambda: _is_training(first))
    assert waiting(tmp_path / "runs") == (last,), "what has begun does not wait"
    assert _queue(tmp_path / "runs").wait(60) == 0
    assert _is_training(first)
    assert not last.is_alive
    first.ask_to_stop("paused")
    assert queue.wait(120) == 0
    assert [run.state().status for run in (first, last)] == ["paused", "finished"]


def test_the_queue_outlives_its_starter_and_its_terminal_and_a_signal_keeps_the_run(tmp_path: Path) -> None:
    first, last = (new_run(tmp_path, training__steps=_LONG) for _ in range(2))
    for run in (first, last):
        enqueue(run)
    starter = subprocess.run(
        [sys.executable, "-c", _STARTER, str(tmp_path / "runs")], stdout=subprocess.PIPE, check=True
    )
    queue = psutil.Process(int(starter.stdout))
    until(lambda: _is_training(first))
    os.kill(queue.pid, signal.SIGHUP)
    os.kill(first.state().pid, signal.SIGHUP)
    step = first.state().step
    until(lambda: first.state().step > step)
    queue.terminate()
    until(lambda: not is_worked_off(tmp_path / "runs"))
    state = first.state()
    assert (state.status, first.is_alive, last.is_alive) == ("stopped", False, False)
    assert state.step == max(losses(first)), "the step was finished and kept"
    assert waiting(tmp_path / "runs") == (last,)


def test_a_queue_that_is_killed_leaves_the_others_waiting_and_the_next_takes_them_up(tmp_path: Path) -> None:
    first, last = (new_run(tmp_path, training__steps=steps) for steps in (_LONG, 2))
    for run in (first, last):
        enqueue(run)
    killed = _queue(tmp_path / "runs")
    until(lambda: _is_training(first) and waiting(tmp_path / "runs") == (last,))
    killed.kill()
    killed.wait(60)
    assert first.is_alive, "a run has a process of its own"
    assert waiting(tmp_path / "runs") == (last,)
    queue = _queue(tmp_path / "runs")
    until(lambda: is_worked_off(tmp_path / "runs"))
    step = first.state().step
    until(lambda: first.state().step > step)
    assert not last.is_alive, "one at a time, whoever trains the other"
    _end(first)
    assert queue.wait(120) == 0
    assert [run.state().status for run in (first, last)] == ["paused", "finished"]


def test_a_signal_before_the_run_has_begun_leaves_it_waiting(tmp_path: Path) -> None:
    run = new_run(tmp_path, training__steps=_LONG)
    enqueue(run)
    queue = _queue(tmp_path / "runs")
    until(lambda: psutil.Process(queue.pid).children())
    queue.terminate()
    assert queue.wait(60) == 0
    assert not run.is_alive
    assert waiting(tmp_path / "runs") == (run,)
    assert run.state().status == "queued"


def test_a_run_that_is_taken_out_of_the_queue_while_its_worker_starts_does_not_begin(tmp_path: Path) -> None:
    withdrawn, last = (new_run(tmp_path, training__steps=steps) for steps in (_LONG, 2))
    for run in (withdrawn, last):
        enqueue(run)
    queue = _queue(tmp_path / "runs")
    until(lambda: psutil.Process(queue.pid).children())
    assert dequeue(withdrawn)
    assert queue.wait(120) == 0
    assert (withdrawn.state().status, withdrawn.state().message) == ("queued", "")
    assert last.state().status == "finished"


def test_a_window_that_closes_can_end_the_queue_and_a_later_process_is_not_meant(tmp_path: Path) -> None:
    first, last = (new_run(tmp_path, training__steps=steps) for steps in (_LONG, 2))
    root = tmp_path / "runs"
    ask_to_end(root)
    for run in (first, last):
        enqueue(run)
    queue = _queue(root)
    until(lambda: _is_training(first))
    ask_to_end(root)
    assert queue.wait(120) == 0
    assert first.state().status == "stopped"
    assert waiting(root) == (last,)
    (root / ".queue.end").touch()
    assert _queue(root).wait(120) == 0
    assert last.state().status == "finished"


def _sweep(folder: Path) -> dict[str, Any]:
    return tables(folder, training__steps=2) | {"sweep": {"optimizer.learning_rate": [1e-3, 1e-2, 1e-1]}}


def test_what_a_closed_window_left_is_made_at_once_and_waits_for_its_turn(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    one = new_run(tmp_path, training__steps=_LONG)
    enqueue(one)
    files = [hand_over(root, Asked(_sweep(tmp_path), parent=one.name, at_once=True)) for _ in range(2)]
    with locks.holding(root / LOCK):
        assert [main(["worker", "make", str(file)]) for file in files] == [0, 0]
    made = waiting(root)[1:]
    assert [run.config().optimizer.learning_rate for run in made] == [1e-3, 1e-2, 1e-1] * 2
    assert {run.about()["parent"] for run in made} == {one.name}
    assert not any(file.exists() for file in files)


def test_the_process_that_makes_runs_works_off_the_queue_where_none_does(tmp_path: Path) -> None:
    assert main(["worker", "make", str(hand_over(tmp_path / "runs", Asked(_sweep(tmp_path))))]) == 0
    assert [run.state().status for run in runs_in(tmp_path / "runs")] == ["finished"] * 3


def test_a_single_run_that_is_not_to_wait_is_trained_beside_the_queue(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    file = hand_over(root, Asked(tables(tmp_path), at_once=True))
    with locks.holding(root / LOCK):
        subprocess.run([sys.executable, "-m", "lmcore.cli", "worker", "make", str(file)], check=True)
        (run,) = runs_in(root)
        until(lambda: run.state().status == "finished" and not run.is_alive)


def test_runs_that_were_being_made_when_all_was_stopped_go_on_waiting(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    file = hand_over(root, Asked(tables(tmp_path), at_once=True))
    ask_to_wait(root)
    assert not result_of(taking_over(file))
    assert len(waiting(root)) == 1
    assert list(file.parent.iterdir()) == []


def test_what_cannot_be_made_is_kept_until_somebody_was_told(tmp_path: Path) -> None:
    root, asked = tmp_path / "runs", Asked(_sweep(tmp_path))
    (tmp_path / "tokens-0.bin").unlink()
    file = hand_over(root, asked)
    assert main(["worker", "make", str(file)]) != 0
    (told,) = unmade(root)
    assert told.sentence.startswith("“small” could not be made when the window was closed: ")
    assert "tokens-0.bin" in told.sentence
    assert list(file.parent.iterdir()) == [told.path]
    assert main(["worker", "make", str(file)]) == 2
