"""What does a run's state say before its first step, and when something breaks it off? Never "running" with nobody."""

import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from lmcore.errors import LmError
from lmcore.training.checkpoint_files import DamagedError, DiskFullError, checkpoints_in, remedy
from lmcore.training.loop import OutOfMemoryError
from lmcore.training.memory import is_out_of_memory, out_of_memory
from lmcore.training.run_folder import Kept, Reason, RunError, RunFolder, State, Status

_BEAT: Final = 1.0  # seconds between two states that say the same


@dataclass(frozen=True)
class Ending:
    """How a worker ended that was not done, as the state says it."""

    status: Status
    message: str
    reason: Reason = ""


def ending_of(error: BaseException, run: RunFolder) -> Ending:
    """What the state says of an error that ends a worker of `run`."""
    match error:
        case KeyboardInterrupt() | GeneratorExit():
            return Ending("stopped", f"Broken off; {_goes_on(run)}.")
        case DiskFullError():
            return Ending("paused", str(error), "disk")
        case LmError():
            return Ending("failed", str(error), "memory" if isinstance(error, OutOfMemoryError) else "error")
        case _ if is_out_of_memory(error):
            return Ending("failed", out_of_memory(error), "memory")
        case OSError():
            return Ending("paused", _disk_sentence(error, run.path), "disk")
    return Ending("failed", f"An error that nobody foresaw ({type(error).__name__}): see worker.log.", "error")


class Beginning:
    """Says in the state that a worker has the run and gets ready; as a context, what ended it where nobody else did."""

    def __init__(self, run: RunFolder, writes: bool, before: State | None = None) -> None:
        self._run, self._writes = run, writes
        self._said, self._when = "", 0.0
        self._known, self._before = before, State("queued")

    def __enter__(self) -> Self:
        with suppress(RunError):  # a state that is damaged is written anew
            self._before = self._known or self._run.state()
        self.doing("reading the data")
        return self

    def doing(self, what: str) -> None:
        """What the worker does until the first step; tells as well that it lives."""
        if self._writes and (what != self._said or time.monotonic() - self._when >= _BEAT):
            self._said, self._when = what, time.monotonic()
            self._run.write_state(replace(self._before, status="running", reason="", message=f"Getting ready: {what}."))

    def stopped(self, keep: Kept) -> State:
        """Someone asked to stop before there was a step; gives back the last state."""
        return self._run.write_state(replace(self._before, status=keep, reason="", message=""))

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or not self._writes or self._is_said:
            return
        ending = ending_of(error, self._run)
        with suppress(OSError):  # a disk that is full to the last byte: the command says it
            self._run.reserve.unlink(missing_ok=True)
            if ending.reason == "error" and not isinstance(error, LmError):
                with self._run.log.open("a", encoding="utf-8") as file:
                    file.write("".join(traceback.format_exception(error)))
            self._run.write_state(self._after(ending, error))
        if ending.reason == "memory" and not isinstance(error, LmError):
            raise OutOfMemoryError(ending.message) from error

    @property
    def _is_said(self) -> bool:
        with suppress(RunError):
            return self._run.state().status != "running"
        return False

    def _after(self, ending: Ending, error: BaseException) -> State:
        """A run that was finished stays so, and one that could not go on stays what it was, with why; unless it has
        nothing left to go on from.
        """
        hindered = ending.status == "failed" and not isinstance(error, DamagedError)
        if hindered or self._before.status == "finished":
            return self._before.hindered(ending.message, ending.reason)
        return replace(self._before, status=ending.status, message=ending.message, reason=ending.reason)


def _goes_on(run: RunFolder) -> str:
    kept = checkpoints_in(run.checkpoints)
    return f"it goes on behind step {kept[-1].step:,}" if kept else "it begins anew"


def _disk_sentence(error: OSError, path: Path) -> str:
    return f"{error.filename or path}: could not be written ({error.strerror or error}); {remedy(error)}."
