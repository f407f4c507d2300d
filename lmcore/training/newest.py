"""What did a run measure last? Read from the end of its rows, so that a list of a thousand runs need not read all.

The step at which a run diverged has a row without figures: what was measured last is then in an older one.
"""

import hashlib
import math
import os
from collections.abc import Generator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any, Final

from lmcore.training.metrics import row_of
from lmcore.training.plain_files import opened

_BLOCK: Final = 1 << 16
_FAR: Final = 16 << 20  # bytes from the end, beyond which nothing is looked for: some 70,000 steps
_PART: Final = 4096  # bytes at the end of what was read, by which it is known again
_KINDS: Final = ("train", "sound", "validation")
_RARE: Final = (b'"validation"', b'"attempt"')


class Newest:
    """The newest rows of a file that count: of a step, of a step whose loss was a number, of a validation.

    What is new is looked at alone where the file goes on behind what was read; one that was edited is searched anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._about: os.stat_result | None = None
        self._place = 0
        self._ends = ""
        self._found: dict[str, Mapping[str, Any]] = {}

    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        """Those by kind, "train", "sound" and "validation", as far as there are any. Raises `OSError`."""
        if not self._path.exists():
            self._about, self._found = None, {}
            return self._found
        with opened(self._path) as file:
            about = os.fstat(file.fileno())
            goes_on, place = self._goes_on(file, about), _ended(file, about.st_size)
            ends = _digest(file, place)
            found = _search(file, self._place, place) if goes_on else None
            if found is None:
                self._found, found = {}, _search(file, 0, place) or {}
            self._about, self._place, self._ends = about, place, ends
        self._found = self._found | found
        return self._found

    def _goes_on(self, file: FileIO, now: os.stat_result) -> bool:
        """Whether the file ends with what was read of it, or has more behind that."""
        before = self._about
        if before is None or not self._place or not os.path.samestat(before, now):
            return False
        same = (before.st_size, before.st_mtime_ns) == (now.st_size, now.st_mtime_ns)
        return (same or now.st_size > before.st_size) and _digest(file, self._place) == self._ends


def _digest(file: FileIO, end: int) -> str:
    """By which what stands before a place is known again."""
    begin = max(0, end - _PART)
    file.seek(begin)
    return hashlib.sha256(file.read(end - begin)).hexdigest()


def _search(file: FileIO, begin: int, end: int) -> dict[str, Mapping[str, Any]] | None:
    """The newest rows between two places; None where an attempt there hides what may be before."""
    found: dict[str, Mapping[str, Any]] = {}
    last = math.inf
    for line in _backwards(file, max(begin, end - _FAR), end):
        if "train" in found and "sound" in found and not any(word in line for word in _RARE):
            continue
        row = row_of(line) or {"kind": ""}
        if row["kind"] == "attempt":
            if begin:
                return None
            last = min(last, row["step"])
        elif row["kind"] in ("train", "validation") and row["step"] <= last:
            for kind in _kinds(row):
                found.setdefault(kind, row)
            if len(found) == len(_KINDS) and not begin:
                break
    return found


def _kinds(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a row may be the newest of."""
    if row["kind"] == "validation":
        return ("validation",)
    return ("train",) if row.get("loss") is None else ("train", "sound")


def _ended(file: FileIO, size: int) -> int:
    """Where the last line ends that does end."""
    while size:
        start = max(0, size - _BLOCK)
        file.seek(start)
        place = file.read(size - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        size = start
    return 0


def _backwards(file: FileIO, begin: int, end: int) -> Generator[bytes, None, None]:
    """The lines between `begin` and `end`, where one ends, the last first."""
    rest = b""
    while end > begin:
        start = max(begin, end - _BLOCK)
        file.seek(start)
        rest, *lines = (file.read(end - start) + rest).split(b"\n")
        yield from reversed(lines)
        end = start
    yield rest
