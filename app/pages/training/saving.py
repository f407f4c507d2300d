"""How does a run leave the workspace? Its curves as CSV or for TensorBoard, itself as a zip, where the user says."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job
from app.session import Session
from lmcore import figures
from lmcore.errors import LmError
from lmcore.training.run_folder import RunFolder

KINDS: Final = {
    "csv": ("Save the curves", "csv", "CSV (*.csv)"),
    "zip": ("Save the run", "zip", "Zip (*.zip)"),
    "tensorboard": ("Save for TensorBoard in a folder", "", ""),
}
"""The title of the question, the ending of the file and the filter; a folder is asked for where there is no ending."""


class Saving(QObject):
    """Asks for a place and writes there on a thread. Its end is one of `said` and `refused`."""

    said = Signal(str)
    refused = Signal(str)

    def __init__(self, page: QWidget, session: Session) -> None:
        super().__init__(page)
        self._page, self._session = page, session

    def ask(self, kind: str, run: Path) -> None:
        """Ask where to, and write."""
        title, ending, choice = KINDS[kind]
        if ending:
            name, _ = QFileDialog.getSaveFileName(self._page.window(), title, f"{run.name}.{ending}", choice)
        else:
            name = QFileDialog.getExistingDirectory(self._page.window(), title)
        if name:
            self.save(kind, run, Path(name))

    def save(self, kind: str, run: Path, place: Path) -> None:
        """Write a run to a place."""
        job = Job(lambda: _written(kind, RunFolder(run), place))
        job.events.connect(lambda events: self._follow(events[-1]))
        job.finished.connect(lambda written: self.said.emit(f"Written: {written}"))
        job.failed.connect(self._failed)
        self._session.jobs.start(job)

    def _follow(self, event: Any) -> None:
        if getattr(event, "total", 0):
            self.said.emit(f"Writing: {figures.size(event.done)} of {figures.size(event.total)}")

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError | OSError):
            raise error
        self.refused.emit(str(error))


def _written(kind: str, run: RunFolder, place: Path) -> Generator[Any, None, Path]:
    """Where the file stands."""
    from lmcore.interop.run_events import export_run
    from lmcore.training.archiving import csv_of, zip_run
    from lmcore.training.curves import CurveReader

    if kind == "zip":
        yield from zip_run(RunFolder.open(run.path), place)
        return place
    reader = CurveReader(run.metrics)
    yield from reader.update()
    if kind == "tensorboard":
        return (yield from export_run(reader.columns, place))
    yield from csv_of(reader.columns, place)
    return place
