"""Is what the inverses find the most that fits, what crosses really equal there, and every curve its exact values?"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.activations import activations
from lmcore.accounting.budgets import RULES, best_parameters, flops_for, tokens_for, wanted_tokens
from lmcore.accounting.crossovers import crossovers
from lmcore.accounting.curves import activation_curve, forward_curves, kv_cache_curve
from lmcore.accounting.flops import forward, training
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.inverses import (
    FARTHEST,
    largest,
    largest_batch,
    largest_context,
    largest_context_in,
    largest_d_model,
    largest_inference_context,
    largest_layers,
)
from lmcore.accounting.kinds import Attention, AttentionCount
from lmcore.accounting.memory import inference_memory, static_memory, training_memory
from lmcore.accounting.timing import seconds_for
from tests.core.accounting_shapes import PLAIN, setups, shapes

_GPU = Gpu("some", 80 * 10**9, 2 * 10**12, {"fp32": 19 * 10**12, "bf16": 300 * 10**12, "fp16": 300 * 10**12})
_memories = st.integers(1, 10**12)


@given(limit=st.integers(0, 5_000), most=st.integers(1, 4_000))
def test_halving_finds_the_last_that_fits(limit: int, most: int) -> None:
    assert largest(lambda number: number <= limit, most) == min(limit, most)


def _is_the_most(needed: Callable[[int], int], found: int, memory: int) -> None:
    if found:
        assert needed(found) <= memory
    assert needed(found + 1) > memory


@given(shape=shapes(), setup=setups(), memory=_memories)
def test_the_largest_batch(shape: Shape, setup: Setup, memory: int) -> None:
    found = largest_batch(shape, setup, memory)
    _is_the_most(lambda batch: training_memory(shape, replace(setup, batch=batch)).amount, found, memory)


@given(shape=shapes(), setup=setups(), memory=_memories)
def test_the_largest_context(shape: Shape, setup: Setup, memory: int) -> None:
    found = largest_context(shape, setup, memory)
    _is_the_most(lambda n: training_memory(replace(shape, context_length=n), setup).amount, found, memory)


@given(shape=shapes(), setup=setups(), memory=_memories)
def test_the_largest_context_of_a_model_that_runs(shape: Shape, setup: Setup, memory: int) -> None:
    def amount(context: int) -> int:
        return inference_memory(replace(shape, context_length=context), setup).amount

    found = largest_inference_context(shape, setup, memory)
    if found == FARTHEST:
        assert amount(found) <= memory
    else:
        _is_the_most(amount, found, memory)


@given(shape=shapes(), setup=setups(), memory=st.integers(1, 10**9))
def test_the_most_layers(shape: Shape, setup: Setup, memory: int) -> None:
    found = largest_layers(shape, setup, memory)
    _is_the_most(lambda n: training_memory(replace(shape, num_layers=n), setup).amount, found, memory)


def test_the_widest_model() -> None:
    """64 channels a head, as in the shape it begins with, and d_ff four times as wide."""
    found = largest_d_model(PLAIN, Setup(), 80 * 10**9)
    wide, wider = (replace(PLAIN, d_model=d, num_heads=d // 64, d_ff=4 * d) for d in (found, found + 64))
    assert training_memory(wide, Setup()).amount <= 80 * 10**9 < training_memory(wider, Setup()).amount


@given(shape=shapes(64), setup=setups(), memory=st.integers(1, 10**8))
def test_the_widest_model_keeps_its_proportions(shape: Shape, setup: Setup, memory: int) -> None:
    """Whatever the shape, itself included: at the memory that it needs it is itself the widest."""
    found = largest_d_model(shape, setup, memory)
    assert (found >= shape.d_model) == (training_memory(shape, setup).amount <= memory)
    assert largest_d_model(shape, setup, training_memory(shape, setup).amount) == shape.d_model


@pytest.mark.parametrize(
    ("changes", "heads_at_twice_the_width"),
    [
        ({}, (24, 24)),
        ({"num_kv_heads": 4}, (24, 8)),
        ({"num_kv_heads": 1}, (24, 1)),
        ({"d_head": 128, "num_kv_heads": 6}, (24, 12)),
    ],
)
def test_heads_grow_with_the_width(changes: dict[str, Any], heads_at_twice_the_width: tuple[int, int]) -> None:
    shape = replace(PLAIN, **changes)
    heads, kv_heads = heads_at_twice_the_width
    twice = replace(shape, d_model=1_536, d_ff=6_144, num_heads=heads, num_kv_heads=kv_heads, d_head=shape.head_width)
    needed = training_memory(twice, Setup()).amount
    assert largest_d_model(shape, Setup(), needed) == 1_536 > largest_d_model(shape, Setup(), needed - 1)


def test_a_single_head_of_keys_and_values_lets_the_width_grow_by_one_head() -> None:
    wider = replace(PLAIN, num_kv_heads=1, d_model=832, num_heads=13, d_ff=3_328)
    assert largest_d_model(replace(PLAIN, num_kv_heads=1), Setup(), training_memory(wider, Setup()).amount) == 832


def test_the_widest_model_is_none_that_is_refused() -> None:
    widest = replace(PLAIN, d_model=1 << 40, num_heads=16, d_ff=1 << 47)
    assert largest_d_model(widest, Setup(), 10**40) == 1 << 41


def test_the_widest_model_with_shared_keys_keeps_its_groups() -> None:
    found = largest_d_model(replace(PLAIN, num_kv_heads=4), Setup(), 80 * 10**9)
    assert found % (3 * 64) == 0
    replace(PLAIN, d_model=found, num_heads=found // 64, num_kv_heads=found // 64 // 3)


@given(shape=shapes(), setup=setups(), milliseconds=st.integers(1, 10_000))
def test_the_longest_context_of_a_step(shape: Shape, setup: Setup, milliseconds: int) -> None:
    setup, limit = replace(setup, gpu=_GPU), Fraction(milliseconds, 1_000)
    found = largest_context_in(shape, setup, limit)
    assert found is not None
    for context, fits in ((found, True), (found + 1, False)):
        if context:
            seconds = seconds_for(training(replace(shape, context_length=context), setup).amount, setup)
            assert seconds is not None
            assert (seconds <= limit) is fits


def test_nothing_is_guessed_of_an_unknown_peak() -> None:
    unknown = Setup(gpu=Gpu("unknown", 10**9))
    time = account(PLAIN, unknown).timing
    assert (time.peak, time.step_seconds, time.tokens_a_second, time.decode_tokens_a_second) == (None,) * 4
    assert largest_context_in(PLAIN, unknown, Fraction(1)) is None
    assert largest_context_in(PLAIN, Setup(), Fraction(1)) is None


def test_a_longer_context_fits_with_flash_attention() -> None:
    memory = 80 * 10**9
    manual, flash = (largest_context(PLAIN, Setup(), memory, attention=how) for how in Attention)
    assert manual < flash == largest_context(PLAIN, Setup(attention=Attention.FLASH), memory)


@given(shape=shapes(), setup=setups())
def test_crossovers_are_where_both_are_equal(shape: Shape, setup: Setup) -> None:
    """Attention is not above the part at the whole number before, and not below it at the one behind."""
    for one in crossovers(shape, setup):
        if one.context is None:
            assert one.reason
            continue
        assert not one.reason
        for context, sign in ((one.context.__floor__(), -1), (one.context.__ceil__(), 1)):
            if context:
                counted = forward(shape, setup, context)
                over = counted.child("attention").amount - counted.child(one.key).amount
                assert over * sign >= 0
                assert over == 0 or one.context.denominator > 1


@given(shape=shapes(), setup=setups())
def test_where_there_is_no_crossover_one_is_always_above(shape: Shape, setup: Setup) -> None:
    for one in crossovers(shape, setup):
        if one.context is None:
            near, far = (forward(shape, setup, context) for context in (1, 1 << 40))
            signs = {counted.child("attention").amount > counted.child(one.key).amount for counted in (near, far)}
            assert signs == {"above" in one.reason}


_contexts = st.lists(st.integers(1, 1 << 20), min_size=1, max_size=8)


@given(shape=shapes(), setup=setups(), contexts=_contexts)
def test_curves_of_flops_are_the_exact_values(shape: Shape, setup: Setup, contexts: list[int]) -> None:
    curves = forward_curves(shape, setup, np.array(contexts))
    exact = [forward(shape, setup, context) for context in contexts]
    for key, curve in curves.items():
        np.testing.assert_allclose(curve, [float(one.child(key).amount) for one in exact], rtol=1e-12)
    assert sum(curve[0] for curve in curves.values()) == pytest.approx(exact[0].amount, rel=1e-12)


@given(shape=shapes(), setup=setups(), contexts=_contexts)
def test_curves_of_bytes_are_the_exact_values(shape: Shape, setup: Setup, contexts: list[int]) -> None:
    exact = [activations(shape, setup, context) for context in contexts]
    curve = activation_curve(shape, setup, np.array(contexts))
    np.testing.assert_allclose(curve, [float(one.amount) for one in exact], rtol=1e-12)
    layers = activation_curve(shape, setup, np.array(contexts), layers_alone=True)
    np.testing.assert_allclose(layers, [float(one.child("layers").amount) for one in exact], rtol=1e-12)
    cache = kv_cache_curve(shape, setup, np.array(contexts))
    kept = [inference_memory(shape, setup, context).child("kv_cache").amount for context in contexts]
    assert cache.tolist() == [float(amount) for amount in kept]


@given(shape=shapes(), setup=setups(), flops=st.integers(10**15, 10**24))
def test_tokens_of_a_budget_cost_no_more(shape: Shape, setup: Setup, flops: int) -> None:
    tokens = tokens_for(flops, shape, setup)
    assert flops_for(tokens, shape, setup) <= flops < flops_for(tokens + 1, shape, setup)


def test_a_cost_of_part_of_a_flop_is_rounded_up() -> None:
    """Seven places in a window of two see 1, 2, 2, 2, 2, 2 and 2: 13 pairs, which seven does not divide."""
    shape = replace(PLAIN, context_length=7, d_model=2, num_heads=1, num_layers=1, d_ff=1, vocab_size=1)
    setup = Setup(attention_count=AttentionCount.WINDOW, window=2)
    whole = training(shape, setup).amount
    assert whole % 7
    assert flops_for(7, shape, setup) == whole
    assert flops_for(1, shape, setup) == whole // 7 + 1


def test_twenty_tokens_a_parameter() -> None:
    """Hoffmann et al. 2022: 67 billion parameters and 1.5 trillion tokens for 5.76e23 FLOPs, within 5 %."""
    chinchilla = RULES[0]
    assert wanted_tokens(PLAIN, chinchilla) == 20 * account(PLAIN).parameters.amount
    best = best_parameters(576 * 10**21, chinchilla)
    assert best == pytest.approx(67e9, rel=0.05)
    assert 6 * best * chinchilla.tokens(best) <= 576 * 10**21 < 6 * (best + 1) * chinchilla.tokens(best + 1)


@given(shape=shapes(), setup=setups())
def test_what_does_not_depend_on_the_batch(shape: Shape, setup: Setup) -> None:
    whole = training_memory(shape, setup)
    kept: dict[str, Any] = {node.key: node.amount for node in whole.children}
    assert static_memory(shape, setup) == whole.amount - kept["activations"]


def test_a_window_keeps_no_more_than_its_length_in_the_cache() -> None:
    setup = Setup(attention_count="window", window=100)  # type: ignore[arg-type]
    short, full, long = (replace(PLAIN, context_length=length) for length in (99, 100, 5_000))
    each = account(PLAIN, setup).kv_cache_bytes_per_token
    sizes = [inference_memory(shape, setup).child("kv_cache").amount for shape in (short, full, long)]
    assert sizes == [99 * each, 100 * each, 100 * each]
    assert kv_cache_curve(PLAIN, setup, np.array([99, 100, 5_000])).tolist() == sizes
    assert inference_memory(long, setup).child("kv_cache").formula.count("W") == 1
    weights = inference_memory(PLAIN, setup).child("weights").amount
    assert largest_inference_context(PLAIN, setup, weights + 99 * each) == 99
    assert largest_inference_context(PLAIN, setup, weights + 100 * each) == FARTHEST
