"""When does a run begin that the user asked for? Once what training needs is there, which is fetched if he wants it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.needing import Needing
from app.pages.training.acting import Acting
from app.pages.training.setup.naming import distinct
from lmcore.errors import LmError
from lmcore.generators import after_a_turn
from lmcore.paths import resource
from lmcore.training.config import config_of, read_tables

SAMPLE: Final = "presets/training/sample.toml"
MAKING: Final = "Making the run. The text is encoded first."


class Starting(QObject):
    """Has runs made, or go on, as `Acting` does it."""

    told = Signal(str, str, list)
    """A tone, a sentence, and what can be done about it: words and what they do."""
    ready = Signal()
    """What was told is over."""
    begun = Signal()
    """Runs are being made."""

    def __init__(self, acting: Acting, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._acting, self._jobs = acting, jobs
        self._needing = Needing("Training needs", self)
        self._needing.told.connect(self.told)
        self._needing.ready.connect(self.ready)
        self.offer = self._needing.offer
        self.close = self._needing.close

    def start(self, tables: Mapping[str, Any], *, queue: bool, parent: str = "") -> None:
        """Make the runs of a set-up; `parent` is the name of the run that it was made from."""
        self._needing.do(partial(self._start, tables, queue, parent))

    def start_sample(self, taken: Callable[[], Collection[str]]) -> None:
        """Make the run of the small model of the bundled corpus, with a name that is not `taken`."""

        def start(tables: Mapping[str, Any]) -> None:
            self.start({**tables, "name": distinct(tables["name"], taken())}, queue=True)

        job = Job(partial(after_a_turn, _sample_tables))
        job.finished.connect(start)
        job.failed.connect(self._sample_failed)
        self._jobs.start(job)

    def _sample_failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError):
            raise error
        self.told.emit("error", str(error), [])

    def resume(self, paths: Sequence[Path]) -> None:
        """Let runs go on."""
        self._needing.do(partial(self._acting.resume, paths))

    def go_on(self) -> None:
        """Let what waits be trained."""
        self._needing.do(self._acting.work_off)

    def tell_making(self) -> None:
        """Say that runs are being made, which can be given up."""
        self.told.emit("info", MAKING, [("Cancel", self._acting.cancel)])

    def _start(self, tables: Mapping[str, Any], queue: bool, parent: str) -> None:
        if not self._acting.making:
            self.tell_making()
            self.begun.emit()
            self._acting.start(tables, parent=parent, at_once=not queue)


def _sample_tables() -> dict[str, Any]:
    path = resource(SAMPLE)
    return config_of(read_tables(path), path.parent).as_tables()
