"""What did a run measure, step by step? `metrics.jsonl`: rows are only ever appended, and can be read meanwhile.

A row is one JSON object a line, with "kind": "train" (a step), "validation" (an evaluation) or "attempt" (a worker
begins behind a step). A resumed run computes the steps behind its checkpoint again, so an "attempt" row hides every
older row of a later step. A line that a killed worker left half-written is no row.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from lmcore.training.plain_files import opened

NAME: Final = "metrics.jsonl"
Row = Mapping[str, Any]


class MetricsWriter:
    """Appends rows, a whole batch in one write."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        if _ends_within_a_line(path):
            self._file.write(b"\n")

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows; whoever reads the file sees them now."""
        self._file.write(b"".join(_line(row) for row in rows))
        self._file.flush()

    def sync(self) -> None:
        """Force what was added onto the disk, before a checkpoint says that it happened."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """No more rows. What a full disk did not take is lost here, as it is told elsewhere."""
        with suppress(OSError):
            self._file.close()


class MetricsReader:
    """Reads what was appended since it last looked; starts anew where the file is no longer the one it knew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._place = 0
        self._begun = b""

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """The new rows, and whether they replace all that was read before. A file that is not there has no rows."""
        try:
            with opened(self._path) as file:
                about = os.fstat(file.fileno())
                identity = (about.st_dev, about.st_ino)
                anew = self._identity is not None and (identity != self._identity or about.st_size < self._place)
                if anew:
                    self._place, self._begun = 0, b""
                self._identity = identity
                file.seek(self._place)
                found = file.readall()
        except FileNotFoundError:
            anew = self._identity is not None
            self._identity, self._place, self._begun = None, 0, b""
            return [], anew
        self._place += len(found)
        *lines, self._begun = (self._begun + found).split(b"\n")
        return [row for line in lines if (row := row_of(line)) is not None], anew


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All rows that count: without those that a later attempt computed again."""
    return visible(MetricsReader(path).read()[0])


def visible(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in file order, each "attempt" taking away the older rows of later steps."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if row.get("kind") == "attempt":
            kept = [old for old in kept if old["step"] <= row["step"]]
        kept.append(row)
    return kept


def row_of(line: bytes) -> dict[str, Any] | None:
    """The row that a line is; None where it is none."""
    try:
        found = orjson.loads(line)
    except json.JSONDecodeError:
        return None
    whole = isinstance(found, dict) and isinstance(found.get("step"), int) and isinstance(found.get("kind"), str)
    return found if whole else None


def _line(row: Row) -> bytes:
    # JSON has no sign for what is not finite; a reader sees null.
    return orjson.dumps(dict(row)) + b"\n"


def _ends_within_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
