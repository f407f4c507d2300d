"""What is done to runs? Each action of the page on the files of runs, on a thread where it takes long.

The window never trains: it writes folders and markers, and starts the process that works off the queue.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.discarding import moved_to_bin
from app.jobs import Job
from app.launching import start_detached
from app.pages.training.making import made, making_words
from app.session import Session
from lmcore.errors import LmError, UsageError, not_written
from lmcore.training import handing, queueing
from lmcore.training.run_folder import Annotations, Kept, RunError, RunFolder

BEGINS: Final = 20.0
"""Seconds that a process has to begin on a machine that is busy."""
REMEDY: Final = "See that the folder may be written, or free some space."
MOST: Final = 5
"""Sentences that one message takes."""


class Acting(QObject):
    """Acts on the runs of the folder `root`. All that goes wrong with an action is told at once, a sentence a run."""

    refused = Signal(str)
    said = Signal(str)
    """Something that was done."""
    progress = Signal(str, object)
    """What is being made, in words, and how far it is from 0 to 1, or None."""
    made = Signal(tuple)
    """The folders of runs that were made and wait."""
    not_made = Signal(str)
    """Why there is no run; nothing where it was cancelled."""

    def __init__(self, session: Session, root: Path) -> None:
        super().__init__()
        self._session, self.root = session, root
        self._making: Job | None = None
        self._launched = -BEGINS
        self._asked = handing.Asked({})

    @property
    def making(self) -> bool:
        """Whether runs are being made."""
        return self._making is not None

    def start(self, tables: Mapping[str, Any], *, parent: str = "", at_once: bool = False) -> None:
        """Make the runs of a set-up and let them wait for their turn; `at_once` trains a single one beside others."""
        self.root.mkdir(parents=True, exist_ok=True)
        asked = self._asked = handing.Asked(tables, parent, at_once)
        job = self._making = Job(lambda: made(asked, self.root))
        job.events.connect(lambda events: self._follow(events[-1]))
        job.finished.connect(lambda runs: self._made(runs, at_once))
        job.failed.connect(self._not_made)
        job.cancelled.connect(lambda: self._not_made(None))
        self._session.jobs.start(job)

    def cancel(self) -> None:
        """Make no runs after all."""
        if self._making is not None:
            self._making.cancel()

    @property
    def works_off(self) -> bool:
        """Whether a process works off the queue, or is on its way to it."""
        return monotonic() < self._launched + BEGINS or queueing.is_worked_off(self.root)

    def hand_over(self) -> None:
        """The window closes: a process of its own makes what is being made, and queues it as the window would."""
        if self._making is None:
            return
        self._making.cancel()
        try:
            place = handing.hand_over(self.root, self._asked)
        except OSError as error:
            self._refuse([_sentence(error, self.root)])
        else:
            self._refuse(self._launch(["worker", "make", str(place)], self.root / queueing.LOG))

    def tell_unmade(self, unmade: handing.Unmade) -> None:
        """Say why there are no runs of a set-up that a window left to be made; no other window says it again."""
        with suppress(OSError):
            unmade.path.unlink(missing_ok=True)
        self._refuse([unmade.sentence])

    def resume(self, paths: Sequence[Path]) -> None:
        """Let runs go on where they stopped, one after the other."""
        self._refuse(self._enqueue(paths))

    def pause(self, paths: Sequence[Path]) -> None:
        """Keep runs as they are, to go on later; those that wait no longer do."""
        self._act(paths, partial(_end, keep="paused"))

    def stop(self, paths: Sequence[Path]) -> None:
        """The same for good, as far as the list is concerned; going on stays possible."""
        self._act(paths, partial(_end, keep="stopped"))

    def move(self, path: Path, place: int) -> None:
        """Let a run that waits be the one at this place of the queue, from 0."""
        self._act([path], lambda run: queueing.move(run, place))

    def stop_all(self, paths: Sequence[Path]) -> None:
        """Keep what is trained and end; what waits goes on waiting until the queue is started again."""
        handing.ask_to_wait(self.root)
        queueing.ask_to_end(self.root)
        self._act(paths, lambda run: run.ask_to_stop("paused"))

    def delete(self, paths: Sequence[Path]) -> None:
        """Move runs to the system's bin; one that is being trained stays."""
        there = [path for path in paths if path.exists()]
        refused = _hindered(there, _to_bin)
        done = {"moved to the bin": len(there) - len(refused), "gone already": len(paths) - len(there)}
        if any(done.values()):
            self.said.emit(" ".join(f"{_runs(number)} {what}." for what, number in done.items() if number))
        self._refuse(refused)

    def annotate(self, path: Path, before: Annotations, typed: Annotations) -> None:
        """Keep what people say of a run, who were shown what was said `before`."""
        self._act([path], lambda run: self._annotate(run, before, typed))

    def _annotate(self, run: RunFolder, before: Annotations, typed: Annotations) -> None:
        try:
            kept = run.annotations().merged(before, typed)
        except RunError:
            kept = typed  # what was damaged is written anew
        run.annotate(kept.tags, kept.note)
        if kept != typed:
            self.said.emit("Tags or note were changed elsewhere meanwhile; both changes are kept.")

    def work_off(self) -> None:
        """See that a process works off the queue, if something waits."""
        self._refuse(self._worked_off())

    def _enqueue(self, paths: Sequence[Path]) -> list[str]:
        """Let runs wait and be trained; what hindered it, in sentences."""
        hindered = _hindered(paths, queueing.enqueue)
        return [*self._worked_off(), *hindered]

    def _worked_off(self) -> list[str]:
        if queueing.waiting(self.root) and not queueing.is_worked_off(self.root):
            return self._launch(["worker", "queue", str(self.root)], self.root / queueing.LOG)
        return []

    def _launch(self, words: Sequence[str], log: Path) -> list[str]:
        self._launched = monotonic()
        if start_detached(words, log):
            return []
        return ["The worker could not be started; see whether the system has room for another process."]

    def _follow(self, event: Any) -> None:
        total = getattr(event, "total", 0)
        self.progress.emit(making_words(event), event.done / total if total else None)

    def _made(self, runs: list[RunFolder], at_once: bool) -> None:
        self._making = None
        paths = [run.path for run in runs]
        if at_once and len(runs) == 1:
            refused = self._launch(["worker", "train", str(paths[0])], runs[0].log)
        else:
            refused = self._enqueue(paths)
        self.made.emit(tuple(paths))
        self._refuse(refused)

    def _not_made(self, error: BaseException | None) -> None:
        self._making = None
        if error is not None and not isinstance(error, LmError | OSError):
            self.not_made.emit("The run could not be made; the details are in the log.")
            raise error
        self.not_made.emit("" if error is None else _sentence(error, self.root))

    def _act(self, paths: Sequence[Path], act: Callable[[RunFolder], object]) -> None:
        self._refuse(_hindered(paths, act))

    def _refuse(self, sentences: Sequence[str]) -> None:
        """Tell what went wrong with an action in one message, since the next would take its place."""
        told = list(sentences[:MOST])
        if len(sentences) > MOST:
            told.append(f"Nor did it work for {len(sentences) - MOST} more.")
        if told:
            self.refused.emit(" ".join(told))


def _hindered(paths: Sequence[Path], act: Callable[[RunFolder], object]) -> list[str]:
    """Do something with runs; a sentence for each with which that could not be done."""
    sentences = []
    for run in map(RunFolder, paths):
        try:
            act(run)
        except (LmError, OSError) as error:
            is_gone = isinstance(error, FileNotFoundError) and not run.path.exists()
            sentences.append(f"“{run.name}” is gone already." if is_gone else _sentence(error, run.path))
    return sentences


def _sentence(error: LmError | OSError, place: Path) -> str:
    return str(error) if isinstance(error, LmError) else not_written(error.filename or place, error, REMEDY)


def _to_bin(run: RunFolder) -> None:
    if run.is_alive:
        raise UsageError(f"“{_name(run)}” is being trained; stop it first.")
    queueing.dequeue(run)
    if not moved_to_bin(run.path):
        raise LmError(f"{run.path}: the system has no bin for it; delete the folder with a file manager.")


def _end(run: RunFolder, keep: Kept) -> None:
    if not queueing.dequeue(run) and run.is_alive:
        run.ask_to_stop(keep)


def _name(run: RunFolder) -> str:
    """What people call a run, or its folder."""
    try:
        return run.config().name or run.name
    except LmError:
        return run.name


def _runs(number: int) -> str:
    return f"{number} {'run was' if number == 1 else 'runs were'}"
