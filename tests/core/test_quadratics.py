"""Are amounts of memory the polynomials that they are taken for, at every context and to the byte?"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting import Setup, Shape
from lmcore.accounting.activations import activations
from lmcore.accounting.kinds import Activations, Attention, Position, Precision, Recomputation
from lmcore.accounting.memory import static_memory
from lmcore.accounting.quadratics import Quadratic, quadratic_through

COEFFICIENTS = st.integers(-(10**18), 10**18)
SHAPE = Shape(vocab_size=50_257, context_length=1024, num_layers=12, d_model=768, num_heads=12, d_ff=3072)
SETUPS = st.builds(
    Setup,
    batch=st.integers(1, 64),
    precision=st.sampled_from(Precision),
    attention=st.sampled_from(Attention),
    activations=st.sampled_from(Activations),
    recomputation=st.sampled_from(Recomputation),
)


@given(COEFFICIENTS, COEFFICIENTS, COEFFICIENTS, st.integers(0, 1 << 40))
def test_three_values_decide_a_polynomial(constant: int, linear: int, square: int, context: int) -> None:
    known = Quadratic(constant, linear, square)
    found = quadratic_through(known.at)
    assert found == known
    assert found.at(context) == constant + linear * context + square * context**2


def test_what_is_no_polynomial_is_refused() -> None:
    with pytest.raises(ValueError, match="no polynomial"):
        quadratic_through({1: 1, 2: 3, 3: 6}.__getitem__)


@given(SETUPS, st.integers(1, 1 << 30))
def test_activations_are_one(setup: Setup, context: int) -> None:
    found = quadratic_through(lambda tokens: activations(SHAPE, setup, tokens).amount)
    exact = activations(SHAPE, setup, context).amount
    assert found.at(context) == exact
    assert found.along(np.array([float(context)]))[0] == pytest.approx(exact, rel=1e-12)


@given(SETUPS, st.sampled_from(Position), st.integers(1, 1 << 30))
def test_weights_and_their_states_are_one(setup: Setup, position: Position, context: int) -> None:
    shape = replace(SHAPE, position=position)

    def amount(tokens: int) -> int:
        return static_memory(replace(shape, context_length=tokens), setup)

    assert quadratic_through(amount).at(context) == amount(context)


@given(COEFFICIENTS, COEFFICIENTS, st.integers(0, 1 << 30))
def test_sums_are_of_amounts(one: int, other: int, context: int) -> None:
    first, second = Quadratic(one, other, 1), Quadratic(other, 1, one)
    assert first.plus(second).at(context) == first.at(context) + second.at(context)
