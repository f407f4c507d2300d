"""How do the rows of many runs come into memory soon? Those that are wanted anew are read by a thread a processor.

The kernel that reads them needs no interpreter, so that all processors work, and the window besides. What took long is
kept for the next window, on another thread, when all are there.
"""

import threading
from collections.abc import Collection, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Final

from lmcore.bpe.process import processors
from lmcore.training.curves import Columns, CurveReader
from lmcore.training.metrics import NAME
from lmcore.training.row_store import Copy, RowStore

COPYING: Final = "copies of rows"
"""The name of the thread that writes them."""
_FEWEST, _MOST = 2, 4  # threads
_NAP: Final = 0.02  # seconds
_REST: Final = 3.0  # seconds, in which lines are smoothed and drawn


class Drawn:
    """The rows of the runs that are wanted; those of others are forgotten."""

    def __init__(self, store: RowStore | None = None, rest: float = _REST) -> None:
        self._readers: dict[Path, CurveReader] = {}
        self._store = store
        self._keeping = Keeping(store, rest) if store else None

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

    def leave(self) -> None:
        """Nobody looks any more: no further copies are written."""
        if self._keeping:
            self._keeping.leave()

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
                if self._keeping and (copy := reader.copy()):
                    self._keeping.put(path / NAME, copy)
        if new := [path for path in paths if path not in self._readers]:
            yield from self._open(new)

    def _open(self, paths: list[Path]) -> Generator[tuple[Path, Columns] | None, None, None]:
        stop, pool = threading.Event(), ThreadPoolExecutor(max(_FEWEST, min(_MOST, processors())), "rows")
        try:
            opening: dict[Future[None], tuple[Path, CurveReader]] = {}
            for path in paths:
                reader = CurveReader(path / NAME, store=self._store)
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


class Keeping:
    """Writes copies on a thread that ends with the last, `rest` seconds after the first is there: what was read is
    drawn before. It holds nobody up, and whoever ends the program ends it.
    """

    def __init__(self, store: RowStore, rest: float) -> None:
        self._store, self._rest = store, rest
        self._waiting: dict[Path, Copy] = {}
        self._lock = threading.Lock()
        self._left = threading.Event()
        self._thread: threading.Thread | None = None

    def leave(self) -> None:
        """Write no more than the copy that is being written: nobody looks at the runs any more."""
        self._left.set()

    def put(self, path: Path, copy: Copy) -> None:
        """Have a copy written soon, instead of an older one of the same file that is still waiting."""
        with self._lock:
            self._waiting[path] = copy
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=COPYING, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        self._left.wait(self._rest)
        while True:
            with self._lock:
                if not self._waiting or self._left.is_set():
                    self._thread = None
                    return
                path, copy = self._waiting.popitem()
            self._store.save(path, copy)


def _read(reader: CurveReader, stop: threading.Event) -> None:
    """Read all rows, unless nobody wants them any more."""
    with suppress(OSError):
        for _ in reader.update():
            if stop.is_set():
                return
