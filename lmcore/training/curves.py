"""What did a run measure, as columns? Arrays of the rows that count, a table a kind, to be drawn and compared."""

import hashlib
import os
from collections.abc import Generator, Mapping
from dataclasses import astuple, dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from lmcore.training.growing import WHOLE, Table
from lmcore.training.line_reading import BEYOND, LineReader
from lmcore.training.metrics import row_of
from lmcore.training.plain_files import opened
from lmcore.training.row_store import Copy, RowStore

Column = NDArray[Any]
"""int64 for "step", "tokens" and "attempt", float64 for all else; what a row lacks is NaN, or −1."""

TRAIN: Final = ("step", "tokens", "seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory")
VALIDATION: Final = ("step", "tokens", "seconds", "loss", "perplexity", "bits_per_byte", "time")
ATTEMPTS: Final = ("step", "attempt", "time")
_BLOCK: Final = 1 << 18  # bytes that are read in a few milliseconds, however they are written
_FAST_BLOCK: Final = 1 << 20  # the same, read by the kernels: less often is the interpreter waited for
_LONG: Final = 1 << 20  # bytes from which on it pays to load the kernels
_SHORT: Final = 64  # bytes at least that a line is expected to have
_PART: Final = 4096  # bytes at the beginning and at the end of what was read, by which it is known again
_RENEWED: Final = (
    16  # a copy is renewed when a file has grown by this part of it: all copies of it take 16 times the last
)


@dataclass(frozen=True)
class Columns:
    """The rows of a run that count. Each table has all its columns, of one length: [rows].

    `tokens` are those seen so far, `seconds` those trained so far, over all attempts; `loss` is in nats a token, NaN
    where it was no number; `memory` is in bytes; `time` is in seconds since 1970.
    """

    train: Mapping[str, Column] = field(default_factory=lambda: empty(TRAIN))
    validation: Mapping[str, Column] = field(default_factory=lambda: empty(VALIDATION))
    attempts: Mapping[str, Column] = field(default_factory=lambda: empty(ATTEMPTS))
    rising: frozenset[str] = frozenset()
    """Those of step, tokens and seconds of which is known that all steps have one, none less than that before it."""


def empty(names: tuple[str, ...]) -> dict[str, Column]:
    """Columns without rows."""
    return {name: np.zeros(0, np.int64 if name in WHOLE else np.float64) for name in names}


@dataclass(frozen=True)
class _Known:
    """What a file was when it was last read."""

    device: int
    inode: int
    size: int
    changed: int  # nanoseconds since 1970

    @classmethod
    def of(cls, about: os.stat_result) -> Self:
        return cls(about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)


class CurveReader:
    """Follows a file of rows: what counts of it, by the rules of `metrics`, as columns.

    A file that is another one than before, is shorter, or was changed in what was read, is read anew; one that is not
    there has no rows. Columns that were given away stay as they are. What `store` has of the file is not read again.
    """

    def __init__(self, path: Path, long: int = _LONG, store: RowStore | None = None) -> None:
        """From `long` bytes on that are new, compiled kernels read them, and a copy is worth its place."""
        self._path, self._long, self._store = path, long, store
        self._columns = Columns()
        self._known: _Known | None = None
        self._changed = False
        self._copied = 0  # bytes of the file whose rows were kept
        self._forget()

    @property
    def columns(self) -> Columns:
        """What counted when `update` last ended."""
        return self._columns

    def update(self) -> Generator[None, None, bool]:
        """Read what is new, in pieces of a few milliseconds; whether anything changed. Raises `OSError` where the file
        is there and cannot be read.
        """
        try:
            if _Known.of(self._path.stat()) != self._known:
                with opened(self._path) as file:
                    yield from self._follow(file)
        except (FileNotFoundError, NotADirectoryError):
            self._known = None
            self._forget()
        if changed := self._changed:
            train, validation, attempts = (table.shown() for table in self._tables)
            self._columns = Columns(train, validation, attempts, self._train.rising())
            self._changed = False
        return changed

    def copy(self) -> Copy | None:
        """What was read, to be kept, where much of it is new since there was a copy."""
        known, begun = self._known, bytes(self._begun)
        new, renewed = self._place - self._copied, self._copied // _RENEWED
        if known is None or new < max(self._long, renewed) or len(begun) > _PART:
            return None
        self._copied = self._place
        about = {"file": astuple(known), "place": self._place, "begun": begun.hex(), "ends": self._ends}
        return Copy(about, tuple(table.filled_part for table in self._tables))

    def _forget(self) -> None:
        """Nothing was read."""
        self._changed = any(
            len(table["step"]) for table in (self._columns.train, self._columns.validation, self._columns.attempts)
        )
        self._train, self._validation = Table(TRAIN), Table(VALIDATION, {"tokens": "seen"})
        self._attempts = Table(ATTEMPTS)
        self._tables = self._train, self._validation, self._attempts
        self._fast: LineReader | None = None
        self._place, self._begun = 0, bytearray()
        self._ends: list[str] = []
        self._copied = 0

    def _restore(self, file: FileIO, now: _Known) -> None:
        """Begin with what was kept, if the file still is what it was then, or goes on behind it."""
        copy = self._store.find(self._path) if self._store and now.size >= self._long else None
        if copy is None:
            return
        try:
            self._adopt(copy)
        except (ValueError, KeyError, TypeError):
            self._forget()
        else:
            if not (self._goes_on(file, now) or (now == self._known and self._parts(file) == self._ends)):
                self._forget()

    def _adopt(self, copy: Copy) -> None:
        """Have what was kept. Raises `ValueError`, `KeyError` or `TypeError` where that is of another kind."""
        about = copy.about
        for table, filled in zip(self._tables, copy.tables, strict=True):
            table.restore(filled)
        self._known = _Known(*about["file"])
        self._place = self._copied = int(about["place"])
        self._begun, self._ends = bytearray.fromhex(about["begun"]), list(about["ends"])
        self._changed = any(table.rows for table in self._tables)

    def _follow(self, file: FileIO) -> Generator[None, None, None]:
        known = _Known.of(os.fstat(file.fileno()))
        if self._place and not self._goes_on(file, known):
            self._forget()
        if not self._place:
            self._restore(file, known)
        self._known = None  # until it is read: who breaks off here begins anew
        if known.size - self._place >= self._long and not self._fast:
            self._fast = yield from LineReader.loading(self._train, self._validation)
        yield from self._read(file, known.size)
        self._ends = self._parts(file)
        self._known = known

    def _goes_on(self, file: FileIO, now: _Known) -> bool:
        """Whether the file begins with what was read of it, and has more."""
        before = self._known
        if before is None or (before.device, before.inode) != (now.device, now.inode) or now.size <= self._place:
            return False
        return self._parts(file) == self._ends

    def _parts(self, file: FileIO) -> list[str]:
        """Digests of the beginning and of the end of what was read."""
        digests = []
        for begin in (0, max(0, self._place - _PART)):
            file.seek(begin)
            digests.append(hashlib.sha256(file.read(min(_PART, self._place))).hexdigest())
        return digests

    def _read(self, file: FileIO, size: int) -> Generator[None, None, None]:
        """Take all up to `size`, or up to where the file ends meanwhile."""
        file.seek(self._place)
        block = bytearray(min(_FAST_BLOCK if self._fast else _BLOCK, max(0, size - self._place)) + BEYOND)
        room = memoryview(block)[:-BEYOND]
        while self._place < size:
            got = file.readinto(room[: size - self._place])
            if not got:
                break
            self._place += got
            yield from self._take(block, got, size)
            yield

    def _take(self, block: bytearray, got: int, size: int) -> Generator[None, None, None]:
        """Take the lines that end in the `got` bytes at the beginning of a block; `size` is that of the file."""
        at, end = 0, block.rfind(b"\n", 0, got) + 1
        if self._begun and end:
            at = block.index(b"\n") + 1
            self._line(bytes(self._begun + block[: at - 1]))
            self._begun.clear()
        bytes_ = np.frombuffer(block, np.uint8)
        while at < end:
            if self._fast:
                before, at = at, self._fast.read(bytes_, at, end)
                self._changed |= at > before
            if at < end:
                stop = block.index(b"\n", at)
                if self._train.rows == self._train.room:
                    left = size - self._place + got - at
                    self._train.grow(self._train.rows + left // max(_SHORT, stop - at) + 1)
                    yield
                if self._line(bytes(block[at:stop])):
                    yield
                at = stop + 1
        self._begun += block[end:got]

    def _line(self, line: bytes) -> bool:
        """Take a line that may be anything; whether that took long."""
        row = row_of(line) or {"kind": ""}
        match row["kind"]:
            case "train" | "validation" as kind:
                (self._train if kind == "train" else self._validation).append(row)
                if self._fast:
                    self._fast.learn(row, line)
            case "attempt":
                return self._attempt(row)
            case _:
                return False
        self._changed = True
        return False

    def _attempt(self, row: Mapping[str, Any]) -> bool:
        """Take a row behind which older rows of later steps no longer count; whether there were any."""
        hidden = [table.hide(row["step"]) for table in self._tables]
        self._attempts.append(row)
        self._changed = True
        return any(hidden)
