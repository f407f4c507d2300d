"""Do charts of runs show what the rows say: every extreme, every gap, exact values, and nothing that is not there?"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import style
from app.theme import DARK, DATA, LIGHT, Theme
from app.widgets.run_canvas import ChartWords
from app.widgets.run_chart import RunChart
from app.widgets.run_data import Pin, RunData, bare_words
from app.widgets.run_extent import Extent, short_value, value_ticks
from app.widgets.run_ground import Ground
from app.widgets.run_hover import HoverWords
from app.widgets.run_labels import ends_of, placed_ends
from app.widgets.run_marks import mark_of
from app.widgets.run_paint import pin_place, rings_of
from app.widgets.run_sheet import SheetWords
from lmcore.training.smoothing import smoothed
from tests.gui.shots import pixels

WORDS = ChartWords("Loss", HoverWords(lambda x: f"step {x:,.0f}", lambda y: f"{y:.4f}"))


def run(number: int = 0, rows: int = 1_000, *, current: bool = False, ended: str = "", live: bool = False) -> RunData:
    steps = np.arange(1.0, rows + 1)
    losses = 1.5 + 0.2 * number + 8 / (1 + steps / 20) + 0.05 * np.sin(steps * 1.7)
    checks = np.arange(100.0, rows + 1, 100)
    pins = (Pin(200.0, 200, "checkpoint"), Pin(200.0, 200, "samples"), Pin(600.0, 600, "samples"))
    return RunData(
        f"run {number}",
        f"run {number}",
        mark_of(number),
        steps,
        steps,
        losses,
        checks,
        checks,
        np.interp(checks, steps, losses) + 0.1,
        pins,
        ended,
        live,
        current,
    )


@pytest.fixture
def chart(qtbot: QtBot) -> RunChart:
    made = RunChart(WORDS, smoothed)
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.set_logarithmic(y=True)
    with qtbot.waitExposed(made):
        made.show()
    return made


def at(chart: RunChart, x: float) -> QPoint:
    return QPoint(round(chart.frame.x_of(x)), round(chart.frame.plot.center().y()))


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("zoom", [None, (20_000.0, 90_000.0)])
def test_each_pixel_column_shows_the_extremes_of_all_points_in_it(
    qtbot: QtBot, chart: RunChart, logarithmic: bool, zoom: tuple[float, float] | None
) -> None:
    steps = np.arange(1.0, 100_001)
    losses = 3 + np.random.default_rng(3).normal(0, 0.1, len(steps))
    losses[[5, 40_000, 99_000]] = (9.0, 8.0, 0.5)
    losses[70_000:70_500] = np.nan
    chart.set_logarithmic(x=logarithmic)
    chart.show_runs([RunData("one", "one", mark_of(0), steps, steps, losses)])
    chart.set_zoom(zoom)
    qtbot.waitUntil(lambda: not chart.is_smoothing)
    frame = chart.frame
    shown = frame.shown[0].raw
    place = np.floor(frame.x.shares(steps) * len(shown.lows) + 1e-9).astype(int)
    place[steps == frame.x.high] = len(shown.lows) - 1
    for column in range(len(shown.lows)):
        known = losses[(place == column) & np.isfinite(losses)]
        if len(known):
            assert (shown.lows[column], shown.highs[column]) == (known.min(), known.max())
        else:
            assert np.isnan(shown.lows[column])


def long(rows: int = 120_000) -> list[RunData]:
    steps, random = np.arange(1.0, rows + 1), np.random.default_rng(3)
    return [RunData(n, f"run {n}", mark_of(n), steps, steps, 3 + n + random.normal(0, 0.1, rows)) for n in range(3)]


def test_of_many_rows_the_old_picture_stands_until_the_new_one_is_made(qtbot: QtBot, chart: RunChart) -> None:
    chart.show_runs(runs := long())
    chart.set_smoothing(0.9)
    qtbot.waitUntil(lambda: not chart.is_smoothing)
    before = pixels(chart.grab().toImage()).copy()
    chart.set_zoom((10_000.0, 20_000.0))
    assert np.array_equal(pixels(chart.grab().toImage()), before)
    assert chart.is_smoothing
    assert not chart.go_on(0.0), "a part is made in a turn"
    chart.set_zoom((30_000.0, 90_000.0))  # and what was made of it is left
    qtbot.waitUntil(lambda: not chart.is_smoothing)
    fresh = RunChart(WORDS, smoothed)
    qtbot.addWidget(fresh)
    fresh.resize(chart.size())
    fresh.set_logarithmic(y=True)
    fresh.set_zoom((30_000.0, 90_000.0))
    fresh.set_smoothing(0.9)
    fresh.show()
    fresh.show_runs(runs)
    qtbot.waitUntil(lambda: not fresh.is_smoothing)
    after = pixels(chart.grab().toImage())
    assert np.array_equal(after, pixels(fresh.grab().toImage()))
    assert not np.array_equal(after, before)


def test_nothing_is_computed_for_a_chart_that_is_not_seen(qtbot: QtBot, chart: RunChart) -> None:
    chart.hide()
    chart.show_runs(long())
    chart.set_smoothing(0.9)
    works = [chart.is_smoothing]
    seen = RunChart(WORDS, smoothed)
    qtbot.addWidget(seen)
    seen.set_smoothing(0.9)
    seen.show()
    seen.show_runs(long())
    qtbot.waitUntil(lambda: not seen.is_smoothing)  # in this time the other one could have done the same
    assert all(line.is_behind for line in chart.lines)
    chart.show()
    works.append(chart.is_smoothing)
    assert works == [False, True]
    qtbot.waitUntil(lambda: not chart.is_smoothing)
    assert not any(line.is_behind for line in chart.lines)


def test_hovering_says_the_exact_rows_of_all_runs_and_where_they_are(qtbot: QtBot, chart: RunChart) -> None:
    first, other = run(0, 1_000, current=True), run(1, 300)
    chart.show_runs([other, first])
    pointed: list[float | None] = []
    chart.pointed.connect(pointed.append)
    qtbot.mouseMove(chart, at(chart, 450))
    assert chart.card is not None
    place = pointed[-1]
    assert place is not None
    assert place.is_integer()
    row = int(place) - 1
    table = chart.card.table
    assert table.title == f"step {place:,.0f}"
    assert table.heads == ("train", "validation")
    assert table.rows[0].cells == (f"{first.y[row]:.4f}", f"{first.check_y[3]:.4f} at 400")
    assert table.rows[0].name == "run 0"
    assert table.rows[1].cells == (f"{other.y[-1]:.4f} at 300", f"{other.check_y[-1]:.4f} at 300")
    qtbot.mouseMove(chart, QPoint(5, 5))
    assert pointed[-1] is None
    assert chart.card is None


def test_keys_move_the_line_by_rows_and_all_is_seen_again_by_escape(qtbot: QtBot, chart: RunChart) -> None:
    chart.show_runs([run(current=True)])
    chart.set_hover(500.0)
    places: list[float | None] = []
    chart.pointed.connect(places.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_End):
        qtbot.keyClick(chart, key)
    assert places == [501.0, 500.0, 499.0, 549.0, 1_000.0]
    qtbot.keyClick(chart, Qt.Key.Key_Plus)
    closer = chart.zoom
    assert closer is not None
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.zoom is None


def test_dragging_over_a_range_and_the_wheel_look_closer(qtbot: QtBot, chart: RunChart) -> None:
    chart.show_runs([run(current=True)])
    parts: list[tuple[float, float] | None] = []
    chart.zoomed.connect(parts.append)
    begin, end = at(chart, 200), at(chart, 600)
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(chart, end)
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=end)
    part = chart.zoom
    assert part is not None
    assert np.allclose(part, (200, 600), atol=2)
    before = chart.frame.y
    assert before.high < 3  # the first steps are out of sight
    anchor = chart.frame.x.value(0.5)
    wheel(chart, 120)
    assert np.isclose(chart.frame.x.value(0.5), anchor)
    assert chart.frame.x.high < 600
    qtbot.mouseDClick(chart, Qt.MouseButton.LeftButton, pos=end)
    assert chart.zoom is None
    assert parts[-1] is None


def wheel(chart: RunChart, turned: int) -> None:
    place = chart.frame.plot.center()
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        place, QPointF(place), QPoint(), QPoint(0, turned), none, Qt.KeyboardModifier.NoModifier, phase, False
    )
    QApplication.sendEvent(chart, event)


def test_the_start_does_not_squash_the_rest_and_divergence_does_not_either(chart: RunChart) -> None:
    wild = run(1, 400, ended="diverged at step 400")
    wild.y[-40:] = np.linspace(10, 1e6, 40)
    wild.y[-1] = np.nan
    chart.show_runs([wild, run(0, current=True)])
    start = run(0).y[0]
    assert start <= chart.frame.y.high < 2 * start
    assert chart.frame.y.low < run(0).y.min()


def test_a_run_that_diverged_rises_beside_others_and_is_seen_whole_alone(chart: RunChart) -> None:
    wild, calm = run(1, 400, ended="diverged at step 400"), run(0, current=True)
    chart.show_runs([calm])
    usual = chart.frame.y
    wild.y[-10:] = np.geomspace(10, 1e6, 10)
    chart.show_runs([wild, calm])
    beside = chart.frame.y
    assert 1.2 < usual.share(beside.high) < 1.4
    assert abs(usual.share(beside.low)) < 0.01
    chart.set_zoom((388.0, 400.0))
    assert chart.frame.y.high > 1e6
    chart.set_zoom((450.0, 900.0))
    assert chart.frame.y.high < 3
    chart.set_zoom(None)
    chart.show_runs([wild])
    assert chart.frame.y.high > 1e6


def test_a_run_that_blew_up_leaves_the_axis_to_the_others_and_says_so_instead_of_its_value(chart: RunChart) -> None:
    calm = run(0, current=True)
    chart.show_runs([calm])
    usual = chart.frame.y
    wild = replace(run(1, live=True), bound=20.0, blown="blew up at step 5")
    wild.y[4:] = 9e5  # a bound alone keeps it out: there is no quieter part of it to go by
    chart.set_smoothing(0.9)
    chart.show_runs([wild, calm])
    assert chart.frame.y.high <= 20
    assert usual.share(chart.frame.y.low) == pytest.approx(0, abs=0.05)
    said = {end.name: (end.said, end.inside) for end in ends_of(chart.frame)}
    assert said["run 1"] == ("blew up at step 5", True)
    assert said["run 0"][0].startswith("1.")
    chart.show_runs([wild])
    assert chart.frame.y.high > 9e5
    chart.show_runs([replace(wild, bound=2e6, blown=""), calm])
    assert chart.frame.y.high > 9e5


@pytest.mark.parametrize("rows", [300, 700, 1_000])
def test_no_name_of_a_run_that_went_wrong_is_cut_at_the_edge(chart: RunChart, rows: int) -> None:
    chart.resize(420, 200)
    wild = replace(run(1, rows, current=True), bound=20.0, blown="blew up at step 5")
    wild.y[4:-50] = 9e5
    chart.show_runs([run(0), run(2, rows + 1, ended=f"diverged at step {rows + 1}"), wild])
    ends = placed_ends(chart.frame)
    assert len(ends) == 3
    for end, room in ends:
        assert not end.inside or QRectF(chart.rect()).contains(room), end.said


def test_names_that_find_no_room_are_left_out_but_for_that_of_the_current_run(chart: RunChart) -> None:
    chart.resize(320, 130)
    long = [
        replace(run(place, 400 + 5 * place, ended="diverged at step 9"), name=f"sample-96 {place} learning_rate 1e-3")
        for place in range(6)
    ]
    chart.show_runs([*long[:5], replace(long[5], current=True)])
    ends = placed_ends(chart.frame)
    assert 1 < len(ends) < 6
    assert any(end.bold for end, _ in ends)
    assert len({end.name for end, _ in ends}) == len(ends), "their names differ where they are not cut"
    rooms = [room for end, room in ends if not end.bold]
    assert not any(one.intersects(other) for place, one in enumerate(rooms) for other in rooms[:place])


def test_no_name_is_written_over_lines_unless_it_has_to_be(chart: RunChart) -> None:
    chart.resize(700, 300)
    wild = run(0, 1_000)
    wild.y[::2] += 30.0  # fills all of the plot
    short = run(1, 300)
    chart.show_runs([wild, short])
    assert [end.name for end, _ in placed_ends(chart.frame)] == ["run 0"]
    for needed in (replace(short, current=True), replace(short, live=True), replace(short, ended="diverged at step 9")):
        chart.show_runs([wild, needed])
        assert {end.name for end, _ in placed_ends(chart.frame)} == {"run 0", "run 1"}
    calm, higher = run(0, 1_000), run(1, 300)
    higher.y[:] += 20.0  # nothing else is there
    chart.show_runs([calm, higher])
    ground = Ground(chart.frame)
    (room,) = (room for end, room in placed_ends(chart.frame) if end.inside)
    assert ground.is_free(room)
    line = chart.frame.point(600.0, float(calm.y[599]))
    assert not ground.is_free(QRectF(line.x() - 5, line.y() - 8, 10, 16))


def test_a_spike_is_seen_whole_in_the_part_that_is_looked_at(chart: RunChart) -> None:
    data = run(0, 10_000)
    data.y[5_000] = 40.0
    chart.show_runs([data])
    assert chart.frame.y.high < 20
    chart.set_zoom((4_950.0, 5_050.0))
    assert chart.frame.y.high >= 40


@pytest.mark.parametrize(
    ("low", "high", "room", "expected"),
    [
        (4.8, 9.3, 75, ["5", "7"]),
        (3.6, 10.0, 370, ["4", "5", "6", "7", "8", "9", "10"]),
        (1.3, 10.0, 370, ["1.5", "2", "3", "4", "5", "7", "10"]),
        (1.0, 1e6, 370, ["1", "10", "100", "1,000", "1e4", "1e5", "1e6"]),
    ],
)
def test_a_logarithmic_axis_has_all_the_ticks_that_have_room(
    low: float, high: float, room: float, expected: list[str]
) -> None:
    gap = 30.0 if room > 100 else 18.75
    assert [tick.label for tick in value_ticks(Extent(low, high, True), room, gap, short_value)] == expected


def test_a_gap_is_a_gap_however_many_rows(chart: RunChart) -> None:
    for rows in (300, 30_000):
        steps = np.arange(1.0, rows + 1)
        losses = np.full(rows, 2.0) + np.sin(steps) * 0.01
        losses[rows // 3 : 2 * rows // 3] = np.nan
        chart.show_runs([RunData(rows, "gap", mark_of(0), steps, steps, losses)])
        image, plot = pixels(chart.grab().toImage()), chart.frame.plot
        blue = np.abs(image.astype(int) - colour(DATA[0])).sum(axis=2) < 60
        inside = blue[:, round(plot.left() + 0.36 * plot.width()) : round(plot.left() + 0.63 * plot.width())]
        assert not inside.any()
        assert blue[:, round(plot.left() + 0.2 * plot.width())].any()
        assert blue[:, round(plot.left() + 0.8 * plot.width())].any()


def colour(code: str) -> NDArray[np.int64]:
    return np.array([int(code[place : place + 2], 16) for place in (1, 3, 5)])


def test_what_has_no_place_on_a_logarithmic_axis_is_counted(chart: RunChart) -> None:
    steps = np.arange(0.0, 100)
    losses = np.where(steps < 3, -1.0, 2.0)
    chart.show_runs([RunData("one", "one", mark_of(0), steps, steps, losses)])
    assert chart.notes() == ["3 values have no place on a logarithmic axis."]
    chart.set_logarithmic(x=True, y=False)
    assert chart.notes() == ["1 value has no place on a logarithmic axis."]
    chart.set_logarithmic(x=False)
    assert chart.notes() == []


def test_a_run_without_rows_is_said_to_have_none_yet(chart: RunChart) -> None:
    none = RunData("none", "fresh", mark_of(1), np.zeros(0), np.zeros(0), np.zeros(0))
    assert chart.empty_words() == "No run is chosen."
    chart.show_runs([none])
    assert chart.empty_words() == chart.accessibleDescription() == "fresh has no rows yet."
    chart.show_runs([none, run(0)])
    assert chart.empty_words() == ""
    assert chart.notes() == ["fresh has no rows yet."]


def test_a_run_without_rows_puts_no_other_aside(qtbot: QtBot) -> None:
    small = RunChart(WORDS, smoothed, small=True)
    qtbot.addWidget(small)
    small.resize(240, 90)
    small.show()
    none = RunData("none", "fresh", mark_of(1), np.zeros(0), np.zeros(0), np.zeros(0), current=True)
    seen = []
    for runs in ([run(0)], [run(0), none], [run(0), run(1, current=True)]):
        small.show_runs(runs)
        image = pixels(small.grab().toImage())
        seen.append(int((np.abs(image.astype(int) - colour(DATA[0])).sum(axis=2) < 60).sum()))
    assert seen[1] == seen[0] > 50
    assert seen[2] < seen[0] // 4


def test_of_many_runs_without_rows_is_said_why_each_has_none(chart: RunChart) -> None:
    none = RunData("none", "fresh", mark_of(1), np.zeros(0), np.zeros(0), np.zeros(0))
    late = [replace(none, key=number, name=f"late {number}", bare="is being read") for number in range(2)]
    chart.show_runs(late)
    assert chart.empty_words() == "2 runs are being read."
    chart.show_runs([none, *late, run(0)])
    assert chart.notes() == ["fresh has no rows yet; 2 runs are being read."]
    assert bare_words(late, named=False) == "Being read."
    assert bare_words([none, *late], named=False) == "No rows yet; being read."


def test_pins_and_lines_lead_to_their_steps(qtbot: QtBot, chart: RunChart) -> None:
    chart.show_runs([run(1), run(0, current=True)])
    found: list[tuple[object, int]] = []
    chart.chosen.connect(lambda key, step: found.append((key, step)))
    pin = pin_place(chart.frame, Pin(600.0, 600, "samples")).toPoint()
    qtbot.mouseMove(chart, pin)
    assert chart.pin_card is not None
    assert chart.pin_card.lines == ("Step 600", "Text samples", "Click to read the texts")
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=pin)
    place = at(chart, 300)
    line = next(shown for shown in chart.frame.shown if shown.data.key == "run 1")
    place.setY(round(chart.frame.y_of(float(line.line.main.values[299]))))
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    place.setY(round(chart.frame.plot.top()) + 3)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)  # far from any line
    assert len(found) == 2
    assert found[0] == ("run 0", 600)
    assert found[1][0] == "run 1"
    assert abs(found[1][1] - 300) <= 1


def test_rings_of_many_validations_keep_apart_and_stay_true(chart: RunChart) -> None:
    places = np.arange(1.0, 1_001)
    data = run(0)
    many = RunData("one", "one", mark_of(0), data.steps, data.x, data.y, places, places, places / 500 + 1)
    chart.show_runs([many])
    frame = chart.frame
    rings = rings_of(frame, frame.shown[0])
    assert 30 < len(rings) < 100
    assert all(other[0] - one[0] > 8 for one, other in pairwise(rings))
    drawn = {(round(frame.x_of(x), 6), round(frame.y_of(x / 500 + 1), 6)) for x in places.tolist()}
    assert {(round(x, 6), round(y, 6)) for x, y in rings} <= drawn


def test_exports_are_whole_and_have_no_pointer(chart: RunChart, tmp_path: Path) -> None:
    chart.show_runs([run(1), run(0, current=True)])
    words = SheetWords("Loss", "", "steps", "nats", {"run 0": "the first", "run 1": "the other"})
    still = chart.content(tmp_path / "a.png", words)()
    chart.set_hover(500.0)
    chart.resize(300, 200)
    assert chart.content(tmp_path / "a.png", words)() == still
    drawing = chart.content(tmp_path / "a.svg", words)().decode()
    assert "the other" in drawing
    assert drawing.count("<svg") == 1
    assert "run 1" in drawing
    assert DATA[0].lower() in drawing.lower()


def test_charts_follow_a_change_of_palette(chart: RunChart, theme: Theme) -> None:
    chart.show_runs([run(0)])
    for wanted in (LIGHT, DARK):
        chart.setPalette(style.palette(wanted))
        assert pixels(chart.grab().toImage())[2, 2].tolist() == colour(wanted.surface).tolist()
