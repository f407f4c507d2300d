"""Are ticks of logarithmic axes true, labels apart, and does the marker go where it is taken?"""

from itertools import pairwise
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import style
from app.theme import DARK, DATA, LIGHT, Theme
from app.widgets.chart_cards import Row
from app.widgets.curves_chart import Curve, Curves, CurvesChart, Limit
from app.widgets.figure_cell import FigureCell
from app.widgets.line_labels import spread
from app.widgets.log_axis import LogAxis, around, decade_ticks, doubling_ticks, grain
from app.widgets.marked_chart import DEFAULT, Details
from app.widgets.share_card import ShareRow
from app.widgets.stacked_chart import Crossing, Stack, StackCard, StackedChart
from app.widgets.stacked_paint import Area
from tests.gui.shots import ALLOWED, Shot, pixels

COUNTS = np.array([float(round(2 ** (8 + step / 8))) for step in range(97)])
FIXED, GROWING = np.full(97, 4096.0), COUNTS
AREAS = (Area("Fixed", 0, "94 %"), Area("Growing", 2, "6 %"))
SHARES = np.cumsum([FIXED, GROWING], axis=0) / (FIXED + GROWING)
STACK = Stack(DEFAULT, COUNTS, AREAS, SHARES, crossings=(Crossing(4096, "4,096", "growing = fixed"),))


def card(count: int) -> StackCard:
    share = count / (count + 4096)
    rows = (ShareRow("Growing", share, f"{share:.1%}", "", 2), ShareRow("Fixed", 1 - share, f"{1 - share:.1%}", "", 0))
    return StackCard(f"{count:,} tokens", rows)


@pytest.fixture
def chart(qtbot: QtBot) -> StackedChart:
    made = StackedChart("Parts against context")
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.marker_card = made.hover_card = card
    made.show_stack(STACK)
    made.set_marker(16_384)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def curves(qtbot: QtBot) -> CurvesChart:
    made = CurvesChart("Bytes against context")
    qtbot.addWidget(made)
    made.resize(480, 220)
    lines = (Curve("fixed", FIXED, 5), Curve("growing", GROWING, 4, dashed=True))
    made.show_curves(Curves(DEFAULT, COUNTS, lines, lambda value: f"{value:,.0f} B", Limit(80_000, "80 kB")))
    made.set_marker(16_384)
    with qtbot.waitExposed(made):
        made.show()
    return made


def at(chart: StackedChart | CurvesChart, count: float) -> QPoint:
    return QPoint(round(chart.x_of(count)), round(chart.plot().center().y()))


def test_ticks_are_powers_of_two_from_end_to_end() -> None:
    labels = [tick.label for tick in doubling_ticks(DEFAULT, 800)]
    assert labels == ["256", "1,024", "4,096", "16,384", "65,536", "262,144", "1,048,576"]
    assert [tick.label for tick in doubling_ticks(DEFAULT, 330)] == ["256", "4,096", "65,536", "1,048,576"]


@given(st.integers(0, 12), st.integers(1, 24), st.floats(60, 2000))
def test_ticks_of_any_axis_have_its_ends_and_room(first: int, more: int, width: float) -> None:
    axis = LogAxis(2**first, 2 ** (first + more))
    ticks = doubling_ticks(axis, width)
    values = [tick.value for tick in ticks]
    assert (values[0], values[-1]) == (axis.low, axis.high)
    assert values == sorted(set(values))
    assert all(log2(value).is_integer() for value in values)
    assert all((axis.share(b) - axis.share(a)) * width > 40 for a, b in pairwise(values[:-1]))


def test_the_axis_of_values_ends_at_round_ones() -> None:
    assert around(2.6e10, 3.4e17) == LogAxis(2e10, 5e17)
    assert around(1.0, 1.0) == LogAxis(1.0, 10.0)
    ticks = [tick.label for tick in decade_ticks(LogAxis(2e10, 5e17), 120, lambda value: f"{value:.0e}")]
    assert ticks == ["1e+11", "1e+13", "1e+15", "1e+17"]


def test_the_grain_keeps_a_marker_at_round_counts() -> None:
    assert (grain(100), grain(256), grain(16_384), grain(1_048_576)) == (1, 4, 256, 16_384)


def test_labels_that_would_touch_move_apart_around_their_middle() -> None:
    assert spread([10.0, 12.0], 16, 0, 100) == [3.0, 19.0]
    assert spread([50.0, 10.0], 16, 0, 100) == [50.0, 10.0]
    assert spread([99.0, 98.0], 10, 0, 100) == [100.0, 90.0]


@given(st.lists(st.floats(0, 100), max_size=6))
def test_spread_labels_keep_order_distance_and_bounds(places: list[float]) -> None:
    found = spread(places, 10, 0, 100)
    order = sorted(range(len(places)), key=lambda number: places[number])
    ordered = [found[number] for number in order]
    assert all(b - a >= 10 - 1e-9 for a, b in pairwise(ordered))
    assert all(-1e-9 <= place <= 100 + 1e-9 for place in ordered)


def test_a_place_and_its_pixel_are_each_other(chart: StackedChart) -> None:
    for count in (256, 1_024, 65_536, 1_048_576):
        assert chart.count_at(chart.x_of(count)) == count
    assert chart.count_at(-100) == 256
    assert chart.count_at(5000) == 1_048_576


def test_powers_of_two_and_crossings_pull_the_marker(chart: StackedChart) -> None:
    chart.show_stack(Stack(DEFAULT, COUNTS, AREAS, SHARES, crossings=(Crossing(3_200, "3,200", "equal"),)))
    assert chart.count_at(chart.x_of(3_200) + 3) == 3_200
    assert chart.count_at(chart.x_of(8_192) - 3) == 8_192
    assert chart.count_at(chart.x_of(5_700)) % grain(5_700) == 0


def test_dragging_says_where_the_marker_is(qtbot: QtBot, chart: StackedChart) -> None:
    moved: list[int] = []
    chart.marker_moved.connect(moved.append)
    chart.set_marker(4_096)
    assert moved == []
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=at(chart, 4_096))
    qtbot.mouseMove(chart, at(chart, 65_536))
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=at(chart, 65_536))
    assert moved == [65_536]
    qtbot.mouseMove(chart, at(chart, 1_024))
    assert chart.marker == 65_536


def test_keys_move_the_marker_within_the_axis(qtbot: QtBot, chart: StackedChart) -> None:
    moved: list[int] = []
    chart.marker_moved.connect(moved.append)
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_Left)
    for key in (*keys, Qt.Key.Key_End, Qt.Key.Key_PageUp):
        qtbot.keyClick(chart, key)
    assert moved == [16_640, 16_384, 32_768, 16_384, 256, 1_048_576]


def test_the_card_of_the_marker_gives_way_to_that_of_the_pointer(qtbot: QtBot, chart: StackedChart) -> None:
    asked: list[int] = []

    def hovered(count: int) -> StackCard:
        asked.append(count)
        return card(count)

    chart.hover_card = hovered
    before = pixels(chart.grab().toImage())
    qtbot.mouseMove(chart, at(chart, 2_048))
    assert not np.array_equal(before, pixels(chart.grab().toImage()))
    assert set(asked) == {2_048}
    qtbot.mouseMove(chart, QPoint(5, 5))
    assert np.array_equal(before, pixels(chart.grab().toImage()))


def test_areas_are_as_high_as_their_shares(chart: StackedChart) -> None:
    chart.set_marker(1_048_576)
    image, plot = chart.grab().toImage(), chart.plot()
    x = round(chart.x_of(4_096 / 3))
    for share, colour in ((0.7, 0), (0.8, 2)):
        found = pixels(image)[round(plot.bottom() - share * plot.height()), x]
        assert np.abs(found - mixed(DATA[colour])).max() < 2


def mixed(colour: str) -> NDArray[np.float64]:
    """A data colour at 62 % over white."""
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return np.asarray(255 + (parts - 255) * 0.62)


def test_a_change_moves_from_where_it_is_and_can_be_interrupted(chart: StackedChart) -> None:
    chart.reduced_motion = False
    start, other = chart.drawn.copy(), Stack(DEFAULT, COUNTS, AREAS, SHARES * 0.5)
    chart.show_stack(other, animate=True)
    assert np.array_equal(chart.drawn, start)
    chart.motion.setCurrentTime(80)
    halfway = chart.drawn.copy()
    assert np.all((halfway < start) & (halfway > other.edges))
    chart.show_stack(STACK, animate=True)
    assert np.array_equal(chart.drawn, halfway)
    chart.motion.setCurrentTime(160)
    assert np.array_equal(chart.drawn, STACK.edges)


def test_without_motion_a_change_is_there_at_once(chart: StackedChart) -> None:
    chart.reduced_motion = True
    other = Stack(DEFAULT, COUNTS, AREAS, SHARES * 0.5)
    chart.show_stack(other, animate=True)
    assert np.array_equal(chart.drawn, other.edges)


def test_what_is_not_revealed_is_pale(chart: StackedChart) -> None:
    chart.set_marker(4_096)
    place = at(chart, 900_000)
    before = chart.grab().toImage().pixelColor(place)
    chart.reveal(True)
    after = chart.grab().toImage().pixelColor(place)
    assert after.lightness() > before.lightness()
    chart.reveal(False)
    assert chart.grab().toImage().pixelColor(place) == before


def test_curves_say_all_values_under_the_pointer(qtbot: QtBot, curves: CurvesChart) -> None:
    asked: list[int] = []

    def details(count: int) -> Details:
        asked.append(count)
        return Details(f"{count:,} tokens", [Row("growing", f"{count:,} B", 4)], ["count · 1 B"])

    curves.details = details
    before = pixels(curves.grab().toImage())
    qtbot.mouseMove(curves, at(curves, 1_024))
    assert not np.array_equal(before, pixels(curves.grab().toImage()))
    assert set(asked) == {1_024}


def test_curves_leave_out_what_is_not_positive_or_known(curves: CurvesChart) -> None:
    gaps = np.where(COUNTS < 1_000, 0.0, COUNTS)
    gaps[-1] = np.nan
    curves.show_curves(Curves(DEFAULT, COUNTS, (Curve("gaps", gaps, 0),), str))
    assert curves.heights == LogAxis(1_000.0, 1_000_000.0)
    image = curves.grab().toImage()
    blue = np.abs(pixels(image).astype(int) - [0x2C, 0x7D, 0xC1]).sum(axis=2) < 60
    columns = np.flatnonzero(blue[:, : round(curves.plot().right())].any(axis=0))
    assert columns[0] >= curves.x_of(950)


def test_no_curves_say_why(curves: CurvesChart) -> None:
    before = pixels(curves.grab().toImage())
    curves.show_curves(Curves(DEFAULT, COUNTS, (), str, empty="The peak of this GPU is unknown; set it."))
    assert not np.array_equal(before, pixels(curves.grab().toImage()))


def test_a_picture_has_no_pointer_and_twice_the_pixels(qtbot: QtBot, curves: CurvesChart) -> None:
    curves.details = lambda count: Details(f"{count}", [])
    still = pixels(curves.picture().toImage())
    qtbot.mouseMove(curves, at(curves, 1_024))
    assert np.array_equal(still, pixels(curves.picture().toImage()))
    assert still.shape[:2] == (440, 960)


def test_charts_follow_a_change_of_palette(chart: StackedChart, curves: CurvesChart) -> None:
    for widget in (chart, curves):
        widget.setPalette(style.palette(LIGHT))
        assert pixels(widget.grab().toImage())[2, 2].tolist() == [255, 255, 255]
        widget.setPalette(style.palette(DARK))
        assert pixels(widget.grab().toImage())[2, 2].tolist() == [0x1C, 0x1F, 0x25]


def test_a_figure_says_its_lines_to_those_who_do_not_see_it(qtbot: QtBot) -> None:
    cell = FigureCell("KV cache")
    qtbot.addWidget(cell)
    cell.show_figure("4.69 GiB", ("KV cache in fp16", "307,200 bytes a token"), "2 · 48 · 25 · 64 · 2 bytes")
    assert cell.accessibleDescription() == "4.69 GiB, KV cache in fp16 307,200 bytes a token"
    assert cell.toolTip().startswith("2 · 48")


def test_charts_look_as_drawn(
    qapp: QApplication, theme: Theme, chart: StackedChart, curves: CurvesChart, shot: Shot
) -> None:
    curves.details = lambda count: Details(f"{count:,} tokens", [Row("fixed", "4,096 B", 5)], ["always 4,096 bytes"])
    chart.setFocus()
    assert shot(chart, f"stacked-{theme.name}") < ALLOWED
    assert shot(curves, f"curves-{theme.name}") < ALLOWED
