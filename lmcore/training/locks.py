"""Who works on this folder? A lock of the operating system, held by a process for its life and gone with it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from lmcore.errors import LmError

_PATIENCE: Final = 1.0  # seconds: whoever only asks whether a lock is held, is in the way for an instant
_WORKED_ON: Final = "another process works on this run; wait until it ends, or stop it."


class LockedError(LmError):
    """Another process holds the lock."""


@contextmanager
def holding(path: Path, why: str = _WORKED_ON) -> Iterator[None]:
    """Hold the lock file `path` in this block. Raises `LockedError` where another process has it: it says `why`."""
    with path.open("a+b") as file:
        until = time.monotonic() + _PATIENCE
        while not _take(file.fileno()):
            if time.monotonic() > until:
                raise LockedError(f"{path.parent}: {why}")
            time.sleep(0.01)
        try:
            yield
        finally:
            _release(file.fileno())


@contextmanager
def waiting_for(path: Path) -> Iterator[None]:
    """Hold the lock file `path` in this block, for whose turn is waited as long as it takes."""
    while True:
        with ExitStack() as held:
            try:
                held.enter_context(holding(path))
            except LockedError:
                continue
            yield
            return


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file `path`, of which there may be none. Whoever else asks meanwhile is not
    taken for one.
    """
    try:
        with path.open("r+b") as file:
            free = _take(file.fileno(), alone=False)
            if free:
                _release(file.fileno())
            return not free
    except OSError:
        return False


def _take(number: int, alone: bool = True) -> bool:
    """Whether the lock on the open file `number` was free and is ours now: `alone`, or with all who only ask."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(number, 0, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _release(number: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(number, 0, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_UN)
