"""How does a vocabulary grow out of a corpus, merge by merge, and what does it cost?"""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.jobs import Job, JobState
from app.pages.bpe_training import work
from app.pages.bpe_training.live import LiveView
from app.pages.bpe_training.panel import Panel
from app.pages.page import Page
from app.session import Activity, Session, TokenizerInfo
from app.widgets.buttons import Button
from app.widgets.labels import Hairline
from app.widgets.message import MessageStrip, Tone
from app.widgets.phase_bars import PhaseBars
from lmcore import figures
from lmcore.bpe.events import Merges, Notice, Progress
from lmcore.bpe.excerpts import Excerpts
from lmcore.bpe.options import Options
from lmcore.bpe.sources import COMPRESSIONS, FORMS
from lmcore.errors import CorpusError, LmError

if TYPE_CHECKING:
    from lmcore.bpe import Tokenizer, Training
    from lmcore.bpe.forecast import Forecast

KEY: Final = "bpe"
TITLE: Final = "BPE training"
BANNER: Final = "bpe-sample"
ENDINGS: Final = (*FORMS, *COMPRESSIONS)


class State(Enum):
    """What the page is doing; decides which buttons are shown."""

    IDLE = auto()
    RUNNING = auto()
    PAUSED = auto()
    CANCELLING = auto()
    FINISHED = auto()
    SAVING = auto()


class BpeTrainingPage(Page):
    """Corpus and options at the left; the training live at the right."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._state = State.IDLE
        self._job: Job | None = None
        self._look: Job | None = None
        self._forecast: Forecast | None = None
        self._outcome: work.Outcome | None = None
        self._shown = False
        self._start_when_known = False
        self.panel = Panel(session)
        self.live = LiveView()
        self.phases = PhaseBars()
        self._strip: MessageStrip | None = None
        self._column = QVBoxLayout()
        self._start = Button("Start", icon="play", kind="primary")
        self._again = Button("Start again", icon="rotate-ccw")
        self._cancel = Button("Cancel", icon="x")
        self._pause = Button("Pause", icon="pause", kind="primary")
        self._save = Button("Save", icon="save", kind="primary")
        self._build()
        self._connect()

    def _build(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addLayout(self._column, 1)
        self._column.setSpacing(0)
        self._column.addWidget(self.phases)
        self._phases_line = Hairline()
        self._column.addWidget(self._phases_line)
        self._column.addWidget(self.live, 1)
        self._enter(State.IDLE)

    def _connect(self) -> None:
        self.panel.changed.connect(self._inputs_changed)
        self.live.corpus_asked.connect(self.panel.corpus.choose_files)
        self.live.tokenizer_asked.connect(self._ask_tokenizer)
        self._start.clicked.connect(self.start)
        self._again.clicked.connect(self.start)
        self._cancel.clicked.connect(self.cancel)
        self._pause.clicked.connect(self.toggle_pause)
        self._save.clicked.connect(self._ask_folder)

    @property
    def state(self) -> State:
        """What the page is doing."""
        return self._state

    @property
    def training(self) -> "Training | None":
        """The training that finished last."""
        return self._outcome.training if self._outcome else None

    @property
    def forecast(self) -> "Forecast | None":
        """What the next training is expected to take, once that is known."""
        return self._forecast

    def header_actions(self) -> list[QWidget]:
        return [self._cancel, self._again, self._start, self._pause, self._save]

    def commands(self) -> list[Command]:
        corpus = self.panel.corpus
        return [
            Command("Start the training", self.start, "play", TITLE, "Ctrl+Return", "train run"),
            Command("Pause or resume the training", self.toggle_pause, "pause", TITLE, "Ctrl+Shift+Space"),
            Command("Cancel the training", self.cancel, "x", TITLE),
            Command("Add files to the corpus", corpus.choose_files, "plus", TITLE, "Ctrl+O", "open text"),
            Command("Add a folder to the corpus", corpus.choose_folder, "folder-open", TITLE),
            Command("Take the bundled sample as corpus", lambda: corpus.set_paths([]), "list-restart", TITLE),
            Command("Save the tokenizer", self._ask_folder, "save", TITLE, "Ctrl+S", "export"),
            Command("Open a tokenizer", self._ask_tokenizer, "table-2", TITLE, "Ctrl+Shift+O"),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        if self._state in (State.RUNNING, State.PAUSED, State.CANCELLING, State.SAVING):
            return False
        return all(path.suffix.lower() in (*ENDINGS, ".json") or path.is_dir() or not path.suffix for path in paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """A tokenizer.json, or a folder with one, becomes the current tokenizer; anything else the corpus."""
        if len(paths) == 1 and (paths[0].suffix == ".json" or (paths[0] / "tokenizer.json").is_file()):
            self.open_tokenizer(paths[0])
        else:
            self.panel.corpus.set_paths(paths)

    def close_jobs(self) -> None:
        for job in (self._job, self._look):
            if job is not None:
                job.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self._inputs_changed()

    def start(self) -> None:
        """Begin a training with what the inputs say."""
        if self._state not in (State.IDLE, State.FINISHED):
            return
        options = self._read_options()
        if options is None:
            return
        self._stop_looking()
        if self._forecast is None:
            self.panel.show_no_forecast()
        self._outcome = None
        self._clear_message()
        self.live.begin(options)
        self.phases.reset(("count", "merge", "save"))
        paths = self.panel.corpus.paths
        self._job = self._launch(lambda: work.run(paths, options), self._training_ended)
        self._job.events.connect(self._take_events)
        self._job.state_changed.connect(self._job_state_changed)
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
        if self._outcome is None or self._state is not State.FINISHED:
            return
        training, forecast = self._outcome.training, self._forecast
        self.phases.begin("save")
        self._enter(State.SAVING)
        self._job = self._launch(lambda: work.save(training, folder, forecast), self._saved)
        self.session.jobs.start(self._job)

    def open_tokenizer(self, path: Path) -> None:
        """Make the tokenizer in a file or folder the current one."""
        job = self._launch(lambda: work.open_tokenizer(path), lambda tokenizer: self._opened(path, tokenizer))
        self.session.jobs.start(job)

    def _launch(self, make: Callable[[], Any], finished: Callable[[Any], object]) -> Job:
        job = Job(make)
        job.finished.connect(finished)
        job.failed.connect(self._failed)
        job.cancelled.connect(self._cancelled)
        return job

    # What the inputs bring about.

    def _read_options(self) -> Options | None:
        try:
            return self.panel.options()
        except LmError as error:
            self._tell("error", str(error))
            return None

    def _inputs_changed(self) -> None:
        """Show the corpus and what a training on it will take."""
        options = self._read_options()
        if options is None or self._state not in (State.IDLE, State.FINISHED):
            return
        self._clear_message()
        self._stop_looking()
        self._forecast = None
        self.panel.show_forecast(None)
        paths = self.panel.corpus.paths
        if self._state is State.IDLE:
            self.live.begin(options)
        look = Job(lambda: work.look(paths, options))
        look.events.connect(self._take_look)
        look.finished.connect(self._take_forecast)
        look.failed.connect(self._failed)
        self._look = look
        self.session.jobs.start(look)

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.events.disconnect(self._take_look)
            self._look.finished.disconnect(self._take_forecast)
            self._look.failed.disconnect(self._failed)
            self._look.cancel()
            self._look = None

    def _take_look(self, events: Sequence[Any]) -> None:
        for event in events:
            if isinstance(event, Excerpts):
                self.panel.corpus.show_size(sum(source.size for source in event.sources), 0)
                self.live.show_passages(event.passages)

    def _take_forecast(self, forecast: "Forecast") -> None:
        self._look = None
        self._forecast = forecast
        self.panel.show_forecast(forecast)
        shown = self.panel.corpus.show_documents if forecast.exact else self.panel.corpus.show_size
        shown(forecast.corpus_bytes, forecast.special_tokens)
        if self.panel.corpus.is_sample and not self.session.settings.dismissed(BANNER) and self._state is State.IDLE:
            self._show_banner(forecast)
        if self._start_when_known:
            self._start_when_known = False
            self.start()

    def _show_banner(self, forecast: "Forecast") -> None:
        size = figures.count(self.panel.options().vocab_size)
        seconds = figures.duration(forecast.seconds)
        self._tell(
            "info",
            "A sample corpus is loaded, so that you can start at once.",
            f"Start turns 256 bytes into {size} tokens in about {seconds}.",
        )
        assert self._strip is not None
        self._strip.closed.connect(lambda: self.session.settings.dismiss(BANNER))

    # What the job says.

    def _take_events(self, events: Sequence[Any]) -> None:
        self._take_look(events)
        merges = [merge for event in events if isinstance(event, Merges) for merge in event.merges]
        if merges:
            self.live.take(merges)
        for event in events:
            if isinstance(event, Notice):
                self._tell("warning" if event.kind == "warning" else "info", event.text)
        progress = {event.phase: event for event in events if isinstance(event, Progress)}
        for event in progress.values():
            self.phases.show_progress(event)
            self._show_activity(event)

    def _show_activity(self, progress: Progress) -> None:
        done, total = progress.done, progress.total
        words = {
            "prepare": "preparing the kernels, once on this machine",
            "count": f"counted {figures.size(done)} of {figures.size(total)}",
            "merge": f"merge {figures.count(done)} of {figures.count(total)}",
        }
        fraction = done / total if total else None
        self.session.show_activity(Activity(KEY, TITLE, words[progress.phase], fraction))

    def _job_state_changed(self, state: JobState) -> None:
        if state is JobState.PAUSED:
            self.phases.set_paused(True)
            self._enter(State.PAUSED)
        elif state is JobState.RUNNING:
            self.phases.set_paused(False)
            self._enter(State.RUNNING)
        elif state is JobState.CANCELLING:
            self.phases.set_cancelling()
            self._enter(State.CANCELLING)

    def _training_ended(self, outcome: work.Outcome) -> None:
        self._outcome = outcome
        training = outcome.training
        self.live.end()
        self.panel.show_result(training)
        self.panel.corpus.show_documents(training.counts.bytes, training.counts.special_tokens)
        self._enter(State.FINISHED)
        self.session.set_tokenizer(TokenizerInfo(self._name(), len(training.vocab), outcome.tokenizer))
        total = sum(phase.seconds for phase in training.phases if phase.name != "prepare")
        self.session.say(f"{figures.count(len(training.merges))} merges in {figures.duration(total)}")

    def _cancelled(self) -> None:
        self.phases.set_cancelled()
        self.live.end()
        self._enter(State.IDLE)
        self.session.say("Cancelled; what was counted is kept where counting was done")

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError):
            raise error
        self.phases.set_failed()
        self._look = None
        actions = []
        if isinstance(error, CorpusError) and ", line " in str(error):
            actions = [("Leave out bad lines", self.panel.leave_out_bad_lines)]
        self._tell("error", str(error), actions=actions)
        self._enter(State.FINISHED if self._outcome else State.IDLE)

    def _saved(self, folder: Path) -> None:
        assert self._outcome is not None
        self.phases.finish("save")
        self._enter(State.FINISHED)
        info = TokenizerInfo(folder.name, len(self._outcome.training.vocab), self._outcome.tokenizer, folder)
        self.session.set_tokenizer(info)
        self._tell("success", f"Saved to {folder}.", "tokenizer.json opens in Hugging Face tokenizers and here.")

    def _opened(self, path: Path, tokenizer: "Tokenizer") -> None:
        name = path.parent.name if path.name == "tokenizer.json" else path.stem
        self.session.set_tokenizer(TokenizerInfo(name, tokenizer.vocab_size, tokenizer, path))
        self._tell("success", f"{name} is the current tokenizer.", f"{figures.count(tokenizer.vocab_size)} tokens.")

    # What the user is asked and told.

    def _name(self) -> str:
        """What to call the tokenizer until it is saved."""
        assert self._outcome is not None
        paths = self.panel.corpus.paths
        return f"{paths[0].name.split('.')[0]} {figures.count(len(self._outcome.training.vocab))}"

    def _ask_folder(self) -> None:
        if self._outcome is None or self._state is not State.FINISHED:
            return
        suggested = self._name().lower().replace(" ", "-").replace(",", "")
        name, _ = QFileDialog.getSaveFileName(self.window(), "Save the tokenizer as a folder", suggested)
        if name:
            self.save(Path(name))

    def _ask_tokenizer(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.window(), "Open a tokenizer", "", "tokenizer.json (*.json)")
        if name:
            self.open_tokenizer(Path(name))

    def _tell(
        self, tone: Tone, bold: str, text: str = "", actions: Sequence[tuple[str, Callable[[], object]]] = ()
    ) -> None:
        """A strip above everything else at the right; the one before it goes."""
        self._clear_message()
        self._strip = MessageStrip(tone, bold, text, actions=actions, closable=True, wide=True)
        self._column.insertWidget(0, self._strip)

    def _clear_message(self) -> None:
        if self._strip is not None:
            self._strip.hide()
            self._strip.deleteLater()
            self._strip = None

    def _enter(self, state: State) -> None:
        """The one place that decides what each state shows."""
        self._state = state
        working = state in (State.RUNNING, State.PAUSED, State.CANCELLING)
        self._start.setVisible(state is State.IDLE)
        self._again.setVisible(state is State.FINISHED)
        self._cancel.setVisible(working)
        self._cancel.setEnabled(state is not State.CANCELLING)
        self._cancel.set_look("Cancelling …" if state is State.CANCELLING else "Cancel", "x")
        self._pause.setVisible(working)
        self._pause.setEnabled(state is not State.CANCELLING)
        paused = state is State.PAUSED
        self._pause.set_look("Resume" if paused else "Pause", "play" if paused else "pause")
        self._save.setVisible(state in (State.FINISHED, State.SAVING))
        self._save.setEnabled(state is State.FINISHED)
        begun = working or bool(self.live.merges.merges) or state in (State.FINISHED, State.SAVING)
        self.phases.setVisible(begun)
        self._phases_line.setVisible(begun)
        self.panel.set_locked(working or state is State.SAVING)
        busy = working or state is State.SAVING
        self.busy.emit(busy)
        if not busy:
            self.session.show_activity(None)

    def fill_sample(self) -> None:
        """A training on the bundled corpus."""
        self._start_when_known = True

    def settled(self) -> bool:
        return self._state is State.FINISHED and not self.live.text.moving
