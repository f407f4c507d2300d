"""Who works on this folder? A lock of the operating system, held by a process for its life and gone with it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lmcore.errors import LmError

_PATIENCE: Final = 1.0  # seconds: whoever only asks whether a lock is held, holds it for an instant


class LockedError(LmError):
    """Another process holds the lock."""


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock file `path` in this block. Raises `LockedError` where another process has it."""
    with path.open("a+b") as file:
        until = time.monotonic() + _PATIENCE
        while not _take(file.fileno()):
            if time.monotonic() > until:
                raise LockedError(f"{path.parent}: another process works on this run; wait until it ends, or stop it.")
            time.sleep(0.01)
        try:
            yield
        finally:
            _release(file.fileno())


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file `path`, of which there may be none."""
    try:
        with path.open("r+b") as file:
            free = _take(file.fileno())
            if free:
                _release(file.fileno())
            return not free
    except OSError:
        return False


def _take(number: int) -> bool:
    """Whether the lock on the open file `number` was free and is ours now."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(number, 0, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
