"""How is a shape written as a config.json of Hugging Face? As the kind that has just its parameters, or not at all."""

from typing import Any, Final

from lmcore.accounting.config_fields import KINDS
from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.accounting.shape import Shape, ShapeError

_CLASSES: Final = {
    "gpt2": "GPT2LMHeadModel",
    "llama": "LlamaForCausalLM",
    "mixtral": "MixtralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma": "GemmaForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
}
_ACTIVATIONS: Final = {
    FeedForward.SWIGLU: "silu",
    FeedForward.SILU: "silu",
    FeedForward.GEGLU: "gelu_pytorch_tanh",
    FeedForward.GELU: "gelu_new",
}
# (norm place, QK-norm) of those with GEGLU, (bias, QK-norm) of those with SwiGLU
_GEMMAS: Final = {
    (NormPlace.PRE, False): "gemma",
    (NormPlace.BOTH, False): "gemma2",
    (NormPlace.BOTH, True): "gemma3_text",
}
_LLAMAS: Final = {
    (Bias.NONE, False): "llama",
    (Bias.ALL, False): "llama",
    (Bias.QKV, False): "qwen2",
    (Bias.NONE, True): "qwen3",
}


def config_of(shape: Shape) -> dict[str, Any]:
    """The content of a config.json. Raises `ShapeError` where no kind that is read here is so."""
    name = _kind_of(shape)
    if name is None:
        raise ShapeError(
            "No architecture of Hugging Face that is written here has this mixture of feed-forward, norms, positions "
            f"and biases; the nearest are {', '.join(_CLASSES)}."
        )
    kind = KINDS[name]
    sizes = {theirs: getattr(shape, ours) for ours, theirs in kind.names.items()}
    said = {"architectures": [_CLASSES[name]], "model_type": name, **sizes}
    said |= {"tie_word_embeddings": shape.tied, kind.activation: _ACTIVATIONS[shape.feed_forward]}
    return said | ({} if name == "gpt2" else _more(shape, name))


def _more(shape: Shape, name: str) -> dict[str, Any]:
    """What those with RoPE say besides."""
    said: dict[str, Any] = {
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_width,
        "rope_theta": shape.rope_theta,
    }
    if name == "llama":
        said |= {"attention_bias": shape.bias is Bias.ALL, "mlp_bias": shape.bias is Bias.ALL}
    if name == "mixtral":
        said |= {"num_local_experts": shape.num_experts, "num_experts_per_tok": shape.active_experts}
    return said


def _kind_of(shape: Shape) -> str | None:
    """The `model_type` of a shape, None where there is none."""
    if shape.position is Position.LEARNED:
        return "gpt2" if _is_gpt2(shape) else None
    if shape.norm is not Norm.RMS or shape.position is not Position.ROPE:
        return None
    if shape.num_experts:
        return "mixtral" if _is_mixtral(shape) else None
    if shape.feed_forward is FeedForward.GEGLU:
        return _GEMMAS.get((shape.norm_place, shape.qk_norm)) if shape.bias is Bias.NONE else None
    if shape.feed_forward is FeedForward.SWIGLU and shape.norm_place is NormPlace.PRE:
        return _LLAMAS.get((shape.bias, shape.qk_norm))
    return None


def _is_gpt2(shape: Shape) -> bool:
    plain = shape.plain_heads and not shape.qk_norm and not shape.num_experts
    kind = (shape.norm, shape.norm_place, shape.bias) == (Norm.LAYER, NormPlace.PRE, Bias.ALL)
    return plain and kind and shape.feed_forward in (FeedForward.GELU, FeedForward.SILU)


def _is_mixtral(shape: Shape) -> bool:
    kind = (shape.feed_forward, shape.norm_place, shape.bias) == (FeedForward.SWIGLU, NormPlace.PRE, Bias.NONE)
    return kind and not shape.qk_norm and not shape.shared_experts
