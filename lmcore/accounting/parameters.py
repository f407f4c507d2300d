"""How many parameters has a Transformer? Counted by matrix; the parts add up exactly to what the real module has."""

from collections.abc import Iterator

from lmcore.accounting.kinds import Bias, Norm, NormPlace, Position
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Product
from lmcore.accounting.terms import Terms, terms_of


def parameters(shape: Shape) -> Node:
    """All parameters: feed-forward, projections, embedding, LM head, norms. A tied head counts once, as embedding."""
    t = terms_of(shape, Setup())
    parts = (
        total("ffn", "Feed-forward", [*_feed_forward(shape, t)]),
        total("projections", "Projections", [*_projections(shape, t)]),
        total("embedding", "Embedding", [*_embedding(shape, t)]),
        leaf("lm_head", "LM head", Product(0 if shape.tied else 1, (t.vocab, t.d)), "V×d"),
        total("norms", "Norms", [*_norms(shape, t)]),
    )
    return total("parameters", "Parameters", parts)


def _feed_forward(shape: Shape, t: Terms) -> Iterator[Node]:
    held = (t.d, t.d_ff, *t.held, t.layers)
    if shape.feed_forward.gated:
        yield leaf("gate_up", "Gate and up, W1, W3", Product(2, held), "2 · d×d_ff")
    else:
        yield leaf("up", "Up, W1", Product(1, held), "d×d_ff")
    yield leaf("down", "Down, W2", Product(1, held), "d_ff×d")
    if shape.num_experts:
        yield leaf("router", "Router", Product(1, (t.d, Factor("E", shape.num_experts), t.layers)), "d×E")
    if shape.bias is Bias.ALL:
        inner = 2 if shape.feed_forward.gated else 1
        yield leaf("ffn_bias_in", "Biases, d_ff", Product(inner, (t.d_ff, *t.held, t.layers)), "d_ff")
        yield leaf("ffn_bias_out", "Biases, d", Product(1, (t.d, *t.held, t.layers)), "d")


def _projections(shape: Shape, t: Terms) -> Iterator[Node]:
    if shape.plain_heads:
        yield leaf("qkv", "Query, key, value", Product(3, (t.d, *t.q, t.layers)), "3 · d×d")
    else:
        yield leaf("query", "Query", Product(1, (t.d, *t.q, t.layers)), "d×a·h")
        yield leaf("key_value", "Key, value", Product(2, (t.d, *t.kv, t.layers)), "2 · d×k·h")
    yield leaf(
        "output", "Output projection", Product(1, (*t.q, t.d, t.layers)), "d×d" if shape.plain_heads else "a·h×d"
    )
    if shape.bias is not Bias.NONE:
        yield leaf("query_bias", "Query biases", Product(1, (*t.q, t.layers)))
        yield leaf("key_value_bias", "Key, value biases", Product(2, (*t.kv, t.layers)))
    if shape.bias is Bias.ALL:
        yield leaf("output_bias", "Output biases", Product(1, (t.d, t.layers)))


def _embedding(shape: Shape, t: Terms) -> Iterator[Node]:
    note = "also the LM head: tied" if shape.tied else ""
    yield leaf("tokens", "Token embedding", Product(1, (t.vocab, t.d)), "V×d", note)
    if shape.position is Position.LEARNED:
        yield leaf("positions", "Position embedding", Product(1, (t.context, t.d)), "T×d")


def _norms(shape: Shape, t: Terms) -> Iterator[Node]:
    each = 2 if shape.norm is Norm.LAYER else 1
    yield leaf("layer_norms", "Norms of the layers", Product(each * shape.norms_a_layer, (t.d, t.layers)))
    if shape.norm_place is not NormPlace.NONE:
        yield leaf("final_norm", "Final norm", Product(each, (t.d,)))
    if shape.qk_norm:
        yield leaf("qk_norms", "Query and key norms", Product(2, (Factor("h", shape.head_width), t.layers)))
