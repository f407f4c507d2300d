"""Do two processes train what one does, and can a run change between them? torchrun with gloo on the processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lmcore.errors import UsageError
from lmcore.training.metrics import read_rows
from lmcore.training.run_folder import RunFolder
from lmcore.training.world import World
from tests.core.stopped_run import work_until
from tests.core.trainings import losses, new_run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("stopped_run.py")
STEPS = 16


def _work(run: RunFolder, until: int, processes: int) -> None:
    if processes == 1:
        work_until(run, until)
        return
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, *launcher, str(SCRIPT), str(run.path), str(until)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("strategy", "optimizer", "first", "then"),
    [
        ("ddp", "adamw", 2, 1),
        ("fsdp", "muon", 1, 2),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [("fsdp", "adamw", 1, 2), ("ddp", "muon", 1, 2), ("fsdp", "muon", 2, 1)]
        ),
    ],
)
def test_a_run_goes_on_with_another_number_of_processes(
    tmp_path: Path, strategy: str, optimizer: str, first: int, then: int
) -> None:
    settings = {
        "training__steps": STEPS,
        "training__strategy": strategy,
        "optimizer__kind": optimizer,
        "evaluation__windows": 5,
    }
    alone, changed = new_run(tmp_path, **settings), new_run(tmp_path, **settings)
    _work(alone, STEPS, 1)
    _work(changed, STEPS // 2, first)
    assert (changed.state().status, changed.state().step) == ("stopped", STEPS // 2)
    _work(changed, STEPS, then)
    assert (changed.state().status, changed.state().attempt) == ("finished", 2)
    assert losses(changed) == pytest.approx(losses(alone), rel=1e-4)
    unseen = [
        [row["loss"] for row in read_rows(run.metrics) if row["kind"] == "validation"] for run in (alone, changed)
    ]
    assert unseen[1] == pytest.approx(unseen[0], rel=1e-4)


def test_a_batch_is_cut_into_parts_that_are_all_of_it() -> None:
    parts = [World(rank, 3).rows(9) for rank in range(3)]
    assert [row for part in parts for row in part] == list(range(9))
    assert World().rows(7) == range(7)
    with pytest.raises(UsageError, match=r"training\.batch_size is 8, which 3 processes cannot share evenly"):
        World(0, 3).rows(8)
