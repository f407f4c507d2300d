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
from lmcore.errors import LmError
from lmcore.training import handing, queueing
from lmcore.training.run_folder import Annotations, Kept, RunError, RunFolder

BEGINS: Final = 20.0
"""Seconds that a process has to begin on a machine that is busy."""


class Acting(QObject):
    """Acts on the runs of the folder `root`. What goes wrong is told in a sentence."""

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
            self.refused.emit(str(error))
        else:
            self._launch(["worker", "make", str(place)], self.root / queueing.LOG)

    def tell_unmade(self, unmade: handing.Unmade) -> None:
        """Say why there are no runs of a set-up that a window left to be made; no other window says it again."""
        with suppress(OSError):
            unmade.path.unlink(missing_ok=True)
        self.refused.emit(unmade.sentence)

    def resume(self, paths: Sequence[Path]) -> None:
        """Let runs go on where they stopped, one after the other."""
        self._each(paths, queueing.enqueue)
        self.work_off()

    def pause(self, paths: Sequence[Path]) -> None:
        """Keep runs as they are, to go on later; those that wait no longer do."""
        self._each(paths, partial(_end, keep="paused"))

    def stop(self, paths: Sequence[Path]) -> None:
        """The same for good, as far as the list is concerned; going on stays possible."""
        self._each(paths, partial(_end, keep="stopped"))

    def move(self, path: Path, place: int) -> None:
        """Let a run that waits be the one at this place of the queue, from 0."""
        self._each([path], lambda run: queueing.move(run, place))

    def stop_all(self, paths: Sequence[Path]) -> None:
        """Keep what is trained and end; what waits goes on waiting until the queue is started again."""
        handing.ask_to_wait(self.root)
        queueing.ask_to_end(self.root)
        self._each(paths, lambda run: run.ask_to_stop("paused"))

    def delete(self, paths: Sequence[Path]) -> None:
        """Move runs to the system's bin; one that is being trained stays."""
        gone = [path for path in paths if self._to_bin(path)]
        if gone:
            self.said.emit(f"{_runs(len(gone))} moved to the bin.")

    def annotate(self, path: Path, before: Annotations, typed: Annotations) -> None:
        """Keep what people say of a run, who were shown what was said `before`."""
        self._each([path], lambda run: self._annotate(run, before, typed))

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
        if queueing.waiting(self.root) and not queueing.is_worked_off(self.root):
            self._launch(["worker", "queue", str(self.root)], self.root / queueing.LOG)

    def _launch(self, words: Sequence[str], log: Path) -> None:
        self._launched = monotonic()
        if not start_detached(words, log):
            self.refused.emit("The worker could not be started; see whether the system has room for another process.")

    def _follow(self, event: Any) -> None:
        total = getattr(event, "total", 0)
        self.progress.emit(making_words(event), event.done / total if total else None)

    def _made(self, runs: list[RunFolder], at_once: bool) -> None:
        self._making = None
        if at_once and len(runs) == 1:
            self._launch(["worker", "train", str(runs[0].path)], runs[0].log)
        else:
            self._each([run.path for run in runs], queueing.enqueue)
            self.work_off()
        self.made.emit(tuple(run.path for run in runs))

    def _not_made(self, error: BaseException | None) -> None:
        self._making = None
        if error is not None and not isinstance(error, LmError | OSError):
            self.not_made.emit("The run could not be made; the details are in the log.")
            raise error
        self.not_made.emit("" if error is None else str(error))

    def _to_bin(self, path: Path) -> bool:
        run = RunFolder(path)
        if not path.exists():
            self.said.emit("The run is gone already.")
            return False
        if run.is_alive:
            self.refused.emit(f"“{_name(run)}” is being trained; stop it first.")
            return False
        queueing.dequeue(run)
        if not moved_to_bin(path):
            self.refused.emit(f"{path}: the system has no bin for it; delete the folder with a file manager.")
            return False
        return True

    def _each(self, paths: Sequence[Path], act: Callable[[RunFolder], object]) -> None:
        for path in paths:
            try:
                act(RunFolder(path))
            except (LmError, OSError) as error:
                self.refused.emit(str(error))


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
