"""What does a running training say, and where does that belong? Merges, progress and warnings, put in their places."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app.pages.bpe_training import wording
from app.pages.bpe_training.live import LiveView
from app.pages.bpe_training.work import Passages
from app.session import Activity, Session
from app.widgets.messages import Messages
from app.widgets.phase_bars import PhaseBars
from lmcore.bpe.events import Merges, Notice, PhaseName, Progress

KEY: Final = "bpe"
TITLE: Final = "BPE training"


class Running(QObject):
    """Takes the events of a training and puts them where they belong."""

    passages = Signal(object)

    def __init__(self, session: Session, live: LiveView, phases: PhaseBars, messages: Messages) -> None:
        super().__init__()
        self._session, self._live, self._phases, self._messages = session, live, phases, messages
        self._open: dict[PhaseName, Progress] = {}

    def begin(self, planned_merges: int) -> None:
        """Another training begins."""
        self._open.clear()
        self._messages.clear()
        self._live.begin(planned_merges)
        self._phases.reset(("count", "merge", "save"))

    def take(self, events: Sequence[Any]) -> None:
        """What came since the last time."""
        merges = [merge for event in events if isinstance(event, Merges) for merge in event.merges]
        if merges:
            self._live.take(merges)
        for event in events:
            if isinstance(event, Passages):
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
