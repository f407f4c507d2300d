"""Can this project's module be of such a shape? What the worker is asked to measure, and what the formulas predict."""

from dataclasses import replace
from typing import Any, Final

from app.pages.shape.chosen import Chosen
from app.pages.shape.measure_pane import Prediction
from lmcore.accounting import Setup, Shape, account
from lmcore.accounting.kinds import (
    Activations,
    Attention,
    AttentionCount,
    Bias,
    FeedForward,
    Norm,
    NormPlace,
    Position,
    Precision,
    Recomputation,
)
from lmcore.errors import UsageError

NORM_PLACES: Final = {NormPlace.PRE: "pre", NormPlace.POST: "post", NormPlace.NONE: "none"}
POSITIONS: Final = {Position.ROPE: "rope", Position.NONE: "none"}
ATTENTION: Final = {Attention.MANUAL: "manual", Attention.FLASH: "sdpa"}


def request_of(chosen: Chosen) -> tuple[Prediction, dict[str, Any]]:
    """The prediction and the request. Raises `UsageError` where the module has no such switch, which it names."""
    shape = chosen.shape
    setup = replace(
        chosen.setup,
        precision=Precision.FP32 if chosen.setup.precision is Precision.FP32 else Precision.AUTOCAST,
        activations=Activations.MEASURED,
        recomputation=Recomputation.NONE,
        zero_stage=0,
        devices=1,
    )
    architecture = architecture_of(shape, setup.attention)
    found = account(shape, replace(setup, attention_count=AttentionCount.FULL))
    step = found.timing.step_seconds
    predicted: dict[str, float | None] = {
        "parameters": found.parameters.amount,
        "forward_flops": found.forward.amount,
        "training_flops": found.training.amount,
        "activations": found.training_memory.child("activations").amount,
        "memory": found.training_memory.amount,
        "seconds": None if step is None else float(step),
    }
    bf16 = setup.precision is Precision.AUTOCAST
    title = f"{chosen.title}, batch {setup.batch}, {'bf16 autocast' if bf16 else 'fp32'}{_otherwise(chosen.setup)}"
    request = {
        "architecture": architecture,
        "batch": setup.batch,
        "precision": "bf16" if bf16 else "fp32",
        "memory": found.training_memory.amount,
        "training_flops": found.training.amount,
    }
    return Prediction(title, predicted, setup.gpu.name if setup.gpu else ""), request


def _otherwise(setup: Setup) -> str:
    """What is measured otherwise than the page counts it, so that the two figures are not taken for one."""
    ways = (
        (setup.activations is not Activations.MEASURED, "activations as our block keeps them"),
        (setup.recomputation is not Recomputation.NONE, "nothing recomputed"),
        (setup.zero_stage > 0 or setup.devices > 1, "one device"),
    )
    words = [words for differs, words in ways if differs]
    return f" ({', '.join(words)})" if words else ""


def lacking(shape: Shape) -> tuple[str, ...]:
    """What of a shape this project's module cannot have; of the others every figure can be measured."""
    there = {
        "LayerNorm": shape.norm is not Norm.RMS and shape.norm_place is not NormPlace.NONE,
        "norms on both sides": shape.norm_place is NormPlace.BOTH,
        "learned positions": shape.position is Position.LEARNED,
        "biases": shape.bias is not Bias.NONE,
        "GEGLU": shape.feed_forward is FeedForward.GEGLU,
        "experts": bool(shape.num_experts),
    }
    return tuple(name for name, holds in there.items() if holds)


def hindrance(shape: Shape) -> str:
    """Why a shape cannot be measured, in a sentence; "" if it can."""
    names = lacking(shape)
    return f"This project’s module has no {', no '.join(names)}; choose another shape to measure." if names else ""


def architecture_of(shape: Shape, attention: Attention) -> dict[str, Any]:
    """The arguments of the module. Raises `UsageError` where it cannot be built so."""
    if why := hindrance(shape):
        raise UsageError(why)
    return {
        "vocab_size": shape.vocab_size,
        "context_length": shape.context_length,
        "d_model": shape.d_model,
        "num_layers": shape.num_layers,
        "num_heads": shape.num_heads,
        "d_ff": shape.d_ff,
        "rope_theta": shape.rope_theta,
        "num_kv_heads": shape.kv_heads,
        "d_head": shape.head_width,
        "tied_head": shape.tied,
        "qk_norm": shape.qk_norm,
        "norm": NORM_PLACES[shape.norm_place],
        "position": POSITIONS[shape.position],
        "feed_forward": shape.feed_forward.value,
        "attention": ATTENTION[attention],
    }
