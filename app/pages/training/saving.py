"""How do runs leave the workspace? Their curves as CSV or for TensorBoard, themselves as zip, where the user says."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job
from app.session import Session
from app.widgets.message import MessageStrip
from app.widgets.save_place import ask_save_place
from lmcore import figures
from lmcore.atomic import writing_aside
from lmcore.errors import LmError, UsageError, not_written
from lmcore.training.curves import Columns
from lmcore.training.run_folder import RunFolder

KINDS: Final = {
    "csv": ("Save the curves", "csv", "CSV (*.csv)"),
    "zip": ("Save the run with its newest checkpoint", "zip", "Zip (*.zip)"),
    "zip-all": ("Save the run with all its checkpoints", "zip", "Zip (*.zip)"),
    "tensorboard": ("Save for TensorBoard in a folder", "", ""),
}
"""The title of the question, the ending of the file and the filter; a folder is asked for where there is no ending."""
SEVERAL: Final = {
    "zip": ("Save the runs, each with its newest checkpoint, in a folder", "", ""),
    "zip-all": ("Save the runs with all their checkpoints in a folder", "", ""),
}
"""The same of several runs, where it is otherwise."""
ZIPS: Final[Mapping[str, Literal["newest", "all"]]] = {"zip": "newest", "zip-all": "all"}
"""Which checkpoints are packed."""
SOON: Final = 500
"""Milliseconds after which it is worth while to say how far it is."""
Runs = Mapping[Path, str]
"""The names of runs by their folders."""


class Saving(QObject):
    """Asks for a place and writes there on a thread. Its end is one of `said` and `refused`.

    `strip` says how far it is where that takes long, and can end it.
    """

    said = Signal(str)
    refused = Signal(str)

    def __init__(self, page: QWidget, session: Session) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self.strip = MessageStrip("info", "", actions=[("Cancel", self.cancel)], wide=True)
        self.strip.hide()
        self._jobs: list[Job] = []
        self._soon = QTimer(self, singleShot=True, interval=SOON)
        self._soon.timeout.connect(lambda: self.strip.setVisible(bool(self._jobs)))

    def ask(self, kind: str, runs: Runs) -> None:
        """Ask where to, and write."""
        title, ending, choice = KINDS[kind] if len(runs) == 1 else SEVERAL.get(kind, KINDS[kind])
        if ending:
            first = next(iter(runs)).name if len(runs) == 1 else "runs"
            place = ask_save_place(self._page, title, f"{first}.{ending}", choice)
        else:
            name = QFileDialog.getExistingDirectory(self._page.window(), title)
            place = Path(name) if name else None
        if place is not None:
            self.save(kind, runs, place)

    def save(self, kind: str, runs: Runs, place: Path) -> None:
        """Write runs to a place: a file for all, or a folder that gets something for each."""
        kept = "holds what was whole by then" if len(runs) > 1 and kind != "csv" else "was not written"
        self._start(Job(lambda: _written(kind, runs, place)), place, kept)

    def write(self, place: Path, content: Callable[[], bytes]) -> None:
        """Write a file of what `content` gives, which is asked on a thread."""
        self._start(Job(lambda: _filled(place, content)), place, "was not written")

    def _start(self, job: Job, place: Path, kept: str) -> None:
        job.events.connect(lambda events: self._follow(events[-1], place))
        job.finished.connect(lambda notes: self.said.emit(" ".join([f"Written: {place}", *notes])))
        job.cancelled.connect(lambda: self.said.emit(f"Cancelled. {place} {kept}."))
        job.failed.connect(lambda error: self._failed(error, place))
        for end in (job.finished, job.failed, job.cancelled):
            end.connect(lambda *_: self._ended(job))
        self._jobs.append(job)
        self._follow(None, place)
        self._soon.start()
        self._session.jobs.start(job)

    def cancel(self) -> None:
        """Leave off what is being written; files that are not whole leave nothing behind."""
        for job in self._jobs:
            job.cancel()

    def _follow(self, event: Any, place: Path) -> None:
        far = "Reading what is to be written."
        if getattr(event, "total", 0):
            done, total = (figures.size if event.unit == "bytes" else figures.count)(event.done), event.total
            far = f"{done} of {figures.size(total) if event.unit == 'bytes' else f'{figures.count(total)} rows'}."
        self.strip.show_words(f"Writing {place}.", far)

    def _ended(self, job: Job) -> None:
        self._jobs.remove(job)
        if not self._jobs:
            self._soon.stop()
            self.strip.hide()

    def _failed(self, error: BaseException, place: Path) -> None:
        if not isinstance(error, LmError | OSError):
            raise error
        self.refused.emit(not_written(place, error) if isinstance(error, OSError) else str(error))


def _filled(place: Path, content: Callable[[], bytes]) -> Generator[None, None, Sequence[str]]:
    yield
    with writing_aside(place, "wb") as file:
        file.write(content())
    return ()


def _written(kind: str, runs: Runs, place: Path) -> Generator[Any, None, Sequence[str]]:
    """Write it; gives back what else is to be said of it, in sentences."""
    if kind == "csv":
        return (yield from _table(runs, place))
    notes, refused = list[str](), list[LmError]()
    for path, name in told_apart(runs).items():
        try:
            if kind == "tensorboard":
                yield from _events(RunFolder(path), name, place / path.name)
            else:
                target = place if len(runs) == 1 else place / f"{path.name}.zip"
                found = yield from _packed(path, kind, target)
                notes += found if len(runs) == 1 else [f"{name}: {note}" for note in found]
        except LmError as error:
            refused.append(error)
    if len(refused) == len(runs):
        raise refused[0]
    return [*notes, *map(str, refused)]


def _packed(path: Path, kind: str, target: Path) -> Generator[Any, None, Sequence[str]]:
    from lmcore.training.archiving import zip_run

    return (yield from zip_run(RunFolder.open(path), target, ZIPS[kind]))


def _table(runs: Runs, place: Path) -> Generator[Any, None, Sequence[str]]:
    """Write the curves of all runs as one file."""
    from lmcore.training.archiving import csv_of

    columns: dict[str, Columns] = {}
    for path, name in told_apart(runs).items():
        columns[name] = yield from _columns(RunFolder(path))
    bare = [name for name, found in columns.items() if not _has_rows(found)]
    if len(bare) == len(columns):
        raise _lacking(bare[0])
    yield from csv_of(columns, place)
    return [str(_lacking(name)) for name in bare]


def _has_rows(columns: Columns) -> bool:
    return any(len(table["step"]) for table in (columns.train, columns.validation))


def _lacking(name: str) -> UsageError:
    return UsageError(f"{name} has no rows yet: nothing is written of it.")


def told_apart(runs: Runs) -> dict[Path, str]:
    """The names of runs; where two have the same, those of their folders."""
    often = Counter(runs.values())
    return {path: name if often[name] == 1 else path.name for path, name in runs.items()}


def _columns(run: RunFolder) -> Generator[Any, None, Columns]:
    from lmcore.training.curves import CurveReader

    reader = CurveReader(run.metrics)
    yield from reader.update()
    return reader.columns


def _events(run: RunFolder, name: str, folder: Path) -> Generator[Any, None, None]:
    """Write a run for TensorBoard into a folder of its own."""
    from lmcore.interop.run_events import export_run
    from lmcore.training.run_files import chosen

    columns = yield from _columns(run)
    if not _has_rows(columns):
        raise _lacking(name)
    folder.mkdir(parents=True, exist_ok=True)
    yield from export_run(columns, folder, chosen(run))
