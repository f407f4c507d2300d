"""Which work of a training does the window leave to processes of its own? A run, a queue, a look at the machine.

They outlive the window and its terminal: `worker train` and `worker queue` write into the runs' folders, and to
standard error alone why they failed.
"""

import argparse
import json
import signal
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lmcore.errors import LmError, UsageError
from lmcore.training import locks
from lmcore.training.commands import Follow, fail_if_any_failed, need_torch, work_on
from lmcore.training.run_folder import RunError, RunFolder


def add_training_workers(kinds: Any, follow: Follow) -> None:
    """Adds `worker train`, `worker queue`, `worker make` and `worker machine`."""
    train = kinds.add_parser("train", help="train a run, or go on with it")
    train.add_argument("run_folder", type=Path, metavar="RUN")
    train.set_defaults(run=lambda arguments: _train(arguments.run_folder, follow))
    queue = kinds.add_parser("queue", help="train the runs of a folder that wait, one after another")
    queue.add_argument("root", type=Path, metavar="ROOT")
    queue.set_defaults(run=lambda arguments: _queue(arguments.root))
    make = kinds.add_parser("make", help="make and queue the runs that a closed window left, and work off the queue")
    make.add_argument("handed_over", type=Path, metavar="FILE")
    make.set_defaults(run=lambda arguments: _make(arguments.handed_over, follow))
    machine = kinds.add_parser("machine", help="say on what would be trained, as one JSON object")
    machine.add_argument("--device", default="auto", help="auto, cpu, mps, cuda or cuda:N")
    machine.add_argument("--threads", type=int, help="of a processor; its physical cores unless given")
    machine.set_defaults(run=_machine)


def _train(path: Path, follow: Follow) -> None:
    _outlive_the_terminal()
    run = RunFolder.open(path)
    try:
        need_torch()
    except LmError as error:
        _say_failed(run, str(error))
        raise
    fail_if_any_failed([work_on(path, follow, silent=True)])


def _queue(root: Path) -> None:
    from lmcore.training.queueing import work_off

    if not root.is_dir():
        raise UsageError(f"{root}: is no folder of runs; check the name.")
    _outlive_the_terminal()
    for _ in work_off(root):
        pass  # what happens is in the runs' folders; nobody may be left to read it here


def _make(path: Path, follow: Follow) -> None:
    """Where a process works off the queue, it is left to that one, which may be asked to end at any time."""
    from lmcore.training.handing import root_of, taking_over
    from lmcore.training.queueing import is_worked_off

    _outlive_the_terminal()
    if follow(taking_over(path)) and not is_worked_off(root_of(path)):
        _queue(root_of(path))


def _machine(arguments: argparse.Namespace) -> None:
    need_torch()
    from lmcore.training.devices import machine_of

    print(json.dumps(asdict(machine_of(arguments.device, arguments.threads))), flush=True)


def _outlive_the_terminal() -> None:
    """A terminal that is closed does not end it; processes that it starts inherit that."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _say_failed(run: RunFolder, message: str) -> None:
    """In the state, since no worker gets so far; one that is finished, or at work in another process, stays so."""
    with suppress(RunError, OSError, locks.LockedError), locks.holding(run.lock):
        if (state := run.state()).status != "finished":
            run.write_state(state.hindered(message))
