"""How is a file read that may be none? A pipe in its place would be waited for without end, and is told instead.

Whoever looks at folders that others write finds anything there.
"""

import errno
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Final

_WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0)  # which means nothing for a file


class NoFileError(OSError):
    """A pipe or a device where a file should be."""


def opened(path: Path | str) -> FileIO:
    """A file to be read. Raises `OSError`; for what is no file, `NoFileError`."""
    return open(path, "rb", buffering=0, opener=_open)


def content_of(path: Path | str) -> bytes:
    """All bytes of a file. Raises `OSError` as `opened`."""
    with opened(path) as file:
        return file.readall()


def why(error: OSError) -> str:
    """What is wrong, in words: "Permission denied"."""
    return error.strerror or str(error)


def _open(name: str, flags: int) -> int:
    number = os.open(name, flags | _WITHOUT_WAITING)
    kind = os.fstat(number).st_mode
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):  # which Python refuses itself
        return number
    os.close(number)
    raise NoFileError(errno.EINVAL, "it is a pipe or a device, and no file", name)
