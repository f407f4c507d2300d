"""How does a tokenizer get to the disk and back? Saved and opened by jobs, since a disk may be slow."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

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
