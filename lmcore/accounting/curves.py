"""How do FLOPs, bytes and seconds grow with the context? Whole curves for charts; figures stay exact elsewhere.

Every amount here is a polynomial of the context of degree two at most, but for attention in a window. Its coefficients
are exact integers, taken from the account at three contexts; the curve is then a few operations on arrays.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lmcore.accounting.activations import activations
from lmcore.accounting.flops import forward
from lmcore.accounting.kinds import AttentionCount
from lmcore.accounting.memory import kv_cache_bytes_per_token
from lmcore.accounting.nodes import Node
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape

Floats = npt.NDArray[np.float64]
Contexts = npt.NDArray[np.integer]


def forward_curves(shape: Shape, setup: Setup, contexts: Contexts) -> dict[str, Floats]:
    """FLOPs of one forward pass by part ("ffn", "projections", "attention", "lm_head"), each of shape (n,)."""
    one = forward(shape, setup, 1)
    places = contexts.astype(np.float64)
    curves = {node.key: node.amount * places for node in one.children if node.key != "attention"}
    return curves | {"attention": one.child("attention").amount * _pairs(setup, places)}


def activation_curve(shape: Shape, setup: Setup, contexts: Contexts, *, layers_alone: bool = False) -> Floats:
    """Bytes of activations, of all or of the layers alone; shape (n,)."""

    def amount(context: int) -> int:
        node: Node = activations(shape, setup, context)
        return node.child("layers").amount if layers_alone else node.amount

    return _polynomial(amount, contexts)


def kv_cache_curve(shape: Shape, setup: Setup, contexts: Contexts) -> Floats:
    """Bytes of the KV cache of the batch; shape (n,)."""
    kept = np.minimum(contexts, setup.window) if setup.attention_count is AttentionCount.WINDOW else contexts
    each: Floats = kept.astype(np.float64) * (kv_cache_bytes_per_token(shape, setup) * setup.batch)
    return each


def _pairs(setup: Setup, places: Floats) -> Floats:
    if setup.attention_count is AttentionCount.FULL:
        return places * places
    window = setup.attention_count is AttentionCount.WINDOW
    seen = np.minimum(places, setup.window) if window else places
    return places * seen - seen * (seen - 1) / 2


def _polynomial(amount: Callable[[int], int], contexts: Contexts) -> Floats:
    """The values of a polynomial of degree two at most, from its exact values at 1, 2 and 3."""
    one, two, three = (amount(context) for context in (1, 2, 3))
    twice = three - 2 * two + one  # of the square's coefficient
    linear = 2 * (two - one) - 3 * twice  # twice the linear one
    places = contexts.astype(np.float64)
    return (one - (twice + linear) / 2) + places * (linear / 2) + places * places * (twice / 2)
