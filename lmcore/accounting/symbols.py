"""How does an amount carry its formula? As a product of named factors, from which number and formula are both made.

What is shown can therefore not differ from what was computed: `Product(6, (T, d, d, L))` is 6·T·d²·L in symbols,
6 · 1,024 · 1,600² · 48 with the numbers put in, and an exact integer.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import NamedTuple

_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Factor(NamedTuple):
    """A named whole number, such as d = 1,600."""

    symbol: str
    value: int


@dataclass(frozen=True, slots=True)
class Product:
    """`coefficient` times all `factors`; equal neighbours are written as powers."""

    coefficient: int
    factors: tuple[Factor, ...] = ()

    @property
    def amount(self) -> int:
        """The number."""
        return self.coefficient * prod(factor.value for factor in self.factors)

    @property
    def formula(self) -> str:
        """In symbols: "6·T·d²·L"."""
        written = [factor.symbol + _power(times) for factor, times in Counter(self.factors).items()]
        return "·".join([*self._leading(), *written])

    @property
    def numbers(self) -> str:
        """With the numbers put in: "6 · 1,024 · 1,600² · 48"."""
        written = [f"{factor.value:,}{_power(times)}" for factor, times in Counter(self.factors).items()]
        return " · ".join([*self._leading(), *written])

    def _leading(self) -> list[str]:
        return [f"{self.coefficient:,}"] if self.coefficient != 1 or not self.factors else []


@dataclass(frozen=True, slots=True)
class Words:
    """A formula that is no product, with its numbers, as they are to be read."""

    formula: str
    numbers: str


@dataclass(frozen=True, slots=True)
class Matrices:
    """`times` products of a chain of matrices, by their sides: ((T,), (d,), (d_ff,)) is [T×d]·[d×d_ff].

    Two sides are one matrix, d×d_ff, and one is a vector. A side may be a product itself: a·h.
    """

    sides: tuple[tuple[Factor, ...], ...] = ()
    times: int = 1

    @property
    def symbols(self) -> str:
        """In symbols: "3 · [T×d]·[d×d]"."""
        return self._written(["·".join(factor.symbol for factor in side) or "1" for side in self.sides])

    @property
    def numbers(self) -> str:
        """With the numbers put in: "3 · [1,024×1,600]·[1,600×1,600]"."""
        return self._written([f"{prod(factor.value for factor in side):,}" for side in self.sides])

    def _written(self, sides: list[str]) -> str:
        chain = [f"[{one}×{other}]" for one, other in pairwise(sides)]
        return (f"{self.times} · " if self.times > 1 else "") + ("·".join(chain) if len(chain) > 1 else "×".join(sides))


def _power(times: int) -> str:
    return str(times).translate(_POWERS) if times > 1 else ""
