"""Do steps, tokens and hours agree with each other, whichever is given?"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lmcore.training.amounts import (
    epochs_of,
    seconds_of,
    steps_of_seconds,
    steps_of_tokens,
    tokens_of,
    tokens_of_epochs,
)
from lmcore.training.settings import TrainingSettings

counts = st.integers(1, 10**9)
sizes = st.integers(1, 100_000)
rates = st.floats(1e6, 1e18)
works = st.integers(1, 10**20)


@given(counts, sizes, sizes)
def test_steps_and_tokens_and_back_are_the_same_number(steps: int, batch: int, context: int) -> None:
    assert steps_of_tokens(tokens_of(steps, batch, context), batch, context) == steps


@given(counts, sizes, sizes)
def test_all_tokens_are_seen_and_not_a_step_more(tokens: int, batch: int, context: int) -> None:
    steps = steps_of_tokens(tokens, batch, context)
    assert tokens_of(steps, batch, context) >= tokens
    assert tokens_of(steps - 1, batch, context) < tokens
    assert steps == TrainingSettings(tokens=tokens, batch_size=batch).number_of_steps(context)


@given(counts, works, rates)
def test_steps_and_seconds_and_back_are_the_same_number(steps: int, flops: int, rate: float) -> None:
    assert steps_of_seconds(seconds_of(steps, flops, rate), flops, rate) == steps


@given(st.floats(0, 1e9), works, rates)
def test_seconds_hold_the_steps_and_not_one_more(seconds: float, flops: int, rate: float) -> None:
    steps = steps_of_seconds(seconds, flops, rate)
    assume(steps < 1 << 50)
    assert steps == 1 or seconds_of(steps, flops, rate) <= seconds
    assert seconds_of(steps + 1, flops, rate) > seconds


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="no time"):
        steps_of_seconds(seconds, 10, 1e9)


def test_hours_of_the_courses_training() -> None:
    flops, rate = 32 * 256 * 150_000_000, 400e9
    assert steps_of_seconds(3_600, flops, rate) == 1_171
    assert seconds_of(1_171, flops, rate) == pytest.approx(3_597.3, abs=0.1)


@given(counts, counts)
def test_epochs_and_tokens_and_back(tokens: int, data: int) -> None:
    assert tokens_of_epochs(epochs_of(tokens, data), data) == tokens
