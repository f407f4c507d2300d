"""Which settings learn best, and what does each cost? Runs are launched, watched, compared and resumed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.commands import Command
from app.fetching import Fetching, missing
from app.jobs import Job
from app.pages.page import Page
from app.pages.training.acting import Acting
from app.pages.training.curves_pane import CurvesPane
from app.pages.training.details_panel import DetailsPanel
from app.pages.training.differences_pane import DifferencesPane
from app.pages.training.runs_pane import RunsPane
from app.pages.training.saving import Saving
from app.pages.training.series import RunSeries
from app.pages.training.setup import SetupView
from app.pages.training.sweep_pane import SweepPane
from app.pages.training.watching import ALIVE, Known
from app.session import Activity, Session
from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from app.widgets.tabs import Tabs
from lmcore import figures
from lmcore.accounting import Shape
from lmcore.errors import LmError
from lmcore.paths import resource
from lmcore.training.config import read_tables
from lmcore.training.following import Following, Grown, Interest, Listed, Sampled, following
from lmcore.training.overview import Overview
from lmcore.training.run_folder import RunFolder, runs_dir

KEY, TITLE = "training", "Training"
RUNS, DIFFERENCES, SWEEP = range(3)
LISTED, EMPTY, SETUP = range(3)
SAMPLE: Final = "presets/training/sample.toml"
SAMPLE_RUNS: Final = "sample/runs"


class TrainingPage(Page):
    """The list of runs over their curves and what is said of one; in its place the set-up of a new one."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.known = Known()
        self.messages = Messages()
