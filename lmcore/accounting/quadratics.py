"""How does an amount grow with the context, exactly? As a polynomial of degree two, in whole numbers.

Bytes of activations, of weights and of the KV cache are such polynomials of the context. Three exact values decide
one; asking it is then a few multiplications, where asking the account builds a tree.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Quadratic(NamedTuple):
    """constant + linear·T + square·T², where T is the context."""

    constant: int
    linear: int
    square: int

    def at(self, context: int) -> int:
        """The amount at one context, exact."""
        return self.constant + self.linear * context + self.square * context * context

    def along(self, contexts: Floats) -> Floats:
        """The amounts at many contexts, [n] -> [n], with the precision of float64."""
        return float(self.constant) + contexts * float(self.linear) + contexts * contexts * float(self.square)

    def plus(self, other: "Quadratic") -> "Quadratic":
        """The sum of two amounts."""
        return Quadratic(self.constant + other.constant, self.linear + other.linear, self.square + other.square)


def quadratic_through(amount: Callable[[int], int]) -> Quadratic:
    """The polynomial that has the values of `amount` at 1, 2 and 3 tokens.

    It is `amount` at every context if that is a polynomial with whole coefficients; `ValueError` if it cannot be one.
    """
    one, two, three = (amount(context) for context in (1, 2, 3))
    square, rest = divmod(three - 2 * two + one, 2)
    if rest:
        raise ValueError("these values belong to no polynomial with whole coefficients")
    linear = two - one - 3 * square
    return Quadratic(one - linear - square, linear, square)
