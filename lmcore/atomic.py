"""How is a file or a folder written so that a crash never leaves half of it? Aside, flushed, then renamed."""

import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, overload

import psutil

from lmcore.errors import UsageError


@overload
@contextmanager
def writing_aside(path: Path, mode: Literal["wb"]) -> Iterator[IO[bytes]]: ...
@overload
@contextmanager
def writing_aside(path: Path, mode: Literal["w"] = "w") -> Iterator[IO[str]]: ...


@contextmanager
def writing_aside(path: Path, mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """A file to write to, that becomes `path` when the block ends well; text is UTF-8 with "\\n" line ends.

    When the block raises, `path` is as it was and nothing is left beside it. A killed process leaves at most
    a hidden temporary file, which the next one that writes `path` removes. Missing parent folders are made.
    A symbolic link is followed, so that the link stays and its target is replaced.
    """
    target = path.resolve()
    aside = _name_aside(target)
    encoding, newline = ("utf-8", "\n") if mode == "w" else (None, None)
    try:
        with aside.open(mode, encoding=encoding, newline=newline) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, aside)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def check_replaceable(path: Path, ours: Collection[str]) -> None:
    """Raises `UsageError` unless `path` is free, empty, or a folder of nothing but files named in `ours`.

    What else a folder holds is the user's, and would go with the folder.
    """
    target = path.resolve()
    if not target.exists():
        _check_writable(path, target)
        return
    if not target.is_dir():
        raise UsageError(f"{path} is a file, not a folder; choose another name.")
    if Path.cwd().is_relative_to(target):
        raise UsageError(f"{path} is the folder that is worked in, or one above it; choose a new folder.")
    foreign = sorted(entry.name for entry in target.iterdir() if entry.name not in ours or not entry.is_file())
    if foreign:
        raise UsageError(f"{path} holds other things ({foreign[0]}), which would be lost; choose a new folder.")


def check_replaceable_file(path: Path, kind: str, is_ours: Callable[[Path], bool], read: Collection[Path]) -> None:
    """Raises `UsageError` unless a file may be written at `path`: it is free, empty, or a file of the same `kind`.

    `is_ours` tells whether a file is of that kind, which completes "is there already and is no ..."; `read` is what
    the work reads, which is never replaced, whatever name it goes by.
    """
    target = path.resolve()
    if not target.exists():
        _check_writable(path, target)
        return
    if target.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    if any(file.exists() and file.samefile(target) for file in read):
        raise UsageError(f"{path} is read for this and would be lost; choose another name.")
    if not target.is_file():
        raise UsageError(f"{path} is no file but a device or a pipe; name a file.")
    if target.stat().st_size and not is_ours(target):
        raise UsageError(f"{path} is there already and is no {kind}; it would be lost, so choose another name.")
    _check_writable(path, target)


def _check_writable(path: Path, target: Path) -> None:
    """Raises `UsageError` where the nearest folder that there is takes no new ones: better now than after the work."""
    above = next(parent for parent in target.parents if parent.exists())
    if not above.is_dir():
        raise UsageError(f"{path} cannot be made, since {above} is a file; choose another folder.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UsageError(f"{path} cannot be made, since {above} may not be written; choose another folder.")


@contextmanager
def folder_aside(path: Path, ours: Collection[str]) -> Iterator[Path]:
    """An empty folder to fill, that becomes `path` when the block ends well; an old one is replaced as a whole.

    `ours` names the files that an old folder may hold, see `check_replaceable`. When the block raises, `path` is as
    it was and nothing is left beside it.
    """
    check_replaceable(path, ours)
    target = path.resolve()
    aside = _name_aside(target)
    aside.mkdir()
    try:
        yield aside
        _flush_files(aside)
        _swap(aside, target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _flush_folder(target.parent)


def _swap(new: Path, target: Path) -> None:
    """Rename `new` to `target`; what was there is removed afterwards, or put back where renaming fails.

    A kill between the two renames leaves the old folder whole under a visible name beside its place.
    """
    if not target.exists():
        new.rename(target)
        return
    old = target.with_name(f"{target.name}.old-{secrets.token_hex(4)}")
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _name_aside(target: Path) -> Path:
    """A hidden name beside `target`, thus on the same disk, that nothing bears; it says whose it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    return target.with_name(f".{target.name}.{_machine()}-{os.getpid()}-{secrets.token_hex(4)}")


def _machine() -> str:
    """Tells this machine from others that may write to the same disk."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def _sweep(target: Path) -> None:
    """Removes what processes of this machine that are no longer alive left behind while they wrote `target`."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.{_machine()}-(\d+)-[0-9a-f]{{8}}")
    for left in target.parent.iterdir():
        match = ours.fullmatch(left.name)
        if match and not psutil.pid_exists(int(match[1])):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _flush_files(folder: Path) -> None:
    """Force every file of `folder` onto the disk, since a rename may reach it before the contents do."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    """Force a rename in `folder` onto the disk; Windows cannot open a folder and does so itself."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
