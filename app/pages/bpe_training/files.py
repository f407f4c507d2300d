"""How does a tokenizer get to the disk? Saved by a job, since a disk may be slow."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job, Jobs
from app.pages.bpe_training import work


class ResultFiles(QObject):
    """Writes results; what comes of each is one signal."""

    saved = Signal(object)
    """The folder."""
    not_saved = Signal(object)
    """An exception."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs

    def save(self, outcome: work.Outcome, folder: Path) -> None:
        """Write a tokenizer and the account of its training."""
        job = Job(partial(work.save, outcome, folder))
        job.finished.connect(self.saved)
        job.failed.connect(self.not_saved)
        self._jobs.start(job)


def ask_folder(parent: QWidget, suggested: str) -> Path | None:
    """Ask where to save a tokenizer; None if the user would rather not."""
    name, _ = QFileDialog.getSaveFileName(parent, "Save the tokenizer as a folder", suggested)
    return Path(name) if name else None
