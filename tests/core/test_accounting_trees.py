"""Do the parts of every account add up, and do its formulas give the amounts that they stand beside?"""

import re
from collections.abc import Iterator
from dataclasses import replace
from math import ceil, prod
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Node, Setup, Shape, account
from lmcore.accounting.kinds import Activations, AttentionCount, Precision, Recomputation
from lmcore.accounting.presets import find_preset
from lmcore.accounting.report import TREES
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
        (find_preset("gpt2").shape, Setup(), "biases, no LayerNorm, no learned positions"),
        (PLAIN, Setup(precision=Precision.BF16, recomputation=Recomputation.FULL), "recomputation"),
    ],
)
def test_what_was_not_measured_is_not_called_measured(shape: Shape, setup: Setup, beyond: str) -> None:
    counted = account(shape, replace(setup, activations=Activations.MEASURED))
    said = counted.training_memory.child("activations").note
    assert said == "what this project’s own block keeps" + (
        f"; it has no {beyond}, so that is reckoned" if beyond else ""
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


def test_a_million_billion_parameters_are_whole_numbers() -> None:
    huge = Shape(10**6, 10**6, 1_100, 2**18, 2**11, 2**20, num_kv_heads=8)
    counted = account(huge)
    per_layer = 2 * 2**18 * 2**18 + 2 * 2**18 * 8 * 2**7 + 3 * 2**18 * 2**20 + 2 * 2**18
    assert counted.parameters.amount == 1_100 * per_layer + 2 * 10**6 * 2**18 + 2**18 > 10**15
    assert counted.training.amount == 3 * counted.forward.amount


def test_a_share_of_zero_divides_what_it_shares() -> None:
    whole, shared = (account(PLAIN, Setup(zero_stage=stage, devices=7)).training_memory for stage in (0, 3))
    for key in ("weights", "gradients", "optimizer"):
        assert shared.child(key).amount == ceil(whole.child(key).amount / 7)
    assert shared.child("activations") == whole.child("activations")
