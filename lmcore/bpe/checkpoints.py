"""How far had a count come that was broken off? Its sums and its place, in a file that is written on the way.

Whatever was counted when the file is written is in it, and nothing else, so a later count goes on as if nothing had
happened. It is no kept result: when the whole is counted, the file goes.
"""

import json
import os
import time
import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.atomic import writing_aside
from lmcore.bpe.pretoken_table import Pretokens, PretokenTable
from lmcore.bpe.streams import Place

INTERVAL: Final = 20.0  # seconds of counting that a crash may cost: some 10 GB of text on a large machine
_SHARE: Final = (
    0.01  # of the time may go into writing: where tables are large or the disk is slow, it is done less often
)


class Reached(NamedTuple):
    """How far a count has come: all before `place` in file number `source` is counted, and nothing behind it."""

    source: int = 0
    place: Place = Place()
    counted: int = 0  # bytes of text
    skipped: int = 0  # bad lines left out
    special_tokens: int = 0
    entries: int = 0  # pre-tokens in the tables; those in several of them count several times
    first_invalid: tuple[int, int] | None = None  # number of the file, offset in its text
    textless: int = 0  # documents without text, left out too


@dataclass(frozen=True)
class Earlier:
    """What a count that was broken off left behind."""

    table: PretokenTable
    reached: Reached


class Checkpoint:
    """The file of one count, known by the key of corpus and options; written every `interval` seconds at the most."""

    def __init__(self, path: Path, key: str, interval: float = INTERVAL) -> None:
        self._path = path
        self._key = key
        self._interval = interval
        self._next = time.monotonic() + interval
        self.resumed = 0
        """Bytes of text that were counted already when this count began."""

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() >= self._next

    def write(self, tables: Sequence[PretokenTable], reached: Reached) -> Generator[None, None, None]:
        """Replaces the file; comes up for air every few milliseconds. After an `OSError` nothing is due any more.

        Each part is flushed to the disk by itself: all at the end could take seconds, in which nobody could cancel.
        """
        began, self._next = time.monotonic(), float("inf")
        with writing_aside(self._path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            about = json.dumps({"key": self._key} | reached._asdict()).encode()
            _write_array(archive, "about", np.frombuffer(about, np.uint8))
            parts = (words for table in tables for words in table.slices())
            for number, words in enumerate(parts):
                _write_array(archive, f"{number}-blob", words.blob)
                _write_array(archive, f"{number}-lengths", np.diff(words.offsets).astype(np.uint32))
                _write_array(archive, f"{number}-counts", words.counts)
                file.flush()
                os.fsync(file.fileno())
                yield
        ended = time.monotonic()
        self._next = ended + max(self._interval, (ended - began) / _SHARE)

    def load(self) -> Generator[None, None, Earlier | None]:
        """What the file has, or None where there is none for this key; comes up for air. A damaged one is none."""
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                about = json.loads(arrays["about"].tobytes())
                if about.pop("key") != self._key:
                    return None
                reached = _reached(about)
                table, number = PretokenTable(), 0
                table.note_specials(reached.special_tokens)
                yield from table.make_room(reached.entries)
                while f"{number}-blob" in arrays:
                    table.add(_read_words(arrays, number))
                    number += 1
                    yield
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        self.resumed = reached.counted
        return Earlier(table, reached)

    def remove(self) -> None:
        """Nothing is left to continue."""
        self._path.unlink(missing_ok=True)


def _reached(about: dict[str, Any]) -> Reached:
    invalid = about["first_invalid"]
    return Reached(**about | {"place": Place(*about["place"]), "first_invalid": tuple(invalid) if invalid else None})


def _write_array(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    with archive.open(f"{name}.npy", "w") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def _read_words(arrays: Any, number: int) -> Pretokens:
    blob, counts = arrays[f"{number}-blob"], arrays[f"{number}-counts"]
    offsets = np.concatenate([[0], np.cumsum(arrays[f"{number}-lengths"], dtype=np.int64)])
    if offsets[-1] != len(blob) or len(counts) != len(offsets) - 1:
        raise ValueError("the arrays do not belong together")
    blob.flags.writeable = False
    return Pretokens(blob, offsets, counts)
