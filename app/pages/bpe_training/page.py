"""How does a vocabulary grow out of a corpus, merge by merge, and what does it cost?"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.jobs import JobState
from app.pages.bpe_training import wording, work
from app.pages.bpe_training.actions import AT_REST, Actions, State, page_commands
from app.pages.bpe_training.live import LiveView
from app.pages.bpe_training.panel import Panel
from app.pages.bpe_training.preview import Preview
from app.pages.bpe_training.result import Result
from app.pages.bpe_training.running import Running
from app.pages.bpe_training.telling import Telling
from app.pages.page import PAINTED, Page
from app.session import Session
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from app.widgets.phase_bars import PhaseBars
from app.widgets.tokenizer_opening import TokenizerOpening

if TYPE_CHECKING:
    from lmcore.bpe import Training
    from lmcore.bpe.forecast import Forecast

STATES: Final = {
    JobState.RUNNING: State.RUNNING,
    JobState.PAUSED: State.PAUSED,
    JobState.CANCELLING: State.CANCELLING,
}


class BpeTrainingPage(Page):
    """Corpus and options at the left; the training live at the right.

    The panes show the training that was started last, the inspector the one that Start would begin: a finished
    training stays, to be saved, while the inputs change. It is whole once it was made by `making`.
    """

    _rested = Signal()
    """No job runs any more."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._state = State.IDLE
        self._begun = self._seen = self._start_when_known = False
        self.phases = PhaseBars()
        self.messages = Messages()
        self._phases_line = Hairline()
        self._first_look = QTimer(self, singleShot=True, interval=PAINTED)
        self._first_look.timeout.connect(self._inputs_changed)
        self._actions = Actions()
        for button in self._actions.all:
            button.setParent(self)  # one without a parent would be shown as a window, until it is in the header
        self._result = Result(session)
        self._opening = TokenizerOpening(self, session, self.messages)

    def _filling(self) -> Generator[None, None, None]:
        """The inspector and the panes, made where they will be seen."""
        self.panel = Panel(self.session, self)
        yield
        self.live = yield from LiveView.making(self.session.settings, self)
        yield
        self._running = Running(self.session, self.live, self.phases, self.messages)
        self._preview = Preview(self.session.jobs, self.panel)
        self._telling = Telling(self.messages, self.panel, self.session.settings)
        self._build()
        self._connect()
        self._telling.greet(None, begun=False)

    def _build(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.phases)
        column.addWidget(self._phases_line)
        column.addWidget(self.live, 1)
        line.addLayout(column, 1)
        self._enter(State.IDLE)

    def _connect(self) -> None:
        self.panel.changed.connect(self._inputs_changed)
        self._preview.passages.connect(self._take_passages)
        self._running.passages.connect(self._take_passages)
        self._running.state_changed.connect(self._job_state_changed)
        self._running.finished.connect(self._finished)
        self._running.failed.connect(self._failed)
        self._running.cancelled.connect(self._cancelled)
        self._preview.noticed.connect(self._running.note)
        self._preview.known.connect(self._forecast_known)
        self._preview.failed.connect(self._preview_failed)
        self.live.corpus_asked.connect(self.ask_corpus)
        self.live.tokenizer_asked.connect(self.ask_tokenizer)
        self._actions.start.clicked.connect(self.start)
        self._actions.again.clicked.connect(self.start)
        self._actions.cancel.clicked.connect(self.cancel)
        self._actions.pause.clicked.connect(self.toggle_pause)
        self._actions.save.clicked.connect(self.ask_folder)
        self._result.saved.connect(self._saved)
        self._result.not_saved.connect(self._not_saved)

    @property
    def state(self) -> State:
        """What the page is doing."""
        return self._state

    @property
    def training(self) -> "Training | None":
        """The training that finished last, until another begins."""
        return self._result.outcome.training if self._result.outcome else None

    @property
    def forecast(self) -> "Forecast | None":
        """What the next training is expected to take, once that is known."""
        return self._preview.forecast

    def header_actions(self) -> list[QWidget]:
        return self._actions.all

    def commands(self) -> list[Command]:
        return page_commands(self)

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Anything: what a file is shows when it is read, and the message then says more than a refusal could."""
        return bool(paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """A tokenizer.json, or a folder with one, becomes the current tokenizer; anything else the corpus."""
        if self._first_look.isActive():  # else it would take away what is said of these
            self._first_look.stop()
            self._inputs_changed()
        if self._state not in AT_REST:
            self.session.say(wording.LOCKED)
        elif len(paths) == 1 and (paths[0].suffix == ".json" or (paths[0] / "tokenizer.json").is_file()):
            self._opening.open(paths[0])
        else:
            self.panel.corpus.set_paths(paths)

    def close_jobs(self) -> None:
        self._first_look.stop()
        self._preview.stop()
        self._running.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._first_look.start()

    def start(self) -> None:
        """Begin a training with what the inputs say."""
        options = self._telling.read_options() if self._state in AT_REST else None
        if options is None:
            return
        paths, self._begun = self.panel.corpus.paths, True
        self.panel.take()
        forecast = self._preview.expected(paths, options)
        self.messages.hide_banner()
        self.panel.hide_result()
        self._enter(State.RUNNING)
        self._running.begin(paths, options, forecast)

    def toggle_pause(self) -> None:
        """Pause the training, or go on."""
        self._running.toggle_pause()

    def cancel(self) -> None:
        """Stop the training; its merges so far stay on the screen."""
        if self._state in (State.RUNNING, State.PAUSED):
            self._running.cancel()

    def save(self, folder: Path) -> None:
        """Write the tokenizer and the account of its training to `folder`."""
        if self._result.outcome is not None and self._state is State.FINISHED:
            self.messages.clear()
            self.phases.begin("save")
            self._enter(State.SAVING)
            self._result.save(folder)

    @property
    def unsaved(self) -> str:
        return self._result.unsaved

    def save_unsaved(self, then: Callable[[], object]) -> None:
        self.cancel()
        self._once_at_rest(partial(self._save_and, then))

    def _save_and(self, then: Callable[[], object]) -> None:
        """Ask for the folder unless it is saved by now, and do `then` once it is."""
        if not self.unsaved:
            then()
        elif self.ask_folder():
            self._once_at_rest(lambda: None if self.unsaved else then())

    def _once_at_rest(self, action: Callable[[], object]) -> None:
        """Does it now, or at the end of what goes on."""
        if self._state in AT_REST:
            action()
        else:
            self._rested.connect(action, Qt.ConnectionType.SingleShotConnection)

    # What the inputs bring about.

    def _inputs_changed(self) -> None:
        """Look at the corpus, and measure what a training on it will take."""
        if self._state not in AT_REST:
            return
        self._preview.forget()
        options = self._telling.read_options()
        if options is None:
            self.panel.show_no_forecast()
            return
        self.messages.clear()
        self.panel.hide_result()
        if self._state is State.IDLE:
            self._begun = False
            self.live.invite(options.planned_merges)
        self._enter(self._state)
        self._actions.offer_start(again=False)
        self._telling.greet(None, begun=self._begun)
        self._preview.look_at(self.panel.corpus.paths, options)

    def _take_passages(self, passages: work.Passages) -> None:
        if self.forecast is None:
            self.panel.corpus.show_size(passages.size)
        if self._state is not State.FINISHED:
            self.live.show_passages(passages.pretokens)

    def _forecast_known(self) -> None:
        self._telling.greet(self.forecast, begun=self._begun)
        if self._start_when_known:
            self._start_when_known = False
            self.start()

    def _preview_failed(self, error: BaseException) -> None:
        if self._state is State.IDLE:
            self.live.show_passages(())
        self._telling.tell_error(error)

    # What the job says.

    def _job_state_changed(self, state: JobState) -> None:
        if state in STATES:
            self._enter(STATES[state])

    def _finished(self, outcome: work.Outcome) -> None:
        self.panel.show_result(outcome.training)
        self._actions.offer_start(again=True)
        self._result.take(outcome)
        self._enter(State.FINISHED)

    def _cancelled(self) -> None:
        self._come_to_nothing()
        self.session.say("Cancelled")

    def _failed(self, error: BaseException) -> None:
        self._come_to_nothing()
        self._telling.tell_error(error)

    def _come_to_nothing(self) -> None:
        """What there is stays."""
        before = self._result.outcome is not None
        self._enter(State.FINISHED if before else State.IDLE)
        if before:
            self._telling.tell_kept()

    def _not_saved(self, error: BaseException) -> None:
        self.phases.set_failed()
        self._enter(State.FINISHED)
        self._telling.tell_error(error)

    def _saved(self, folder: Path) -> None:
        assert self._result.outcome is not None
        self.phases.finish("save")
        self._enter(State.FINISHED)
        self._telling.tell_saved(folder, self._result.outcome.tokenizer.pattern)

    # What the user is asked.

    def ask_folder(self) -> bool:
        """Ask where to save the result; whether a folder was chosen, to which it is being written."""
        ready = self._result.outcome is not None and self._state is State.FINISHED
        folder = self._result.ask_folder(self.window()) if ready else None
        if folder is not None:
            self.save(folder)
        return folder is not None

    def ask_tokenizer(self) -> None:
        """Ask for a tokenizer to open."""
        self.at_rest(self._opening.ask)

    def ask_corpus(self) -> None:
        """Ask for files to add to the corpus."""
        self.at_rest(self.panel.corpus.choose_files)

    def at_rest(self, action: Callable[[], object]) -> None:
        """Does what would change the inputs, unless a job depends on them."""
        if self._state in AT_REST:
            action()
        else:
            self.session.say(wording.LOCKED)

    def _enter(self, state: State) -> None:
        """The one place that decides what each state shows."""
        self._state = state
        self._actions.show_for(state)
        self.phases.setVisible(self._begun)
        self._phases_line.setVisible(self._begun)
        self.panel.set_locked(state not in AT_REST)
        self.busy.emit(state not in AT_REST)
        if state in AT_REST:
            self.session.show_activity(None)
            self._rested.emit()

    def fill_sample(self) -> None:
        """A training on the bundled corpus."""
        self._start_when_known = True

    def settled(self) -> bool:
        return self._state is State.FINISHED and self.live.settled
