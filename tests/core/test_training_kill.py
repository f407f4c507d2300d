"""Does a run survive being killed at any moment? Processes that a timer kills, and what they leave."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from lmcore.training.checkpoint_files import check, checkpoints_in
from lmcore.training.run_folder import RunFolder
from tests.core.trainings import losses, new_run

STEPS = 600
_KILLED = """
import os, signal, sys, threading
from pathlib import Path
from lmcore.training.run_folder import RunFolder
from lmcore.training.loop import Stepped
from lmcore.training.worker import work
events = work(RunFolder.open(Path(sys.argv[1])))
for event in events:
    if isinstance(event, Stepped):
        threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGKILL)).start()
        break
for event in events:
    pass
os._exit(0)
"""


def _run(tmp_path: Path) -> RunFolder:
    return new_run(tmp_path, training__steps=STEPS, checkpoint__every=23, evaluation__every=100)


def _worked(run: RunFolder, tmp_path: Path) -> dict[str, object]:
    """A run to its end, as a command of its own; what that prints."""
    command = [sys.executable, "-m", "lmcore.cli", "train", str(run.path), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, env=_environment(tmp_path))
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "LM_EXPLORER_HOME": str(tmp_path / "home")}


def _killed_and_whole(tmp_path: Path, kills: int) -> None:
    whole, killed = _run(tmp_path), _run(tmp_path)
    _worked(whole, tmp_path)
    random, were_killed = np.random.default_rng(), 0
    for _ in range(kills):
        after = str(random.uniform(0, 0.5))
        command = [sys.executable, "-c", _KILLED, str(killed.path), after]
        status = subprocess.run(command, env=_environment(tmp_path), check=False).returncode
        were_killed += status == -signal.SIGKILL
        for checkpoint in checkpoints_in(killed.checkpoints):
            check(checkpoint)
    assert were_killed > 0
    assert _worked(killed, tmp_path)["status"] == "finished"
    assert losses(killed) == losses(whole)
    assert len(losses(whole)) == STEPS
    for file in ("model.safetensors",):
        mine, theirs = (load_file(checkpoints_in(run.checkpoints)[-1].path / file) for run in (killed, whole))
        assert all(np.array_equal(mine[name].numpy(), theirs[name].numpy()) for name in mine | theirs)
    leftovers = [path.name for path in killed.checkpoints.iterdir() if path.name.startswith(".")]
    assert len(leftovers) <= 1, "what a kill leaves is removed by the next that writes"


def test_a_run_that_was_killed_twice_is_the_run_that_was_not(tmp_path: Path) -> None:
    _killed_and_whole(tmp_path, kills=2)


@pytest.mark.slow
def test_a_run_that_was_killed_twenty_times_is_the_run_that_was_not(tmp_path: Path) -> None:
    _killed_and_whole(tmp_path, kills=20)
