"""What is an account? A tree of named amounts, each with its formula; the parts of a node add up to it exactly.

Formulas are written when they are read: a slider asks for amounts at every move, a table for the formulas it shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from lmcore.accounting.symbols import Matrices, Product, Words

NONE: Final = Matrices()


@dataclass(frozen=True, slots=True)
class Node:
    """One line of an account.

    `key` names the part for programs ("ffn", "projections", "attention", "lm_head", …), `name` for people. `amount` is
    in the unit of the tree's root. `does` says what a matrix product is for, `note` what is to be said besides.
    """

    key: str
    name: str
    amount: int
    law: Product | Words | None = None
    matrices: Matrices = NONE
    does: str = ""
    note: str = ""
    children: tuple["Node", ...] = ()

    @property
    def formula(self) -> str:
        """In symbols, "6·T·d²·L"; of a sum those of its parts."""
        return self.law.formula if self.law else " + ".join(node.formula for node in self.children if node.formula)

    @property
    def numbers(self) -> str:
        """The formula with the numbers put in: "6 · 1,024 · 1,600² · 48"."""
        return self.law.numbers if self.law else " + ".join(node.numbers for node in self.children if node.numbers)

    @property
    def shapes(self) -> str:
        """The matrix product in symbols, "3 · [T×d]·[d×d]", or the matrix that is counted; "" where there is none."""
        return self.matrices.symbols

    @property
    def shape_numbers(self) -> str:
        """The same with the numbers put in: "3 · [1,024×1,600]·[1,600×1,600]"."""
        return self.matrices.numbers

    def child(self, key: str) -> "Node":
        """The part with this key, one level down; `KeyError` where there is none."""
        for node in self.children:
            if node.key == key:
                return node
        raise KeyError(key)

    def share(self, whole: "Node") -> Fraction:
        """Which part of `whole` this is; 0 of nothing."""
        return Fraction(self.amount, whole.amount) if whole.amount else Fraction(0)

    def leaves(self) -> Iterator["Node"]:
        """The parts that are not divided further, in order."""
        if not self.children:
            yield self
        for node in self.children:
            yield from node.leaves()


def leaf(key: str, name: str, product: Product, matrices: Matrices = NONE, does: str = "", *, note: str = "") -> Node:
    """A line whose number and formula are those of a product."""
    return Node(key, name, product.amount, product, matrices, does, note)


def total(key: str, name: str, children: Sequence[Node], does: str = "", *, note: str = "") -> Node:
    """A line that is the sum of its parts; parts of nothing are left out."""
    kept = tuple(node for node in children if node.amount)
    return Node(key, name, sum(node.amount for node in kept), does=does, note=note, children=kept)
