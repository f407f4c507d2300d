"""How many FLOPs does it take? Matrix products only, 2·m·n·p each; the backward pass costs twice the forward.

Embedding look-ups, norms, softmax, activations and RoPE are left out: together they are some thousandth (Kaplan et al.
2020, Hoffmann et al. 2022 and the course's handout count likewise).

Twice is exact, not a rule of thumb: a product has one more product for its weights and one for its input, and so has
the first layer, whose input's gradient is that of the embedding. PyTorch's `FlopCounterMode` counts just these, when
attention is computed by explicit products.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from lmcore.accounting.kinds import AttentionCount, Recomputation
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Matrices, Product, Words
from lmcore.accounting.terms import Terms, terms_of

Sides = tuple[tuple[Factor, ...], ...]
BACKWARD: Final = 2  # a product's backward pass is two products of the same size: for its input, and for its weights


def forward(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """One forward pass of a batch over its context: feed-forward, projections, attention, LM head."""
    t = terms_of(shape, setup, context)
    places = (t.context,)
    return total("forward", "Forward", _products(shape, t, _Rows(places, t.pairs, places, places)))


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
    return total("prefill", "Prefill", _products(shape, t, _Rows((t.context,), t.pairs, (t.context,), ())))


def decode_cached(shape: Shape, setup: Setup) -> Node:
    """One more token at the end of a full context, keys and values of the others being kept."""
    t = terms_of(shape, setup)
    windowed = setup.attention_count is AttentionCount.WINDOW and setup.window < t.context.value
    keys = (Factor("W", setup.window) if windowed else t.context,)
    return total("decode_cached", "One token, cached", _products(shape, t, _Rows((), keys, keys, ())))


def decode_uncached(shape: Shape, setup: Setup) -> Node:
    """One more token with nothing kept: the whole context anew, and its last place's scores."""
    return replace(prefill(shape, setup), key="decode_uncached", name="One token, uncached")


class _Rows(NamedTuple):
    """What one pass takes of each sequence: `places` are fed in, each pair of `pairs` has a score, `keys` are looked
    at, `scored` places reach the head. Without factors it is one.
    """

    places: tuple[Factor, ...]
    pairs: tuple[Factor, ...]
    keys: tuple[Factor, ...]
    scored: tuple[Factor, ...]


def _products(shape: Shape, t: Terms, rows: _Rows) -> list[Node]:
    """The four parts of a pass."""
    return [
        total("ffn", "Feed-forward", [*_feed_forward(shape, t, rows.places)], "works on each place alone"),
        total("projections", "Projections", [*_projections(shape, t, rows.places)], "into the heads and back"),
        total("attention", "Attention", [*_attention(t, rows)], "lets each place see the others"),
        total("lm_head", "LM head", [_head(t, rows.scored)], "scores every token of the vocabulary as the next"),
    ]


def _product(
    key: str, name: str, sides: Sides, does: str, *, times: int = 1, often: tuple[tuple[Factor, ...], ...] = ((), ())
) -> Node:
    """`times` products of two matrices with these sides, as often as factors in front and behind say."""
    before, behind = often
    every = (factor for side in sides for factor in side)
    return leaf(key, name, Product(2 * times, (*before, *every, *behind)), Matrices(sides, times), does)


def _feed_forward(shape: Shape, t: Terms, places: tuple[Factor, ...]) -> Iterator[Node]:
    d, inner, often = (t.d,), (t.d_ff,), (t.batch, (*t.active, t.layers))
    if shape.feed_forward.gated:
        does = "to the hidden width, twice: one gates the other"
        yield _product("gate_up", "Gate and up, W1, W3", (places, d, inner), does, times=2, often=often)
    else:
        yield _product("up", "Up, W1", (places, d, inner), "to the hidden width", often=often)
    yield _product("down", "Down, W2", (places, inner, d), "back to d_model", often=often)
    if shape.num_experts:
        sides, often = (places, d, (Factor("E", shape.num_experts),)), (t.batch, (t.layers,))
        yield _product("router", "Router", sides, "scores the experts for each place", often=often)


def _projections(shape: Shape, t: Terms, places: tuple[Factor, ...]) -> Iterator[Node]:
    d, often = (t.d,), (t.batch, (t.layers,))
    if shape.plain_heads:
        does = "makes what each place asks for, offers and passes on"
        yield _product("qkv", "Query, key, value", (places, d, t.q), does, times=3, often=often)
    else:
        yield _product("query", "Query", (places, d, t.q), "makes what each place asks for", often=often)
        does = "makes what each place offers and passes on"
        yield _product("key_value", "Key, value", (places, d, t.kv), does, times=2, often=often)
    yield _product("output", "Output projection", (places, t.q, d), "mixes the heads, back to d_model", often=often)


def _attention(t: Terms, rows: _Rows) -> Iterator[Node]:
    work = Product(2, (*t.batch, *rows.pairs, *t.q, t.layers))
    does = "how well each query fits each key"
    yield leaf("scores", "Attention scores QKᵀ", work, Matrices((rows.places, t.q, rows.keys)), does)
    does = "sums up the values by those weights"
    yield leaf("values", "Weighted values AV", work, Matrices((rows.places, rows.keys, t.q)), does)


def _head(t: Terms, scored: tuple[Factor, ...]) -> Node:
    does = "one score for each token of the vocabulary"
    return _product("scores", "LM head", (scored, (t.d,), (t.vocab,)), does, often=(t.batch, ()))


def _times(key: str, name: str, node: Node, times: int) -> Node:
    short, amount = node.name.lower(), f"{node.amount:,}"
    law = Words(f"{times} × {short}", f"{times} · {amount}") if times > 1 else Words(short, amount)
    return Node(key, name, times * node.amount, law)
