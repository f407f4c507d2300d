"""How many bytes does the backward pass need from the forward pass? Three named lists, never mixed.

- The course handout's: what each operation gives, by name, every number in the precision of the products.
- Korthikanti et al. 2022, "Reducing Activation Recomputation": fp16 with dropout, 34·s·b·h + 5·a·s²·b a layer.
- Measured: what autograd keeps of this project's own block, found with `saved_tensors_hooks` (no dropout, RMSNorm in
  fp32, RoPE), to the byte; the test that confirms it builds the block. Under autocast the residual stream and the
  scores of the head's softmax are in fp32 and weights are copied to bf16; with weights in 16 bits there is no copy,
  but each norm keeps its gain in fp32.
"""

from collections.abc import Iterator
from typing import Final

from lmcore.accounting.kinds import (
    Activations,
    Attention,
    Bias,
    FeedForward,
    Norm,
    NormPlace,
    Position,
    Precision,
    Recomputation,
)
from lmcore.accounting.nodes import Node, leaf, total
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor, Product, Words
from lmcore.accounting.terms import Terms, terms_of

NAMES: Final = {
    Activations.HANDOUT: "the course handout’s list",
    Activations.KORTHIKANTI: "Korthikanti et al. 2022, fp16 with dropout, layers alone",
    Activations.MEASURED: "what this project’s own block keeps",
}


def activations(shape: Shape, setup: Setup, context: int | None = None) -> Node:
    """The bytes kept on one device for its batch, by what they are."""
    t = terms_of(shape, setup, context)
    rows = (*t.batch, t.context)
    lists = {
        Activations.HANDOUT: lambda: [*_handout(shape, setup, t, rows)],
        Activations.KORTHIKANTI: lambda: [*_korthikanti(shape, setup, t, rows)],
        Activations.MEASURED: lambda: [*_measured(shape, setup, t, rows)],
    }
    parts = lists[setup.activations]()
    if setup.recomputation is Recomputation.FULL and setup.activations is not Activations.KORTHIKANTI:
        parts = [*_whole_layers_anew(setup, t, rows, parts)]
    return total("activations", "Activations", parts, note=_said(shape, setup))


def _said(shape: Shape, setup: Setup) -> str:
    """Which list it is, and what of the shape the block cannot have or do."""
    name = NAMES[setup.activations]
    if setup.activations is not Activations.MEASURED:
        return name
    beyond = {
        "experts": shape.num_experts > 0,
        "biases": shape.bias is not Bias.NONE,
        "LayerNorm": shape.norm is not Norm.RMS and shape.norm_place is not NormPlace.NONE,
        "norms on both sides": shape.norm_place is NormPlace.BOTH,
        "learned positions": shape.position is Position.LEARNED,
        "GeGLU": shape.feed_forward is FeedForward.GEGLU,
        "recomputation": setup.recomputation is not Recomputation.NONE,
    }
    reckoned = [what for what, holds in beyond.items() if holds]
    return f"{name}; it has no {', no '.join(reckoned)}, so that is reckoned" if reckoned else name


def layer_activations(shape: Shape, setup: Setup, context: int | None = None) -> int:
    """The bytes of the layers alone, without embedding, final norm, LM head and loss."""
    return activations(shape, setup, context).child("layers").amount


def _low_weights(setup: Setup) -> bool:
    return setup.precision in (Precision.BF16, Precision.FP16)


def _keeps_scores(setup: Setup) -> bool:
    return setup.attention is Attention.MANUAL and setup.recomputation is not Recomputation.SELECTIVE


def _handout(shape: Shape, setup: Setup, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    e = setup.compute_bytes

    def kept(key: str, name: str, times: int, *width: Factor) -> Node:
        return leaf(key, name, Product(e * times, (*rows, *width)))

    layers = [
        kept("norms", "Two norms", 2, t.d, t.layers),
        kept("query", "Queries", 1, *t.q, t.layers),
        kept("key_value", "Keys and values", 2, *t.kv, t.layers),
        kept("values", "Weighted sum", 1, *t.q, t.layers),
        kept("output", "Output projection", 1, t.d, t.layers),
        kept("hidden", "W1 and its activation", 2, t.d_ff, *t.active, t.layers),
        kept("down", "W2", 1, t.d, *t.active, t.layers),
    ]
    if _keeps_scores(setup):
        heads = Factor("a", shape.num_heads)
        layers.append(kept("scores", "QKᵀ and softmax", 2, heads, t.context, t.layers))
    yield total("layers", "Layers", layers)
    yield kept("final_norm", "Final norm", 1, t.d)
    yield kept("logits", "Output embedding and cross-entropy", 2, t.vocab)


def _korthikanti(shape: Shape, setup: Setup, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    note = "for d_ff = 4·d and two matrices; the paper leaves out what is outside the layers"
    if setup.recomputation is Recomputation.FULL:
        yield total("layers", "Layers", [leaf("inputs", "Inputs", Product(2, (*rows, t.d, t.layers)))], note=note)
        return
    parts = [leaf("linear", "Linear in the context", Product(34, (*rows, t.d, t.layers)))]
    if _keeps_scores(setup):
        heads = Factor("a", shape.num_heads)
        parts.append(leaf("scores", "Attention scores", Product(5, (*rows, heads, t.context, t.layers))))
    yield total("layers", "Layers", parts, note=note)


def _measured(shape: Shape, setup: Setup, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    e, a = setup.compute_bytes, Factor("a", shape.num_heads)
    parts = [*_measured_norms(shape, t, rows)]
    parts.append(leaf("inputs", "Inputs of the projections and of W1", Product(2 * e, (*rows, t.d, t.layers))))
    if _keeps_scores(setup):
        parts += [
            leaf("heads", "Queries, keys, values, weighted sum", Product(4 * e, (*rows, *t.q, t.layers))),
            leaf("scores", "Softmax", Product(e, (*rows, a, t.context, t.layers))),
            leaf("mask", "Mask, a byte a pair", Product(1, (t.context, t.context, t.layers))),
        ]
    else:
        parts += [
            leaf("heads", "Queries, weighted sum", Product(2 * e, (*rows, *t.q, t.layers))),
            leaf("key_value", "Keys, values", Product(2 * e, (*rows, *t.kv, t.layers))),
            leaf("sums", "Log-sum-exp, fp32", Product(4, (*rows, a, t.layers))),
        ]
    inner = 4 if shape.feed_forward.gated else 2
    parts.append(leaf("hidden", "Feed-forward", Product(inner * e, (*rows, t.d_ff, *t.active, t.layers))))
    if shape.qk_norm:
        parts += _measured_qk_norm(shape, t, rows, a)
    if setup.precision is Precision.AUTOCAST:
        parts += _copies(shape, t)
    if _low_weights(setup):
        parts += _gains(shape, t)
    yield total("layers", "Layers", parts)
    yield from _measured_outside(shape, setup, t, rows)


def _measured_norms(shape: Shape, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    times = shape.norms_a_layer
    yield leaf("norms", "Norms’ inputs, fp32", Product(4 * times, (*rows, t.d, t.layers)))
    yield leaf("norm_rows", "A number a row, fp32", Product(4 * times, (*rows, t.layers)))


def _measured_qk_norm(shape: Shape, t: Terms, rows: tuple[Factor, ...], a: Factor) -> list[Node]:
    k = Factor("k", shape.kv_heads)
    return [
        leaf("qk_norm_q", "Queries before their norm, fp32", Product(4, (*rows, *t.q, t.layers))),
        leaf("qk_norm_k", "Keys before their norm, fp32", Product(4, (*rows, *t.kv, t.layers))),
        leaf("qk_norm_q_rows", "A number a query head", Product(4, (*rows, a, t.layers))),
        leaf("qk_norm_k_rows", "A number a key head", Product(4, (*rows, k, t.layers))),
    ]


def _copies(shape: Shape, t: Terms) -> list[Node]:
    """What bf16 autocast casts a layer's matrices to, kept for the backward pass."""
    matrices = 3 if shape.feed_forward.gated else 2
    return [
        leaf("copy_qo", "Copies of Wq and Wo, bf16", Product(4, (t.d, *t.q, t.layers))),
        leaf("copy_kv", "Copies of Wk and Wv, bf16", Product(4, (t.d, *t.kv, t.layers))),
        leaf("copy_ffn", "Copies of the feed-forward, bf16", Product(2 * matrices, (t.d, t.d_ff, *t.active, t.layers))),
    ]


def _gains(shape: Shape, t: Terms) -> Iterator[Node]:
    """What the norms cast their gains to, where weights have 16 bits."""
    yield leaf("gains", "Norms’ gains, fp32", Product(4 * shape.norms_a_layer, (t.d, t.layers)))
    if shape.qk_norm:
        yield leaf("qk_gains", "QK-norms’ gains, fp32", Product(8, (Factor("h", shape.head_width), t.layers)))


def _measured_outside(shape: Shape, setup: Setup, t: Terms, rows: tuple[Factor, ...]) -> Iterator[Node]:
    low = _low_weights(setup)
    if shape.norm_place is not NormPlace.NONE:
        yield leaf("final_norm", "Final norm’s input, fp32", Product(4, (*rows, t.d)))
        yield leaf("final_rows", "A number a row, fp32", Product(4, rows))
        yield leaf("final_gain", "Final norm’s gain, fp32", Product(4 if low else 0, (t.d,)))
    yield leaf("head_input", "What the head reads", Product(setup.compute_bytes, (*rows, t.d)))
    yield leaf("logits", "Log-softmax", Product(2 if low else 4, (*rows, t.vocab)))
    yield leaf("ids", "Ids and targets, int64", Product(16, rows))
    yield leaf("loss", "Number of targets", Product(2 if low else 4))
    if setup.precision is Precision.AUTOCAST:
        yield leaf("copy_head", "Copy of the head, bf16", Product(2, (t.d, t.vocab)))


def _whole_layers_anew(setup: Setup, t: Terms, rows: tuple[Factor, ...], parts: list[Node]) -> Iterator[Node]:
    """Every layer's input is kept, and all of one layer while that is computed anew."""
    residual = setup.compute_bytes if setup.activations is Activations.HANDOUT or _low_weights(setup) else 4
    layers = parts[0]
    one = Node(
        "one_layer",
        "One layer, anew",
        -(-layers.amount // t.layers.value),
        Words("layers ÷ L", f"{layers.amount:,} ÷ {t.layers.value:,}"),
    )
    yield total(
        "layers", "Layers", [leaf("inputs", "Inputs of the layers", Product(residual, (*rows, t.d, t.layers))), one]
    )
    yield from parts[1:]
