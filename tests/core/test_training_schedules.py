"""Is the learning rate the course's at every step, within its bounds, and without jumps?"""

from math import cos, pi
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.training.schedules import Decay, Kind, learning_rate

KINDS = get_args(Kind)
PLAIN: dict[str, Any] = {"peak": 1.0, "floor": 0.1, "warmup_steps": 7, "total_steps": 21, "decay_steps": 4}
FALLING = [kind for kind in KINDS if kind != "constant"]


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    peak = draw(st.floats(1e-5, 10))
    warmup = draw(st.integers(0, 50))
    total = warmup + draw(st.integers(1, 200))
    floor = peak * draw(st.floats(0, 1))
    return {"peak": peak, "floor": floor, "warmup_steps": warmup, "total_steps": total} | {
        "decay_steps": draw(st.integers(0, total)),
        "decay": draw(st.sampled_from(get_args(Decay))),
    }


def test_cosine_is_the_course_s_at_every_step() -> None:
    for step in range(30):
        expected = step / 7 if step < 7 else 0.1 + (1 + cos(pi * (step - 7) / 14)) / 2 * 0.9 if step <= 21 else 0.1
        assert learning_rate("cosine", step, **PLAIN) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("kind", "decay", "expected"),
    [
        ("linear", "linear", {7: 1.0, 14: 0.55, 21: 0.1, 99: 0.1}),
        ("wsd", "linear", {7: 1.0, 17: 1.0, 18: 0.775, 19: 0.55, 21: 0.1, 99: 0.1}),
        ("wsd", "sqrt", {7: 1.0, 17: 1.0, 18: 0.55, 21: 0.1, 99: 0.1}),
        ("constant", "linear", {3: 3 / 7, 7: 1.0, 21: 1.0, 99: 1.0}),
    ],
)
def test_other_kinds_at_chosen_steps(kind: Kind, decay: Decay, expected: dict[int, float]) -> None:
    found = {step: learning_rate(kind, step, decay=decay, **PLAIN) for step in expected}
    assert found == pytest.approx(expected)


@given(schedules(), st.sampled_from(KINDS))
def test_the_rate_rises_to_the_peak_and_never_again(schedule: dict[str, Any], kind: Kind) -> None:
    warmup, total = schedule["warmup_steps"], schedule["total_steps"]
    rates = [learning_rate(kind, step, **schedule) for step in range(total + 3)]
    assert rates[warmup] == pytest.approx(schedule["peak"])
    assert rates[:warmup] == sorted(rates[:warmup])
    assert all(later <= rate * (1 + 1e-12) for rate, later in zip(rates[warmup:], rates[warmup + 1 :], strict=False))
    assert all(schedule["floor"] * (1 - 1e-12) <= rate <= schedule["peak"] * (1 + 1e-12) for rate in rates[warmup:])
    end = schedule["peak"] if kind == "constant" else schedule["floor"]
    assert rates[total:] == pytest.approx([end] * 3)


@given(schedules(), st.sampled_from(KINDS))
def test_no_step_is_larger_than_the_formula_s_steepest(schedule: dict[str, Any], kind: Kind) -> None:
    peak, warmup, total = schedule["peak"], schedule["warmup_steps"], schedule["total_steps"]
    begin = max(warmup, total - schedule["decay_steps"]) if kind == "wsd" else warmup
    slope = (peak - schedule["floor"]) / max(1, total - begin)
    steepest = {"cosine": pi / 2 * slope, "wsd": slope, "linear": slope, "constant": 0.0}[kind]
    if kind == "wsd" and schedule["decay"] == "sqrt":
        steepest = (peak - schedule["floor"]) / max(1, total - begin) ** 0.5
    for step in range(total + 2):
        change = abs(learning_rate(kind, step + 1, **schedule) - learning_rate(kind, step, **schedule))
        assert change <= (peak / warmup if step < warmup else steepest) * (1 + 1e-9) + peak * 1e-15


@pytest.mark.parametrize("kind", FALLING)
def test_the_end_is_the_floor_even_where_all_steps_are_warm_up(kind: Kind) -> None:
    schedule = PLAIN | {"warmup_steps": 21}
    assert learning_rate(kind, 20, **schedule) == pytest.approx(20 / 21)
    assert learning_rate(kind, 21, **schedule) == 0.1
