"""Is every point kept, every tick true, and does the marker go where it is taken?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import style
from app.theme import DARK, LIGHT, Theme
from app.widgets.chart_axis import count_ticks, value_ticks
from app.widgets.chart_cards import Row
from app.widgets.chart_scale import drawn
from app.widgets.charts import CurveChart
from app.widgets.scrubber import Scrubber
from tests.gui.shots import ALLOWED, Shot, pixels

CURVE = 1 + 3.2 * (1 - np.exp(-((np.arange(1, 9744) / 900) ** 0.55)))


@pytest.fixture
def chart(qtbot: QtBot) -> CurveChart:
    made = CurveChart(9743)
    made.resize(900, 240)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def x_of(chart: CurveChart, count: int) -> QPoint:
    """The pixel of a count, halfway down the plot."""
    return QPoint(round(chart.scale.x(count)), chart.height() // 2)


def test_the_last_tick_is_the_end_and_the_others_are_round() -> None:
    assert [tick.label for tick in count_ticks(9743, 880)] == ["0", "2,000", "4,000", "6,000", "8,000", "9,743"]
    assert [tick.label for tick in count_ticks(10_000, 880)] == ["0", "2,000", "4,000", "6,000", "8,000", "10,000"]
    assert [tick.label for tick in count_ticks(8_100, 880)][-2:] == ["6,000", "8,100"]


def test_logarithmic_ticks_are_powers_of_ten() -> None:
    assert [t.label for t in count_ticks(9743, 880, logarithmic=True)] == ["1", "10", "100", "1,000", "9,743"]


@given(st.integers(1, 200_000), st.floats(150, 2000), st.booleans())
def test_ticks_ascend_within_the_axis(last: int, width: float, logarithmic: bool) -> None:
    values = [tick.value for tick in count_ticks(last, width, logarithmic=logarithmic)]
    assert values == sorted(set(values))
    assert values[-1] == last
    assert values[0] >= (1 if logarithmic else 0)


def test_values_begin_at_the_start() -> None:
    assert [tick.label for tick in value_ticks(1.0, 4.5)] == ["1.0", "2.0", "3.0", "4.0"]
    assert [tick.label for tick in value_ticks(1.0, 2.0)] == ["1.0", "1.5", "2.0"]


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-5, 5)), min_size=1, max_size=60))
def test_what_is_drawn_has_the_extremes_of_every_pixel_column(points: list[tuple[int, float]]) -> None:
    columns = np.array(sorted(column for column, _ in points), dtype=np.int64)
    values = np.array([value for _, value in points])
    kept = drawn(columns, values)
    for column in set(columns.tolist()):
        here, shown = values[columns == column], values[kept][columns[kept] == column]
        assert (shown.min(), shown.max(), shown[0], shown[-1]) == (here.min(), here.max(), here[0], here[-1])
        assert len(shown) <= 4


def test_all_points_are_kept_in_order(chart: CurveChart) -> None:
    for start in range(0, len(CURVE), 640):
        chart.append(CURVE[start : start + 640])
    assert chart.count == 9743
    assert np.array_equal(chart.values, np.concatenate([[1.0], CURVE]))
    chart.reset(100)
    assert chart.values.tolist() == [1.0]


def test_the_label_says_the_last_point_until_the_marker_is_put_elsewhere(chart: CurveChart) -> None:
    chart.append(CURVE[:4812])
    assert chart.accessibleDescription() == f"{CURVE[4811]:.2f} bytes a token, after 4,812 merges"
    chart.append(CURVE[4812:5000])
    assert chart.marker == 5000
    chart.set_marker(2000)
    chart.append(CURVE[5000:6000])
    assert chart.marker == 2000
    assert chart.accessibleDescription() == f"{CURVE[1999]:.2f} bytes a token, after 2,000 merges"


@pytest.mark.qt_log_ignore("not accepted by receiving widget")
@pytest.mark.parametrize("logarithmic", [False, True])
def test_dragging_the_marker_says_where_it_is(qtbot: QtBot, chart: CurveChart, logarithmic: bool) -> None:
    chart.append(CURVE)
    chart.set_log_x(logarithmic)
    moved: list[int] = []
    chart.marker_moved.connect(moved.append)
    chart.set_marker(3000)
    assert moved == []
    qtbot.mousePress(chart.viewport(), Qt.MouseButton.LeftButton, pos=x_of(chart, 3000))
    assert moved == []
    chart.set_draggable(True)
    qtbot.mousePress(chart.viewport(), Qt.MouseButton.LeftButton, pos=x_of(chart, 3000))
    qtbot.mouseMove(chart.viewport(), x_of(chart, 800))
    qtbot.mouseRelease(chart.viewport(), Qt.MouseButton.LeftButton, pos=x_of(chart, 800))
    assert abs(moved[-1] - 800) < 25
    assert chart.marker == moved[-1]
    qtbot.mouseMove(chart.viewport(), x_of(chart, 5000))
    assert chart.marker == moved[-1]


def test_keys_move_the_marker_within_the_curve(qtbot: QtBot, chart: CurveChart) -> None:
    chart.append(CURVE[:100])
    chart.set_draggable(True)
    with qtbot.waitSignals([chart.marker_moved] * 3):
        for key in (Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End):
            qtbot.keyClick(chart, key)
    assert chart.marker == 100
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.marker == 100


def test_the_wheel_belongs_to_the_page(chart: CurveChart) -> None:
    chart.append(CURVE)
    before = pixels(chart.grab().toImage())
    at = QPointF(x_of(chart, 3000))
    buttons, keys, phase = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, 120), buttons, keys, phase, False)
    QApplication.sendEvent(chart.viewport(), event)
    assert not event.isAccepted()
    assert np.array_equal(before, pixels(chart.grab().toImage()))


def test_the_pointer_shows_a_card_with_details(qtbot: QtBot, chart: CurveChart) -> None:
    asked: list[int] = []

    def details(count: int) -> list[Row]:
        asked.append(count)
        return [Row("Token", "·the")]

    chart.details = details
    chart.append(CURVE[:5000])
    before = pixels(chart.grab().toImage())
    qtbot.mouseMove(chart.viewport(), x_of(chart, 3000))
    after = pixels(chart.grab().toImage())
    assert asked
    assert abs(asked[-1] - 3000) < 10
    assert not np.array_equal(before, after)
    qtbot.mouseMove(chart.viewport(), x_of(chart, 7000))
    assert np.array_equal(before, pixels(chart.grab().toImage()))


def test_the_bound_rises_with_the_curve(chart: CurveChart) -> None:
    assert chart.scale.high == 4.5
    chart.append([6.2])
    assert chart.scale.high == 6.5
    assert chart.scale.low == 1.0


def test_more_points_than_planned_widen_the_axis(chart: CurveChart) -> None:
    chart.reset(10)
    chart.append([1.5] * 20)
    assert chart.scale.last == 20


def test_it_follows_a_change_of_palette(qapp: QApplication, chart: CurveChart) -> None:
    chart.append(CURVE)
    chart.setPalette(style.palette(LIGHT))
    light = pixels(chart.grab().toImage())
    chart.setPalette(style.palette(DARK))
    dark = pixels(chart.grab().toImage())
    assert light[2, 2].tolist() == [255, 255, 255]
    assert dark[2, 2].tolist() == [0x1C, 0x1F, 0x25]


def test_the_scrubber_says_only_the_last_of_many_moves(qtbot: QtBot) -> None:
    scrubber = Scrubber()
    qtbot.addWidget(scrubber)
    said: list[int] = []
    scrubber.changed.connect(said.append)
    scrubber.set_total(9743)
    scrubber.set_value(10)
    scrubber.show()
    assert (scrubber.value, scrubber.total) == (10, 9743)
    for _ in range(5):
        qtbot.keyClick(scrubber.slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bool(said))
    assert said == [15]
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[1] == 9743


def test_charts_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    for name, points, logarithmic in (("empty", 0, False), ("linear", 4812, False), ("log", 9743, True)):
        chart = CurveChart(9743)
        qtbot.addWidget(chart)
        chart.resize(640, 200)
        chart.set_log_x(logarithmic)
        if points:
            chart.append(CURVE[:points])
        assert shot(chart, f"curve-{name}-{theme.name}") < ALLOWED


def test_the_scrubber_looks_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    scrubber = Scrubber()
    qtbot.addWidget(scrubber)
    scrubber.set_total(9743)
    scrubber.set_value(4812)
    scrubber.resize(480, 24)
    assert shot(scrubber, f"scrubber-{theme.name}") < ALLOWED
