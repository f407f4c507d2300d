"""Is a line that follows what is appended the same as one that is read at once, in each column and smoothed?"""

from itertools import pairwise
from time import perf_counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.extremes import Extremes, Values
from app.widgets.run_data import RunData
from app.widgets.run_line import RunLine
from app.widgets.run_marks import mark_of


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


def test_rows_that_are_appended_or_computed_again_are_as_if_read_at_once() -> None:
    values = np.random.default_rng(1).normal(3, 1, 5_000)
    values[1_000:1_010] = np.nan
    again = np.concatenate([values[:2_000], values[:1_500] + 1])
    line = RunLine(data_of(values[:700]), twin)
    line.smooth_by(0.9)
    for losses in (values[:710], values[:3_000], values, again):
        line.take(data_of(losses))
        line.work(perf_counter() + 60)
        fresh = RunLine(data_of(losses), twin)
        assert not fresh.is_behind
        assert np.array_equal(line.raw.values, losses, equal_nan=True)
        edges = np.linspace(0, len(losses), 100).astype(np.int64)
        assert np.array_equal(line.raw.between(edges), fresh.raw.between(edges), equal_nan=True)
        assert np.allclose(line.main.values, twin(losses, 0.9), rtol=1e-8, equal_nan=True)


def data_of(values: Values) -> RunData:
    steps = np.arange(1.0, len(values) + 1)
    return RunData("one", "one", mark_of(0), steps, steps, values)


def test_another_weight_keeps_the_old_line_until_the_new_one_is_whole() -> None:
    values = np.random.default_rng(1).normal(3, 1, 100_000)
    line = RunLine(data_of(values), lambda rows, weight: rows * weight)
    line.smooth_by(0.5)
    line.work(perf_counter() + 60)
    line.smooth_by(0.25)
    line.work(0.0)
    assert line.is_behind
    assert np.array_equal(line.main.values, values * 0.5)
    line.work(perf_counter() + 60)
    assert np.array_equal(line.main.values, values * 0.25)
    line.smooth_by(0.0)
    assert line.smooth is None
    assert line.main is line.raw


def test_a_smoothed_line_is_smoothed_in_slices_as_if_at_once() -> None:
    values = 3 + np.random.default_rng(2).normal(0, 1, 80_000)
    values[40_000:60_000] = np.nan
    line = RunLine(data_of(values), twin)
    line.smooth_by(0.99)
    line.work(perf_counter() + 60)
    assert np.allclose(line.main.values, twin(values, 0.99), rtol=1e-8, equal_nan=True)
