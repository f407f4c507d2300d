"""How does an amount carry its formula? As a product of named factors, from which number and formula are both made.

What is shown can therefore not differ from what was computed: `Product(6, (T, d, d, L))` is 6·T·d²·L in symbols,
6 · 1,024 · 1,600² · 48 with the numbers put in, and an exact integer.
"""

from collections import Counter
from dataclasses import dataclass
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


def _power(times: int) -> str:
    return str(times).translate(_POWERS) if times > 1 else ""
