"""Which settings learn best, and what does each cost? Runs are launched, watched, compared and resumed."""

from collections.abc import Callable
from typing import Final

from lmcore.training.following import Interest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from app.fetching import Fetching
from app.jobs import Job
from app.pages.page import Page
from app.pages.training.acting import Acting
from app.pages.training.curves_pane import CurvesPane
from app.pages.training.details_panel import DetailsPanel
from app.pages.training.differences_pane import DifferencesPane
from app.pages.training.runs_pane import RunsPane
from app.pages.training.saving import Saving
from app.pages.training.setup import SetupView
from app.pages.training.sweep_pane import SweepPane
from app.pages.training.watching import Known
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from app.widgets.tabs import Tabs
from lmcore.training.run_folder import runs_dir

KEY, TITLE = "training", "Training"
RUNS, DIFFERENCES, SWEEP = range(3)
LISTED, EMPTY, SETUP = range(3)
SAMPLE: Final = "presets/training/sample.toml"
SAMPLE_RUNS: Final = "sample/runs"
NEEDS: Final = "Training needs torch, which is not here yet: some 200 MB to fetch, for a GPU more than 2 GB."


class TrainingPage(Page):
    """The list of runs over their curves and what is said of one; in its place the set-up of a new one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.known, self.interest = Known(), Interest()
        self.root = runs_dir()
        self.messages = Messages()
        self.tabs = Tabs("Views of the runs", ["Runs", "Differences", "Sweep"])
        self.runs, self.details = RunsPane(), DetailsPanel()
        self.curves, self.differences, self.sweep = CurvesPane(), DifferencesPane(), SweepPane()
        self.setup = SetupView(session)
        self.new_button = Button("New run", icon="plus", kind="primary")
        self.pause_button = Button("Pause run", icon="pause")
        self.acting, self.saving = Acting(session, self.root), Saving(self)
        self._fetching = Fetching(self)
        self._after_fetching: Callable[[], object] | None = None
        self._parent = ""
        self._watch: Job | None = None
        self._stack, self._panes = QStackedWidget(), QStackedWidget()
        self._build()
        self._connect()
        self.watch(self.root)
        self._take_handed()

    def _build(self) -> None:
        below = QSplitter(Qt.Orientation.Horizontal)
        below.addWidget(self.curves)
        below.addWidget(self.details)
        below.setStretchFactor(0, 1)
        below.setChildrenCollapsible(False)
        self._watched = QSplitter(Qt.Orientation.Vertical)
        self._watched.addWidget(self.runs)
        self._watched.addWidget(below)
        self._watched.setStretchFactor(1, 1)
        self._watched.setChildrenCollapsible(False)
        for pane in (self._watched, self.differences, self.sweep):
            self._panes.addWidget(pane)
        listed = QWidget()
        column = _column(listed)
        head = QHBoxLayout()
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.runs.search)
        head.addSpacing(24)
        column.addLayout(head)
        column.addWidget(Hairline())
        column.addWidget(self._panes, 1)
        self._new, self._try = Button("Set up a run", kind="primary"), Button("Train on the sample")
        sentence = (
            "A run trains a model on a text, in a process of its own that goes on when the window is closed. "
            "The sample takes some minutes on a laptop."
        )
        for widget in (listed, EmptyState("chart-line", "No runs yet", sentence, [self._new, self._try]), self.setup):
            self._stack.addWidget(widget)
        whole = _column(self)
        whole.addWidget(self.messages)
        whole.addWidget(self._stack, 1)

    def _connect(self) -> None:
        for button in (self.new_button, self._new):
            button.clicked.connect(self.set_up)
        self._try.clicked.connect(self.train_sample)
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.tabs.currentChanged.connect(self._show_tab)
        self.runs.current_changed.connect(self._show_run)
        self.runs.checked_changed.connect(self._show_checked)
        self.runs.asked.connect(self._act)
        self.details.asked.connect(self._act)
        self.curves.step_chosen.connect(self._show_step)
        self.curves.csv_asked.connect(lambda: self._act("csv", self.runs.checked))
        self.setup.start_asked.connect(self._start)
        self.setup.cancel_asked.connect(self.acting.cancel)
        self.setup.left.connect(self._leave_setup)
        self.acting.refused.connect(lambda why: self._tell("error", why))
        self.acting.said.connect(self.session.say)
        self.acting.progress.connect(self.setup.show_progress)
        self.acting.made.connect(self._made)
        self.acting.not_made.connect(self._not_made)
        self.saving.refused.connect(lambda why: self._tell("error", why))
        self.saving.said.connect(self.session.say)
        self.session.handed_over.connect(self._take_handed)
        self._fetching.told.connect(lambda words: self._tell("info", words))
        self._fetching.finished.connect(self._fetched)
        self._fetching.failed.connect(lambda why: self._tell("error", why))

    def header_actions(self) -> list[QWidget]:
        return [self.pause_button, self.new_button]

    def commands(self) -> list[Command]:
        act, chosen = self._act, lambda: self._chosen
        return [
            Command("Set up a run", self.set_up, "plus", TITLE, "Ctrl+N", "train launch new"),
            Command("Train on the sample", self.train_sample, "play", TITLE, "", "first run"),
            Command("Pause or resume the run", self._pause_or_resume, "pause", TITLE, "Ctrl+P", "stop go on"),
            Command("Stop the run", lambda: act("stop", chosen()), "square", TITLE),
            Command("Duplicate the run with changes", lambda: act("duplicate", chosen()), "copy", TITLE, "Ctrl+D"),
            Command("Show the runs", lambda: self.tabs.setCurrentIndex(RUNS), "chart-line", TITLE, "Alt+1"),
            Command("Show differences of runs", lambda: self.tabs.setCurrentIndex(DIFFERENCES), "table-2", TITLE, "Alt+2"),
            Command("Show a sweep", lambda: self.tabs.setCurrentIndex(SWEEP), "chart-line", TITLE, "Alt+3"),
            Command("Save the curves as CSV", lambda: act("csv", chosen()), "download", TITLE),
            Command("Save the run for TensorBoard", lambda: act("tensorboard", chosen()), "download", TITLE),
            Command("Save the run as zip", lambda: act("zip", chosen()), "download", TITLE),
            Command("Generate with the run", lambda: act("generate", chosen()), "message-square-text", TITLE),
            Command("Find runs", self.runs.search.setFocus, "search", TITLE, "Ctrl+F"),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """A file of settings; while a run is set up, what it can learn from."""
        if len(paths) == 1 and paths[0].suffix == ".toml":
            return True
        return self._stack.currentIndex() == SETUP and self.setup.accepts(paths)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Set up a run by a file of settings, or with other data."""
        if paths[0].suffix != ".toml":
            self.setup.take_corpus(paths)
            return
        try:
            tables = read_tables(paths[0])
        except LmError as error:
            self._tell("error", str(error))
            return
        self.set_up()
        self.setup.take(tables, paths[0].parent)

    def close_jobs(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self.acting.cancel()
        self._fetching.close()
        self.setup.close_jobs()

    @property
    def running(self) -> str:
        return self.known.going_on()

    def stop_running(self) -> None:
        self.acting.pause([run.path for run in (*self.known.waiting, *self.known.alive)])

    # What is seen.

    def watch(self, root: Path) -> None:
        """Look at the runs of a folder from now on."""
        if self._watch is not None:
            self._watch.cancel()
        self.known = Known()
        job = self._watch = Job(lambda: following(root, self.interest))
        job.events.connect(lambda events: self._take(events) if job is self._watch else None)
        job.failed.connect(self._watching_failed)
        self.session.jobs.watch(job)

    def _take(self, events: Sequence[object]) -> None:
        """What was found since the last time."""
        listed = grown = False
        for event in events:
            match event:
                case Listed(runs=runs):
                    self.known.show(runs)
                    listed = True
                case Grown(path=path, columns=columns):
                    self.known.columns[path] = columns
                    grown = True
                case Sampled(path=path, samples=samples):
                    self.details.show_samples(path, samples)
        if listed:
            self._show_list()
        if listed or grown:
            self._show_curves()

    def _watching_failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError | OSError):
            raise error
        self._tell("error", f"{error} Open the page again when that is mended.")

    def _show_list(self) -> None:
        runs = tuple(self.known.runs.values())
        if self._stack.currentIndex() != SETUP:
            self._stack.setCurrentIndex(LISTED if runs else EMPTY)
        self.runs.show_runs(runs)
        self._show_run(self.runs.current)
        self.sweep.show_runs(runs)
        self.busy.emit(bool(self.known.alive))
        self._tell_activity()

    def _show_run(self, path: Path | None) -> None:
        """Say all of a run beside the curves."""
        run = self.known.runs.get(path) if path is not None else None
        self.interest.current = path
        self.details.show_run(run)
        self.session.set_run(run.name if run is not None else "")
        self._show_pause(run)

    def _show_pause(self, run: Overview | None) -> None:
        """The button does what can be done with the run."""
        alive = run is not None and (run.standing in ALIVE or run.place is not None)
        self.pause_button.set_look("Pause run" if alive else "Resume run", "pause" if alive else "play")
        self.pause_button.setEnabled(alive or (run is not None and run.standing in RESUMABLE))

    def _show_checked(self, paths: Sequence[Path]) -> None:
        self.interest.paths = frozenset(paths)
        self.differences.show_runs([self.known.runs[path] for path in paths if path in self.known.runs])
        self._show_curves()

    def _show_curves(self) -> None:
        self.curves.show_series([self._series(path) for path in self.runs.checked if path in self.known.runs])

    def _series(self, path: Path) -> RunSeries:
        run = self.known.runs[path]
        return RunSeries(
            path=path,
            name=run.name,
            mark=self.runs.marks[path],
            columns=self.known.columns.get(path, Columns()),
            checkpoints=run.checkpoints,
            samples=run.samples,
            diverged=run.step if run.reason == "diverged" else None,
            live=run.standing in ALIVE,
            flops_per_token=self.known.flops_a_token(path),
            current=path == self.runs.current,
        )

    def _show_step(self, path: Path, step: int) -> None:
        """A place on a curve was chosen: the text that was written there is shown."""
        self.runs.set_current(path)
        self.details.show_step(step)

    def _show_tab(self, place: int) -> None:
        self._panes.setCurrentIndex(place)

    def _tell_activity(self) -> None:
        """In the status bar, of the run that is trained."""
        if not self.known.alive:
            self.session.show_activity(None)
            return
        run = self.known.alive[0]
        waits = len(self.known.waiting)
        words = f"step {count(run.step)} of {count(run.steps)}{time_left(run)}"
        more = f" · {count(waits)} {'run waits' if waits == 1 else 'runs wait'}" if waits else ""
        self.session.show_activity(Activity(KEY, run.name, words + more, run.step / run.steps if run.steps else None))

    def _tell(self, tone: Tone, sentence: str, actions: Actions = ()) -> None:
        self.messages.clear()
        self.messages.tell(tone, sentence, actions)

    # What is done.

    @property
    def _chosen(self) -> tuple[Path, ...]:
        return self.runs.selected

    def set_up(self) -> None:
        """Show the set-up of a new run."""
        self._parent = ""
        self.messages.clear()
        self._stack.setCurrentIndex(SETUP)

    def _leave_setup(self) -> None:
        self.acting.cancel()
        self._stack.setCurrentIndex(LISTED if self.known.runs else EMPTY)

    def train_sample(self) -> None:
        """Train the small model of the bundled corpus."""
        path = resource(SAMPLE)
        self._start(config_of(read_tables(path), path.parent).as_tables(), queue=True)

    def _start(self, tables: Mapping[str, Any], queue: bool) -> None:
        """Make the runs of a set-up; first of all comes what training needs."""
        if missing():
            self._offer_to_fetch(lambda: self._start(tables, queue))
            return
        self.setup.set_busy(True)
        self.acting.start(tables, parent=self._parent, at_once=not queue)

    def _made(self, paths: Sequence[Path]) -> None:
        self.setup.set_busy(False)
        self._stack.setCurrentIndex(LISTED)
        self.tabs.setCurrentIndex(RUNS)
        self.runs.expect(paths)

    def _not_made(self, why: str) -> None:
        self.setup.set_busy(False)
        if why and self._stack.currentIndex() == SETUP:
            self.setup.show_refusal(why)
        elif why:
            self._tell("error", why)

    def _pause_or_resume(self) -> None:
        run = self.known.runs.get(self.runs.current) if self.runs.current is not None else None
        if run is not None and self.pause_button.isEnabled():
            alive = run.standing in ALIVE or run.place is not None
            self._act("pause" if alive else "resume", (run.path,))

    def _act(self, action: str, paths: Sequence[Path]) -> None:
        """Do what the table or the panel asks for with runs."""
        if not paths:
            self.session.say("No run is chosen.")
            return
        first = paths[0]
        match action:
            case "resume":
                self._resume(paths)
            case "pause":
                self.acting.pause(paths)
            case "stop":
                self.acting.stop(paths)
            case "delete":
                self._ask_to_delete(paths)
            case "duplicate":
                self._duplicate(first)
            case "annotate":
                self._annotate(first)
            case "csv" | "zip" | "tensorboard":
                self.saving.ask(action, first, self.known.columns.get(first))
            case "generate":
                self.session.hand_over("generation", first)
            case "folder":
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(first)))

    def _resume(self, paths: Sequence[Path]) -> None:
        if missing():
            self._offer_to_fetch(lambda: self._resume(paths))
        else:
            self.acting.resume(paths)

    def _duplicate(self, path: Path) -> None:
        try:
            tables = tables_of(RunFolder.open(path))
        except LmError as error:
            self._tell("error", str(error))
            return
        self.set_up()
        self.setup.take(tables)
        self._parent = path.name

    def _annotate(self, path: Path) -> None:
        run = self.known.runs.get(path)
        if run is None:
            return
        dialog = AnnotateDialog(self.window(), run)
        dialog.accepted.connect(lambda: self.acting.annotate(path, dialog.tags, dialog.note))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_to_delete(self, paths: Sequence[Path]) -> None:
        question = DeleteQuestion(self.window(), [self.known.runs[path].name for path in paths])
        question.accepted.connect(lambda: self.acting.delete(paths))
        question.finished.connect(question.deleteLater)
        question.open()

    def _offer_to_fetch(self, then: Callable[[], object]) -> None:
        """Say that packages are missing, and do what was asked for once they are there."""
        self._after_fetching = then
        self._tell("warning", NEEDS, [("Fetch torch", self._fetching.start)])

    def _fetched(self) -> None:
        self.messages.clear()
        then, self._after_fetching = self._after_fetching, None
        if then is not None:
            then()

    def _take_handed(self) -> None:
        """A shape to be trained comes from another page."""
        shape = self.session.take_handed(KEY)
        if isinstance(shape, Shape):
            self.set_up()
            self.setup.take_shape(shape)

    def fill_sample(self) -> None:
        """Runs of the sample that come along, as `capture` draws them."""
        self.watch(resource(SAMPLE_RUNS))

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        return (
            ("differences", lambda: self.tabs.setCurrentIndex(DIFFERENCES)),
            ("sweep", lambda: self.tabs.setCurrentIndex(SWEEP)),
            ("setup", self.set_up),
        )

    def settled(self) -> bool:
        drawn = all(path in self.known.columns for path in self.runs.checked)
        return bool(self.known.runs) and drawn and self.curves.settled and self.setup.settled


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column
