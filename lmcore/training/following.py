"""What happens to the runs of a folder, as long as someone looks? Which there are, what they measure, what they write.

A generator for a thread of its own, which looks about five times a second. It only reads: whoever trains is neither
waited for nor hindered, and any number of windows may look at the same folder.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lmcore.errors import LmError
from lmcore.training.curves import Columns
from lmcore.training.drawing import Drawn
from lmcore.training.handing import Unmade, unmade
from lmcore.training.listing import Listing
from lmcore.training.overview import Overview
from lmcore.training.row_store import RowStore
from lmcore.training.sample_files import Sample, SampleReader

_LOOK: Final = 0.2  # seconds between the beginnings of two looks
_SHARE: Final = 9  # times as long as listing took, nothing is done: with many runs, looks are rarer
_RAREST: Final = 1.0  # seconds
_NAP: Final = 0.02  # seconds between two events, so that whoever asks for them can end it


@dataclass(frozen=True)
class Listed:
    """All runs, oldest first; comes at the beginning, and whenever anything changed that is said of one."""

    runs: tuple[Overview, ...]


@dataclass(frozen=True)
class Grown:
    """The rows of a run have changed, or are wanted anew."""

    path: Path
    columns: Columns


@dataclass(frozen=True)
class Forgotten:
    """The rows of a run are followed no longer; when they are wanted again, all of them are told."""

    path: Path


@dataclass(frozen=True)
class Sampled:
    """The texts of a run, by step, have changed, or are wanted anew."""

    path: Path
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Trouble:
    """Why nothing can be seen at the moment; an empty sentence once that is mended."""

    sentence: str


@dataclass
class Interest:
    """What is wanted besides the list; set it from any thread.

    `paths` are the folders of the runs whose rows are wanted, `current` is that of the run whose texts are.
    """

    paths: frozenset[Path] = frozenset()
    current: Path | None = None


Found = Listed | Grown | Forgotten | Sampled | Trouble | Unmade | None


def following(root: Path, interest: Interest) -> Generator[Found, None, None]:
    """Tell what there is, then what changes, for ever; None in between, at least every 50 ms.

    Where the folder is there and cannot be read, that is told, and it is looked at again: a drive of a network comes
    back.
    """
    details = _Details(interest)
    try:
        yield from _following(root, details)
    finally:
        details.leave()


def _following(root: Path, details: "_Details") -> Generator[Found, None, None]:
    listing, trouble, told = Listing(root), "", set[Unmade]()
    while True:
        begun, listed, before, trouble = time.perf_counter(), 0.0, trouble, ""
        try:
            runs, listed = yield from _list(listing, details)
            if runs is not None:
                yield Listed(runs)
            new = [one for one in unmade(root) if one not in told]
            told.update(new)
            yield from new
        except (LmError, OSError) as error:
            trouble = str(error)
        if trouble != before:
            yield Trouble(trouble)
        until = max(begun + _LOOK, time.perf_counter() + min(_SHARE * listed, _RAREST))
        yield from details.look()
        while (left := until - time.perf_counter()) > 0 and not details.is_outdated:
            yield None
            time.sleep(min(left, _NAP))
            yield from details.look_if_due()
        yield None


def _list(listing: Listing, details: "_Details") -> Generator[Found, None, tuple[tuple[Overview, ...] | None, float]]:
    """What `Listing.look` gives back and the seconds that it took, without those of the details looked at meanwhile."""
    work, took = listing.look(), 0.0
    while True:
        begun = time.perf_counter()
        try:
            next(work)
        except StopIteration as end:
            return end.value, took + time.perf_counter() - begun
        took += time.perf_counter() - begun
        yield None
        yield from details.look_if_due()


class _Details:
    """Rows and texts of what is wanted, looked at as often as a window can show them, however long the list takes."""

    def __init__(self, interest: Interest) -> None:
        self._interest, self._curves, self._texts = interest, Drawn(RowStore()), _Texts()
        self._wanted: tuple[frozenset[Path], Path | None] = frozenset(), None
        self._drawn: frozenset[Path] = frozenset()
        self._due = 0.0

    @property
    def is_outdated(self) -> bool:
        """Whether something else is wanted by now."""
        return (self._interest.paths, self._interest.current) != self._wanted

    def leave(self) -> None:
        """Nobody looks any more."""
        self._curves.leave()

    def look(self) -> Generator[Found, None, None]:
        """What has changed of what is wanted now."""
        self._wanted = self._interest.paths, self._interest.current
        yield from self._look()

    def look_if_due(self) -> Generator[Found, None, None]:
        """The same of what was wanted before, where it is time."""
        if time.perf_counter() >= self._due:
            yield from self._look()

    def _look(self) -> Generator[Found, None, None]:
        self._due = time.perf_counter() + _LOOK
        paths, current = self._wanted
        for path in sorted(
            self._curves.known & paths - self._drawn
        ):  # whose rows are there, since its texts were wanted
            yield Grown(path, self._curves.columns(path))
        self._drawn = paths
        yield from _rows(self._curves, paths, current)
        if current is None:
            return
        if (samples := self._texts.look(current, self._curves.columns(current))) is not None:
            yield Sampled(current, samples)


def _rows(curves: Drawn, paths: frozenset[Path], current: Path | None) -> Generator[Found, None, None]:
    """Rows that have changed; of the run whose texts are wanted for the losses of these alone."""
    rested, wanted = time.perf_counter(), paths | ({current} if current else set())
    for path in curves.keep(wanted):
        yield Forgotten(path)
    for found in curves.look(wanted):
        if found is not None and found[0] in paths:
            yield Grown(*found)
        elif time.perf_counter() - rested > _NAP:
            yield None
            rested = time.perf_counter()


class _Texts:
    """The texts of one run."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._shown: tuple[Sample, ...] | None = None

    def look(self, path: Path, columns: Columns) -> tuple[Sample, ...] | None:
        """All of them, or None where nothing changed since the last look at the same run."""
        if path != self._path:
            self._path, self._reader, self._shown = path, SampleReader(path), None
        found = self._reader.samples(columns.validation)
        if found == self._shown:
            return None
        self._shown = found
        return found
