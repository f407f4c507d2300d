"""What do the table, the curves and the panel say of the runs that are known? All that was read, each in its place."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.jobs import Job
from app.pages.training.listed_view import ListedView
from app.pages.training.series import RunSeries
from app.pages.training.watching import Known
from app.session import Session
from app.tables.run_names import distinct_names
from app.tables.run_states import ALIVE, diverged_at
from app.widgets.turns import Chore
from lmcore.generators import after_a_turn
from lmcore.training.curves import Columns
from lmcore.training.following import Forgotten, Grown, Interest, Listed, Sampled
from lmcore.training.overview import Overview, last_lines
from lmcore.training.run_folder import RunFolder

LOG_LINES: Final = 12


class ShownRuns(QObject):
    """Fills the view of the runs. Charts and the panel have turns of their own, behind that of the table."""

    current_told = Signal(object)
    """The run that is looked at, as it is now, or None."""

    def __init__(self, session: Session, listed: ListedView, root: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.known, self.interest = Known(), Interest()
        self._session, self._listed, self._runs = session, listed, listed.runs
        self._own, self._root = root, root
        self._log: tuple[Path, Job] | None = None
        self.turns = listed.curves.turns
        self._details = Chore(self.turns, self._show_details)
        self._curves = Chore(self.turns, self._show_curves)
        self._runs.current_changed.connect(self._choose)
        self._runs.checked_changed.connect(self._check)
        listed.details.log_asked.connect(self._read_log)
        listed.curves.step_chosen.connect(self._show_step)
        if (drawn := session.settings.drawn_runs(root)) is not None:
            self._runs.remember(drawn)

    @property
    def current(self) -> Overview | None:
        """The run that is looked at."""
        return self.known.runs.get(self.interest.current) if self.interest.current is not None else None

    def begin(self, root: Path) -> None:
        """The runs of another folder are to be shown."""
        self._root, self.known = root, Known()

    def take(self, events: Sequence[object]) -> bool:
        """What was found since the last time; whether the list is another, which `show` then shows."""
        self._details.hurry()  # texts are shown of the run that is
        listed = grown = False
        for event in events:
            match event:
                case Listed(runs=runs):
                    self.known.show(runs)
                    listed = True
                case Grown(path=path, columns=columns):
                    self.known.columns[path] = columns
                    self._listed.details.show_columns(path, columns)
                    grown = True
                case Forgotten(path=path) if path not in self.interest.paths:
                    self.known.columns.pop(path, None)
                case Sampled(path=path, samples=samples):
                    self.known.texts[path] = tuple(one.step for one in samples)
                    self._listed.details.show_samples(path, samples)
                    grown = True
        if listed or grown:
            self._curves.ask()
        return listed

    def show(self) -> None:
        """Show the list as it is now."""
        runs = tuple(self.known.runs.values())
        self._runs.show_runs(runs)
        self._tell_current(self._runs.current)
        self._show_checked(self._runs.checked)
        self._listed.show_swept(runs)

    def _choose(self, path: Path | None) -> None:
        """Another run is looked at: its curve comes to the front, and all is said of it."""
        self._curves.ask(first=True)  # before what else is painted: somebody waits for it
        self._tell_current(path)
        self._details.ask(first=True)
        self._want_rows()

    def _tell_current(self, path: Path | None) -> None:
        self.interest.current = path
        self.current_told.emit(self.current)
        self._details.ask()

    def _show_details(self) -> None:
        path = self.interest.current
        columns = None if path is None else self.known.columns.get(path)
        self._listed.details.show_run(self.current, columns)

    def _want_rows(self) -> None:
        """The rows of runs that are drawn, and of the one that all is said of."""
        current = () if self._runs.current is None else (self._runs.current,)
        self.interest.paths = frozenset((*self._runs.checked, *current))

    def _check(self, paths: Sequence[Path]) -> None:
        """Others are drawn."""
        self._show_checked(paths)
        self._curves.ask(first=True)

    def _show_checked(self, paths: Sequence[Path]) -> None:
        self._want_rows()
        self._remember_drawn(paths)
        compared = [self.known.runs[path] for path in paths if path in self.known.runs]
        self._listed.show_compared(compared, self._runs.marks)
        self._curves.ask()

    def _remember_drawn(self, paths: Sequence[Path]) -> None:
        """Which curves are drawn, for the next window on the workspace."""
        settings, root = self._session.settings, self._own
        if self.known.runs and self._root == root and settings.drawn_runs(root) != list(paths):
            settings.set_drawn_runs(root, paths)

    def _show_curves(self) -> None:
        shown = [path for path in self._runs.checked if path in self.known.runs]
        names = distinct_names({path: self.known.runs[path].name for path in shown})
        self._listed.curves.show_series([self._series(path, name) for path, name in names.items()], in_turns=True)

    def _series(self, path: Path, name: str) -> RunSeries:
        run = self.known.runs[path]
        return RunSeries(
            path=path,
            name=name,
            mark=self._runs.marks[path],
            columns=self.known.columns.get(path, Columns()),
            checkpoints=run.checkpoints,
            samples=self.known.texts_of(run),
            diverged=diverged_at(run) if run.reason == "diverged" else None,
            live=run.standing in ALIVE,
            flops_per_token=self.known.flops_a_token(path),
            mfu_scale=self.known.mfu_scale(path),
            current=path == self._runs.current,
            bare=self._why_bare(run),
            blown=self.known.blow_up(path),
        )

    def _why_bare(self, run: Overview) -> str:
        """What is said of a run without rows: nobody has read them by now, they are gone, or there are none."""
        if run.path not in self.known.columns:
            return "is being read"
        lost = run.step and run.standing not in ALIVE
        return "has no rows that can be read" if lost else "has no rows yet"

    def _show_step(self, path: Path, step: int) -> None:
        """A place on a curve was chosen: the text that was written there is shown."""
        self._runs.set_current(path)
        self._details.hurry()
        self._listed.details.show_step(step)

    def _read_log(self, path: Path) -> None:
        """Have the last lines of a run's log read; while that is under way, nobody asks again."""
        if self._log is not None and self._log[0] == path:
            return
        job = Job(partial(after_a_turn, partial(last_lines, RunFolder(path), LOG_LINES)))
        self._log = path, job
        job.finished.connect(lambda lines: self._show_log(job, lines))
        self._session.jobs.start(job)

    def _show_log(self, job: Job, lines: Sequence[str]) -> None:
        if self._log is not None and self._log[1] is job:
            path, self._log = self._log[0], None
            self._listed.details.show_log(path, lines)
