"""How soon is a chart of a million rows painted? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.run_chart [--rows 1000000] [--times 40]

The chart of the loss alone, 900 by 420, smoothed by 0.9, with one run and with ten: a whole repaint from other axes
(a step of the wheel: every pixel column of every line is found and drawn anew), one that follows the pointer, and one
for rows that were appended, of one run or of all, as they are five times a second. Then the longest time for which the
window is kept when the weight of the smoothing changes, and how long until all lines are smoothed anew. The promise is
16 ms for a repaint. What is measured is from the call to the end of the paint that follows it; "work" is the median of
what the GUI's thread spent, "least" the least, which is what a machine that others use does in a quiet moment.
"""

import argparse
import os
import time
from collections.abc import Callable
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from app.application import make_application
from app.widgets.run_canvas import ChartWords
from app.widgets.run_chart import RunChart
from app.widgets.run_data import RunData
from app.widgets.run_hover import HoverWords
from app.widgets.run_marks import mark_of
from lmcore.figures import decimal
from lmcore.training.smoothing import smoothed
from tests.benchmarks.stage import Spent, summary, timed

WORDS: Final = ChartWords("Loss", HoverWords(lambda x: f"step {x:,.0f}", lambda y: decimal(y, 4)))
APPENDED: Final = 20
MOST: Final = 400
"""Times that rows are appended at the most."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    app = make_application()
    print(f"{'':34}{'median':>9} {'99 %':>9} {'worst':>9} {'work':>9} {'least':>9}   ms")
    for number in (1, 10):
        measure(app, number, asked.rows, min(asked.times, MOST))


def measure(app: QApplication, number: int, rows: int, times: int) -> None:
    """All rows of the table for so many runs."""
    steps = np.arange(1.0, rows + MOST * APPENDED + 1)
    losses = [loss_of(steps, place) for place in range(number)]

    def data(place: int, end: int) -> RunData:
        return RunData(place, f"run {place}", mark_of(place), steps[:end], steps[:end], losses[place][:end], live=True)

    chart = RunChart(WORDS, smoothed)
    chart.resize(900, 420)
    chart.set_logarithmic(y=True)
    chart.show()
    runs = [data(place, rows) for place in range(number)]
    chart.show_runs(runs)
    chart.set_smoothing(0.9)
    app.processEvents()
    settle(app, chart)
    name = f"{number} run{'s' if number > 1 else ''}, "

    def zoom(turn: int) -> None:
        chart.set_zoom((turn * rows / 1000, rows - turn * rows / 500))

    def point(turn: int) -> None:
        chart.set_hover(float(rows // 3 + turn))

    def append(which: int, turn: int) -> None:
        del turn
        for place in range(which):
            runs[place] = data(place, len(runs[place].x) + APPENDED)
        chart.show_runs(runs)

    say(name + "other axes", chart, app, times, zoom)
    chart.set_zoom(None)
    say(name + "pointer", chart, app, times, point)
    say(name + "rows appended to one", chart, app, times, lambda turn: append(1, turn))
    if number > 1:
        say(name + "rows appended to all", chart, app, times, lambda turn: append(number, turn))
    smooth(app, chart, name)
    chart.deleteLater()
    app.processEvents()


def loss_of(
    steps: np.ndarray[tuple[int], np.dtype[np.float64]], seed: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A curve as rough as those of real trainings."""
    noise = np.random.default_rng(seed).normal(0.0, 0.06, len(steps))
    return np.asarray(1.4 + 0.05 * seed + 8 / (1 + steps / 2000) ** 0.7 + noise)


def say(name: str, chart: RunChart, app: QApplication, times: int, act: Callable[[int], object]) -> None:
    """One row of the table."""
    found: list[Spent] = [
        timed(app, lambda turn=turn: act(turn), lambda: not chart.is_smoothing)  # type: ignore[misc]
        for turn in range(times)
    ]
    print(f"{name:34}{summary(found)} {min(spent.worked for spent in found):9.1f}")


def smooth(app: QApplication, chart: RunChart, name: str) -> None:
    """The longest turn of the event loop while all lines are smoothed with another weight, and the time in all."""
    began, longest = time.perf_counter(), 0.0
    before = began
    chart.set_smoothing(0.99)
    while True:
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
        if not chart.is_smoothing:
            break
        app.processEvents()
    print(f"{name + 'smoothed anew':34}{1000 * (before - began):9.1f} in all, at most {1000 * longest:.1f} at a time")


def settle(app: QApplication, chart: RunChart) -> None:
    """Until all lines are smoothed and painted."""
    while chart.is_smoothing:
        app.processEvents()
    app.processEvents()


if __name__ == "__main__":
    main()
