"""How does a vocabulary grow out of a corpus, merge by merge, and what does it cost?"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.jobs import Job, JobState
from app.pages.bpe_training import wording, work
from app.pages.bpe_training.actions import AT_REST, Actions, State
from app.pages.bpe_training.files import ResultFiles, ask_folder
from app.pages.bpe_training.live import TURN, LiveView
from app.pages.bpe_training.panel import Panel
from app.pages.bpe_training.preview import Preview
from app.pages.bpe_training.running import TITLE, Running
from app.pages.page import Page
from app.session import Session, TokenizerInfo
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from app.widgets.phase_bars import PhaseBars
from app.widgets.tokenizer_opening import TokenizerOpening
from lmcore.bpe.options import Options
from lmcore.errors import CorpusError, LmError

if TYPE_CHECKING:
    from lmcore.bpe import Training
    from lmcore.bpe.forecast import Forecast

BANNER: Final = "bpe-sample"


class BpeTrainingPage(Page):
    """Corpus and options at the left; the training live at the right.

    The panes show the training that was started last, the inspector the one that Start would begin: a finished
    training stays, to be saved, while the inputs change.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._state = State.IDLE
        self._job: Job | None = None
        self._preview = Preview(session.jobs)
        self._looked_at: tuple[tuple[Path, ...], Options] | None = None
        self._forecast: Forecast | None = None
        self._outcome: work.Outcome | None = None
        self._begun = self._seen = self._start_when_known = False
        self.panel = Panel(session)
        self.live = LiveView(session.settings)
        self.phases = PhaseBars()
        self.messages = Messages()
        self._phases_line = Hairline()
        self._running = Running(session, self.live, self.phases, self.messages)
        self._actions = Actions()
        self._files = ResultFiles(session.jobs)
        self._opening = TokenizerOpening(self, session, self.messages)
        self._build()
        self._connect()

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
        self._preview.preparing.connect(self.panel.show_measuring)
        self._preview.noticed.connect(self._running.note)
        self._preview.forecast.connect(self._take_forecast)
        self._preview.failed.connect(self._preview_failed)
        self.live.corpus_asked.connect(self._ask_corpus)
        self.live.tokenizer_asked.connect(self._ask_tokenizer)
        self.messages.dismissed.connect(lambda: self.session.settings.dismiss(BANNER))
        self._actions.start.clicked.connect(self.start)
        self._actions.again.clicked.connect(self.start)
        self._actions.cancel.clicked.connect(self.cancel)
        self._actions.pause.clicked.connect(self.toggle_pause)
        self._actions.save.clicked.connect(self._ask_folder)
        self._files.saved.connect(self._saved)
        self._files.not_saved.connect(self._not_saved)

    @property
    def state(self) -> State:
        """What the page is doing."""
        return self._state

    @property
    def training(self) -> "Training | None":
        """The training that finished last, until another begins."""
        return self._outcome.training if self._outcome else None

    @property
    def forecast(self) -> "Forecast | None":
        """What the next training is expected to take, once that is known."""
        return self._forecast

    def header_actions(self) -> list[QWidget]:
        return self._actions.all

    def commands(self) -> list[Command]:
        corpus = self.panel.corpus
        return [
            Command("Start the training", self.start, "play", TITLE, "Ctrl+Return", "train run"),
            Command("Pause or resume the training", self.toggle_pause, "pause", TITLE, "Ctrl+Shift+Space"),
            Command("Cancel the training", self.cancel, "x", TITLE),
            Command("Add files to the corpus", self._ask_corpus, "plus", TITLE, "Ctrl+O", "open text"),
            Command("Add a folder to the corpus", lambda: self._at_rest(corpus.choose_folder), "folder-open", TITLE),
            Command(
                "Take the bundled sample as corpus",
                lambda: self._at_rest(lambda: corpus.set_paths([])),
                "list-restart",
                TITLE,
            ),
            Command("Save the tokenizer", self._ask_folder, "save", TITLE, "Ctrl+S", "export"),
            Command("Open a tokenizer", self._ask_tokenizer, "table-2", TITLE, "Ctrl+Shift+O"),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Anything: what a file is shows when it is read, and the message then says more than a refusal could."""
        return bool(paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """A tokenizer.json, or a folder with one, becomes the current tokenizer; anything else the corpus."""
        if self._state not in AT_REST:
            self.session.say(wording.LOCKED)
        elif len(paths) == 1 and (paths[0].suffix == ".json" or (paths[0] / "tokenizer.json").is_file()):
            self._opening.open(paths[0])
        else:
            self.panel.corpus.set_paths(paths)

    def close_jobs(self) -> None:
        self._preview.stop()
        if self._job is not None:
            self._job.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._inputs_changed()

    def start(self) -> None:
        """Begin a training with what the inputs say."""
        options = self._read_options() if self._state in AT_REST else None
        if options is None:
            return
        paths = self.panel.corpus.paths
        self.panel.take()
        self._preview.stop()
        if self._looked_at != (paths, options):
            self._forecast = None
        if self._forecast is None:
            self.panel.show_no_forecast()
        forecast, self._begun = self._forecast, True
        self.messages.hide_banner()
        self._running.begin(options.planned_merges)
        self.panel.hide_result()
        self._job = Job(lambda: work.run(paths, options, forecast))
        self._job.finished.connect(self._training_ended)
        self._job.failed.connect(self._failed)
        self._job.events.connect(self._running.take)
        self._job.state_changed.connect(self._job_state_changed)
        self._job.cancelled.connect(self._cancelled)
        self._enter(State.RUNNING)
        self.session.jobs.start(self._job)

    def toggle_pause(self) -> None:
        """Pause the training, or go on."""
        if self._job is not None and self._state is State.RUNNING:
            self._job.pause()
        elif self._job is not None and self._state is State.PAUSED:
            self._job.resume()

    def cancel(self) -> None:
        """Stop the training; its merges so far stay on the screen."""
        if self._job is not None and self._state in (State.RUNNING, State.PAUSED):
            self._job.cancel()

    def save(self, folder: Path) -> None:
        """Write the tokenizer and the account of its training to `folder`."""
        if self._outcome is not None and self._state is State.FINISHED:
            self.messages.clear()
            self.phases.begin("save")
            self._enter(State.SAVING)
            self._files.save(self._outcome, folder)

    # What the inputs bring about.

    def _read_options(self) -> Options | None:
        try:
            return self.panel.options()
        except LmError as error:
            self.messages.clear()
            self.messages.tell("error", str(error))
            return None

    def _inputs_changed(self) -> None:
        """Look at the corpus, and measure what a training on it will take."""
        if self._state not in AT_REST:
            return
        self._preview.stop()
        self._forecast = self._looked_at = None
        options = self._read_options()
        if options is None:
            self.panel.show_no_forecast()
            return
        self.messages.clear()
        self.panel.hide_result()
        self.panel.show_measuring()
        if self._state is State.IDLE:
            self._begun = False
            self.live.invite(options.planned_merges)
        self._enter(self._state)
        self._actions.offer_start(again=False)
        self._show_banner()
        self._looked_at = (self.panel.corpus.paths, options)
        self._preview.look_at(*self._looked_at)

    def _take_passages(self, passages: work.Passages) -> None:
        if self._forecast is None:
            self.panel.corpus.show_size(passages.size)
        if self._state is not State.FINISHED:
            self.live.show_passages(passages.pretokens)

    def _take_forecast(self, forecast: "Forecast") -> None:
        self._forecast = forecast
        self.panel.show_forecast(forecast)
        self._show_banner()
        if self._start_when_known:
            self._start_when_known = False
            self.start()

    def _preview_failed(self, error: BaseException) -> None:
        self.panel.show_no_forecast()
        self.panel.corpus.show_unread()
        if self._state is State.IDLE:
            self.live.show_passages(())
        self._tell_error(error)

    def _show_banner(self) -> None:
        """Greet whoever has the sample before them, until they close the banner for good."""
        if self.panel.corpus.is_sample and not self._begun and not self.session.settings.dismissed(BANNER):
            size = self.panel.options().vocab_size
            self.messages.show_banner(wording.BANNER, wording.promise(size, self._forecast))
        else:
            self.messages.hide_banner()

    # What the job says.

    def _job_state_changed(self, state: JobState) -> None:
        if state in (JobState.PAUSED, JobState.RUNNING):
            paused = state is JobState.PAUSED
            self.phases.set_paused(paused)
            self._enter(State.PAUSED if paused else State.RUNNING)
        elif state is JobState.CANCELLING:
            self.phases.set_cancelling()
            self._enter(State.CANCELLING)

    def _training_ended(self, outcome: work.Outcome) -> None:
        """Complete the panes; what else changes waits for the next turn, since each has the whole page laid out."""
        self.live.end()
        QTimer.singleShot(TURN, self, lambda: self._show_outcome(outcome))

    def _show_outcome(self, outcome: work.Outcome) -> None:
        self._outcome = outcome
        self.panel.show_result(outcome.training)
        self._actions.offer_start(again=True)
        self._enter(State.FINISHED)
        merges = tuple(outcome.training.merges)
        info = TokenizerInfo(outcome.name, outcome.tokenizer.vocab_size, outcome.tokenizer, merges=merges)
        self.session.set_tokenizer(info)
        self.session.say(wording.summary(outcome.training))

    def _cancelled(self) -> None:
        self.phases.set_cancelled()
        self.live.end()
        self._enter(State.FINISHED if self._outcome else State.IDLE)
        self.session.say("Cancelled")
        self._tell_kept()

    def _tell_kept(self) -> None:
        """The panes show a training that came to nothing; the one before it is not lost."""
        if self._outcome is not None:
            self.messages.tell("info", wording.KEPT)

    def _failed(self, error: BaseException) -> None:
        """A training went wrong: what there is stays."""
        self.phases.set_failed()
        self.live.end()
        self._enter(State.FINISHED if self._outcome else State.IDLE)
        self._tell_kept()
        self._tell_error(error)

    def _tell_error(self, error: BaseException) -> None:
        """Say what the user can mend, with a button where one does it; the rest is the error reporter's."""
        if not isinstance(error, LmError):
            raise error
        bad_line = isinstance(error, CorpusError) and "leave out bad lines" in str(error)
        actions = [("Leave out bad lines", self.panel.leave_out_bad_lines)] if bad_line else []
        self.messages.tell("error", str(error), actions)

    def _not_saved(self, error: BaseException) -> None:
        self.phases.set_failed()
        self._enter(State.FINISHED)
        self._tell_error(error)

    def _saved(self, folder: Path) -> None:
        assert self._outcome is not None
        self.phases.finish("save")
        self._enter(State.FINISHED)
        tokenizer = self._outcome.tokenizer
        self.session.set_tokenizer(TokenizerInfo(folder.name, tokenizer.vocab_size, tokenizer, folder))
        show = ("Show the folder", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self.messages.tell("success", wording.saved(folder, tokenizer.pattern), [show])

    # What the user is asked.

    def _ask_folder(self) -> None:
        if self._outcome is not None and self._state is State.FINISHED:
            suggested = f"{self._outcome.name}-{self._outcome.tokenizer.vocab_size}"
            if folder := ask_folder(self.window(), suggested):
                self.save(folder)

    def _ask_tokenizer(self) -> None:
        self._at_rest(self._opening.ask)

    def _ask_corpus(self) -> None:
        self._at_rest(self.panel.corpus.choose_files)

    def _at_rest(self, action: Callable[[], object]) -> None:
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

    def fill_sample(self) -> None:
        """A training on the bundled corpus."""
        self._start_when_known = True

    def settled(self) -> bool:
        return self._state is State.FINISHED and self.live.settled
