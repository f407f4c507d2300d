"""What are the factors of every formula called? The symbols of a shape, in one place."""

from dataclasses import dataclass
from typing import Final

from lmcore.accounting.kinds import AttentionCount
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.accounting.symbols import Factor

SYMBOLS: Final = {
    "B": "sequences in a batch",
    "T": "context length, tokens",
    "V": "vocabulary",
    "L": "layers",
    "d": "d_model, channels",
    "d_ff": "channels of a feed-forward",
    "a": "attention heads",
    "k": "heads of keys and values",
    "h": "channels of a head",
    "E": "experts",
    "S": "experts that every token passes through",
    "A": "feed-forwards that a token passes through in a layer",
    "W": "tokens of the window of attention",
    "P": "parameters",
    "N": "devices",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The factors of one shape. `q` and `kv` are the channels of queries and of keys: d, or heads times head size."""

    batch: tuple[Factor, ...]
    context: Factor
    vocab: Factor
    layers: Factor
    d: Factor
    d_ff: Factor
    q: tuple[Factor, ...]
    kv: tuple[Factor, ...]
    active: tuple[Factor, ...]
    held: tuple[Factor, ...]
    pairs: tuple[Factor, ...]


def terms_of(shape: Shape, setup: Setup, context: int | None = None) -> Terms:
    """The factors of a shape, at its own context unless another is given; a batch of one is left out of formulas."""
    places = shape.context_length if context is None else context
    time, d, h = Factor("T", places), Factor("d", shape.d_model), Factor("h", shape.head_width)
    experts = shape.num_experts + shape.shared_experts
    return Terms(
        batch=(Factor("B", setup.batch),) if setup.batch != 1 else (),
        context=time,
        vocab=Factor("V", shape.vocab_size),
        layers=Factor("L", shape.num_layers),
        d=d,
        d_ff=Factor("d_ff", shape.d_ff),
        q=(d,) if shape.q_width == shape.d_model else (Factor("a", shape.num_heads), h),
        kv=(d,) if shape.kv_width == shape.d_model else (Factor("k", shape.kv_heads), h),
        active=(Factor("A", shape.active_feed_forwards),) if shape.num_experts else (),
        held=(Factor("(E+S)" if shape.shared_experts else "E", experts),) if shape.num_experts else (),
        pairs=pairs_of(setup, time),
    )


def pairs_of(setup: Setup, time: Factor) -> tuple[Factor, ...]:
    """Over how many pairs of places attention is counted, as factors."""
    if setup.attention_count is AttentionCount.FULL:
        return (time, time)
    if setup.attention_count is AttentionCount.CAUSAL or setup.window >= time.value:
        return (Factor("½T(T+1)", pairs(setup, time.value)),)
    return (Factor("(T·W−½W(W−1))", pairs(setup, time.value)),)


def pairs(setup: Setup, context: int) -> int:
    """The number of pairs: T², T(T+1)/2, or in a window of W places T·W − W(W−1)/2 (each place sees at most W)."""
    if setup.attention_count is AttentionCount.FULL:
        return context * context
    seen = min(setup.window, context) if setup.attention_count is AttentionCount.WINDOW else context
    return context * seen - seen * (seen - 1) // 2
