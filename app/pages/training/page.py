"""Which settings learn best, and what does each cost? Runs are launched, watched, compared and resumed."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.commands import Command
from app.pages.page import Page
from app.pages.training.acting import Acting
from app.pages.training.followed import Followed
from app.pages.training.listed_view import DIFFERENCES, RUNS, SWEEP, ListedView
from app.pages.training.page_commands import commands_of
from app.pages.training.places import EMPTY, LISTED, SETUP, UNREAD, Places
from app.pages.training.requests import Requests
from app.pages.training.setup.view import SetupView
from app.pages.training.shown_runs import ShownRuns
from app.pages.training.silence import Silence
from app.pages.training.starting import Starting
from app.pages.training.stranded import Stranded
from app.pages.training.watching import Known, activity_words
from app.session import TRAIN_SAMPLE, Activity, Session
from app.tables.run_states import ALIVE, can_resume
from app.widgets.buttons import Button
from app.widgets.message import Tone
from app.widgets.messages import Actions, Messages
from app.widgets.turns import Chore
from lmcore.accounting import Shape
from lmcore.errors import LmError
from lmcore.paths import resource
from lmcore.training.config import read_tables
from lmcore.training.following import Trouble
from lmcore.training.handing import Unmade
from lmcore.training.overview import Overview
from lmcore.training.run_folder import runs_dir

KEY: Final = "training"
SAMPLE_RUNS: Final = "sample/runs"


class TrainingPage(Page):
    """The runs of a folder, which are followed as long as the page is there; in their place the set-up of a new one."""

    listed: ListedView
    setup: SetupView

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.messages, self.troubles, self.waits, self.silent = (Messages() for _ in range(4))
        self.new_button = Button("New run", icon="plus", kind="primary")
        self.pause_button = Button("Pause run", icon="pause")
        for button in (self.new_button, self.pause_button):
            button.setParent(self)  # one without a parent would be shown as a window, until it is in the header
        self.acting = Acting(session, runs_dir())
        self.requests = Requests(self, session, self.acting, lambda: self.known)
        self.starting = Starting(self.acting, session.jobs, self)
        self._parent, self._was_alive = "", False
        self._followed = Followed(session.jobs, self)
        self._stranded = Stranded(lambda: self.known, lambda: self.acting.works_off, self)
        self._silence = Silence(self)
        self.places = Places(self)

    def _filling(self) -> Generator[None, None, None]:
        self.listed = yield from ListedView.making(self.session.settings, self.places)
        self.runs = self.listed.runs
        self.showing = ShownRuns(self.session, self.listed, self.acting.root, self)
        self._arrival = Chore(self.showing.turns, self._show_first)
        yield
        self.setup = yield from SetupView.making(self.session, self.places)
        yield
        self._build()
        self._connect()
        self._show_view(UNREAD)
        yield
        self.watch(self.acting.root)
        self._take_handed(KEY)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for messages in (self.troubles, self.silent, self.waits, self.messages):
            column.addWidget(messages)
        column.addWidget(self.requests.saving.strip)
        column.addWidget(self.places, 1)
        self.places.fill(self.listed, self.setup)

    def _connect(self) -> None:
        for button in (self.new_button, self.places.first):
            button.clicked.connect(self.set_up)
        self.places.sample.clicked.connect(self.train_sample)
        self.pause_button.clicked.connect(self.pause_or_resume)
        self.session.handed_over.connect(self._take_handed)
        self._followed.found.connect(self._take)
        self._followed.failed.connect(self._watching_failed)
        self._stranded.told.connect(self._tell_stranded)
        self._silence.told.connect(partial(self.silent.tell_alone, "warning"))
        self._connect_runs()
        self._connect_setup()
        tell = partial(self._tell, "error")
        for refused in (self.acting.refused, self.requests.refused, self.requests.saving.refused):
            refused.connect(tell)
        for said in (self.acting.said, self.requests.saving.said):
            said.connect(self.session.say)
        self.starting.told.connect(self._tell)
        self.starting.ready.connect(self.messages.clear)
        self.starting.ready.connect(self.setup.ask_machine)
        self.starting.begun.connect(partial(self._show_making, True))

    def _connect_runs(self) -> None:
        view, act = self.listed, self.requests.act
        self.showing.current_told.connect(self._show_current)
        self.runs.asked.connect(act)
        view.details.asked.connect(act)
        view.tabs.currentChanged.connect(lambda _place: self._show_controls())
        view.sweep.run_chosen.connect(self._show_chosen)
        view.curves.csv_asked.connect(lambda: act("csv", self.runs.checked))
        for source in (view.curves.painted, view.sweep.export_button.painted):
            source.connect(self.requests.saving.write)
        self.requests.resume_asked.connect(self.starting.resume)
        self.requests.duplicated.connect(self._duplicate)
        self.requests.waits.connect(self._tell_waiting)

    def _connect_setup(self) -> None:
        self.setup.start_asked.connect(self.start)
        self.setup.cancel_asked.connect(self.acting.cancel)
        self.setup.left.connect(self._leave_setup)
        self.setup.origin_left.connect(self._leave_origin)
        self.acting.progress.connect(self._show_progress)
        self.acting.made.connect(self._made)
        self.acting.not_made.connect(self._not_made)

    def header_actions(self) -> list[QWidget]:
        return [self.pause_button, self.runs.columns_button, self.new_button]

    def commands(self) -> list[Command]:
        return commands_of(self)

    def accepts(self, paths: Sequence[Path]) -> bool:
        """A file of settings; while a run is set up, what it can learn from."""
        if len(paths) == 1 and paths[0].suffix == ".toml":
            return True
        return self.shown == SETUP and self.setup.accepts(paths)

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
        self._followed.stop()
        self.acting.cancel()
        self.starting.close()
        self.setup.close_jobs()

    @property
    def running(self) -> str:
        self.known.goes_on = self.acting.works_off
        made = "A run is being made: its text is encoded. " if self.acting.making else ""
        return (made + self.known.going_on()).strip()

    def leave_running(self) -> None:
        self.acting.hand_over()

    def stop_running(self) -> None:
        self.acting.cancel()
        self.acting.stop_all([run.path for run in self.known.alive])

    # What is seen.

    @property
    def known(self) -> Known:
        """What is known of the runs."""
        return self.showing.known

    @property
    def shown(self) -> int:
        """Whether the list, the empty state or the set-up is seen; nothing until it is known which runs there are."""
        return self.places.currentIndex()

    def _show_view(self, view: int) -> None:
        """Show one of them; what the header has is for the list alone."""
        self.places.show_view(view)
        self.pause_button.setVisible(view == LISTED)
        self._show_controls()
        self.new_button.setVisible(view != SETUP)

    def _come_to(self, view: int, part: QWidget) -> None:
        """Show a view, a part of which listens to the keys from now on, unless something outside the page does."""
        now = cast("QWidget | None", self.window().focusWidget())
        held = now is None or now in (self, *self.header_actions()) or self.isAncestorOf(now)
        self._show_view(view)  # hides what has the keys, which Qt gives to anything then
        if held and self.isVisible():
            part.setFocus()

    def _show_controls(self) -> None:
        """The search and the columns are those of the table."""
        self.runs.columns_button.setVisible(self.shown == LISTED and self.listed.tabs.currentIndex() == RUNS)

    def watch(self, root: Path) -> None:
        """Look at the runs of a folder from now on."""
        self.showing.begin(root)
        self._followed.begin(root, self.showing.interest)

    def _take(self, events: Sequence[object]) -> None:
        """What was found since the last time."""
        for event in events:
            if isinstance(event, Trouble):
                self._tell_trouble(event.sentence)
            elif isinstance(event, Unmade):
                self.acting.tell_unmade(event)
        if self.showing.take(events):
            self._show_list()

    def _watching_failed(self, error: BaseException) -> None:
        self._tell("error", "The runs are followed no longer; the details are in the log. Open the window again.")
        raise error

    def _tell_trouble(self, sentence: str) -> None:
        """The folder cannot be read, which is looked at until it can; it is said as long as it lasts."""
        more = " What is shown is from before; the page goes on by itself." if sentence else ""
        self.troubles.tell_alone("error", sentence + more)

    def _show_list(self) -> None:
        if self.known.runs and self.shown in (EMPTY, UNREAD):
            self._arrival.ask()
        elif not self.known.runs and self.shown in (LISTED, UNREAD):
            self._show_view(EMPTY)
        self.showing.show()
        self.busy.emit(bool(self.known.alive))
        alive = self.known.alive
        if alive:
            share = alive[0].step / alive[0].steps if alive[0].steps else None
            words = activity_words(alive[0], self.known.columns.get(alive[0].path), len(self.known.waiting))
            self.session.show_activity(Activity(KEY, alive[0].name, words, share))
        elif self._was_alive:
            self.session.show_activity(None)
        self._was_alive = bool(alive)
        self._stranded.look()
        self._silence.hear(alive)

    def _show_first(self) -> None:
        """There are runs where none were: the list is seen once all is told to it, so that it is painted only once."""
        if self.known.runs and self.shown in (EMPTY, UNREAD):
            self._show_view(LISTED)

    def _tell_stranded(self, words: str) -> None:
        """Runs that wait while no process works them off are offered to go on, as long as that lasts."""
        self.waits.tell_alone("warning", words, [("Let them go on", self.starting.go_on)])

    def _show_current(self, run: Overview | None) -> None:
        """The run that is looked at is another, or more is known of it."""
        self._name_run()
        self._show_pause(run)

    def _name_run(self) -> None:
        """Have the window name the run that is looked at: it names what the page that is seen is about."""
        run = self.showing.current
        if self.isVisible() or not self.session.run:
            self.session.set_run(run.name if run is not None else "")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.known.runs:
            self._name_run()

    def _show_pause(self, run: Overview | None) -> None:
        """The button does what can be done with the run."""
        ends = run is not None and (run.standing in ALIVE or run.place is not None)
        self.pause_button.set_look("Pause run" if ends else "Resume run", "pause" if ends else "play")
        self.pause_button.setEnabled(ends or (run is not None and can_resume(run)))

    def _show_chosen(self, path: Path) -> None:
        """A run of a sweep was chosen: it is shown among all."""
        self.runs.set_current(path)
        self.show_tab(RUNS)

    def _tell(self, tone: Tone, sentence: str, actions: Actions = ()) -> None:
        self.messages.tell_alone(tone, sentence, actions)

    # What is done.

    @property
    def _current(self) -> tuple[Path, ...]:
        return () if self.runs.current is None else (self.runs.current,)

    def act(self, action: str) -> None:
        """Do something with the runs that are selected, as the palette asks for it, unless the set-up hides them."""
        if self.shown != SETUP:
            self.requests.act(action, self._current if action == "annotate" else self.runs.selected)

    def set_up(self) -> None:
        """Show the set-up of a new run."""
        self._leave_origin()
        self.setup.forget_origin()
        self.messages.clear()
        self._come_to(SETUP, self.setup.data.kind)
        self.setup.begin()
        self.starting.offer()

    def _leave_origin(self) -> None:
        self._parent = ""

    def _leave_setup(self) -> None:
        """Runs that are being made go on being made behind the list."""
        if self.known.runs:
            self._come_to(LISTED, self.runs.table)
        else:
            self._come_to(EMPTY, self.places.first)
        if self.acting.making:
            self.starting.tell_making()

    def _show_making(self, making: bool) -> None:
        """Runs are being made: neither the set-up nor the sample can ask for others until they are."""
        self.setup.set_busy(making)
        self.places.set_making(making)
        if not making and not self._was_alive:
            self.session.show_activity(None)

    def _show_progress(self, words: str, share: float | None) -> None:
        self.setup.show_progress(words, share)
        if not self._was_alive:  # else the bar is about the run that trains
            self.session.show_activity(Activity(KEY, "Making the run", words, share))

    def train_sample(self) -> None:
        """Train the small model of the bundled corpus."""
        self.starting.start_sample(lambda: {run.name for run in self.known.runs.values()})

    def start(self, tables: Mapping[str, Any], queue: bool) -> None:
        """Make the runs of a set-up."""
        self.starting.start(tables, queue=queue, parent=self._parent)

    def _made(self, paths: Sequence[Path]) -> None:
        self.known.made = frozenset(paths)
        self.setup.was_made()
        self._show_making(False)
        self.messages.clear()
        self._come_to(LISTED, self.runs.table)
        self.show_tab(RUNS)
        self.runs.expect(paths)

    def _not_made(self, why: str) -> None:
        self._show_making(False)
        self.messages.clear()
        if why and self.shown == SETUP:
            self.setup.show_refusal(why)
        elif why:
            self._tell("error", why)

    def pause_or_resume(self) -> None:
        """Do what the button says."""
        if self.shown != SETUP and self.pause_button.isEnabled() and self._current:
            run = self.known.runs.get(self._current[0])
            ends = run is not None and (run.standing in ALIVE or run.place is not None)
            self.requests.act("pause" if ends else "resume", self._current)

    def find_runs(self) -> None:
        """Have words typed that runs are looked for by."""
        self.see_tab(RUNS)
        if self.shown == LISTED:
            self.runs.search.setFocus()

    def see_tab(self, place: int) -> None:
        """Leave the set-up if that is seen, for the runs, their differences or a sweep."""
        if self.shown == SETUP and self.known.runs:
            self._leave_setup()
        if self.shown == LISTED:
            self.show_tab(place)

    def show_tab(self, place: int) -> None:
        """Show the runs, their differences or a sweep."""
        self.listed.tabs.setCurrentIndex(place)

    def _tell_waiting(self, words: str) -> None:
        """What was asked for is being read."""
        self._tell("info", words)

    def _duplicate(self, tables: Mapping[str, Any], path: Path) -> None:
        self.set_up()
        run = self.known.runs.get(path)
        self.setup.duplicate(tables, run.name if run else path.name)
        self._parent = path.name

    def _take_handed(self, key: str) -> None:
        """A shape that is to be trained comes from another page, or the wish to train on the sample."""
        handed = self.session.take_handed(KEY) if key == KEY else None
        if isinstance(handed, Shape):
            self.set_up()
            self.setup.take_shape(handed)
        elif handed == TRAIN_SAMPLE:
            self.train_sample()

    def fill_sample(self) -> None:
        """The runs that come along, as `capture` draws them."""
        self.watch(resource(SAMPLE_RUNS))

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        return (
            ("differences", lambda: self.show_tab(DIFFERENCES)),
            ("sweep", lambda: self.show_tab(SWEEP)),
            ("setup", self.set_up),
        )

    def settled(self) -> bool:
        drawn = all(path in self.known.columns for path in self.runs.checked)
        return bool(self.known.runs) and drawn and self.listed.curves.settled and self.setup.settled
