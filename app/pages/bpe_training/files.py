"""How does a tokenizer get to the disk and back? Saved and opened by jobs, since a disk may be slow."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job, Jobs
from app.pages.bpe_training import work


class TokenizerFiles(QObject):
    """Reads and writes tokenizers; what comes of each is one signal."""

    opened = Signal(object, object)
    """Path and Tokenizer."""
    not_opened = Signal(object)
    """An exception, as in `not_saved`."""
    saved = Signal(object)
    """The folder."""
    not_saved = Signal(object)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs

    def open(self, path: Path) -> None:
        """Read the tokenizer in a file or folder."""
        job = Job(partial(work.open_tokenizer, path))
        job.finished.connect(lambda tokenizer: self.opened.emit(path, tokenizer))
        job.failed.connect(self.not_opened)
        self._jobs.start(job)

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


def ask_tokenizer(parent: QWidget) -> Path | None:
    """Ask for a tokenizer's file; None if the user would rather not."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open a tokenizer", "", "tokenizer.json (*.json)")
    return Path(name) if name else None
