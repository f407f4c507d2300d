"""Which sizes and conventions are refused, in what sentence, and what follows from those that are given?"""

from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Setup, Shape, ShapeError, account
from lmcore.accounting.setup import SetupError
from lmcore.accounting.shape import LARGEST, default_d_ff, divisors
from tests.core.accounting_shapes import PLAIN

ANYTHING: Final[st.SearchStrategy[Any]] = st.one_of(
    st.integers(-2, 40),
    st.sampled_from([10**15, LARGEST, 1 << 64, True, False, None, "", "768", "rope", [], {}, 1 / 3, Fraction(1, 3)]),
    st.floats(),
)


def test_sizes_that_follow_from_others_follow_them_when_a_shape_is_changed() -> None:
    assert replace(PLAIN, num_heads=24).head_width == 32
    assert replace(PLAIN, num_heads=24).kv_heads == 24
    assert replace(PLAIN, d_model=1_536).kv_width == 1_536
    own = replace(PLAIN, d_head=96, num_kv_heads=3)
    assert (own.head_width, own.q_width, own.kv_width) == (96, 1_152, 288)
    assert (replace(own, num_heads=6).q_width, replace(own, d_model=100).q_width) == (576, 1_152)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"d_model": 0}, "d_model is 0; it must be at least 1."),
        ({"num_layers": -3}, "num_layers is -3; it must be at least 1."),
        ({"d_ff": 2.5}, "d_ff is 2.5; it must be a whole number."),
        ({"vocab_size": "many"}, "vocab_size is 'many'; it must be a whole number."),
        ({"num_heads": True}, "num_heads is True; it must be a whole number."),
        ({"context_length": LARGEST + 1}, "context_length is 281,474,976,710,657; it must be at most"),
        ({"num_heads": 7}, "num_heads is 7 and does not divide d_model, which is 768; take 2, 3, 4, 6 or 8 heads"),
        ({"num_kv_heads": 5}, "num_kv_heads is 5 and does not divide num_heads, which is 12; take 1, 2, 3, 4 or 6."),
        (
            {"num_heads": 769},
            "num_heads is 769 and does not divide d_model, which is 768; take 64, 96, 128, 192 or 384",
        ),
        (
            {"num_heads": 256},
            "num_heads is 256 and makes the head size 3, but RoPE turns pairs of channels; take 64, 96,",
        ),
        (
            {"d_model": 7_919},
            "num_heads is 12 and does not divide d_model, which is 7,919; take an even d_model, or give",
        ),
        ({"d_head": 63}, "d_head is 63, and RoPE turns pairs of channels; take an even one."),
        ({"num_kv_heads": 24}, "num_kv_heads is 24 and does not divide num_heads, which is 12; take 2, 3, 4, 6 or 12."),
        ({"num_kv_heads": -1}, "num_kv_heads is -1; it must be at least 0."),
        ({"d_head": 2.0}, "d_head is 2.0; it must be a whole number."),
        ({"d_model": 10**30}, "d_model is 1,000,000,000,000,000,000,000,000,000,000; it must be at most"),
        ({"tied": "yes"}, "tied is 'yes'; it must be true or false."),
        ({"qk_norm": 1}, "qk_norm is 1; it must be true or false."),
        ({"rope_theta": True}, "rope_theta is True; it must be a number above 0"),
        ({"rope_theta": float("inf")}, "rope_theta is inf; it must be a number above 0"),
        ({"feed_forward": "maxout"}, "feed_forward is 'maxout'; it can be swiglu, geglu, silu, gelu, relu2."),
        ({"num_experts": 4}, "active_experts is 0, but a token passes through at least one expert"),
        (
            {"num_experts": 4, "active_experts": 5},
            "active_experts is 5, but a token passes through at least one expert",
        ),
        ({"active_experts": 2}, "active_experts is 2 where there are no experts; set num_experts."),
        ({"shared_experts": 1}, "shared_experts is 1 where there are no experts; set num_experts."),
        ({"rope_theta": float("nan")}, "rope_theta is nan; it must be a number above 0"),
    ],
)
def test_sizes_that_fit_no_transformer_are_refused_in_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ShapeError) as raised:
        replace(PLAIN, **changes)  # type: ignore[arg-type]
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"batch": 0}, "batch is 0; it must be a whole number of at least 1."),
        ({"batch": True}, "batch is True; it must be a whole number of at least 1."),
        ({"batch": 1.5}, "batch is 1.5; it must be a whole number of at least 1."),
        ({"devices": 1 << 70}, "devices is 1,180,591,620,717,411,303,424; it must be at most"),
        ({"window": 0}, "window is 0; it must be a whole number of at least 1."),
        ({"kv_bytes": -2}, "kv_bytes is -2; it must be a whole number of at least 1."),
        ({"zero_stage": True}, "zero_stage is True; it can be 0, 1, 2 or 3."),
        ({"zero_stage": 2.0}, "zero_stage is 2.0; it can be 0, 1, 2 or 3."),
        ({"mfu": float("nan")}, "mfu is nan; it must be above 0 and at most 1"),
        ({"mfu": float("inf")}, "mfu is inf; it must be above 0 and at most 1"),
        ({"mfu": "half"}, "mfu is 'half'; it must be above 0 and at most 1"),
        ({"mfu": 50}, "mfu is 50; it must be above 0 and at most 1 (0.5 means 50 %)."),
        ({"gpu": "A100"}, "gpu is 'A100'; it must be a row of the table of processors"),
        ({"tokens": -1}, "tokens is -1; it must be a whole number of at least 0."),
        ({"zero_stage": 4}, "zero_stage is 4; it can be 0, 1, 2 or 3."),
        ({"mfu": 0}, "mfu is 0; it must be above 0 and at most 1"),
        ({"precision": "int4"}, "precision is 'int4'; it can be fp32, bf16-autocast, bf16, fp16."),
    ],
)
def test_setups_that_make_no_sense_are_refused_in_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(SetupError) as raised:
        Setup(**changes)  # type: ignore[arg-type]
    assert str(raised.value).startswith(sentence)


def test_kinds_may_be_given_by_name() -> None:
    assert Setup(precision="fp32") == Setup()  # type: ignore[arg-type]
    assert Setup(precision="bf16").compute_bytes == 2  # type: ignore[arg-type]
    assert replace(PLAIN, norm="layernorm") != PLAIN  # type: ignore[arg-type]


def test_shapes_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        PLAIN.d_model = 1  # type: ignore[misc]


@given(st.integers(1, 20_000))
def test_divisors_are_all_that_divide(number: int) -> None:
    assert divisors(number) == [one for one in range(1, number + 1) if number % one == 0]


@given(st.integers(96, 100_000))
def test_the_usual_width_of_a_gated_feed_forward_is_nearest_to_8_thirds(d_model: int) -> None:
    width = default_d_ff(PLAIN.feed_forward, d_model)
    assert width % 64 == 0
    assert abs(width - 8 * d_model / 3) <= 32


def _only_refused_in_a_sentence(make: Any, changes: dict[str, Any], kind: type[Exception]) -> Any:
    """What is made of the changes, or None where they are refused with a field and its value by name."""
    try:
        return make(**changes)
    except kind as error:
        said = str(error)
    assert said.endswith(".")
    assert "\n" not in said
    assert any(said.startswith(f"{field} is ") for field in Shape.__dataclass_fields__ | Setup.__dataclass_fields__)
    assert ";" in said, "the remedy"
    return None


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Shape)]), ANYTHING, max_size=5))
def test_whatever_is_asked_is_a_shape_or_is_refused_in_a_sentence(changes: dict[str, Any]) -> None:
    made = _only_refused_in_a_sentence(lambda **more: replace(PLAIN, **more), changes, ShapeError)
    if made is not None:
        assert account(made).parameters.amount > 0
        assert account(made).forward.amount > 0


@given(st.dictionaries(st.sampled_from([field.name for field in fields(Setup)]), ANYTHING, max_size=5))
def test_whatever_is_asked_is_a_setup_or_is_refused_in_a_sentence(changes: dict[str, Any]) -> None:
    made = _only_refused_in_a_sentence(Setup, changes, SetupError)
    if made is not None:
        assert account(PLAIN, made).training_memory.amount > 0
        assert account(PLAIN, made).timing.decode_intensity > 0
