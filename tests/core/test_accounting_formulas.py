"""Do formulas in symbols, worked out with what the symbols stand for, give the amounts that they stand beside?"""

import re
from fractions import Fraction
from math import ceil
from typing import Final

import pytest
from hypothesis import given

from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.crossovers import crossovers
from lmcore.accounting.kinds import AttentionCount, FeedForward
from lmcore.accounting.presets import find_preset
from lmcore.accounting.report import TREES
from tests.core.accounting_shapes import PLAIN, setups, shapes

_POWERS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_WORDS: Final = re.compile("[a-z]{4,}")  # "2 × forward", "layers ÷ L"


def worked_out(formula: str, shape: Shape, setup: Setup) -> Fraction:
    """The value of "6·T·d²·L" or "½W(W−1) / (W − 1.5·d_ff)" for a shape; worked out by Python, not by the project."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: "**" + power[0].translate(_POWERS), formula)
    text = re.sub(r"(?<![\w*])[\d.,]*\d", lambda number: f"Fraction('{number[0].replace(',', '')}')", text)
    text = re.sub(r"(?<=[A-Z])\(", "*(", text.replace("½", "Fraction(1, 2)*"))
    for sign, operator in (("·", "*"), ("÷", "/"), ("−", "-")):
        text = text.replace(sign, operator)
    return Fraction(eval(text, {"__builtins__": {}, "Fraction": Fraction}, _values(shape, setup)))


def _values(shape: Shape, setup: Setup) -> dict[str, Fraction]:
    values = {
        "B": setup.batch,
        "T": shape.context_length,
        "V": shape.vocab_size,
        "L": shape.num_layers,
        "d": shape.d_model,
        "d_ff": shape.d_ff,
        "a": shape.num_heads,
        "k": shape.num_kv_heads or shape.num_heads,
        "h": shape.d_head or shape.d_model // shape.num_heads,
        "E": shape.num_experts,
        "S": shape.shared_experts,
        "A": shape.active_experts + shape.shared_experts,
        "W": setup.window,
        "P": account(shape).parameters.amount,
        "N": setup.devices,
    }
    return {symbol: Fraction(value) for symbol, value in values.items()}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("6·T·d²·L", 6 * 1_024 * 768**2 * 12),
        ("2,048·d", 2_048 * 768),
        ("½T(T+1)", 512 * 1_025),
        ("V / (2·L)", 50_257 / 24),
    ],
)
def test_the_working_out_itself(formula: str, value: float) -> None:
    assert float(worked_out(formula, PLAIN, Setup())) == value


@given(shape=shapes(), setup=setups())
def test_every_formula_gives_its_amount(shape: Shape, setup: Setup) -> None:
    counted = account(shape, setup)
    for name in TREES:
        for node in getattr(counted, name).leaves():
            if not _WORDS.search(node.formula):
                assert ceil(worked_out(node.formula, shape, setup)) == node.amount, node.formula


@given(shape=shapes(), setup=setups())
def test_the_formula_of_a_crossover_gives_its_context(shape: Shape, setup: Setup) -> None:
    for one in crossovers(shape, setup):
        if one.context is not None:
            assert worked_out(one.formula, shape, setup) == one.context, one.formula


MIXTURE: Final = Shape(32_000, 4_096, 32, 4_096, 32, 14_336, num_kv_heads=8, num_experts=8, active_experts=2)


@pytest.mark.parametrize(
    ("shape", "count", "formulas"),
    [
        (PLAIN, AttentionCount.FULL, ["2·d", "1.5·d_ff", "V / (2·L)"]),
        (PLAIN, AttentionCount.CAUSAL, ["4·d − 1", "3·d_ff − 1", "V / L − 1"]),
        (MIXTURE, AttentionCount.FULL, ["d + d·k / a", "1.5·A·d_ff + E / 2", "V / (2·L)"]),
        (MIXTURE, AttentionCount.CAUSAL, ["2·d + 2·d·k / a − 1", "3·A·d_ff + E − 1", "V / L − 1"]),
        (
            find_preset("qwen3-0.6b").shape,
            AttentionCount.FULL,
            ["d + d·k / a", "1.5·d_ff·d / (a·h)", "V·d / (2·a·h·L)"],
        ),
    ],
)
def test_crossovers_are_written_as_short_as_they_are(shape: Shape, count: AttentionCount, formulas: list[str]) -> None:
    assert [one.formula for one in crossovers(shape, Setup(attention_count=count))] == formulas


@pytest.mark.parametrize("window", [70, 100, 128])
def test_a_window_in_which_attention_never_costs_as_much(window: int) -> None:
    shape = Shape(100, 1_024, 1, 64, 4, 96)
    found = crossovers(shape, Setup(attention_count=AttentionCount.WINDOW, window=window))[0]
    assert found.context is None
    assert found.reason == f"in a window of {window} attention stays below projections"


def test_a_window_that_is_met_behind_its_end() -> None:
    shape = Shape(100, 1_024, 1, 64, 4, 96, feed_forward=FeedForward.GELU)
    found = crossovers(shape, Setup(attention_count=AttentionCount.WINDOW, window=150))[0]
    assert (found.context, found.formula) == (Fraction(150 * 149, 2) / 22, "½W(W−1) / (W − 2·d)")
