"""Shapes and setups of every kind, for properties that hold for all of them."""

from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from lmcore.accounting import Setup, Shape
from lmcore.accounting.kinds import (
    Activations,
    Attention,
    AttentionCount,
    Bias,
    FeedForward,
    Norm,
    NormPlace,
    Optimizer,
    Position,
    Precision,
    Recomputation,
)

PLAIN: Final = Shape(vocab_size=50_257, context_length=1_024, num_layers=12, d_model=768, num_heads=12, d_ff=3_072)


@st.composite
def sizes(draw: st.DrawFn, most: int = 64, layers: int = 3) -> dict[str, Any]:
    """Sizes that fit together; heads of even width, so that RoPE can turn them."""
    kv_heads = draw(st.integers(1, 4))
    heads = kv_heads * draw(st.integers(1, 4))
    width = 2 * draw(st.integers(1, 8))
    own = draw(st.booleans())
    return {
        "vocab_size": draw(st.integers(1, 4 * most)),
        "context_length": draw(st.integers(1, most)),
        "num_layers": draw(st.integers(1, layers)),
        "d_model": draw(st.integers(1, most)) if own else heads * width,
        "num_heads": heads,
        "num_kv_heads": kv_heads if kv_heads < heads or draw(st.booleans()) else 0,
        "d_head": width if own else 0,
        "d_ff": draw(st.integers(1, 2 * most)),
    }


@st.composite
def shapes(draw: st.DrawFn, most: int = 4_096) -> Shape:
    """Any shape."""
    experts = draw(st.sampled_from([0, 0, 1, 8]))
    return Shape(
        **draw(sizes(most)),
        feed_forward=draw(st.sampled_from(FeedForward)),
        norm=draw(st.sampled_from(Norm)),
        norm_place=draw(st.sampled_from(NormPlace)),
        position=draw(st.sampled_from(Position)),
        bias=draw(st.sampled_from(Bias)),
        tied=draw(st.booleans()),
        qk_norm=draw(st.booleans()),
        num_experts=experts,
        active_experts=draw(st.integers(1, experts)) if experts else 0,
        shared_experts=draw(st.integers(0, 2)) if experts else 0,
    )


@st.composite
def buildable(draw: st.DrawFn, most: int = 64, layers: int = 3) -> Shape:
    """A shape that this project's own module can be; see `lmcore.model.shapes`."""
    return Shape(
        **draw(sizes(most, layers)),
        feed_forward=draw(st.sampled_from([kind for kind in FeedForward if kind is not FeedForward.GEGLU])),
        norm_place=draw(st.sampled_from([place for place in NormPlace if place is not NormPlace.BOTH])),
        position=draw(st.sampled_from([Position.ROPE, Position.NONE])),
        tied=draw(st.booleans()),
        qk_norm=draw(st.booleans()),
    )


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Any way of counting, training and running."""
    return Setup(
        batch=draw(st.integers(1, 5)),
        precision=draw(st.sampled_from(Precision)),
        attention_count=draw(st.sampled_from(AttentionCount)),
        window=draw(st.integers(1, 2_000)),
        attention=draw(st.sampled_from(Attention)),
        optimizer=draw(st.sampled_from(Optimizer)),
        activations=draw(st.sampled_from(Activations)),
        recomputation=draw(st.sampled_from(Recomputation)),
        zero_stage=draw(st.integers(0, 3)),
        devices=draw(st.integers(1, 9)),
        kv_bytes=draw(st.integers(1, 4)),
        mfu=Fraction(draw(st.integers(1, 100)), 100),
    )
