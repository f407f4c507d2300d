"""What does a running training say, and where does that belong? Merges, progress and warnings, put in their places.

One training runs at a time; how it ends is for the page.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job, JobState
from app.pages.bpe_training import wording, work
from app.pages.bpe_training.actions import TITLE
from app.pages.bpe_training.live import TURN, LiveView
from app.session import Activity, Session
from app.widgets.messages import Messages
from app.widgets.phase_bars import PhaseBars
from lmcore.bpe.events import Merges, Notice, PhaseName, Progress
from lmcore.bpe.options import Options

if TYPE_CHECKING:
    from lmcore.bpe.forecast import Forecast

KEY: Final = "bpe"


class Running(QObject):
    """Runs a training and puts its events where they belong; the signals are its job's, once the panes show it."""

    passages = Signal(object)
    state_changed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, session: Session, live: LiveView, phases: PhaseBars, messages: Messages) -> None:
        super().__init__()
        self._session, self._live, self._phases, self._messages = session, live, phases, messages
        self._open: dict[PhaseName, Progress] = {}
        self._job: Job | None = None

    def begin(self, paths: Sequence[Path], options: Options, forecast: "Forecast | None") -> None:
        """Another training begins."""
        self._open.clear()
        self._messages.clear()
        self._live.begin(options.planned_merges)
        self._phases.reset(("count", "merge", "save"))
        self._job = Job(lambda: work.run(paths, options, forecast))
        self._job.events.connect(self._take)
        self._job.finished.connect(self._finished)
        self._job.failed.connect(self._failed)
        self._job.cancelled.connect(self._cancelled)
        self._job.state_changed.connect(self._state_changed)
        self._session.jobs.start(self._job)

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        if self._job is not None and self._job.state is JobState.RUNNING:
            self._job.pause()
        elif self._job is not None and self._job.state is JobState.PAUSED:
            self._job.resume()

    def cancel(self) -> None:
        """Stop the training; its merges so far stay on the screen."""
        if self._job is not None:
            self._job.cancel()

    def _state_changed(self, state: JobState) -> None:
        if state in (JobState.PAUSED, JobState.RUNNING):
            self._phases.set_paused(state is JobState.PAUSED)
        elif state is JobState.CANCELLING:
            self._phases.set_cancelling()
        self.state_changed.emit(state)

    def _finished(self, outcome: work.Outcome) -> None:
        """Complete the panes; what else changes waits for the next turn, since each has the whole page laid out."""
        self._live.end()
        QTimer.singleShot(TURN, self, lambda: self.finished.emit(outcome))

    def _failed(self, error: BaseException) -> None:
        self._phases.set_failed()
        self._live.end()
        self.failed.emit(error)

    def _cancelled(self) -> None:
        self._phases.set_cancelled()
        self._live.end()
        self.cancelled.emit()

    def _take(self, events: Sequence[Any]) -> None:
        """What came since the last time."""
        merges = [merge for event in events if isinstance(event, Merges) for merge in event.merges]
        if merges:
            self._live.take(merges)
        for event in events:
            if isinstance(event, work.Passages):
                self.passages.emit(event)
            elif isinstance(event, Notice):
                self.note(event)
            elif isinstance(event, Progress):
                self._open[event.phase] = event
        if merges and "merge" in self._open:  # they may have come without a Progress behind them
            self._open["merge"] = replace(self._open["merge"], done=len(self._live.received))
        self._show_progress()

    def note(self, notice: Notice) -> None:
        """Warnings stay in a strip; the rest is said in passing."""
        if notice.kind == "warning":
            self._messages.tell("warning", notice.text)
        else:
            self._session.say(notice.text)

    def _show_progress(self) -> None:
        for progress in self._open.values():
            self._phases.show_progress(progress)
            fraction = progress.done / progress.total if progress.total else None
            self._session.show_activity(Activity(KEY, TITLE, wording.activity(progress), fraction))
        self._open = {name: progress for name, progress in self._open.items() if not progress.finished}
