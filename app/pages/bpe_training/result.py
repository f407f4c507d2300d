"""What becomes of a finished training? The session's tokenizer, and a folder, written by a job: a disk may be slow."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job
from app.pages.bpe_training import wording, work
from app.session import Session, TokenizerInfo


class Result(QObject):
    """The training that finished last, until another does; what comes of saving it is one signal."""

    saved = Signal(object)
    """The folder."""
    not_saved = Signal(object)
    """An exception."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._unsaved = False
        self.outcome: work.Outcome | None = None

    @property
    def unsaved(self) -> str:
        """What would be lost without saving it, in a sentence; nothing if there is nothing, or if it is saved."""
        return wording.unsaved(self.outcome) if self.outcome is not None and self._unsaved else ""

    def take(self, outcome: work.Outcome) -> None:
        """A training finished: its tokenizer is the current one."""
        self.outcome, self._unsaved = outcome, True
        merges = tuple(outcome.training.merges)
        info = TokenizerInfo(outcome.name, outcome.tokenizer.vocab_size, outcome.tokenizer, merges=merges)
        self._session.set_tokenizer(info)
        self._session.say(wording.summary(outcome.training))

    def ask_folder(self, parent: QWidget) -> Path | None:
        """Ask where to save it; None if the user would rather not."""
        assert self.outcome is not None
        suggested = f"{self.outcome.name}-{self.outcome.tokenizer.vocab_size}"
        name, _ = QFileDialog.getSaveFileName(parent, "Save the tokenizer as a folder", suggested)
        return Path(name) if name else None

    def save(self, folder: Path) -> None:
        """Write the tokenizer and the account of its training."""
        assert self.outcome is not None
        job = Job(partial(work.save, self.outcome, folder))
        job.finished.connect(self._saved)
        job.failed.connect(self.not_saved)
        self._session.jobs.start(job)

    def _saved(self, folder: Path) -> None:
        assert self.outcome is not None
        self._unsaved = False
        tokenizer = self.outcome.tokenizer
        self._session.set_tokenizer(TokenizerInfo(folder.name, tokenizer.vocab_size, tokenizer, folder))
        self.saved.emit(folder)
