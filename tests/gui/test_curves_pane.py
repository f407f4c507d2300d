"""Does the pane of curves draw what runs say, over the axis that is chosen, and lead to what is clicked?"""

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.pages.training.chart_settings import step_of, weight_at
from app.pages.training.curves_pane import CurvesPane
from app.pages.training.series import LOSS, MEASURES, RunSeries
from app.pages.training.watching import Known
from app.tables.run_names import distinct_names, named_apart, short_names
from app.theme import LIGHT
from app.widgets.run_data import Pin
from app.widgets.run_marks import mark_of
from app.widgets.run_paint import pin_place
from app.widgets.run_places import RunPlaces
from app.widgets.run_sheet import WIDTH
from lmcore.training.curves import Columns
from lmcore.training.smoothing import smoothed
from tests.gui.overviews import overview

MEMORY = next(number for number, measure in enumerate(MEASURES) if measure.column == "memory")


def columns(rows: int = 400, seed: int = 0) -> Columns:
    steps = np.arange(1, rows + 1)
    rng = np.random.default_rng(seed)
    train: dict[str, NDArray[Any]] = {
        "step": steps,
        "tokens": steps * 2048,
        "seconds": steps * 0.5,
        "loss": 2 + 7 / (1 + steps / 30) + rng.normal(0, 0.05, rows),
        "learning_rate": 1e-3 * steps / rows,
        "grad_norm": 1 / steps,
        "tokens_per_second": np.full(rows, 4096.0),
        "mfu": np.full(rows, 0.38),
        "memory": np.where(steps % 2, 2e9, np.nan),
    }
    checks = steps[99::100]
    validation: dict[str, NDArray[Any]] = {
        "step": checks,
        "tokens": checks * 2048,
        "seconds": checks * 0.5,
        "loss": train["loss"][99::100] + 0.1,
        "perplexity": np.exp(train["loss"][99::100]),
        "bits_per_byte": train["loss"][99::100],
        "time": checks * 1.0,
    }
    return Columns(train, validation)


def series(name: str = "ts-512-lr1e-3", **given: Any) -> RunSeries:
    made = RunSeries(Path("/runs") / name, name, mark_of(0), columns(), (200,), (200, 400), flops_per_token=1e6)
    return replace(made, **given)


@pytest.fixture
def pane(qtbot: QtBot) -> CurvesPane:
    made = CurvesPane()
    qtbot.addWidget(made)
    made.resize(900, 540)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_each_axis_places_rows_by_its_own_column(pane: CurvesPane) -> None:
    pane.show_series([series(current=True)])
    for axis, last, title in (
        ("steps", 400, "step 400"),
        ("tokens", 400 * 2048, "819,200 tokens"),
        ("time", 200, "3 min 20 s"),
        ("flops", 400 * 2048e6, "8.19e11 FLOPs"),
    ):
        pane.choose_axis(axis)  # type: ignore[arg-type]
        data = pane.chart.lines[0].data
        assert data.x[-1] == last
        assert data.check_x[-1] == last
        assert pane.chart.words.hover.title(float(last)) == title
        assert [small.chart.lines[0].data.x[-1] for small in pane.small] == [last] * 3


def test_the_segments_choose_axis_and_scale(qtbot: QtBot, pane: CurvesPane) -> None:
    pane.show_series([series()])
    qtbot.keyClick(pane.axis, Qt.Key.Key_Right)
    assert pane.chart.lines[0].data.x[0] == 2048
    scales = [pane.chart.options.log_y]
    qtbot.keyClick(pane.scale, Qt.Key.Key_Left)
    scales.append(pane.chart.options.log_y)
    assert scales == [True, False]
    qtbot.keyClick(pane.settings.scale, Qt.Key.Key_Right)
    assert all(chart.options.log_x for chart in (pane.chart, *(small.chart for small in pane.small)))


def test_smoothing_is_what_the_slider_says(qtbot: QtBot, pane: CurvesPane) -> None:
    pane.show_series([series()])
    losses = columns().train["loss"]
    qtbot.waitUntil(lambda: pane.settled)
    assert np.allclose(pane.chart.lines[0].main.values, smoothed(losses, 0.9))
    assert "smoothed 0.9, raw behind" in pane.caption.accessibleName()
    pane.settings.set_weight(0.99)
    qtbot.waitUntil(lambda: pane.settled)
    assert np.allclose(pane.chart.lines[0].main.values, smoothed(losses, 0.99))
    pane.settings.set_weight(0.0)
    assert pane.chart.lines[0].smooth is None
    assert "not smoothed" in pane.caption.accessibleName()
    assert [weight_at(step_of(weight)) for weight in (0, 0.5, 0.9, 0.99, 0.999)] == [0, 0.499, 0.9, 0.99, 0.999]


def test_small_charts_follow_the_pointer_and_say_the_newest_value(qtbot: QtBot, pane: CurvesPane) -> None:
    pane.show_series([series("other", columns=columns(100)), series(current=True)])
    assert [small.figure.text() for small in pane.small] == ["1e-3", "0.00250", "4,096"]
    pane.chart.pointed.emit(200.0)
    assert all(small.chart.hover == 200.0 for small in pane.small)
    assert pane.small[0].figure.text() == "5e-4"
    pane.small[1].chart.pointed.emit(None)
    assert pane.chart.hover is None
    assert pane.small[0].figure.text() == "1e-3"


def test_a_part_that_is_looked_at_is_the_same_in_all_charts(qtbot: QtBot, pane: CurvesPane) -> None:
    pane.show_series([series()])
    chart = pane.small[2].chart
    plot = chart.frame.plot
    begin, end = (QPoint(round(plot.left() + share * plot.width()), round(plot.center().y())) for share in (0.25, 0.5))
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(chart, end)
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=end)
    assert chart.zoom is not None
    assert {pane.chart.zoom, *(small.chart.zoom for small in pane.small)} == {chart.zoom}
    pane.choose_axis("tokens")
    assert pane.chart.zoom is None


def test_another_measure_is_chosen_and_what_a_row_lacks_is_a_gap(pane: CurvesPane) -> None:
    pane.show_series([series(current=True)])
    pane.small[2].choose(MEMORY)
    values = pane.small[2].chart.lines[0].raw.values
    assert values[0] == 2e9
    assert np.isnan(values[1])
    assert pane.small[2].figure.text() == "–"
    assert pane.small[2].title.text() == "Memory"


def test_bits_a_byte_stand_where_text_was_validated(pane: CurvesPane) -> None:
    whole = columns()
    pane.show_series([series(columns=whole, current=True)])
    pane.small[2].choose(next(number for number, one in enumerate(MEASURES) if one.column == "bits_per_byte"))
    for axis, column in (("steps", "step"), ("tokens", "tokens"), ("time", "seconds")):
        pane.choose_axis(axis)  # type: ignore[arg-type]
        line = pane.small[2].chart.lines[0]
        assert line.data.x[:].tolist() == whole.validation[column].tolist()
        assert line.raw.values.tolist() == whole.validation["bits_per_byte"].tolist()
    assert pane.small[2].figure.text() == f"{whole.validation['bits_per_byte'][-1]:.4f}"


def test_no_share_of_a_peak_is_more_than_all_of_it(pane: CurvesPane) -> None:
    whole = columns()
    whole.train["mfu"][-1] = 1.258
    pane.small[2].choose(next(number for number, one in enumerate(MEASURES) if one.column == "mfu"))
    pane.show_series([series(columns=whole, current=True)])
    values = pane.small[2].chart.lines[0].raw.values
    assert (values.max(), values[0]) == (1.0, 0.38)
    assert pane.small[2].figure.text() == "100 % or more"


def test_a_diverged_run_says_so_where_it_broke_off_on_every_axis(pane: CurvesPane) -> None:
    broken = columns(50)
    train = dict(broken.train)
    for name, value in (("loss", np.nan), ("seconds", np.nan), ("tokens", -1)):
        train[name] = train[name].copy()
        train[name][-1] = value
    pane.show_series([series(columns=Columns(train, broken.validation), diverged=50)])
    for axis, last in (("steps", 50.0), ("tokens", 49 * 2048.0), ("time", 24.5)):
        pane.choose_axis(axis)  # type: ignore[arg-type]
        data = pane.chart.lines[0].data
        assert data.ended == "diverged at step 50"
        assert data.x[-1] == last
        assert np.isnan(data.y[-1])


def test_a_run_that_blew_up_says_so_at_its_end_until_it_has_found_back(pane: CurvesPane) -> None:
    known, run = Known(), overview("wild", about={"vocab_size": 10_000})
    known.show([run])
    assert known.blow_up(run.path) is None
    wild = columns(50)
    wild.train["loss"][4:] = 9e5
    for last, said in ((9e5, "blew up at step 5"), (3.0, "")):
        wild.train["loss"][-1] = last
        known.columns[run.path] = replace(wild)
        pane.show_series([series("wild", columns=wild, blown=known.blow_up(run.path)), series(current=True)])
        assert [line.data.blown for line in pane.chart.lines] == [said, ""]
        assert pane.chart.frame.y.high < 20
        assert [small.chart.lines[0].data.bound for small in pane.small] == [np.inf] * 3


def test_of_a_run_that_diverged_the_last_figures_that_there_were_are_said(pane: CurvesPane) -> None:
    """Also where no row of it has one, as of the memory that a device does not tell."""
    broken = columns(50)
    train = dict(broken.train)
    train["grad_norm"] = np.where(broken.train["step"] > 48, np.nan, 1 / broken.train["step"])
    train["tokens_per_second"] = np.full(50, np.nan)
    pane.show_series([series(columns=Columns(train, broken.validation), diverged=50, current=True)])
    assert [small.figure.text() for small in pane.small[1:]] == [MEASURES[1].written(1 / 48), "–"]
    pane.show_series([series(columns=Columns(train, broken.validation), current=True)])
    assert [small.figure.text() for small in pane.small[1:]] == ["–", "–"]


def test_clicks_lead_to_steps_of_runs(qtbot: QtBot, pane: CurvesPane) -> None:
    one = series(current=True)
    pane.show_series([one])
    with qtbot.waitSignal(pane.step_chosen) as clicked:
        place = pin_place(pane.chart.frame, Pin(200.0, 200, "samples")).toPoint()
        qtbot.mouseClick(pane.chart, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [one.path, 200]


def test_rows_that_are_appended_are_drawn_and_others_left_as_they_are(qtbot: QtBot, pane: CurvesPane) -> None:
    whole = columns(400)
    begun = {name: column[:300] for name, column in whole.train.items()}
    still = series("ts-512-still", columns=columns(100))
    pane.show_series([still, series("ts-512-grows", columns=Columns(begun, whole.validation), live=True)])
    kept = {line.data.key: (line, line.version) for line in pane.chart.lines}
    pane.show_series([still, series("ts-512-grows", columns=whole, live=True)])
    qtbot.waitUntil(lambda: pane.settled)
    quiet, grown = pane.chart.lines
    assert (quiet, quiet.version) == kept[still.path]
    assert np.allclose(grown.main.values, smoothed(whole.train["loss"], 0.9))
    assert pane.chart.frame.x.high == 400


def test_all_charts_draw_the_columns_of_the_run_themselves(pane: CurvesPane) -> None:
    whole = replace(columns(), rising=frozenset({"step", "tokens", "seconds"}))
    pane.show_series([series(columns=whole)])
    for axis, name in (("steps", "step"), ("time", "seconds"), ("flops", "tokens")):
        pane.choose_axis(axis)  # type: ignore[arg-type]
        places = [chart.lines[0].data.x for chart in (pane.chart, *(small.chart for small in pane.small))]
        assert all(isinstance(place, RunPlaces) and place.column is whole.train[name] for place in places)
    for chart, name in ((pane.chart, "loss"), (pane.small[1].chart, "grad_norm")):
        assert np.shares_memory(chart.lines[0].raw.values, whole.train[name])


def test_nothing_chosen_and_no_rows_are_said(pane: CurvesPane) -> None:
    assert "No run is drawn" in pane.chart.empty_words()
    pane.show_series([series("fresh", columns=Columns())])
    assert pane.chart.empty_words() == "fresh has no rows yet."
    assert [small.figure.text() for small in pane.small] == ["", "", ""]


def test_names_are_cut_to_what_differs() -> None:
    assert short_names(["ts-512-lr1e-3", "ts-512-lr3e-3"]) == ["lr1e-3", "lr3e-3"]
    assert short_names(["ts-512-lr1e-3"]) == ["ts-512-lr1e-3"]
    assert short_names(["try learning_rate 1e-3", "try learning_rate 1e-2"]) == ["1e-3", "1e-2"]
    assert short_names(["run", "run"]) == ["run", "run"]
    assert short_names(["tiny a", "base b"]) == ["tiny a", "base b"]
    assert short_names(["a-", "a-b"]) == ["a-", "b"]


def test_runs_of_one_name_are_told_apart() -> None:
    first, second, other = (Path(f"2026112{day}T120000Z-tiny-00") for day in (7, 8, 9))
    names = distinct_names({first: "tiny", second: "tiny", other: "base"})
    assert names[other] == "base"
    assert names[first] != names[second]
    assert all(names[path].startswith("tiny, ") and "Nov 2026" in names[path] for path in (first, second))
    same = [Path("20261127T120000Z-tiny-00"), Path("20261127T120000Z-tiny-01")]
    for path, name in distinct_names(dict.fromkeys(same, "tiny")).items():
        assert name.endswith(path.name)
    runs = [replace(overview("tiny"), path=first), replace(overview("tiny"), path=second), overview("base")]
    found = named_apart(runs)
    assert found[2] is runs[2]
    assert [run.name for run in found[:2]] == [names[first], names[second]]


def test_the_chart_is_saved_as_picture_and_drawing(pane: CurvesPane, tmp_path: Path) -> None:
    pane.show_series([series(current=True)])
    pane.painted.connect(lambda path, content: path.write_bytes(content()))
    pane.save_picture(tmp_path / "loss.png")
    pane.save_picture(tmp_path / "loss.svg")
    picture = QImage(str(tmp_path / "loss.png"))
    assert picture.width() == 2 * WIDTH
    assert picture.pixelColor(2, 2).name() == LIGHT.surface.lower()
    assert (tmp_path / "loss.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_a_picture_says_what_it_is(pane: CurvesPane, tmp_path: Path) -> None:
    pane.show_series([series("ts-512-lr1e-3", current=True), series("ts-512-lr3e-3", diverged=400)])
    pane.choose_axis("tokens")
    pane.painted.connect(lambda path, content: path.write_bytes(content()))
    for chart, measure in ((pane.chart, LOSS), (pane.small[0].chart, MEASURES[0])):
        pane.save_picture(tmp_path / f"{measure.column}.svg", chart, measure)
    loss, rate = (html.unescape((tmp_path / name).read_text()) for name in ("loss.svg", "learning_rate.svg"))
    for words in (
        *("Loss over tokens seen", "loss, nats a token, logarithmic", "of weight 0.9", "○ validation"),
        *(">ts-512-lr1e-3<", ">ts-512-lr3e-3, diverged at step 400<", "of ts-512-lr1e-3: ◆ texts"),
    ):
        assert words in loss
    for words in ("Learning rate over tokens seen", ">learning rate<", ">tokens seen<", ">ts-512-lr3e-3<"):
        assert words in rate
    assert "validation" not in rate


def test_the_export_menu_asks_for_rows(qtbot: QtBot, pane: CurvesPane) -> None:
    menu = pane.export_menu()
    assert [action.text() for action in menu.actions() if not action.isSeparator()] == [
        "Save as PNG …",
        "Save as SVG …",
        "Save the rows as CSV …",
    ]
    with qtbot.waitSignal(pane.csv_asked):
        menu.actions()[-1].trigger()
    menu.deleteLater()


def test_a_run_whose_flops_are_not_known_is_not_drawn_over_them_and_it_is_said(pane: CurvesPane) -> None:
    both = [series("known"), series("unknown", flops_per_token=float("nan"))]
    pane.show_series(both)
    assert len(pane.chart.lines) == 2
    assert pane.missing.isHidden()
    pane.choose_axis("flops")
    assert [line.data.name for line in pane.chart.lines] == ["known"]
    assert "“unknown” is not drawn over FLOPs." in pane.missing.accessibleName()
    pane.missing.hide()  # as its cross does
    pane.show_series(both)
    assert pane.missing.isHidden(), "said once"
    pane.choose_axis("tokens")
    assert len(pane.chart.lines) == 2


def test_what_is_drawn_in_turns_is_what_is_drawn_at_once(qtbot: QtBot, pane: CurvesPane) -> None:
    """Also when another axis is chosen between two turns."""
    runs = [series("other", columns=columns(100)), series(current=True)]
    pane.show_series(runs, in_turns=True)
    assert not pane.settled
    pane.choose_axis("tokens")
    qtbot.waitUntil(lambda: pane.settled)
    turned = [
        [(line.data.key, *line.data.x[:], *line.data.y) for line in chart.lines]
        for chart in (pane.chart, *(small.chart for small in pane.small))
    ]
    figures = [small.figure.text() for small in pane.small]
    pane.show_series(())
    pane.show_series(runs)
    at_once = [
        [(line.data.key, *line.data.x[:], *line.data.y) for line in chart.lines]
        for chart in (pane.chart, *(small.chart for small in pane.small))
    ]
    assert repr(turned) == repr(at_once)
    assert figures == [small.figure.text() for small in pane.small] != ["", "", ""]
