"""A process that works on a run until a step was made, alone or started by torchrun: stopped_run.py RUN STEP."""

import sys
from pathlib import Path

from lmcore.training.loop import Stepped
from lmcore.training.run_folder import RunFolder
from lmcore.training.worker import work


def work_until(run: RunFolder, last: int) -> None:
    """Work until a step was made, asking to stop in the step before it."""
    for event in work(run):
        if isinstance(event, Stepped) and event.step == last - 1:
            run.ask_to_stop()


if __name__ == "__main__":
    work_until(RunFolder.open(Path(sys.argv[1])), int(sys.argv[2]))
