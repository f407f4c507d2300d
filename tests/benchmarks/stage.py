"""What do benchmarks of a page stand on? The real window in a folder of its own, and a clock for what it does."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.appearance import Appearance
from app.application import make_application
from app.collector import Collector
from app.jobs import Jobs
from app.main_window import MainWindow
from app.pages import PAGES
from app.session import Session
from app.settings import Settings
from lmcore.bpe.kernel_cache import use_kernel_cache
from lmcore.paths import HOME_VARIABLE


class Spent(NamedTuple):
    """Milliseconds until something was on the screen: by the clock, and of work on the GUI's thread."""

    wall: float
    worked: float


@contextmanager
def opened_window(width: int = 1440, height: int = 900) -> Iterator[tuple[QApplication, MainWindow]]:
    """The application and its window, with kernels that are compiled and everything else as on the first day."""
    use_kernel_cache()
    with tempfile.TemporaryDirectory(prefix="lm-explorer-") as scratch:
        os.environ[HOME_VARIABLE] = scratch
        app = make_application()
        settings, jobs = Settings(Path(scratch) / "settings.ini"), Jobs()
        collector = Collector(jobs)
        window = MainWindow(Session(settings, jobs), Appearance(app, settings), PAGES, Path(scratch) / "log")
        window.resize(width, height)
        window.show()
        try:
            yield app, window
        finally:
            window.leave()
            app.processEvents()
            collector.remove()


def until(app: QApplication, ended: Callable[[], bool]) -> None:
    """Let the window work until `ended`."""
    while not ended():
        app.processEvents()
        time.sleep(0.001)


def timed(app: QApplication, act: Callable[[], object], ended: Callable[[], bool] = lambda: True) -> Spent:
    """How long until what `act` brings about is painted, and `ended` says so."""
    app.processEvents()
    began, used = time.perf_counter(), time.thread_time()
    act()
    while not ended():
        app.processEvents()
    app.processEvents()  # paints what was changed
    return Spent(1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - used))


def summary(times: Sequence[Spent]) -> str:
    """Median, 99 % and worst by the clock, and the median of the work, in columns."""
    clock, work = sorted(spent.wall for spent in times), [spent.worked for spent in times]
    high = clock[min(len(clock) - 1, int(0.99 * len(clock)))]
    return f"{statistics.median(clock):9.1f} {high:9.1f} {clock[-1]:9.1f} {statistics.median(work):9.1f}"
