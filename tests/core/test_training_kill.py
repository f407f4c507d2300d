"""Does a run survive being killed at any moment? Processes that a timer kills, and what they leave."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from lmcore.training.checkpoint_files import check, checkpoints_in
from tests.core.trainings import losses, new_run, worked

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


def _killed_and_whole(tmp_path: Path, kills: int, steps: int) -> None:
    """A run of so many steps, more than a process makes in the time after which it is killed."""
    whole, killed = (
        new_run(tmp_path, training__steps=steps, checkpoint__every=23, evaluation__every=100) for _ in range(2)
    )
    worked(whole)
    random, were_killed = np.random.default_rng(), 0
    for _ in range(kills):
        after = str(random.uniform(0, 0.5))
        command = [sys.executable, "-c", _KILLED, str(killed.path), after]
        status = subprocess.run(command, check=False).returncode
        were_killed += status == -signal.SIGKILL
        for checkpoint in checkpoints_in(killed.checkpoints):
            check(checkpoint)
    assert were_killed > 0
    assert worked(killed).status == "finished"
    assert losses(killed) == losses(whole)
    assert len(losses(whole)) == steps
    for file in ("model.safetensors",):
        mine, theirs = (load_file(checkpoints_in(run.checkpoints)[-1].path / file) for run in (killed, whole))
        assert all(np.array_equal(mine[name].numpy(), theirs[name].numpy()) for name in mine | theirs)
    leftovers = [path.name for path in killed.checkpoints.iterdir() if path.name.startswith(".")]
    assert len(leftovers) <= 1, "what a kill leaves is removed by the next that writes"


def test_a_run_that_was_killed_twice_is_the_run_that_was_not(tmp_path: Path) -> None:
    _killed_and_whole(tmp_path, kills=2, steps=400)


@pytest.mark.slow
def test_a_run_that_was_killed_twenty_times_is_the_run_that_was_not(tmp_path: Path) -> None:
    _killed_and_whole(tmp_path, kills=20, steps=600)
