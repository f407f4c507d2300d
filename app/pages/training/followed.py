"""Who looks at the runs of a folder for the page? A job that never ends, until another folder is looked at."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from lmcore.training.following import Interest, following


class Followed(QObject):
    """The events of `lmcore.training.following`, of the folder that was asked for last alone."""

    found = Signal(object)
    """The events since the last time."""
    failed = Signal(object)
    """The exception for which nobody looks any more."""

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None

    def begin(self, root: Path, interest: Interest) -> None:
        """Look at the runs of a folder from now on."""
        self.stop()
        job = self._job = Job(lambda: following(root, interest))
        job.events.connect(lambda events: self.found.emit(events) if job is self._job else None)
        job.failed.connect(self.failed)
        self._jobs.watch(job)

    def stop(self) -> None:
        """Look no longer; what was found by now is told to nobody."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
