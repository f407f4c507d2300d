"""How are an account's trees told on the page? As donuts, and as a table of one of them or of one of its parts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.pages.shape import units
from app.pages.shape.chosen import Chosen, FlopsOf, MemoryOf
from app.pages.shape.donut_row import Pie
from app.pages.shape.options import PRECISION_NAMES
from app.pages.shape.table_pane import Line, Sheet
from app.widgets.donut import Slice
from lmcore import figures
from lmcore.accounting import Account, Node
from lmcore.accounting.kinds import AttentionCount, Optimizer
from lmcore.accounting.parameters import active_parameters

PARAMETERS, FLOPS, MEMORY = range(3)


class Part(NamedTuple):
    """How a part is called in a legend and over a column, and its data colour."""

    name: str
    short: str
    colour: int


PARTS: Final = {
    "ffn": Part("Feed-forward", "FFN", 0),
    "projections": Part("Projections", "QKVO", 1),
    "attention": Part("Attention", "Attention", 2),
    "embedding": Part("Embedding", "Embedding", 4),
    "lm_head": Part("LM head", "Head", 3),
    "norms": Part("Norms", "Norms", 7),
    "forward": Part("Forward", "Forward", 0),
    "backward": Part("Backward", "Backward", 1),
    "recomputation": Part("Recomputed", "Recomputed", 5),
    "optimizer": Part("Optimizer", "Optimizer", 7),
    "activations": Part("Activations", "Activations", 5),
    "weights": Part("Weights", "Weights", 6),
    "gradients": Part("Gradients", "Gradients", 4),
    "kv_cache": Part("KV cache", "KV cache", 2),
}
ORDER: Final = (
    *("qkv", "query", "key_value", "scores", "values", "output", "gate_up", "up", "down", "router"),
    *("query_bias", "key_value_bias", "output_bias", "ffn_bias_in", "ffn_bias_out", "tokens", "positions", "lm_head"),
)
"""Matrices as a token passes through them, which is how the table lists them; the LM head and norms come last."""
TITLES: Final = ("Parameters", "Matrix products", "Memory")
FLOPS_TITLES: Final = {
    FlopsOf.FORWARD: "one forward",
    FlopsOf.TRAINING: "one training step",
    FlopsOf.PREFILL: "one prompt",
    FlopsOf.DECODE_CACHED: "one token, cached",
    FlopsOf.DECODE_UNCACHED: "one token, uncached",
}
OPTIMIZER_NAMES: Final = {Optimizer.ADAMW: "AdamW", Optimizer.MOMENTUM: "momentum", Optimizer.SGD: "SGD"}
COUNT_NAMES: Final = {
    AttentionCount.FULL: "attention over the full T²",
    AttentionCount.CAUSAL: "attention over the past exactly, T·(T + 1)/2",
    AttentionCount.WINDOW: "attention in a window",
}


class Row(NamedTuple):
    """A line of a table: its node, the part whose colour it has, and the way to what is inside of it."""

    node: Node
    part: str
    path: tuple[str, ...]


def tree_of(found: Account, chosen: Chosen, quantity: int) -> Node:
    """The tree of a quantity; it is computed when it is first asked for."""
    names = ("parameters", chosen.flops_of.value, chosen.memory_of.value)
    tree: Node = getattr(found, names[quantity])
    return tree


def told_amount(quantity: int, amount: int) -> units.Told:
    """An amount in the unit of its quantity."""
    return (units.parameters, units.flops, units.size)[quantity](amount)


def pies(found: Account, chosen: Chosen) -> tuple[Pie, ...]:
    """The three donuts."""
    known = [tree_of(found, chosen, quantity) for quantity in (PARAMETERS, FLOPS, MEMORY)]
    captions = (_parameters_caption(known[0], chosen), _flops_caption(chosen), _memory_caption(chosen))
    return tuple(_pie(number, tree, captions[number]) for number, tree in enumerate(known))


def parts_of(tree: Node) -> list[Node]:
    """The parts of a donut, the largest first: the same order as in its legend."""
    return sorted(tree.children, key=lambda node: -node.amount)


def _pie(quantity: int, tree: Node, caption: str) -> Pie:
    total, unit = told_amount(quantity, tree.amount)
    return Pie(tuple(_slice(quantity, node) for node in parts_of(tree)), total, unit, caption)


def _slice(quantity: int, node: Node) -> Slice:
    part = PARTS[node.key]
    exact = figures.count(node.amount)
    if quantity == MEMORY:
        exact = f"{exact} bytes · {units.binary_size(node.amount)}"
    return Slice(part.name, node.amount, part.colour, exact, tuple(filter(None, (node.formula, node.numbers))))


def _parameters_caption(tree: Node, chosen: Chosen) -> str:
    """The exact number, or of a mixture of experts how many a token goes through."""
    if not chosen.shape.num_experts:
        return figures.count(tree.amount)
    return f"{units.parameters(active_parameters(chosen.shape))} active a token"


def _flops_caption(chosen: Chosen) -> str:
    tokens = units.tokens(chosen.shape.context_length)
    batch = f"{figures.count(chosen.setup.batch)} × " if chosen.setup.batch > 1 else ""
    return f"{FLOPS_TITLES[chosen.flops_of]}, {batch}{tokens}"


def _memory_caption(chosen: Chosen) -> str:
    setup = chosen.setup
    if chosen.memory_of is MemoryOf.INFERENCE:
        return f"inference, {figures.count(setup.batch)} × {units.tokens(chosen.shape.context_length)}"
    words = [OPTIMIZER_NAMES[setup.optimizer], PRECISION_NAMES[setup.precision], f"batch {figures.count(setup.batch)}"]
    if setup.devices > 1:
        words.append(f"{figures.count(setup.devices)} devices, each")
    return ", ".join(words)


def rows_of(tree: Node, quantity: int, path: Sequence[str]) -> tuple[Node, list[str], list[Row]]:
    """The node that `path` leads to as far as it goes, the names on the way, and its lines.

    From the outside, parameters and FLOPs are listed matrix by matrix; inside of a part, and bytes, as they divide.
    """
    node, names = tree, list[str]()
    for key in path:
        inner = next((child for child in node.children if child.key == key), None)
        if inner is None or not inner.children:
            break
        node = inner
        names.append(node.name)
    way = tuple(path[: len(names)])
    if way or quantity == MEMORY:
        lines = [Row(child, way[0] if way else child.key, (*way, child.key)) for child in node.children]
    else:
        lines = [Row(leaf, part.key, (part.key,)) for part in tree.children for leaf in part.children or (part,)]
        lines.sort(key=_order)
    return node, names, lines


def _order(row: Row) -> int:
    if row.part in ("lm_head", "norms"):
        return len(ORDER) + ("lm_head", "norms").index(row.part)
    return ORDER.index(row.node.key) if row.node.key in ORDER else len(ORDER) - 1


def sheet(found: Account, chosen: Chosen, quantity: int, path: Sequence[str]) -> Sheet:
    """The table of a quantity, inside of the part that `path` leads to."""
    node, names, rows = rows_of(tree_of(found, chosen, quantity), quantity, path)
    caption = _inside(node, chosen, quantity) if names else _caption(found, chosen, quantity)
    lines = tuple(_line(row, node.amount) for row in rows)
    return Sheet(TITLES[quantity], caption, tuple(names), _heads(chosen, quantity), lines, figures.count(node.amount))


def _heads(chosen: Chosen, quantity: int) -> tuple[str, str, str, str]:
    if quantity == FLOPS:
        return "Product", "Shapes", "Formula", f"FLOPs, {FLOPS_TITLES[chosen.flops_of].removeprefix('one ')}"
    return ("Matrix", "Shape", "Formula", "Parameters") if quantity == PARAMETERS else ("Part", "", "Formula", "Bytes")


def _caption(found: Account, chosen: Chosen, quantity: int) -> str:
    if quantity == FLOPS:
        return f"2·m·n·p each, {COUNT_NAMES[chosen.setup.attention_count]}"
    if quantity == PARAMETERS:
        held = units.size(found.inference_memory.child("weights").amount)
        words = f"{'a tied head counts once' if chosen.shape.tied else 'embedding and head counted'}, {held} to run"
        if not chosen.shape.num_experts:
            return words
        return f"{figures.count(active_parameters(chosen.shape))} active a token; {words}"
    tree = tree_of(found, chosen, MEMORY)
    note = next((f"activations by {part.note}" for part in tree.children if part.key == "activations"), "")
    return " · ".join(filter(None, (str(units.binary_size(tree.amount)), note)))


def _inside(node: Node, chosen: Chosen, quantity: int) -> str:
    """What a part comes to in one block, where it is the same in all of them."""
    layers = chosen.shape.num_layers
    words = [str(told_amount(quantity, node.amount))]
    if node.key in ("ffn", "projections", "attention", "layers"):
        words.append(f"{told_amount(quantity, node.amount // layers)} in each of {figures.count(layers)} blocks")
    return " · ".join([*words, node.note] if node.note else words)


def _line(row: Row, whole: int) -> Line:
    node = row.node
    return Line(
        name=node.name,
        shapes=node.shapes or node.note,
        formula=node.formula,
        amount=figures.count(node.amount),
        share=units.share(node.amount, whole),
        colour=PARTS[row.part].colour,
        told="\n".join(
            filter(None, (node.does, node.shape_numbers, node.numbers and f"{node.formula} = {node.numbers}"))
        ),
        opens=bool(node.children),
        path=row.path,
    )
