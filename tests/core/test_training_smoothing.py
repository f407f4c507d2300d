"""Is a smoothed curve the average that its formula says? Held against the formula, one value after the other."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lmcore.training.smoothing import smoothed


def _naive(values: list[float], weight: float) -> list[float]:
    average, correction, result = 0.0, 1.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        average = weight * average + (1 - weight) * value
        correction *= weight
        result.append(average / (1 - correction))
    return result


@given(
    st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf]), max_size=300),
    st.floats(0, 0.9999) | st.sampled_from([0.5, 0.9, 0.99, 0.999, 0.99999]),
)
@example([1.0, 2.0], 0.0)
@example([3.0] * 50, 1e-300)
def test_it_is_the_debiased_average_of_what_was_measured(values: list[float], weight: float) -> None:
    found = smoothed(np.array(values), weight)
    np.testing.assert_allclose(found, _naive(values, weight), rtol=1e-9, atol=1e-9 * max(1.0, _largest(values)))


def _largest(values: list[float]) -> float:
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.999, 0.99999])
def test_many_values_are_averaged_across_all_blocks(weight: float) -> None:
    random = np.random.default_rng(0)
    values = 2 + random.standard_normal(30_000)
    values[random.integers(0, 30_000, 500)] = np.nan
    np.testing.assert_allclose(smoothed(values, weight), _naive(values.tolist(), weight), rtol=1e-9)


def test_the_values_themselves_are_left_alone() -> None:
    values = np.array([1.0, 3.0])
    assert smoothed(values, 0.5).tolist() == [1.0, pytest.approx(7 / 3)]
    assert smoothed(values, 0).tolist() == values.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("weight", [-0.1, 1.0, math.nan])
def test_a_weight_that_leaves_nothing_of_the_values_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="from 0 to below 1"):
        smoothed(np.ones(2), weight)
