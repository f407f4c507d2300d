"""Is a line that follows what is appended the same as one that is read at once, in each column and smoothed?"""

from collections.abc import Callable
from concurrent.futures import Future
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.extremes import Extremes, Values
from app.widgets.run_data import RunData
from app.widgets.run_line import Made, RunLine
from app.widgets.run_marks import mark_of
from app.widgets.run_places import RunPlaces, Side


class Thread:
    """Something that computes when it is told to, as a thread that has other things to do."""

    def __init__(self) -> None:
        self._left: list[tuple[Callable[[], Made], Future[Made]]] = []

    def aside(self, work: Callable[[], Made]) -> "Future[Made]":
        future: Future[Made] = Future()
        self._left.append((work, future))
        return future

    def run(self) -> int:
        """Compute all that is still wanted; how much that is."""
        wanted = [(work, future) for work, future in self._left if future.set_running_or_notify_cancel()]
        self._left.clear()
        for work, future in wanted:
            future.set_result(work())
        return len(wanted)

    def settle(self, line: RunLine) -> None:
        """Have a line computed to its end."""
        while line.is_behind:
            line.work(self.aside)
            self.run()
            line.work(self.aside)


def twin(values: Values, weight: float) -> Values:
    """The debiased moving average, a value at a time; NaN are passed over."""
    found, average, share = np.full(len(values), np.nan), 0.0, 0.0
    for place, value in enumerate(values.tolist()):
        if np.isfinite(value):
            average, share = weight * average + (1 - weight) * value, weight * share + (1 - weight)
            found[place] = average / share
    return found


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=400),
    st.lists(st.integers(0, 400), min_size=2, max_size=40),
    st.integers(1, 60),
)
def test_a_column_has_the_lowest_and_highest_of_all_its_rows(rows: list[float], cuts: list[int], batch: int) -> None:
    values, line = np.array(rows, np.float64), Extremes()
    for begin in range(0, len(values), batch):
        line.append(values[begin : begin + batch])
    edges = np.minimum(np.array(sorted(cuts)), len(values))
    lows, highs = line.between(edges)
    for (begin, end), low, high in zip(pairwise(edges.tolist()), lows, highs, strict=True):
        known = values[begin:end][np.isfinite(values[begin:end])]
        assert (low, high) == (known.min(), known.max()) if len(known) else np.isnan(low) and np.isnan(high)


@given(
    st.lists(st.integers(0, 1 << 52), min_size=1, max_size=60),
    st.sampled_from([1.0, 3.0, 1e6 + 0.1, 2.7e11, 1e-3]),
    st.lists(st.floats(-1e30, 1e30), max_size=20),
    st.sampled_from(["left", "right"]),
)
def test_places_are_found_as_in_an_array_of_floats(
    rows: list[int], scale: float, others: list[float], side: Side
) -> None:
    column = np.array(sorted(rows), np.int64)
    places, floats = RunPlaces(column, scale), column * scale
    near = (floats, np.nextafter(floats, np.inf), np.nextafter(floats, -np.inf), np.array(others))
    wanted = np.concatenate(near)
    assert places.searched(wanted, side).tolist() == np.searchsorted(floats, wanted, side).tolist()
    assert places[:].tolist() == floats.tolist()
    assert places[len(rows) - 1] == floats[-1]


def test_rows_that_are_appended_or_computed_again_are_as_if_read_at_once() -> None:
    values = np.random.default_rng(1).normal(3, 1, 5_000)
    values[1_000:1_010] = np.nan
    again = np.concatenate([values[:2_000], values[:1_500] + 1])
    line = RunLine(data_of(values[:700]), twin)
    line.smooth_by(0.9)
    for losses in (values[:710], values[:3_000], values, again):
        line.take(data_of(losses))
        fresh = RunLine(data_of(losses), twin)
        assert not fresh.is_behind
        assert np.array_equal(line.raw.values, losses, equal_nan=True)
        edges = np.linspace(0, len(losses), 100).astype(np.int64)
        assert np.array_equal(line.raw.between(edges), fresh.raw.between(edges), equal_nan=True)
        assert np.allclose(line.main.values, twin(losses, 0.9), rtol=1e-8, equal_nan=True)


def data_of(values: Values) -> RunData:
    steps = np.arange(1.0, len(values) + 1)
    return RunData("one", "one", mark_of(0), steps, steps, values)


@pytest.mark.parametrize("rows", [100, 100_000])
def test_another_weight_keeps_the_old_line_until_the_new_one_is_whole(rows: int) -> None:
    values, thread = np.random.default_rng(1).normal(3, 1, rows), Thread()
    line = RunLine(data_of(values), lambda rows, weight: rows * weight)
    line.smooth_by(0.5)
    thread.settle(line)
    for weight in (0.75, 0.25):
        line.smooth_by(weight)
        assert line.is_behind == (rows > 100)
        line.work(thread.aside)
    if line.is_behind:
        assert np.array_equal(line.main.values, values * 0.5)
        assert thread.run() == 1, "what is no longer wanted is not computed"
        assert line.work(thread.aside)
    assert np.array_equal(line.main.values, values * 0.25)
    line.smooth_by(0.0)
    assert line.smooth is None
    assert line.main is line.raw


def test_the_raw_line_is_read_until_it_is_smoothed_and_it_is_the_column_itself() -> None:
    values, thread = np.random.default_rng(1).normal(3, 1, 100_000), Thread()
    line = RunLine(data_of(values), twin)
    assert line.main.size == 0
    thread.settle(line)
    assert line.main is line.raw
    assert np.shares_memory(line.raw.values, values)
    line.smooth_by(0.9)
    assert line.main is line.raw
    thread.settle(line)
    assert np.allclose(line.main.values, twin(values, 0.9))


@pytest.mark.parametrize("end", [40_000, 60_010, 120_000])
def test_rows_that_come_or_go_while_others_are_computed_are_in_the_line(end: int) -> None:
    values, thread = np.random.default_rng(1).normal(3, 1, 120_000), Thread()
    line = RunLine(data_of(values[:60_000]), twin)
    line.smooth_by(0.9)
    line.work(thread.aside)
    thread.run()
    after = values[:end].copy()
    after[35_000:] += 1
    line.take(data_of(after))
    thread.settle(line)
    assert np.array_equal(line.raw.values, after)
    edges = np.linspace(0, end, 100).astype(np.int64)
    assert line.raw.between(edges)[1].tolist() == [after[a:b].max() for a, b in pairwise(edges.tolist())]
    assert np.allclose(line.main.values, twin(after, 0.9), rtol=1e-8)


def test_a_smoothed_line_goes_on_as_if_smoothed_at_once_over_a_long_gap() -> None:
    values, thread = 3 + np.random.default_rng(2).normal(0, 1, 80_000), Thread()
    values[40_000:60_000] = np.nan
    line = RunLine(data_of(values[:60_001]), twin)
    line.smooth_by(0.99)
    thread.settle(line)
    for end in (60_002, 60_500, 80_000):
        line.take(data_of(values[:end]))
        assert not line.is_behind
    assert np.allclose(line.main.values, twin(values, 0.99), rtol=1e-8, equal_nan=True)
