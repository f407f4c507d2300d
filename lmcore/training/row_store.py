"""Have the rows of this file been read before? Copies of their columns on disk, which are mapped instead of parsed.

A copy says of which file it is and how far it goes. `curves` decides whether the file still is that one, by the rules
by which it knows a file again that it has just read, and parses only what is new. Copies are mapped and not read:
columns that nobody draws are never fetched, what is in memory can be taken back by the system, and windows share it.
That is safe since a copy never changes where it stands: a newer one takes its name, and who has mapped the older one
keeps that. Each is flushed before it gets its name, so that one of the right length is whole. Without room, or a folder
that can be written, there are no copies, and files are parsed.
"""

import hashlib
import json
import mmap
import os
import shutil
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from lmcore.atomic import writing_aside
from lmcore.errors import LmError
from lmcore.paths import cache_dir
from lmcore.training.growing import Filled

_MARK: Final = b"LMXROWS1"  # the last is the version of all below
_HEAD: Final = struct.Struct("<8sQ32s")  # the mark, the length of the description, and its sha256
_PAGE: Final = 4096  # bytes, of which columns begin at a multiple
_KEPT: Final = 2_000_000_000  # bytes of copies; those that were not asked for longest go first
_SPARE: Final = 1_000_000_000  # bytes of the disk that are left to others


@dataclass(frozen=True)
class Copy:
    """What a reader knew of a file, as JSON has it, and the rows of its tables."""

    about: Mapping[str, Any]
    tables: tuple[Filled, ...]

    @property
    def size(self) -> int:
        """Bytes of all columns."""
        return sum(part.nbytes for table in self.tables for part in (table.whole, table.real))


class RowStore:
    """A folder of copies; by default in the user's cache. Nothing is ever raised: what cannot be kept is parsed."""

    def __init__(self, folder: Path | None = None, kept: int = _KEPT, spare: int = _SPARE) -> None:
        self._folder, self._kept, self._spare = folder, kept, spare

    def path(self, rows: Path) -> Path:
        """Where the copy of a file of rows is, or would be."""
        key = hashlib.sha256(os.fsencode(rows.resolve())).hexdigest()
        return (self._folder or cache_dir() / "rows") / f"{key[:32]}.rows"

    def find(self, rows: Path) -> Copy | None:
        """The copy of a file of rows as it was at some time. One that is damaged, or of another version, is none."""
        try:
            path = self.path(rows)
            with path.open("rb") as file:
                copy = _mapped(file)
        except (LmError, OSError, ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):
            os.utime(path)  # it was asked for
        return copy

    def save(self, rows: Path, copy: Copy) -> None:
        """Keep a copy instead of an older one, if there is room for it, and room for others."""
        with suppress(LmError, OSError):
            path = self.path(rows)
            path.parent.mkdir(parents=True, exist_ok=True)
            if copy.size > min(self._kept, shutil.disk_usage(path.parent).free - self._spare):
                return
            with writing_aside(path, "wb") as file:
                _write(file, copy)
            self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        """Remove the oldest, and what was left half-written long ago."""
        files = {path: path.stat() for path in newest.parent.iterdir()}
        kept = 0
        for path in sorted(files, key=lambda one: (one == newest, files[one].st_mtime_ns), reverse=True):
            kept += files[path].st_size
            if kept > self._kept and path != newest:
                with suppress(OSError):  # some systems keep what is mapped
                    path.unlink()


def _write(file: IO[bytes], copy: Copy) -> None:
    tables = [
        {"rows": table.rows, "whole": len(table.whole), "real": len(table.real), "about": table.about}
        for table in copy.tables
    ]
    described = json.dumps({"order": sys.byteorder, "about": copy.about, "tables": tables}).encode()
    file.write(_HEAD.pack(_MARK, len(described), hashlib.sha256(described).digest()))
    file.write(described + bytes(-(_HEAD.size + len(described)) % _PAGE))
    for table in copy.tables:
        for part in (table.whole, table.real):
            for column in part:
                file.write(column.data)


def _mapped(file: IO[bytes]) -> Copy:
    """Raises `ValueError`, `KeyError` or `TypeError` for anything that is not a whole copy of this machine's kind."""
    mark, length, digest = _HEAD.unpack(_exactly(file, _HEAD.size))
    if mark != _MARK or length > os.fstat(file.fileno()).st_size:
        raise ValueError("another kind of file, or version of it")
    described = _exactly(file, length)
    if hashlib.sha256(described).digest() != digest:
        raise ValueError("the description is damaged")
    found = json.loads(described)
    if found["order"] != sys.byteorder:
        raise ValueError("the bytes of numbers are in another order")
    begin = -(-(_HEAD.size + length) // _PAGE) * _PAGE
    size = 8 * sum(table["rows"] * (table["whole"] + table["real"]) for table in found["tables"])
    if os.fstat(file.fileno()).st_size != begin + size:
        raise ValueError("it is not whole")
    content = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), np.uint8)[begin:]
    return Copy(found["about"], tuple(_tables(content, found["tables"])))


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise ValueError("it is not whole")
    return found


def _tables(content: NDArray[np.uint8], described: Sequence[Mapping[str, Any]]) -> list[Filled]:
    found, at = [], 0
    for table in described:
        parts: list[NDArray[Any]] = []
        for number, kind in ((table["whole"], np.int64), (table["real"], np.float64)):
            size = 8 * number * table["rows"]
            parts.append(content[at : at + size].view(kind).reshape(number, table["rows"]))
            at += size
        found.append(Filled(parts[0], parts[1], table["about"]))
    return found
