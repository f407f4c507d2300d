"""Which run is next? Runs that wait are trained one after another, by a process that ends when none waits.

    <run>/control/start   stands in the queue; its content is a number, the least is next
    <root>/.queue.lock    held by the process that works it off (`worker queue ROOT`)
    <root>/.queue.end     asks that process to end, as SIGTERM does
    <root>/.queue.change  held for an instant by whoever changes the order

A marker goes when its run has begun. So a queue that was killed leaves those that have not, and the next process takes
them up. Whoever puts a run into the queue then starts such a process: where one is at work, the second ends at once. No
run is left lying for that, since a process that gives up the lock looks once more, and a marker is written before.
No torch in here.
"""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lmcore
from lmcore.errors import UsageError
from lmcore.training import locks
from lmcore.training.run_files import ticket
from lmcore.training.run_folder import RunError, RunFolder, State
from lmcore.training.stopping import Signals

LOCK: Final = ".queue.lock"
LOG: Final = "queue.log"
"""What the processes say that make, or work off, the queue of a folder, where nobody follows them."""
_END: Final = ".queue.end"
_CHANGE: Final = ".queue.change"
_LOOK: Final = 0.1  # seconds between two looks at the run that is trained
_LOOK_AROUND: Final = 0.5  # the same at all runs, while someone else trains one
_WORDS: Final = 400  # characters of a worker's last line that a state takes


@dataclass(frozen=True)
class Waits:
    """Another process trains a run of this folder; the next begins when it has ended."""

    run: Path


@dataclass(frozen=True)
class Began:
    """The worker of a run was started, as process `pid`."""

    run: Path
    pid: int


@dataclass(frozen=True)
class Ended:
    """The worker of a run has ended with this status: 0 where it did what it was asked to."""

    run: Path
    status: int


QueueEvent = Waits | Began | Ended


def enqueue(run: RunFolder) -> None:
    """Put a run at the end of the queue of its folder; one that waits already stays where it is.

    Raises `UsageError` where it is being trained. Then see that a process works the queue off.
    """
    if run.is_alive:
        raise UsageError(f"{run.path}: is being trained already; it need not wait.")
    with _changing(run.path.parent):
        if not waits(run):
            _mark(run, 1 + max((number for number, _ in _marked(run.path.parent)), default=0))


def dequeue(run: RunFolder) -> bool:
    """Take a run out of the queue; whether it was in it."""
    with _changing(run.path.parent):
        return _take_away(run)


def move(run: RunFolder, place: int) -> None:
    """Let a run that waits be the one at `place` of the queue, from 0; one that no longer waits is left alone."""
    with _changing(run.path.parent):
        order = [other.path for _, other in _marked(run.path.parent)]
        if run.path in order:
            order.remove(run.path)
            order.insert(min(max(place, 0), len(order)), run.path)
            for number, path in enumerate(order, 1):
                _mark(RunFolder(path), number)


def waiting(root: Path) -> tuple[RunFolder, ...]:
    """The runs of a folder that wait, the next one first."""
    return tuple(run for _, run in _marked(root))


def waits(run: RunFolder) -> bool:
    """Whether a run stands in the queue."""
    return _marker(run).exists()


def is_worked_off(root: Path) -> bool:
    """Whether a process works off the queue of a folder."""
    return locks.is_held(root / LOCK)


def ask_to_end(root: Path) -> None:
    """Ask the process that works off the queue of a folder to end: the run that it trains is stopped and kept, the
    others go on waiting for the next process.
    """
    if is_worked_off(root):
        (root / _END).touch()


def work_off(root: Path) -> Generator[QueueEvent, None, None]:
    """Train what waits in a folder, one after another, until nothing waits, or until `ask_to_end`, SIGTERM or SIGINT:
    then the run that is being trained is asked to stop, which keeps it, and the others go on waiting.

    Ends at once where another process works the queue off. A run that fails does not hinder the next.
    """
    root = root.resolve()
    with _Asked(root) as asked:
        while waiting(root) and not asked.number:
            with ExitStack() as held:
                try:
                    held.enter_context(locks.holding(root / LOCK))
                except locks.LockedError:
                    return
                asked.forget_earlier()
                yield from _work_off(root, asked)


def train_beside(run: RunFolder) -> None:
    """Train a run at once, whatever the queue trains, in a process that outlives this one."""
    with run.log.open("ab") as log:
        _started(run, log.fileno())


class _Asked(Signals):
    """How often this process was asked to end, by signals or, once, by the file."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._file, self._by_file = root / _END, False

    def forget_earlier(self) -> None:
        """A request that was meant for the process before."""
        self._file.unlink(missing_ok=True)

    def look(self) -> int:
        """The number, after a look for the file."""
        if not self._by_file and self._file.exists():
            self._by_file = True
            self.number += 1
            self.forget_earlier()
        return self.number


def _work_off(root: Path, asked: _Asked) -> Iterator[QueueEvent]:
    while (found := waiting(root)) and not asked.look():
        run = found[0]
        if run.is_alive:  # someone started it himself
            dequeue(run)
        elif (other := _trained_in(root)) is not None:
            yield Waits(other.path)
            while other.is_alive and not asked.look():
                time.sleep(_LOOK_AROUND)
        else:
            yield from _train(run, asked)


def _train(run: RunFolder, asked: _Asked) -> Iterator[QueueEvent]:
    """Train a run in a process of its own. Its marker goes when that holds the run, or has ended; who takes it away
    before does not want the run to begin.
    """
    before = _state(run)
    try:
        log = run.log.open("ab")
    except OSError:  # it was removed, or nothing can be written there
        dequeue(run)
        return
    with log:
        said = log.seek(0, os.SEEK_END)
        process = _started(run, log.fileno())
    yield Began(run.path, process.pid)
    has_begun, told = False, 0
    while process.poll() is None:
        if not has_begun and run.is_alive:
            has_begun = True
            dequeue(run)
        withdrawn = not has_begun and not waits(run)
        if told < asked.look() + withdrawn:  # each request is passed on: a second signal breaks the run off
            told += 1
            _end(run, process, has_begun)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK)
    if not has_begun and not told:
        dequeue(run)
    if process.returncode and not told:
        _say_why(run, before, said)
    yield Ended(run.path, process.returncode)


def _end(run: RunFolder, process: "subprocess.Popen[bytes]", has_begun: bool) -> None:
    """Ask a worker to stop, or end one that has not begun. Where there are no signals, a file asks."""
    if sys.platform == "win32" and has_begun:
        run.ask_to_stop()
    else:
        process.terminate()


def _started(run: RunFolder, log: int) -> "subprocess.Popen[bytes]":
    """Its worker, in a session of its own: what ends a terminal, or this process, does not end it."""
    return subprocess.Popen(
        [sys.executable, "-m", "lmcore.cli", "worker", "train", str(run.path)],
        cwd=Path(lmcore.__file__).resolve().parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def _say_why(run: RunFolder, before: State | None, said: int) -> None:
    """Let the state say why a worker could not begin that ended before it did: with the last line that it wrote."""
    now = _state(run)
    if now is None or now != before or now.status == "finished":
        return
    with suppress(OSError, locks.LockedError), run.log.open("rb") as log, locks.holding(run.lock):
        log.seek(said)
        lines = log.read().decode(errors="replace").strip().splitlines() or ["it said nothing."]
        words = lines[-1].removeprefix("lmcore: ")[:_WORDS]
        run.write_state(now.hindered(f"The worker could not begin: {words}"))


def _trained_in(root: Path) -> RunFolder | None:
    """A run of the folder that a worker holds."""
    return next((run for path in sorted(root.iterdir()) if (run := RunFolder(path)).is_alive), None)


def _state(run: RunFolder) -> State | None:
    with suppress(RunError):
        return run.state()
    return None


@contextmanager
def _changing(root: Path) -> Iterator[None]:
    """Alone with the markers of a folder."""
    with locks.holding(root / _CHANGE, "another process changes the order of its queue; try again."):
        yield


def _marked(root: Path) -> list[tuple[int, RunFolder]]:
    """The runs that have a marker, with its number, in order; a marker without one comes last."""
    found = []
    for path in root.iterdir() if root.is_dir() else ():
        run = RunFolder(path)
        number = ticket(run)
        if number is not None and run.is_run:
            found.append((number, run))
    return sorted(found, key=lambda one: (one[0], one[1].name))


def _marker(run: RunFolder) -> Path:
    return run.control / "start"


def _mark(run: RunFolder, number: int) -> None:
    run.control.mkdir(exist_ok=True)
    aside = run.control / f".start.{os.getpid()}"
    aside.write_text(f"{number}\n", encoding="utf-8")
    aside.replace(_marker(run))


def _take_away(run: RunFolder) -> bool:
    try:
        _marker(run).unlink()
    except FileNotFoundError:
        return False
    return True
