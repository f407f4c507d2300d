"""Does the window wait while someone uses it for the first time? From an empty workspace to a text, by clicks alone.

    python tests/benchmarks/new_user.py [--cold] [--least 50]

The real window with a workspace of its own is clicked through: the Training page, "Train on the sample", a pause, the
Generation page, a prompt that is typed, a text; then the other pages. With `--cold` no kernel is compiled yet, as on a
machine where set-up could not do it. The table has the longest gaps of each phase between two ticks of a 16 ms timer:
by the clock, what this process is to blame for (the time for which no processor was free is forgiven, as far as Linux
tells it), and the work of the GUI's thread alone; below it those for which it is to blame by at least so many
milliseconds.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QWidget  # noqa: E402

from app.appearance import Appearance  # noqa: E402
from app.application import make_application  # noqa: E402
from app.collector import Collector  # noqa: E402
from app.jobs import Jobs  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.pages import PAGES  # noqa: E402
from app.pages.page import Page  # noqa: E402
from app.session import Session  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.widgets.rail import Rail  # noqa: E402
from lmcore.bpe.kernel_cache import VARIABLE, use_kernel_cache  # noqa: E402
from lmcore.paths import HOME_VARIABLE  # noqa: E402
from tests.gui.pulse import Pulse  # noqa: E402

STEPS: Final = 30
"""Steps of the training before it is paused."""
PATIENCE: Final = 600.0
OTHERS: Final = ("bpe", "vocabulary", "playground", "shape")


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

    def visit(self, key: str) -> None:
        """Click a page in the rail, and look at it for a while."""
        self.phase(f"{key} page", lambda: click(self._items[key]), lasting(1.5, lambda: self.page(key) is not None))

    def page(self, key: str) -> Page | None:
        """A page, once it is on the screen."""
        page = self.window.stack.page(key)
        return page if page is not None and page.isVisible() else None


def main() -> None:
    """Walk."""
    parser = argparse.ArgumentParser(description="Measure the first use of the window.")
    parser.add_argument("--cold", action="store_true", help="with no kernel compiled")
    parser.add_argument("--least", type=float, default=50.0, help="milliseconds of a gap that is printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        if asked.cold:
            os.environ[VARIABLE] = str(Path(scratch) / "kernels")
        use_kernel_cache()
        os.environ[HOME_VARIABLE] = scratch
        print(f"{'longest gaps, ms':28} {'clock':>7} {'blame':>7} {'work':>7}")
        with new_window(Path(scratch)) as window:
            use(Walk(window, asked.least))


@contextmanager
def new_window(scratch: Path) -> Iterator[MainWindow]:
    """The window as the application makes it, on its first day; not yet shown."""
    app = make_application()
    settings, jobs = Settings(scratch / "settings.ini"), Jobs()
    collector = Collector(jobs)
    window = MainWindow(Session(settings, jobs), Appearance(app, settings), PAGES, scratch / "log")
    window.page_shown.connect(collector.settle_soon, Qt.ConnectionType.SingleShotConnection)
    try:
        yield window
    finally:
        for page in window.stack.pages:
            page.stop_running()
        window.leave()
        app.processEvents()
        collector.remove()


def use(walk: Walk) -> None:
    """What a new user does."""
    from app.pages.generation import GenerationPage
    from app.pages.training import TrainingPage

    def open_it() -> None:
        walk.window.show()
        walk.window.open_first()

    walk.phase("the window opens", open_it, lasting(2, lambda: walk.page("bytes") is not None))
    walk.visit("training")
    training = walk.window.stack.page("training")
    assert isinstance(training, TrainingPage)

    def runs() -> bool:
        return any(run.standing == "running" and run.step >= STEPS for run in training.known.runs.values())

    walk.phase("“Train on the sample”", lambda: click(training._sample), lambda: training.shown == 0)
    walk.phase("training", lambda: None, runs)
    walk.phase("watching", lambda: None, lasting(5))
    walk.phase("“Pause run”", lambda: click(training.pause_button), lasting(1, lambda: not training.known.alive))
    walk.visit("generation")
    generation = walk.window.stack.page("generation")
    assert isinstance(generation, GenerationPage)
    walk.phase("the model is opened", lambda: None, lasting(1, generation.settled))
    walk.phase("typing a prompt", lambda: QTest.keyClicks(generation.prompt, "The whale", delay=60), lasting(1))
    walk.phase("“Generate”", lambda: click(generation.body.generate_button), lasting(2, generation.settled))
    for key in OTHERS:
        walk.visit(key)


def click(widget: QWidget) -> None:
    """A click of the left button."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


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


if __name__ == "__main__":
    main()
