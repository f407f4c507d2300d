"""Which of the shapes that can be counted can also be built? Their architectures, and the shapes of these."""

from typing import cast

from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.accounting.shape import Shape
from lmcore.errors import ModelError
from lmcore.model.architecture import Architecture, AttentionKind, FeedForwardKind
from lmcore.model.architecture import Norm as Place
from lmcore.model.architecture import Position as Kind


def architecture_of_shape(shape: Shape, attention: AttentionKind = "sdpa") -> Architecture:
    """The architecture with the sizes and switches of `shape`; raises `ModelError` where there is none."""
    refused = {
        "a mixture of experts": shape.num_experts > 0,
        f"positions of the kind {shape.position}": shape.position is Position.LEARNED,
        f"biases ({shape.bias})": shape.bias is not Bias.NONE,
        f"norms of the kind {shape.norm}": shape.norm is not Norm.RMS and shape.norm_place is not NormPlace.NONE,
        "norms on both sides of each sublayer": shape.norm_place is NormPlace.BOTH,
        f"the feed-forward {shape.feed_forward}": shape.feed_forward is FeedForward.GEGLU,
    }
    for what, holds in refused.items():
        if holds:
            raise ModelError(f"This shape has {what}, which can be counted here, but not built; choose another.")
    return Architecture(
        vocab_size=shape.vocab_size,
        context_length=shape.context_length,
        d_model=shape.d_model,
        num_layers=shape.num_layers,
        num_heads=shape.num_heads,
        d_ff=shape.d_ff,
        rope_theta=shape.rope_theta,
        num_kv_heads=shape.num_kv_heads,
        d_head=shape.d_head,
        tied_head=shape.tied,
        qk_norm=shape.qk_norm,
        norm=cast(Place, shape.norm_place.value),
        position=cast(Kind, shape.position.value),
        feed_forward=cast(FeedForwardKind, shape.feed_forward.value),
        attention=attention,
    )


def shape_of_architecture(architecture: Architecture) -> Shape:
    """The shape that is counted for `architecture`; there is one for each. Scaling of RoPE changes nothing counted."""
    return Shape(
        vocab_size=architecture.vocab_size,
        context_length=architecture.context_length,
        num_layers=architecture.num_layers,
        d_model=architecture.d_model,
        num_heads=architecture.num_heads,
        d_ff=architecture.d_ff,
        num_kv_heads=architecture.num_kv_heads,
        d_head=architecture.d_head,
        feed_forward=FeedForward(architecture.feed_forward),
        norm_place=NormPlace(architecture.norm),
        position=Position(architecture.position),
        tied=architecture.tied_head,
        qk_norm=architecture.qk_norm,
        rope_theta=architecture.rope_theta,
    )
