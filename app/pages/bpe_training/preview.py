"""What is in the corpus, and what will a training on it take? Looked at in the background as the inputs change."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.bpe_training import work
from app.pages.bpe_training.panel import Panel
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.options import Options

if TYPE_CHECKING:
    from lmcore.bpe.forecast import Forecast


class Preview(QObject):
    """One look at a time: a new one takes the place of the one before, of which nothing more is heard.

    The panel shows what is found; the signals come after that.
    """

    passages = Signal(object)
    """The Passages of the corpus; they come before the forecast."""
    noticed = Signal(object)
    """A Notice, such as of files that are left out."""
    known = Signal()
    """There is a forecast."""
    failed = Signal(object)

    def __init__(self, jobs: Jobs, panel: Panel) -> None:
        super().__init__()
        self._jobs, self._panel = jobs, panel
        self._job: Job | None = None
        self._number = 0
        self._looked_at: tuple[tuple[Path, ...], Options] | None = None
        self.forecast: Forecast | None = None

    def look_at(self, paths: Sequence[Path], options: Options) -> None:
        """Begin to look."""
        self.forget()
        self._panel.show_measuring()
        number, files = self._number, tuple(paths)
        self._looked_at = (files, options)
        self._job = Job(lambda: work.look(files, options))
        self._job.events.connect(lambda events: self._take(number, events))
        self._job.finished.connect(lambda forecast: self._finish(number, forecast))
        self._job.failed.connect(lambda error: self._fail(number, error))
        self._jobs.start(self._job)

    def expected(self, paths: Sequence[Path], options: Options) -> "Forecast | None":
        """The forecast of a training that begins now, if it was made; no other one is waited for."""
        self.stop()
        if self._looked_at != (tuple(paths), options):
            self.forecast = None
        if self.forecast is None:
            self._panel.show_no_forecast()
        return self.forecast

    def stop(self) -> None:
        """Look no longer."""
        self._number += 1
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def forget(self) -> None:
        """The inputs are others: what was found is not theirs."""
        self.stop()
        self.forecast = self._looked_at = None

    def _take(self, number: int, events: Sequence[Any]) -> None:
        if number != self._number:
            return
        for event in events:
            if isinstance(event, work.Passages):
                self.passages.emit(event)
            elif isinstance(event, Notice):
                self.noticed.emit(event)
            elif isinstance(event, Progress) and event.phase == "prepare" and not event.finished:
                self._panel.show_measuring(event)

    def _finish(self, number: int, forecast: "Forecast") -> None:
        if number == self._number:
            self._job, self.forecast = None, forecast
            self._panel.show_forecast(forecast)
            self.known.emit()

    def _fail(self, number: int, error: BaseException) -> None:
        if number == self._number:
            self._job = None
            self._panel.show_no_forecast()
            self._panel.corpus.show_unread()
            self.failed.emit(error)
