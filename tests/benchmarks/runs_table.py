"""How soon does a list of many runs follow what happens to them? Prints a table; run it on a quiet machine.

    python -m tests.benchmarks.runs_table [--runs 1000] [--rounds 100]

Milliseconds of the window's thread: to take a list of overviews, and to paint what has changed, at 1,256 by 190.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QApplication

from app import fonts, style
from app.pages.training.differences_pane import DifferencesPane
from app.pages.training.runs_pane import RunsPane
from app.theme import LIGHT
from lmcore.training.overview import Overview
from tests.gui.overviews import many

SEARCHES: Final = ("run-9", "lr>1e-3", "validation<1.6 state=done", "")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure the table of runs.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    fonts.load_fonts()
    style.use_fusion(app)
    style.apply(app, LIGHT, 1.0)
    print(f"{'ms':44} {'median':>8} {'worst':>8}")
    measure(app, many(asked.runs), asked.rounds)


def measure(app: QApplication, runs: list[Overview], rounds: int) -> None:
    """First showing, updates of few and of all runs, sorting and searching."""
    pane = RunsPane()
    pane.resize(1256, 190)
    pane.show()
    app.processEvents()
    _tell(f"{len(runs):,} runs shown first", [_timed(app, lambda: pane.show_runs(runs))])
    pane.table.verticalScrollBar().setValue(100)
    _tell("nothing has changed", [_timed(app, lambda: pane.show_runs(list(runs))) for _ in range(rounds)])
    lists = [[*runs[:-1], replace(runs[-1], step=place)] for place in range(rounds)]
    _tell("one run has changed", [_timed(app, lambda: pane.show_runs(one)) for one in lists])  # noqa: B023
    lists = [[replace(run, step=place) for run in runs] for place in range(min(10, rounds))]
    _tell("all have changed", [_timed(app, lambda: pane.show_runs(one)) for one in lists])  # noqa: B023
    pane.model.sort_by("last.validation", descending=False)
    lists = [[*runs[:-1], replace(runs[-1], last={"validation": 1.5 + place / 50})] for place in range(rounds)]
    _tell("one has changed and moves, by its loss", [_timed(app, lambda: pane.show_runs(one)) for one in lists])  # noqa: B023
    keys = ("run", "state", "optimizer.learning_rate", "last.loss", "model.d_model")
    _tell("sorted by a column", [_timed(app, lambda: pane.model.sort_by(key, descending=True)) for key in keys])  # noqa: B023
    _tell("searched", [_timed(app, lambda: pane.search.setText(typed)) for typed in SEARCHES])  # noqa: B023
    _tell("all selected", [_timed(app, pane.table.selectAll)])
    _tell("repainted wholly", [_timed(app, pane.table.viewport().update) for _ in range(rounds)])
    differences = DifferencesPane()
    differences.resize(1256, 540)
    differences.show()
    _tell("20 runs compared", [_timed(app, lambda: differences.show_runs(runs[:20])) for _ in range(10)])


def _timed(app: QApplication, act: Callable[[], object]) -> float:
    """Milliseconds of an action and of all that the event loop does for it."""
    start = time.perf_counter()
    act()
    app.processEvents()
    return 1000 * (time.perf_counter() - start)


def _tell(what: str, times: list[float]) -> None:
    print(f"{what:44} {statistics.median(times):8.2f} {max(times):8.2f}")


if __name__ == "__main__":
    main()
