"""Is what windows hear of a real worker true, also when it is killed, and does it train on undisturbed?"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from lmcore.training.run_folder import RunFolder
from tests.core.trainings import new_run
from tests.core.windows import PATIENCE, Window, check_rows


@contextmanager
def _worker(run: RunFolder, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that the window would start."""
    environment = {**os.environ, "LM_EXPLORER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "lmcore.cli", "worker", "train", str(run.path)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_killed_is_lost_and_goes_on_when_it_is_resumed(tmp_path: Path) -> None:
    run = new_run(tmp_path, training__steps=1_000_000, checkpoint__every=50, evaluation__every=100)
    window = Window(tmp_path / "runs")
    window.interest.paths, window.interest.current = frozenset({run.path}), run.path
    with _worker(run, tmp_path) as process:
        window.until(lambda: window.standing(run.path) == "running" and len(window.steps(run.path)) > 120)
        process.send_signal(signal.SIGKILL)
        process.wait()
    window.until(lambda: window.standing(run.path) == "lost")
    assert window.runs is not None
    shown = window.runs[0]
    assert shown.checkpoints
    assert f"goes on behind step {shown.checkpoints[-1]:,}" in shown.message
    window.look()
    check_rows(window, run)
    reached = window.steps(run.path)[-1]
    with _worker(run, tmp_path) as process:
        window.until(lambda: window.standing(run.path) == "running" and window.steps(run.path)[-1] > reached)
        run.ask_to_stop()
        window.until(lambda: window.standing(run.path) not in ("running", "starting"))
        assert process.wait() == 0
    assert window.standing(run.path) in ("stopped", "paused")
    window.look()
    check_rows(window, run)
    steps = window.steps(run.path)
    assert steps == [*range(1, len(steps) + 1)], "what was computed twice counts once"
    assert window.columns[run.path].attempts["attempt"].tolist() == [1, 2]
    window.events.close()


def test_two_windows_see_the_same_and_the_worker_trains_on(tmp_path: Path) -> None:
    run = new_run(tmp_path, training__steps=400, checkpoint__every=100, evaluation__every=100)
    windows = [Window(tmp_path / "runs") for _ in range(2)]
    for window in windows:
        window.interest.paths = frozenset({run.path})
    told: list[list[str]] = [[], []]
    with _worker(run, tmp_path) as process:
        end = monotonic() + PATIENCE
        while not all(standings[-1:] == ["finished"] for standings in told):
            assert monotonic() < end, told
            for window, standings in zip(windows, told, strict=True):
                window.hear()
                standing = window.standing(run.path)
                if standing and standings[-1:] != [standing]:
                    standings.append(standing)
            assert process.poll() in (None, 0)
        assert process.wait() == 0
    for window, standings in zip(windows, told, strict=True):
        window.look()
        check_rows(window, run)
        assert window.steps(run.path) == [*range(1, 401)]
        order = ["created", "starting", "running", "finished"]
        assert standings == sorted(standings, key=order.index), "nothing is told that was not so"
        window.events.close()
