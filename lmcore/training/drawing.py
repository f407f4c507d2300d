"""How do the rows of many runs come into memory soon? Those that are wanted anew are read by two threads.

The kernel that reads them needs no interpreter, so that both of two cores work, and the window besides.
"""

import threading
from collections.abc import Collection, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Final

from lmcore.training.curves import Columns, CurveReader
from lmcore.training.metrics import NAME

_THREADS: Final = 2
_NAP: Final = 0.02  # seconds


class Drawn:
    """The rows of the runs that are wanted; those of others are forgotten."""

    def __init__(self) -> None:
        self._readers: dict[Path, CurveReader] = {}

    @property
    def known(self) -> frozenset[Path]:
        """The runs that were read."""
        return frozenset(self._readers)

    def columns(self, path: Path) -> Columns:
        """The rows of a run as they were last looked at; none of a run that is not wanted."""
        reader = self._readers.get(path)
        return reader.columns if reader else Columns()

    def keep(self, wanted: Collection[Path]) -> list[Path]:
        """Forget the rows of all runs but these; gives back whose were forgotten."""
        gone = [path for path in self._readers if path not in wanted]
        for path in gone:
            del self._readers[path]
        return gone

    def look(self, wanted: Iterable[Path]) -> Generator[tuple[Path, Columns] | None, None, None]:
        """The rows of runs, by their folders, where they have changed or are wanted anew.

        What cannot be read has no rows here; the list of runs says why.
        """
        paths = sorted(wanted)
        self.keep(paths)
        for path, reader in self._readers.items():
            with suppress(OSError):
                if (yield from reader.update()):
                    yield path, reader.columns
        if new := [path for path in paths if path not in self._readers]:
            yield from self._open(new)

    def _open(self, paths: list[Path]) -> Generator[tuple[Path, Columns] | None, None, None]:
        stop, pool = threading.Event(), ThreadPoolExecutor(_THREADS, "rows")
        try:
            opening: dict[Future[None], tuple[Path, CurveReader]] = {}
            for path in paths:
                reader = CurveReader(path / NAME)
                opening[pool.submit(_read, reader, stop)] = path, reader
            while opening:
                done, _ = wait(opening, _NAP, FIRST_COMPLETED)
                for future in done:
                    path, reader = opening.pop(future)
                    future.result()
                    self._readers[path] = reader
                    yield path, reader.columns
                yield None
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def _read(reader: CurveReader, stop: threading.Event) -> None:
    """Read all rows, unless nobody wants them any more."""
    with suppress(OSError):
        for _ in reader.update():
            if stop.is_set():
                return
