"""Is what is chosen among several runs what the curves, the figures and the panel are about, and is it kept whole?"""

import csv
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.training import TrainingPage
from app.pages.training.listed_view import DIFFERENCES, SWEEP
from app.pages.training.saving import told_apart
from app.widgets.buttons import Button
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


def choose(qtbot: QtBot, page: TrainingPage, path: Path) -> None:
    """Look at a run, and wait until every chart has had its turn to show it."""
    page.runs.set_current(path)
    qtbot.waitUntil(lambda: page.listed.curves.settled)


def test_the_run_that_is_chosen_is_in_front_with_its_markers_and_figures(qtbot: QtBot, compared: TrainingPage) -> None:
    told = {}
    for ending in (BEST, FAST, SLOW, BROKEN):
        path = path_of(compared, ending)
        choose(qtbot, compared, path)
        front = compared.listed.curves.chart.lines[-1].data
        assert (front.key, front.current) == (path, True)
        assert [line.data.current for line in compared.listed.curves.chart.lines] == [False] * 3 + [True]
        assert {pin.step for pin in front.pins} == {*compared.known.runs[path].samples}
        assert [small.chart.lines[-1].data.key for small in compared.listed.curves.small] == [path] * 3
        told[ending] = figures(compared)
    assert told[BEST][0] == "3e-4"
    assert told[SLOW][0] == "1e-4"
    assert told[FAST][0] == "1e-3"
    assert told[BROKEN][0] == "30"
    assert len(set(map(tuple, told.values()))) == 4


def test_a_chosen_run_that_is_not_drawn_lends_its_place_to_no_other(qtbot: QtBot, compared: TrainingPage) -> None:
    path = path_of(compared, SLOW)
    compared.runs.model.set_checked([path], False)
    choose(qtbot, compared, path)
    assert figures(compared) == ["", "", ""]
    assert not any(line.data.current for line in compared.listed.curves.chart.lines)
    qtbot.waitUntil(lambda: "Bits a byte" in compared.listed.details.result.values, timeout=PATIENCE)


def test_a_folder_that_cannot_be_read_for_a_while_is_followed_again(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path
) -> None:
    root = runs_dir()
    aside = root.rename(tmp_path / "aside")
    root.symlink_to(root)
    qtbot.waitUntil(lambda: any("cannot be listed" in said for said in compared.troubles.shown), timeout=PATIENCE)
    assert len(compared.known.runs) == 4
    root.unlink()
    aside.rename(root)
    qtbot.waitUntil(lambda: not compared.troubles.shown, timeout=PATIENCE)
    RunFolder(path_of(compared, BEST)).annotate(["kept"], "")
    qtbot.waitUntil(lambda: compared.known.runs[path_of(compared, BEST)].tags == ("kept",), timeout=PATIENCE)


def test_the_rows_of_all_curves_are_saved_under_their_names(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "curves"), ""))
    with written(qtbot, compared):
        compared.listed.curves.csv_asked.emit()
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = Counter(row["run"].rpartition(" ")[2] for row in csv.DictReader(file))
    assert rows == {SLOW: 500, FAST: 500, BEST: 500, BROKEN: 4}


def test_several_runs_are_saved_each_in_its_own_folder_or_file(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path
) -> None:
    runs = {path_of(compared, ending): "the same name" for ending in (BEST, BROKEN)}
    torn, said = path_of(compared, BEST), list[str]()
    (torn / "ckpt" / "step-00000500").mkdir(parents=True)
    compared.requests.saving.said.connect(said.append)
    for kind in ("tensorboard", "zip"):
        (tmp_path / kind).mkdir()
        with written(qtbot, compared):
            compared.requests.saving.save(kind, runs, tmp_path / kind)
    assert {place.name for place in (tmp_path / "tensorboard").iterdir()} == {path.name for path in runs}
    assert [len([*place.glob("events.out.tfevents.*")]) for place in (tmp_path / "tensorboard").iterdir()] == [1, 1]
    assert {place.name for place in (tmp_path / "zip").iterdir()} == {f"{path.name}.zip" for path in runs}
    left_out = f"{torn.name}: The checkpoint of step 500 is damaged and was left out."
    assert said == [f"Written: {tmp_path / 'tensorboard'}", f"Written: {tmp_path / 'zip'} {left_out}"]
    assert set(told_apart(runs).values()) == {path.name for path in runs}


@pytest.mark.parametrize(("kind", "written_of_both"), [("tensorboard", "events"), ("csv", "curves.csv")])
def test_a_run_without_rows_does_not_keep_the_others_from_being_saved(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path, kind: str, written_of_both: str
) -> None:
    bare, place = path_of(compared, SLOW), tmp_path / written_of_both
    (bare / "metrics.jsonl").write_bytes(b"")
    with qtbot.waitSignal(compared.requests.saving.said, timeout=PATIENCE) as said:
        compared.requests.saving.save(kind, {bare: "bare", path_of(compared, BEST): "best"}, place)
    assert said.args == [f"Written: {place} bare has no rows yet: nothing is written of it."]
    if kind == "tensorboard":
        assert [folder.name for folder in place.iterdir()] == [path_of(compared, BEST).name]
    else:
        with place.open(newline="") as file:
            assert {row["run"] for row in csv.DictReader(file)} == {"best"}
    with qtbot.waitSignal(compared.requests.saving.refused, timeout=PATIENCE) as refused:
        compared.requests.saving.save(kind, {bare: "bare"}, tmp_path / "nothing")
    assert refused.args == ["bare has no rows yet: nothing is written of it."]
    assert not (tmp_path / "nothing").exists()


def test_a_place_that_cannot_be_written_is_named_with_a_remedy(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    place = tmp_path / "file" / "curves.csv"
    with qtbot.waitSignal(compared.requests.saving.refused, timeout=PATIENCE) as refused:
        compared.requests.saving.save("csv", {path_of(compared, BEST): "best"}, place)
    with qtbot.waitSignal(compared.requests.saving.refused, timeout=PATIENCE) as as_picture:
        compared.listed.curves.save_picture(place)
    for (said,) in (refused.args, as_picture.args):
        assert said.startswith(f"{place} cannot be written: ")
        assert said.endswith("Choose another folder, or free some space.")
        assert "Errno" not in said


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_pictures_are_written_by_the_page(qtbot: QtBot, compared: TrainingPage, tmp_path: Path, ending: str) -> None:
    for number, save in enumerate((compared.listed.curves.save_picture, compared.listed.sweep.export_button.save)):
        place = tmp_path / f"{number}.{ending}"
        with qtbot.waitSignal(compared.requests.saving.said, timeout=PATIENCE) as said:
            save(place)
        assert said.args == [f"Written: {place}"]
        assert not QImage(str(place)).isNull()


def test_saving_says_how_far_it_is_in_rows_and_can_be_cancelled(
    qtbot: QtBot, compared: TrainingPage, tmp_path: Path
) -> None:
    saving, path = compared.requests.saving, path_of(compared, BEST)
    with (path / "metrics.jsonl").open("a", encoding="utf-8") as file:
        for step in range(501, 100_001):
            file.write(f'{{"kind":"train","step":{step},"loss":1.5,"seconds":{step}.5}}\n')
    saving.save("tensorboard", {path: "best"}, tmp_path / "events")
    qtbot.waitUntil(lambda: "of 100,0" in saving.strip.accessibleName(), timeout=PATIENCE)
    assert saving.strip.accessibleName().endswith(" rows.")
    saving.strip.show()  # as after half a second
    with qtbot.waitSignal(saving.said, timeout=PATIENCE) as said:
        saving.strip.findChildren(Button)[0].click()
    assert said.args == [f"Cancelled. {tmp_path / 'events'} was not written."]
    assert saving.strip.isHidden()
    assert not [place for place in (tmp_path / "events").rglob("*") if place.is_file()]


def test_a_zip_has_the_checkpoints_that_were_asked_for(qtbot: QtBot, compared: TrainingPage, tmp_path: Path) -> None:
    path = path_of(compared, BEST)
    for step in (400, 500):
        checkpoint = path / "ckpt" / f"step-{step:08d}"
        checkpoint.mkdir(parents=True)
        files = ("model.safetensors", "optim.pt", "trainer.json")
        for name in files:
            (checkpoint / name).write_bytes(b"1234")
        listed = {"files": {name: {"size": 4, "sha256": ""} for name in files}}
        (checkpoint / "MANIFEST.json").write_text(json.dumps(listed), encoding="utf-8")
    qtbot.waitUntil(lambda: compared.known.runs[path].checkpoint_bytes == (12, 12), timeout=PATIENCE)
    held = {}
    for kind in ("zip", "zip-all"):
        with written(qtbot, compared):
            compared.requests.saving.save(kind, {path: "best"}, tmp_path / f"{kind}.zip")
        with zipfile.ZipFile(tmp_path / f"{kind}.zip") as archive:
            held[kind] = {name.split("/")[2] for name in archive.namelist() if "/ckpt/" in name}
    assert held == {"zip": {"step-00000500"}, "zip-all": {"step-00000400", "step-00000500"}}


def test_a_text_that_is_cut_off_has_no_marker(qtbot: QtBot, compared: TrainingPage) -> None:
    path = path_of(compared, BEST)
    compared.runs.set_current(path)

    def markers() -> list[int]:
        (line,) = [line for line in compared.listed.curves.chart.lines if line.data.key == path]
        return [pin.step for pin in line.data.pins if pin.kind == "samples"]

    qtbot.waitUntil(lambda: bool(markers()), timeout=PATIENCE)
    before = markers()
    torn = path / "samples" / f"step-{before[-1]:08d}.json"
    torn.write_bytes(torn.read_bytes()[:40])
    qtbot.waitUntil(lambda: markers() == before[:-1], timeout=PATIENCE)


@contextmanager
def written(qtbot: QtBot, page: TrainingPage) -> Iterator[None]:
    """Wait until something is written."""
    saving = page.requests.saving
    with qtbot.waitSignal(saving.said, timeout=PATIENCE, check_params_cb=lambda said: said.startswith("Written")):
        yield


def test_another_window_draws_what_was_drawn_in_the_same_way(
    qtbot: QtBot, compared: TrainingPage, open_window: Callable[[], MainWindow]
) -> None:
    kept = (path_of(compared, SLOW), path_of(compared, BROKEN))
    compared.runs.model.set_checked([path for path in compared.runs.checked if path not in kept], False)
    curves = compared.listed.curves
    curves.axis.set_current(1)
    curves.choose_axis("tokens")
    curves.settings.set_weight(0.99)
    curves.small[2].choose(4)
    page = page_of(open_window())
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
    assert set(page.runs.checked) == set(kept)
    again = page.listed.curves
    assert again.written_view() == curves.written_view()
    assert (again.small[2].number, again.settings.weight, again.axis.current) == (4, 0.99, 1)


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


def test_tabs_that_are_not_seen_are_right_when_they_are(qtbot: QtBot, compared: TrainingPage) -> None:
    view, path = compared.listed, path_of(compared, BROKEN)
    compared.runs.model.set_checked([path], False)
    compared.show_tab(DIFFERENCES)
    assert len(view.differences.as_csv().splitlines()[0].split(",")) == 4
    compared.runs.model.set_checked([path], True)
    assert len(view.differences.as_csv().splitlines()[0].split(",")) == 5
    shutil.rmtree(path)
    qtbot.waitUntil(lambda: path not in compared.known.runs, timeout=PATIENCE)
    compared.show_tab(SWEEP)
    assert len(view.sweep.table.rows) == 3


def test_what_is_told_anew_without_news_paints_no_chart(qtbot: QtBot, compared: TrainingPage) -> None:
    charts = (compared.listed.curves.chart, *(small.chart for small in compared.listed.curves.small))
    compared.showing.show()
    qtbot.waitUntil(lambda: compared.listed.curves.settled)
    qtbot.waitUntil(lambda: all(chart.grab().width() and not chart.is_smoothing for chart in charts))
    before = [chart.frame for chart in charts]
    compared.showing.show()
    qtbot.waitUntil(lambda: compared.listed.curves.settled)
    assert all(chart.frame is frame for chart, frame in zip(charts, before, strict=True))
