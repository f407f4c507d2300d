"""What is an account? A tree of named amounts, each with its formula; the parts of a node add up to it exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lmcore.accounting.symbols import Product


@dataclass(frozen=True, slots=True)
class Node:
    """One line of an account.

    `key` names the part for programs ("ffn", "projections", "attention", "lm_head", …), `name` for people. `shapes` is
    the matrix product in symbols, `note` what is to be said besides. `amount` is in the unit of the tree's root.
    """

    key: str
    name: str
    amount: int
    formula: str = ""
    numbers: str = ""
    shapes: str = ""
    note: str = ""
    children: tuple["Node", ...] = ()

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


def leaf(key: str, name: str, product: Product, shapes: str = "", note: str = "") -> Node:
    """A line whose number and formula are those of a product."""
    return Node(key, name, product.amount, product.formula, product.numbers, shapes, note)


def total(key: str, name: str, children: Sequence[Node], note: str = "") -> Node:
    """A line that is the sum of its parts; parts of nothing are left out."""
    kept = tuple(node for node in children if node.amount)
    formula = " + ".join(node.formula for node in kept if node.formula)
    numbers = " + ".join(node.numbers for node in kept if node.numbers)
    return Node(key, name, sum(node.amount for node in kept), formula, numbers, note=note, children=kept)
