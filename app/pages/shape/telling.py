"""How are an account's trees told on the page? As donuts, as a table of one of them, and as shares to compare."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.pages.shape import units
from app.pages.shape.chosen import Chosen

from app.pages.shape.donut_row import Pie
from app.pages.shape.table_pane import Line, Sheet
from app.widgets.donut import Slice
from lmcore import figures
from lmcore.accounting import Account, Node

PARAMETERS, FLOPS, MEMORY = range(3)


class Part(NamedTuple):
    """How a part is called: over a donut's legend, over a column, in a sentence, and its data colour."""

    name: str
    short: str
    colour: int


PARTS: Final = {
    "ffn": Part("Feed-forward", "FFN", 0),
    "projections": Part("Projections", "QKVO", 1),
    "attention": Part("Attention", "Attention", 2),
    "lm_head": Part("LM head", "Head", 3),
    "embedding": Part("Embedding", "Embedding", 4),
    "norms": Part("Norms", "Norms", 7),
    "optimizer": Part("Optimizer", "Optimizer", 7),
    "activations": Part("Activations", "Activations", 5),
    "weights": Part("Weights", "Weights", 6),
    "gradients": Part("Gradients", "Gradients", 4),
    "kv_cache": Part("KV cache", "KV cache", 2),
}
TITLES: Final = ("Parameters by part", "Matrix products", "Memory by part")
HEADS: Final = (
    ("Part", "Shapes", "Formula", "Parameters"),
    ("Product", "Shapes", "Formula", "FLOPs"),
    ("Part", "What", "Formula", "Bytes"),
)


def trees(found: Account) -> tuple[Node, Node, Node]:
    """The three trees in the order of the donuts."""
    return found.parameters, found.flops, found.memory


def grouped(tree: Node) -> dict[str, int]:
    """Amounts by part: FLOPs are a tree of matrix products, several of which belong to one part."""
    found: dict[str, int] = {}
    for child in tree.children:
        found[child.key] = found.get(child.key, 0) + child.amount
    return found


def told_amount(quantity: int, amount: int) -> units.Told:
    """An amount in the unit of its quantity."""
    return (units.parameters, units.flops, units.size)[quantity](amount)


def pies(found: Account, captions: Sequence[str]) -> tuple[Pie, ...]:
    """The three donuts."""
    return tuple(_pie(number, tree, captions[number]) for number, tree in enumerate(trees(found)))


def _pie(quantity: int, tree: Node, caption: str) -> Pie:
    amounts = grouped(tree)
    slices = tuple(
        Slice(PARTS[key].name, amount, PARTS[key].colour, figures.count(amount), _formulas(tree, key))
        for key, amount in sorted(amounts.items(), key=lambda item: -item[1])
    )
    total, unit = told_amount(quantity, tree.amount)
    return Pie(slices, total, unit, caption)


def _formulas(tree: Node, key: str) -> tuple[str, ...]:
    return tuple(child.formula for child in tree.children if child.key == key and child.formula)


def sheet(found: Account, quantity: int, path: Sequence[int], caption: str) -> Sheet:
    """The table of a quantity, inside of the part that `path` leads to."""
    tree = trees(found)[quantity]
    names: list[str] = []
    for place in path:
        if place >= len(tree.children):
            break
        tree = tree.children[place]
        names.append(tree.name)
    lines = tuple(_line(child, tree.amount) for child in tree.children)
    return Sheet(TITLES[quantity], caption, tuple(names), HEADS[quantity], lines, figures.count(tree.amount))


def _line(node: Node, whole: int) -> Line:
    return Line(
        name=node.name,
        shapes=node.shapes,
        formula=node.formula,
        amount=figures.count(node.amount),
        share=units.share(node.amount, whole),
        colour=PARTS[node.key].colour,
        told=node.numbers,
        opens=bool(node.children),
    )
