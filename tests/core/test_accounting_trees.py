"""Do the parts of every account add up, and do its formulas give the amounts that they stand beside?"""

import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from math import ceil, prod
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Node, Setup, Shape, ShapeError, account
from lmcore.accounting.kinds import Activations, AttentionCount, Precision, Recomputation
from lmcore.accounting.presets import find_preset
from lmcore.accounting.report import TREES
from lmcore.accounting.setup import SetupError
from lmcore.accounting.shape import LARGEST, default_d_ff, divisors
from lmcore.accounting.terms import SYMBOLS, pairs
from tests.core.accounting_shapes import PLAIN, setups, shapes

_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _every(node: Node) -> Iterator[Node]:
    yield node
    for part in node.children:
        yield from _every(part)


def _worked_out(numbers: str) -> int:
    """The value of "6 · 1,024 · 1,600² · 48", of sums of such, and of divisions that are rounded up."""
    return sum(_worked_out_term(term) for term in numbers.split(" + "))


def _worked_out_term(term: str) -> int:
    over, _, under = term.partition(" ÷ ")
    factors = []
    for factor in over.split(" · "):
        base, power = re.fullmatch(r"([\d,]+)([⁰¹²³⁴⁵⁶⁷⁸⁹]*)", factor).groups()  # type: ignore[union-attr]
        factors.append(int(base.replace(",", "")) ** int(power.translate(_POWERS) or 1))
    return -(-prod(factors) // int(under.replace(",", "") or 1)) if under else prod(factors)


@given(shape=shapes(), setup=setups())
def test_parts_add_up(shape: Shape, setup: Setup) -> None:
    counted = account(shape, setup)
    for name in TREES:
        for node in _every(getattr(counted, name)):
            if node.children:
                assert node.amount == sum(part.amount for part in node.children)
                assert sum(part.share(node) for part in node.children) == 1
                assert len({part.key for part in node.children}) == len(node.children)


@given(shape=shapes(), setup=setups())
def test_formulas_give_their_amounts(shape: Shape, setup: Setup) -> None:
    counted = account(shape, setup)
    for name in TREES:
        for node in getattr(counted, name).leaves():
            if "×" not in node.formula:  # "2 × forward" has a product of its own beside it
                assert _worked_out(node.numbers) == node.amount
                assert node.formula


@given(shape=shapes(), setup=setups())
def test_every_symbol_of_a_formula_is_explained(shape: Shape, setup: Setup) -> None:
    counted = account(shape, setup)
    for name in TREES:
        for node in getattr(counted, name).leaves():
            if node.law is None or node.law.formula.endswith(("forward", "attention")) or "layers ÷" in node.formula:
                continue
            symbols = set(re.findall(r"d_ff|[A-Za-z]", node.formula)) | set(re.findall(r"d_ff|[A-Za-z]", node.shapes))
            assert symbols <= set(SYMBOLS)


@given(shape=shapes(), setup=setups())
def test_products_have_the_flops_of_their_sides(shape: Shape, setup: Setup) -> None:
    """2·m·n·p, times the matrices, layers, sequences and experts that the formula names besides."""
    everywhere = replace(setup, attention_count=AttentionCount.FULL)
    for name in ("forward", "prefill", "decode_cached"):
        for node in getattr(account(shape, everywhere), name).leaves():
            times, chain = re.fullmatch(r"(?:(\d+) · )?(.*)", node.shape_numbers).groups()  # type: ignore[union-attr]
            (rows, inner), (same, columns) = (
                [int(side.replace(",", "")) for side in matrix.split("×")] for matrix in re.findall(r"\[(.*?)\]", chain)
            )
            assert inner == same
            once = 2 * int(times or 1) * rows * inner * columns * setup.batch
            often = 1 if node.name == "LM head" else shape.num_layers
            often *= shape.active_feed_forwards if node.key in ("gate_up", "up", "down") else 1
            assert node.amount == once * often
            assert node.does


@given(
    setup=setups(),
    context=st.integers(1, 40),
)
def test_pairs_are_those_that_can_be_listed(setup: Setup, context: int) -> None:
    setup = replace(setup, window=setup.window % 12 + 1)
    full, causal = setup.attention_count is AttentionCount.FULL, setup.attention_count is AttentionCount.CAUSAL
    seen = [
        (query, key)
        for query in range(context)
        for key in range(context)
        if full or (key <= query and (causal or query - key < setup.window))
    ]
    assert pairs(setup, context) == len(seen)


@given(shape=shapes(24), setup=setups())
def test_decoding_token_by_token_costs_what_reading_all_at_once_does(shape: Shape, setup: Setup) -> None:
    """With attention over the past alone, or a window of it; but the head scores each token instead of the last."""
    assumed = AttentionCount.CAUSAL if setup.attention_count is AttentionCount.FULL else setup.attention_count
    setup = replace(setup, attention_count=assumed)
    steps = [
        account(replace(shape, context_length=length), setup).decode_cached
        for length in range(1, shape.context_length + 1)
    ]
    whole = account(shape, setup).forward
    for key in ("ffn", "projections", "attention", "lm_head"):
        assert sum(step.child(key).amount for step in steps) == whole.child(key).amount


@given(shape=shapes(), setup=setups())
def test_a_batch_costs_as_many_flops_as_its_sequences(shape: Shape, setup: Setup) -> None:
    one, all_ = account(shape, replace(setup, batch=1)), account(shape, setup)
    assert all_.forward.amount == setup.batch * one.forward.amount
    again = {Recomputation.NONE: 0, Recomputation.SELECTIVE: all_.forward.child("attention").amount}
    assert all_.training.amount == 3 * all_.forward.amount + again.get(setup.recomputation, all_.forward.amount)
    assert all_.decode_uncached.amount == all_.prefill.amount


@given(shape=shapes(), setup=setups())
def test_recomputing_never_keeps_more(shape: Shape, setup: Setup) -> None:
    """From two places on: of one alone, the sum that is kept for the scores is larger than they are in 16 bits."""
    shape = replace(shape, num_layers=8, context_length=max(2, shape.context_length))
    kept = [
        account(shape, replace(setup, recomputation=how)).training_memory.amount
        for how in (Recomputation.NONE, Recomputation.SELECTIVE)
    ]
    assert kept[1] <= kept[0]


def test_full_recomputation_keeps_the_inputs_of_the_layers_and_one_layer() -> None:
    kept, anew = (
        account(PLAIN, Setup(recomputation=how)).training_memory.child("activations").child("layers")
        for how in (Recomputation.NONE, Recomputation.FULL)
    )
    assert anew.child("one_layer").amount == kept.amount // PLAIN.num_layers
    assert anew.child("inputs").amount == 4 * 1_024 * 768 * 12


@pytest.mark.parametrize(
    ("shape", "setup", "beyond"),
    [
        (PLAIN, Setup(), ""),
        (replace(PLAIN, num_experts=4, active_experts=2), Setup(), "experts"),
        (find_preset("gpt2").shape, Setup(), "biases, LayerNorm, learned positions"),
        (PLAIN, Setup(precision=Precision.BF16, recomputation=Recomputation.FULL), "recomputation"),
    ],
)
def test_what_was_not_measured_is_not_called_measured(shape: Shape, setup: Setup, beyond: str) -> None:
    counted = account(shape, replace(setup, activations=Activations.MEASURED))
    said = counted.training_memory.child("activations").note
    assert said == "measured on this project’s own block" + (
        f"; {beyond}: reckoned from it, not measured" if beyond else ""
    )


_GROWING: Final = ("vocab_size", "context_length", "num_layers", "d_ff", "d_model", "batch")


@given(shape=shapes(), setup=setups(), field=st.sampled_from(_GROWING), more=st.integers(1, 40))
def test_no_part_shrinks_when_a_size_grows(shape: Shape, setup: Setup, field: str, more: int) -> None:
    if field == "batch":
        larger = account(shape, replace(setup, batch=setup.batch + more))
    else:
        step = 2 * shape.num_heads if field == "d_model" and not shape.d_head else 1
        larger = account(replace(shape, **{field: getattr(shape, field) + step * more}), setup)
    counted = account(shape, setup)
    for name in TREES:
        before, after = getattr(counted, name), getattr(larger, name)
        for part in before.children:
            assert part.amount <= after.child(part.key).amount
    assert counted.training_memory.amount < larger.training_memory.amount
    assert counted.forward.amount < larger.forward.amount


def test_sizes_that_follow_from_others_follow_them_when_a_shape_is_changed() -> None:
    assert replace(PLAIN, num_heads=24).head_width == 32
    assert replace(PLAIN, num_heads=24).kv_heads == 24
    assert replace(PLAIN, d_model=1_536).kv_width == 1_536
    own = replace(PLAIN, d_head=96, num_kv_heads=3)
    assert (own.head_width, own.q_width, own.kv_width) == (96, 1_152, 288)
    assert (replace(own, num_heads=6).q_width, replace(own, d_model=100).q_width) == (576, 1_152)


def test_a_million_billion_parameters_are_whole_numbers() -> None:
    huge = Shape(10**6, 10**6, 1_100, 2**18, 2**11, 2**20, num_kv_heads=8)
    counted = account(huge)
    per_layer = 2 * 2**18 * 2**18 + 2 * 2**18 * 8 * 2**7 + 3 * 2**18 * 2**20 + 2 * 2**18
    assert counted.parameters.amount == 1_100 * per_layer + 2 * 10**6 * 2**18 + 2**18 > 10**15
    assert counted.training.amount == 3 * counted.forward.amount


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


def test_a_share_of_zero_divides_what_it_shares() -> None:
    whole, shared = (account(PLAIN, Setup(zero_stage=stage, devices=7)).training_memory for stage in (0, 3))
    for key in ("weights", "gradients", "optimizer"):
        assert shared.child(key).amount == ceil(whole.child(key).amount / 7)
    assert shared.child("activations") == whole.child("activations")
