"""How do runs leave the workspace? Their curves as CSV or for TensorBoard, themselves as zip, where the user says."""

from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job
from app.session import Session
from lmcore import figures
from lmcore.errors import LmError
from lmcore.training.curves import Columns
from lmcore.training.run_folder import RunFolder

KINDS: Final = {
    "csv": ("Save the curves", "csv", "CSV (*.csv)"),
    "zip": ("Save the run", "zip", "Zip (*.zip)"),
    "tensorboard": ("Save for TensorBoard in a folder", "", ""),
}
"""The title of the question, the ending of the file and the filter; a folder is asked for where there is no ending."""
SEVERAL: Final = {"zip": ("Save the runs in a folder", "", "")}
"""The same of several runs, where it is otherwise."""
Runs = Mapping[Path, str]
"""The names of runs by their folders."""


class Saving(QObject):
    """Asks for a place and writes there on a thread. Its end is one of `said` and `refused`."""

    said = Signal(str)
    refused = Signal(str)

    def __init__(self, page: QWidget, session: Session) -> None:
        super().__init__(page)
        self._page, self._session = page, session

    def ask(self, kind: str, runs: Runs) -> None:
        """Ask where to, and write."""
        title, ending, choice = KINDS[kind] if len(runs) == 1 else SEVERAL.get(kind, KINDS[kind])
        if ending:
            first = next(iter(runs)).name if len(runs) == 1 else "runs"
            name, _ = QFileDialog.getSaveFileName(self._page.window(), title, f"{first}.{ending}", choice)
        else:
            name = QFileDialog.getExistingDirectory(self._page.window(), title)
        if name:
            place = Path(name)
            self.save(kind, runs, place if place.suffix or not ending else place.with_suffix(f".{ending}"))

    def save(self, kind: str, runs: Runs, place: Path) -> None:
        """Write runs to a place: a file for all, or a folder that gets something for each."""
        job = Job(lambda: _written(kind, runs, place))
        job.events.connect(lambda events: self._follow(events[-1], "rows" if kind == "csv" else ""))
        job.finished.connect(lambda written: self.said.emit(f"Written: {written}"))
        job.failed.connect(lambda error: self._failed(error, place))
        self._session.jobs.start(job)

    def _follow(self, event: Any, unit: str) -> None:
        if getattr(event, "total", 0):
            written = figures.count if unit else figures.size
            self.said.emit(f"Writing: {written(event.done)} of {written(event.total)} {unit}".rstrip())

    def _failed(self, error: BaseException, place: Path) -> None:
        if not isinstance(error, LmError | OSError):
            raise error
        if isinstance(error, OSError):
            why = error.strerror or error
            self.refused.emit(f"{place} cannot be written: {why}. Choose another folder, or free some space.")
        else:
            self.refused.emit(str(error))


def _written(kind: str, runs: Runs, place: Path) -> Generator[Any, None, Path]:
    """Where the file or the folder stands."""
    from lmcore.training.archiving import csv_of, zip_run

    if kind == "zip":
        for path in runs:
            target = place if len(runs) == 1 else place / f"{path.name}.zip"
            yield from zip_run(RunFolder.open(path), target)
    elif kind == "tensorboard":
        for path in runs:
            yield from _events(RunFolder(path), place / path.name)
    else:
        columns: dict[str, Columns] = {}
        for path, name in told_apart(runs).items():
            columns[name] = yield from _columns(RunFolder(path))
        yield from csv_of(columns, place)
    return place


def told_apart(runs: Runs) -> dict[Path, str]:
    """The names of runs; where two have the same, those of their folders."""
    often = Counter(runs.values())
    return {path: name if often[name] == 1 else path.name for path, name in runs.items()}


def _columns(run: RunFolder) -> Generator[Any, None, Columns]:
    from lmcore.training.curves import CurveReader

    reader = CurveReader(run.metrics)
    yield from reader.update()
    return reader.columns


def _events(run: RunFolder, folder: Path) -> Generator[Any, None, None]:
    """Write a run for TensorBoard into a folder of its own."""
    from lmcore.interop.run_events import export_run
    from lmcore.training.run_files import chosen

    columns = yield from _columns(run)
    folder.mkdir(parents=True, exist_ok=True)
    yield from export_run(columns, folder, chosen(run))
