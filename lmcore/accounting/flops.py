"""How many FLOPs does it take? Matrix products only, 2·m·n·p each; the backward pass costs twice the forward.

Embedding look-ups, norms, softmax, activations and RoPE are left out: together they are some thousandth (Kaplan et al.
2020, Hoffmann et al. 2022 and the course's handout count likewise).
"""

from collections.abc import Iterator
from dataclasses import replace

from lmcore.accounting.kinds import AttentionCount, Recomputation
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Product
from lmcore.accounting.terms import Terms, terms_of

BACKWARD = 2  # a product's backward pass is two products of the same size: for its input, and for its weights


def forward(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """One forward pass of a batch over its context: feed-forward, projections, attention, LM head."""
    t = terms_of(shape, setup, context)
    rows = (*t.batch, t.context)
    return total("forward", "Forward", _products(shape, t, rows, (*t.batch, *t.pairs), rows))


def training(shape: Shape, setup: Setup) -> Node:
    """One step: forward, backward, and what is computed anew instead of being kept."""
    once = forward(shape, setup)
    parts = [once, _times("backward", "Backward, 2 × forward", once, BACKWARD)]
    if setup.recomputation is Recomputation.FULL:
        parts.append(_times("recomputation", "Recomputed forward", once, 1))
    elif setup.recomputation is Recomputation.SELECTIVE:
        parts.append(_times("recomputation", "Recomputed attention", once.child("attention"), 1))
    return total("training", "Training step", parts)


def prefill(shape: Shape, setup: Setup) -> Node:
    """A prompt as long as the context: all layers for every place, the LM head for the last place alone."""
    t = terms_of(shape, setup)
    rows = (*t.batch, t.context)
    return total("prefill", "Prefill", _products(shape, t, rows, (*t.batch, *t.pairs), t.batch))


def decode_cached(shape: Shape, setup: Setup) -> Node:
    """One more token at the end of a full context, keys and values of the others being kept."""
    t = terms_of(shape, setup)
    seen = setup.window if setup.attention_count is AttentionCount.WINDOW else t.context.value
    keys = Factor("T", t.context.value) if seen >= t.context.value else Factor("W", seen)
    return total("decode_cached", "One token, cached", _products(shape, t, t.batch, (*t.batch, keys), t.batch))


def decode_uncached(shape: Shape, setup: Setup) -> Node:
    """One more token with nothing kept: the whole context anew, and its last place's scores."""
    return replace(prefill(shape, setup), key="decode_uncached", name="One token, uncached")


def _products(
    shape: Shape, t: Terms, rows: tuple[Factor, ...], pairs: tuple[Factor, ...], scored: tuple[Factor, ...]
) -> list[Node]:
    """The four parts for `rows` places, `pairs` of places in attention, and `scored` places at the head."""
    return [
        total("ffn", "Feed-forward", [*_feed_forward(shape, t, rows)]),
        total("projections", "Projections", [*_projections(shape, t, rows)]),
        total("attention", "Attention", [*_attention(shape, t, pairs)]),
        total("lm_head", "LM head", [leaf("scores", "LM head", Product(2, (*scored, t.d, t.vocab)), "[T×d]·[d×V]")]),
    ]


def _feed_forward(shape: Shape, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    through = (*rows, t.d, t.d_ff, *t.active, t.layers)
    if shape.feed_forward.gated:
        yield leaf("gate_up", "Gate and up, W1, W3", Product(4, through), "2 · [T×d]·[d×d_ff]")
    else:
        yield leaf("up", "Up, W1", Product(2, through), "[T×d]·[d×d_ff]")
    yield leaf("down", "Down, W2", Product(2, (*rows, t.d_ff, t.d, *t.active, t.layers)), "[T×d_ff]·[d_ff×d]")
    if shape.num_experts:
        experts = Factor("E", shape.num_experts)
        yield leaf("router", "Router", Product(2, (*rows, t.d, experts, t.layers)), "[T×d]·[d×E]")


def _projections(shape: Shape, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    if shape.plain_heads:
        yield leaf("qkv", "Query, key, value", Product(6, (*rows, t.d, *t.q, t.layers)), "3 · [T×d]·[d×d]")
        yield leaf("output", "Output projection", Product(2, (*rows, *t.q, t.d, t.layers)), "[T×d]·[d×d]")
    else:
        yield leaf("query", "Query", Product(2, (*rows, t.d, *t.q, t.layers)), "[T×d]·[d×a·h]")
        yield leaf("key_value", "Key, value", Product(4, (*rows, t.d, *t.kv, t.layers)), "2 · [T×d]·[d×k·h]")
        yield leaf("output", "Output projection", Product(2, (*rows, *t.q, t.d, t.layers)), "[T×a·h]·[a·h×d]")


def _attention(shape: Shape, t: Terms, pairs: tuple[Factor, ...]) -> Iterator[Node]:
    width = "d" if shape.plain_heads else "a·h"
    yield leaf("scores", "Attention scores QKᵀ", Product(2, (*pairs, *t.q, t.layers)), f"[T×{width}]·[{width}×T]")
    yield leaf("values", "Weighted values AV", Product(2, (*pairs, *t.q, t.layers)), f"[T×T]·[T×{width}]")


def _times(key: str, name: str, node: Node, times: int) -> Node:
    formula = f"{times} × {node.name.lower()}" if times > 1 else node.name.lower()
    return Node(
        key, name, times * node.amount, formula, f"{times} · {node.amount:,}" if times > 1 else f"{node.amount:,}"
    )
