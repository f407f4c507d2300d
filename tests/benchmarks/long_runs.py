"""How long is the window held while ten runs of a million rows are opened and changed? Run it on a quiet machine.

    python -m tests.benchmarks.long_runs [--runs 10] [--rows 1000000] [--touched 3000]

Writes the runs into a workspace of its own and opens the page on them, with all of them checked: first, when every row
is parsed, and again, when the copies are there that were made of them meanwhile. Then changes what is drawn: the axis,
the smoothing, the run in front, which runs are checked; looks closer; and appends to all.

"until drawn" is by the clock; "own" is the time of the processors for all threads, "window" for that of the GUI;
"worst" is the longest turn of the event loop in the GUI thread's own time, "> 50" how many turns took it more than
50 ms; "gap" is the longest time between two ticks of a timer by the clock, which other programs lengthen. Memory is
what the process holds.

A virtual machine takes memory from its host when it is first written to, which can take ten times as long as to write
it: with `--touched` so many megabytes are written to once before anything is measured.
"""

import argparse
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.pages.training import TrainingPage
from app.pages.training.curves_pane import CurvesPane
from app.pages.training.series import AXES
from lmcore.bpe.prepare import is_prepared
from lmcore.training.config import config_of
from lmcore.training.drawing import COPYING
from lmcore.training.line_reading import compile_kernels
from lmcore.training.metrics import NAME
from lmcore.training.run_folder import RunFolder, State, runs_dir
from tests.benchmarks.run_curves import lines_of
from tests.benchmarks.stage import opened_window, until

TICK: Final = 8
HELD: Final = 50.0
SETTLED: Final = 3
"""Ticks without anything left to do after which it is drawn."""
APPENDED: Final = 20


class Turns(QObject):
    """Listens to the event loop; see the head of the file for what it measures."""

    def __init__(self) -> None:
        super().__init__()
        self.worked: list[float] = []
        self.gaps: list[float] = []
        self._last = (0.0, 0.0)
        self._timer = QTimer(self, interval=TICK, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin anew."""
        self.worked.clear()
        self.gaps.clear()
        self._last = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        """Measure no more."""
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.gaps.append(1000 * (now[0] - self._last[0]))
        self.worked.append(1000 * (now[1] - self._last[1]))
        self._last = now


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--touched", type=int, default=0)
    asked = parser.parse_args()
    if not is_prepared():
        parser.error(
            "The kernels are not compiled, without which rows are read slowly; run python3 main.py worker prepare."
        )
    touch(asked.touched)
    compile_kernels()
    with opened_window() as (app, window):
        root = runs_dir()
        paths = written(root.with_name("elsewhere"), asked.runs, asked.rows)
        print(
            f"{asked.runs} runs of {asked.rows:,} rows, {sum((path / NAME).stat().st_size for path in paths):,} bytes"
        )
        print(f"{'':30} {'until drawn':>12} {'own':>8} {'window':>8} {'worst':>8} {'> 50':>6} {'gap':>8} {'MB':>8}")
        turns = Turns()
        window.show_page("training")
        idle(app, 2.0)
        if root.exists():
            root.rmdir()
        root.with_name("elsewhere").rename(root)
        paths = [root / path.name for path in paths]
        page = window.stack.page("training")
        assert isinstance(page, TrainingPage)
        check_all = Checking(page, paths)
        say(app, turns, page, "opened first", check_all.check, lambda: check_all.done)
        root.rename(root.with_name("elsewhere"))
        until(app, lambda: not page.known.runs and not is_copying())
        idle(app, 1.0)
        root.with_name("elsewhere").rename(root)
        check_all = Checking(page, paths)
        say(app, turns, page, "opened again", check_all.check, lambda: check_all.done)
        change(app, turns, page, paths)


def touch(megabytes: int) -> None:
    """Write to memory and give it back, in pieces as large as columns."""
    pieces = [np.empty(8_000_000, np.uint8) for _ in range(megabytes // 8)]
    for piece in pieces:
        piece.fill(1)


class Checking:
    """Checks all runs as soon as they are listed."""

    def __init__(self, page: TrainingPage, paths: list[Path]) -> None:
        self._page, self._paths, self.done = page, paths, False

    def check(self) -> None:
        """Now or in some milliseconds."""
        if len(self._page.known.runs) < len(self._paths):
            QTimer.singleShot(1, self.check)
            return
        self._page.runs.model.set_checked(self._paths, True)
        self.done = True


def change(app: QApplication, turns: Turns, page: TrainingPage, paths: list[Path]) -> None:
    """Everything that can be drawn otherwise."""
    curves, model = page.listed.curves, page.runs.model

    def tell(what: str, act: Callable[[], object]) -> None:
        say(app, turns, page, what, act)

    tell("nothing happens for a second", lambda: idle(app, 1.0))
    for axis in (*AXES[1:], AXES[0]):
        tell(f"axis: {axis}", lambda: curves.choose_axis(axis))  # noqa: B023
    for weight in (0.99, 0.0, 0.9):
        tell(f"smoothing: {weight}", lambda: curves.settings.set_weight(weight))  # noqa: B023
    tell("smoothing: 20 moves of the slider", lambda: slide(app, page))
    tell("logarithmic axis", lambda: curves.settings.scale.chosen.emit(1))
    tell("linear axis", lambda: curves.settings.scale.chosen.emit(0))
    tell("another measure", lambda: curves.small[0].choose(4))
    tell("closer, 20 times", lambda: look_closer(app, page))
    tell("all again", lambda: look_at(curves, None))
    tell("another run in front", lambda: page.runs.set_current(paths[0]))
    tell("one run unchecked", lambda: model.set_checked(paths[:1], False))
    tell("and checked", lambda: model.set_checked(paths[:1], True))
    tell("five runs unchecked", lambda: model.set_checked(paths[:5], False))
    tell("and checked", lambda: model.set_checked(paths[:5], True))
    tell(f"{APPENDED} rows appended to all", lambda: append(app, paths))


def is_copying() -> bool:
    """Whether what was read is being kept for the next window."""
    return any(thread.name == COPYING for thread in threading.enumerate())


def idle(app: QApplication, seconds: float) -> None:
    """Let the window be."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        app.processEvents()
        time.sleep(0.002)


def slide(app: QApplication, page: TrainingPage) -> None:
    """Move the slider of the smoothing as one does by hand."""
    slider = page.listed.curves.settings.slider
    for _ in range(20):
        slider.setValue(slider.value() + 4)
        idle(app, 0.03)


def look_closer(app: QApplication, page: TrainingPage) -> None:
    """Turn the wheel."""
    chart = page.listed.curves.chart
    end = chart.frame.x.high
    for turn in range(1, 21):
        look_at(page.listed.curves, (0.02 * turn * end, end - 0.02 * turn * end))
        idle(app, 0.03)


def look_at(curves: CurvesPane, part: tuple[float, float] | None) -> None:
    """Look at a part of the axis, as the chart does that is zoomed."""
    curves.chart.set_zoom(part)
    curves.chart.zoomed.emit(part)


def append(app: QApplication, paths: list[Path]) -> None:
    """Five times, as trainings do in a second."""
    for turn in range(5):
        for path in paths:
            rows = list(lines_of(APPENDED, 10_000_000 + turn * APPENDED))[1:]
            with (path / NAME).open("ab") as file:
                file.writelines(rows)
        idle(app, 0.2)


def written(root: Path, runs: int, rows: int) -> list[Path]:
    """Runs that have ended, with rows as a training writes them."""
    tables = {"name": "long", "data": {"train": "tokens.bin"}, "training": {"steps": rows}}
    lines, paths = list(lines_of(rows)), []
    for _ in range(runs):
        run = RunFolder.create(root, config_of(tables), "", {"steps": rows, "vocab_size": 512, "data": {}})
        run.write_state(State("finished", step=rows, steps=rows))
        with run.metrics.open("wb") as file:
            file.writelines(lines)
        paths.append(run.path)
    return paths


def say(
    app: QApplication,
    turns: Turns,
    page: TrainingPage,
    what: str,
    act: Callable[[], object],
    begun: Callable[[], bool] = lambda: True,
) -> None:
    """One row of the table: from `act` until all that it brings about is drawn."""
    began, own, window = time.perf_counter(), time.process_time(), time.thread_time()
    turns.start()
    act()
    quiet = 0
    while quiet < SETTLED:
        app.processEvents()
        time.sleep(0.001)
        quiet = quiet + 1 if begun() and drawn(page) else 0
    app.processEvents()
    turns.stop()
    spent = time.perf_counter() - began, time.process_time() - own, time.thread_time() - window
    held = sum(one > HELD for one in turns.worked)
    times = f"{spent[0]:12.2f} {spent[1]:8.2f} {spent[2]:8.2f} {max(turns.worked):8.0f} {held:6} {max(turns.gaps):8.0f}"
    print(f"{what:30} {times} {memory():8.0f}", flush=True)


def drawn(page: TrainingPage) -> bool:
    """Whether the rows of all runs that are checked are there and on the screen."""
    return all(path in page.known.columns for path in page.runs.checked) and page.listed.curves.settled


def memory() -> float:
    """Megabytes that the process holds; 0 on systems that do not tell."""
    try:
        fields = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0.0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
