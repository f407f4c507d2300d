"""How many parameters has a Transformer? Counted by matrix; the parts add up exactly to what the real module has."""

from collections.abc import Iterator

from lmcore.accounting.kinds import Bias, Norm, NormPlace, Position
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Matrices, Product
from lmcore.accounting.terms import Terms, terms_of


def parameters(shape: Shape) -> Node:
    """All parameters: feed-forward, projections, embedding, LM head, norms. A tied head counts once, as embedding."""
    t = terms_of(shape, Setup())
    head = Product(0 if shape.tied else 1, (t.vocab, t.d))
    parts = (
        total("ffn", "Feed-forward", [*_feed_forward(shape, t)]),
        total("projections", "Projections", [*_projections(shape, t)]),
        total("embedding", "Embedding", [*_embedding(shape, t)]),
        leaf("lm_head", "LM head", head, Matrices(((t.vocab,), (t.d,)))),
        total("norms", "Norms", [*_norms(shape, t)]),
    )
    return total("parameters", "Parameters", parts)


def active_parameters(shape: Shape, tokens: int = 1) -> int:
    """Those that so many tokens go through at once: of a mixture of experts at most `active_experts` for each token.

    All others are counted, the embedding too, as published figures of "active parameters" do.
    """
    whole = parameters(shape)
    idle = max(0, shape.num_experts - tokens * shape.active_experts)
    experts = sum(part.amount for part in whole.child("ffn").children if part.key != "router")
    return whole.amount - (experts * idle // (shape.num_experts + shape.shared_experts) if idle else 0)


def _matrix(
    key: str,
    name: str,
    t: Terms,
    rows: tuple[Factor, ...],
    columns: tuple[Factor, ...],
    *,
    times: int = 1,
    held: tuple[Factor, ...] = (),
) -> Node:
    """`times` matrices in each of `held` experts of each layer."""
    return leaf(key, name, Product(times, (*rows, *columns, *held, t.layers)), Matrices((rows, columns), times))


def _vector(
    key: str, name: str, t: Terms, length: tuple[Factor, ...], *, times: int = 1, held: tuple[Factor, ...] = ()
) -> Node:
    return leaf(key, name, Product(times, (*length, *held, t.layers)), Matrices((length,), times))


def _feed_forward(shape: Shape, t: Terms) -> Iterator[Node]:
    d, inner = (t.d,), (t.d_ff,)
    if shape.feed_forward.gated:
        yield _matrix("gate_up", "Gate and up, W1, W3", t, d, inner, times=2, held=t.held)
    else:
        yield _matrix("up", "Up, W1", t, d, inner, held=t.held)
    yield _matrix("down", "Down, W2", t, inner, d, held=t.held)
    if shape.num_experts:
        yield _matrix("router", "Router", t, d, (Factor("E", shape.num_experts),))
    if shape.bias is Bias.ALL:
        yield _vector("ffn_bias_in", "Biases, d_ff", t, inner, times=2 if shape.feed_forward.gated else 1, held=t.held)
        yield _vector("ffn_bias_out", "Biases, d", t, d, held=t.held)


def _projections(shape: Shape, t: Terms) -> Iterator[Node]:
    d = (t.d,)
    if shape.plain_heads:
        yield _matrix("qkv", "Query, key, value", t, d, t.q, times=3)
    else:
        yield _matrix("query", "Query", t, d, t.q)
        yield _matrix("key_value", "Key, value", t, d, t.kv, times=2)
    yield _matrix("output", "Output projection", t, t.q, d)
    if shape.bias is not Bias.NONE:
        yield _vector("query_bias", "Query biases", t, t.q)
        yield _vector("key_value_bias", "Key, value biases", t, t.kv, times=2)
    if shape.bias is Bias.ALL:
        yield _vector("output_bias", "Output biases", t, d)


def _embedding(shape: Shape, t: Terms) -> Iterator[Node]:
    note = "also the LM head: tied" if shape.tied else ""
    yield leaf("tokens", "Token embedding", Product(1, (t.vocab, t.d)), Matrices(((t.vocab,), (t.d,))), note=note)
    if shape.position is Position.LEARNED:
        product = Product(1, (t.context, t.d))
        yield leaf("positions", "Position embedding", product, Matrices(((t.context,), (t.d,))))


def _norms(shape: Shape, t: Terms) -> Iterator[Node]:
    each = 2 if shape.norm is Norm.LAYER else 1
    yield _vector("layer_norms", "Norms of the layers", t, (t.d,), times=each * shape.norms_a_layer)
    if shape.norm_place is not NormPlace.NONE:
        yield leaf("final_norm", "Final norm", Product(each, (t.d,)), Matrices(((t.d,),), each))
    if shape.qk_norm:
        yield _vector("qk_norms", "Query and key norms", t, (Factor("h", shape.head_width),), times=2)
