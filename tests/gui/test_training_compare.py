"""Is what is chosen among several runs what the curves, the figures and the panel are about, and is it kept whole?"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.training import TrainingPage
from lmcore.paths import resource
from lmcore.training.run_folder import RunFolder, runs_dir
from tests.gui.training_page import PATIENCE, page_of

SLOW, FAST, BEST, BROKEN = "0.001", "0.01", "0.003", "100.0"
"""How the names of the runs that come along end."""


@pytest.fixture
def compared(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> TrainingPage:
    """The page over the four runs that come along, all of them drawn."""
    shutil.copytree(resource("sample/runs"), runs_dir())
    page = page_of(open_window())
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
    return page


def path_of(page: TrainingPage, ending: str) -> Path:
    return next(path for path, run in page.known.runs.items() if run.name.endswith(f" {ending}"))


def figures(page: TrainingPage) -> list[str]:
    return [small.figure.text() for small in page.listed.curves.small]


def test_the_run_that_is_chosen_is_in_front_with_its_markers_and_figures(compared: TrainingPage) -> None:
    told = {}
    for ending in (BEST, FAST, SLOW, BROKEN):
        path = path_of(compared, ending)
        compared.runs.set_current(path)
        front = compared.listed.curves.chart.lines[-1].data
        assert (front.key, front.current) == (path, True)
        assert [line.data.current for line in compared.listed.curves.chart.lines] == [False] * 3 + [True]
        assert {pin.step for pin in front.pins} == {*compared.known.runs[path].samples}
        assert [small.chart.lines[-1].data.key for small in compared.listed.curves.small] == [path] * 3
        told[ending] = figures(compared)
    assert told[BEST][0] == "3e-4"
    assert told[SLOW][0] == "1e-4"
    assert told[FAST][0] == "1e-3"
    assert len(set(map(tuple, told.values()))) == 4


def test_a_chosen_run_that_is_not_drawn_lends_its_place_to_no_other(qtbot: QtBot, compared: TrainingPage) -> None:
    path = path_of(compared, SLOW)
    compared.runs.model.set_checked([path], False)
    compared.runs.set_current(path)
    assert figures(compared) == ["", "", ""]
    assert not any(line.data.current for line in compared.listed.curves.chart.lines)
    qtbot.waitUntil(lambda: "Bits a byte" in compared.listed.details.result.values, timeout=PATIENCE)


def test_a_folder_that_cannot_be_read_for_a_while_is_followed_again(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path
) -> None:
    root = runs_dir()
    aside = root.rename(tmp_path / "aside")
    root.symlink_to(root)
    qtbot.waitUntil(lambda: any("cannot be listed" in said for said in compared.messages.shown), timeout=PATIENCE)
    assert len(compared.known.runs) == 4
    root.unlink()
    aside.rename(root)
    qtbot.waitUntil(lambda: not compared.messages.shown, timeout=PATIENCE)
    RunFolder(path_of(compared, BEST)).annotate(["kept"], "")
    qtbot.waitUntil(lambda: compared.known.runs[path_of(compared, BEST)].tags == ("kept",), timeout=PATIENCE)


def test_a_run_that_is_looked_at_again_still_tells_all(compared: TrainingPage) -> None:
    details = compared.listed.details
    compared.runs.set_current(path_of(compared, BEST))
    first = {name: value.text() for part in (details.result, details.machine) for name, value in part.values.items()}
    assert first["Bits a byte"] == "1.727"
    assert "peak" in first["Memory"]
    compared.runs.set_current(path_of(compared, FAST))
    assert "Bits a byte" in details.result.values
    compared.runs.set_current(path_of(compared, BEST))
    again = {name: value.text() for part in (details.result, details.machine) for name, value in part.values.items()}
    assert again == first


@pytest.mark.parametrize(("width", "height", "least"), [(960, 600, 120), (1440, 900, 300)])
def test_the_curves_have_what_the_table_does_not_need(
    qtbot: QtBot, compared: TrainingPage, width: int, height: int, least: int
) -> None:
    compared.window().resize(width, height)
    qtbot.waitUntil(lambda: compared.listed.curves.chart.frame.plot.height() >= least)
    table = compared.runs.table
    assert table.rowViewportPosition(3) + table.rowHeight(3) <= table.viewport().height()
    assert table.viewport().height() < table.rowViewportPosition(3) + 2 * table.rowHeight(3)
