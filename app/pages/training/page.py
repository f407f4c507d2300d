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
