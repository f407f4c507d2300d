"""Does the window wait while someone uses it for the first time? From an empty workspace to a text, by clicks alone.

    python tests/benchmarks/new_user.py [--cold] [--least 50]

The real window with a workspace of its own is clicked through: the Training page, "Train on the sample", a pause, the
Generation page, a prompt that is typed, a text, another branch of it, all checkpoints, a score; then the other pages.
The training goes on, and the window is closed in the middle of it. Another process opens it again and finds the run;
three learning rates are set up, trained and compared. With `--cold` no kernel is compiled yet, as on a machine where
set-up could not do it. The table has the longest gaps of each phase between two ticks of a 16 ms timer: by the clock,
what this process is to blame for (the time for which no processor was free is forgiven, as far as Linux tells it), and
the work of the GUI's thread alone; below it those for which it is to blame by at least so many milliseconds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from app.pages.generation import GenerationPage
    from app.pages.training import TrainingPage

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QLineEdit, QTabBar, QWidget  # noqa: E402

from app.appearance import Appearance  # noqa: E402
from app.application import make_application  # noqa: E402
from app.collector import Collector  # noqa: E402
from app.jobs import Jobs  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.pages import PAGES  # noqa: E402
from app.pages.page import Page  # noqa: E402
from app.session import Session  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.widgets.dialogs import RunningQuestion  # noqa: E402
from app.widgets.distribution_table import DistributionTable  # noqa: E402
from app.widgets.rail import Rail  # noqa: E402
from lmcore.bpe.kernel_cache import VARIABLE, use_kernel_cache  # noqa: E402
from lmcore.paths import HOME_VARIABLE  # noqa: E402
from tests.gui.pulse import Pulse  # noqa: E402

STEPS: Final = 70
"""Steps of the training before it is paused, of which one leaves a checkpoint; and of each that is compared."""
SWEPT: Final = "1e-3, 3e-3, 1e-2"
"""Learning rates that are compared."""
PATIENCE: Final = 600.0
OTHERS: Final = ("bpe", "vocabulary", "playground", "shape")


Kind = TypeVar("Kind", bound=Page)


class Walk:
    """A window that is used, and what it took."""

    def __init__(self, window: MainWindow, least: float) -> None:
        self.window, self._least = window, least
        rail = window.findChild(Rail)
        assert rail is not None
        self._items = rail.items

    def phase(self, name: str, act: Callable[[], object], ended: Callable[[], bool]) -> None:
        """Do something and wait until it has `ended`; prints the worst gaps."""
        pulse = Pulse()
        QTimer.singleShot(0, act)
        worst = pulse.during(ended, PATIENCE)
        print(f"{name:28} {worst.wall:7.0f} {worst.own:7.0f} {worst.worked:7.0f}", flush=True)
        for gap in pulse.gaps:
            if gap.own >= self._least:
                print(f"{'':28} {gap.wall:7.0f} {gap.own:7.0f} {gap.worked:7.0f}")

    def open(self, key: str) -> None:
        """Show the window, and wait for its page."""

        def act() -> None:
            self.window.show()
            self.window.open_first()

        self.phase("the window opens", act, lasting(2, lambda: self.page(key) is not None))

    def visit(self, key: str, kind: type[Kind]) -> Kind:
        """Click a page in the rail, and look at it for a while."""
        self.phase(f"{key} page", lambda: click(self._items[key]), lasting(1.5, lambda: self.page(key) is not None))
        page = self.page(key)
        assert isinstance(page, kind)
        return page

    def page(self, key: str) -> Page | None:
        """A page, once it is on the screen."""
        page = self.window.stack.page(key)
        return page if page is not None and page.isVisible() else None


def main() -> None:
    """Walk: a process a window, on one workspace."""
    parser = argparse.ArgumentParser(description="Measure the first use of the window.")
    parser.add_argument("--cold", action="store_true", help="with no kernel compiled")
    parser.add_argument("--least", type=float, default=50.0, help="milliseconds of a gap that is printed")
    parser.add_argument("--window", choices=USES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.window:
        walk_through(Path(os.environ[HOME_VARIABLE]), USES[asked.window], asked.least)
        return
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        os.environ[HOME_VARIABLE] = scratch
        if asked.cold:
            os.environ[VARIABLE] = str(Path(scratch) / "kernels")
        print(f"{'longest gaps, ms':28} {'clock':>7} {'blame':>7} {'work':>7}", flush=True)
        for window in USES:
            subprocess.run([sys.executable, __file__, "--least", str(asked.least), "--window", window], check=True)


def walk_through(scratch: Path, use: Callable[["Walk"], object], least: float) -> None:
    """Open the window on the workspace, and use it."""
    use_kernel_cache()
    with opened_window(scratch) as window:
        use(Walk(window, least))


@contextmanager
def opened_window(scratch: Path) -> Iterator[MainWindow]:
    """The window as the application makes it; not yet shown. What still trains at the end is stopped."""
    app = make_application()
    settings, jobs = Settings(scratch / "settings.ini"), Jobs()
    collector = Collector(jobs)
    window = MainWindow(Session(settings, jobs), Appearance(app, settings), PAGES, scratch / "log")
    window.page_shown.connect(collector.settle_soon, Qt.ConnectionType.SingleShotConnection)
    try:
        yield window
    finally:
        window.leave()
        app.processEvents()
        collector.remove()


def use_first(walk: Walk) -> None:
    """What a new user does, until the window is closed while the model is trained."""
    from app.pages.generation import GenerationPage
    from app.pages.training import TrainingPage

    walk.open("bytes")
    training = walk.visit("training", TrainingPage)
    walk.phase("“Train on the sample”", lambda: click(training.places.sample), lambda: training.shown == 0)
    walk.phase("training", lambda: None, lambda: has_run(training, STEPS))
    walk.phase("watching", lambda: None, lasting(5))
    walk.phase("“Pause run”", lambda: click(training.pause_button), lasting(1, lambda: not training.known.alive))
    generate(walk, walk.visit("generation", GenerationPage))
    for key in OTHERS:
        walk.visit(key, Page)
    walk.visit("training", TrainingPage)
    step = max(run.step for run in training.known.runs.values())
    walk.phase("“Resume run”", lambda: click(training.pause_button), lambda: has_run(training, step + STEPS))
    walk.phase("the window is closed", walk.window.close, lambda: asked_to_leave(walk.window) is not None)
    walk.phase("“Leave it running”", lambda: leave(walk.window), lambda: not walk.window.isVisible())


def generate(walk: "Walk", page: "GenerationPage") -> None:
    """Have the model write, and look at what it wrote."""
    views, body = page.views, page.body
    walk.phase("the model is opened", lambda: None, lasting(1, page.settled))
    walk.phase("typing a prompt", lambda: QTest.keyClicks(page.prompt, "The whale", delay=60), lasting(1))
    walk.phase("“Generate”", lambda: click(body.generate_button), lasting(2, page.settled))
    assert len(views.shown.tokens) > views.shown.given, "the model said nothing"
    walk.phase("choosing a token", lambda: views.choose(views.shown.given + 3), lasting(1))
    token = views.shown.tokens[views.focus]
    other = next(place for place, one in enumerate(token.alternatives) if one.token != token.token)
    walk.phase("another branch", lambda: click_row(views.table, other), lasting(2, lambda: len(views.tree.nodes) > 1))
    walk.phase("the branch is said", lambda: None, lasting(1, page.settled))
    assert len(page.panel.checkpoint.steps) > 1, "there is nothing to scrub"
    walk.phase("all checkpoints", lambda: click(page.panel.checkpoint.play), lasting(1, lambda: played(page)))
    walk.phase("“Score a text”", lambda: click(body.score_button), lasting(1, page.settled))
    walk.phase("typing a text", lambda: QTest.keyClicks(page.prompt, "Call me Ishmael", delay=60), lasting(1))
    scoring = page.voice.scoring
    walk.phase("it is scored", lambda: click(body.generate_button), lasting(1, lambda: scoring.has_result))


def use_again(walk: "Walk") -> None:
    """What the same user does later: find the run that went on, and compare three learning rates."""
    from app.pages.training import TrainingPage

    walk.open("training")
    training = walk.window.stack.page("training")
    assert isinstance(training, TrainingPage)
    setup, listed = training.setup, training.listed
    walk.phase("the run is found", lambda: None, lambda: has_run(training, 0))
    walk.phase("watching it", lambda: None, lasting(5))
    walk.phase("“Pause run”", lambda: click(training.pause_button), lasting(1, lambda: not training.known.alive))
    walk.phase("“New run”", lambda: click(training.new_button), lasting(2, lambda: setup.settled))
    walk.phase("steps are typed", lambda: enter(setup.amount.steps, str(STEPS)), lasting(1, lambda: setup.settled))
    walk.phase("“Try several values”", lambda: click(setup.sweep.add), lasting(1, lambda: setup.settled))
    walk.phase("rates are typed", lambda: enter(setup.sweep.lines[0].values, SWEPT), lasting(1, lambda: setup.settled))
    walk.phase("“Start 3 runs”", lambda: click(setup.bar.start), lambda: training.shown == 0)
    walk.phase("the sweep is trained", lambda: None, lasting(1, lambda: finished(training) == 3))
    for place, name in ((2, "Sweep"), (1, "Differences"), (0, "Runs")):
        walk.phase(f"{name} tab", lambda: click_tab(listed.tabs, place), lasting(1.5))  # noqa: B023
    training.stop_running()


def has_run(page: "TrainingPage", step: int) -> bool:
    """Whether a run is trained and is there by now."""
    return any(run.standing == "running" and run.step >= step for run in page.known.runs.values())


def finished(page: "TrainingPage") -> int:
    """How many runs have ended."""
    return sum(run.standing == "finished" for run in page.known.runs.values())


def played(page: "GenerationPage") -> bool:
    """Whether all checkpoints have said their text."""
    return page.settled() and not page.voice.playing.running


def asked_to_leave(window: MainWindow) -> RunningQuestion | None:
    """The question whether trainings go on without the window, once it is seen."""
    return next((one for one in window.findChildren(RunningQuestion) if one.isVisible()), None)


def leave(window: MainWindow) -> None:
    """Answer it."""
    question = asked_to_leave(window)
    assert question is not None
    click(question.leave)


def click(widget: QWidget) -> None:
    """A click of the left button."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def click_row(table: DistributionTable, place: int) -> None:
    """A click on a row of the distribution."""
    QTest.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.row_box(place).center().toPoint())


def click_tab(tabs: QTabBar, place: int) -> None:
    """A click on a tab."""
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(place).center())


def enter(edit: QLineEdit, text: str) -> None:
    """Type over what is there."""
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text, delay=30)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def lasting(seconds: float, also: Callable[[], bool] = lambda: True) -> Callable[[], bool]:
    """Says whether `also` has held for so many seconds since it was first asked."""
    since: list[float] = []

    def ended() -> bool:
        if not also():
            since.clear()
            return False
        since.append(monotonic())
        return since[-1] - since[0] >= seconds

    return ended


USES: Final = {"first": use_first, "again": use_again}
"""What is done with each window."""


if __name__ == "__main__":
    main()
