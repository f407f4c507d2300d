"""How is a shape written as a config.json of Hugging Face? As the kind that has just its parameters, or not at all."""

from collections.abc import Mapping
from typing import Any, Final

from lmcore.accounting.config_fields import KINDS
from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.accounting.shape import Shape, ShapeError

_CLASSES: Final = {
    "llama": "LlamaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "mixtral": "MixtralForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
    "gemma": "GemmaForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
    "gpt2": "GPT2LMHeadModel",
}
_ACTIVATIONS: Final = {
    FeedForward.SWIGLU: "silu",
    FeedForward.SILU: "silu",
    FeedForward.GEGLU: "gelu_pytorch_tanh",
    FeedForward.GELU: "gelu_new",
}
_LOCAL_THETA: Final = 10_000.0  # of Gemma 3's layers with windows, of which none is written
_LLAMA: Final[Mapping[str, tuple[object, ...]]] = {
    "feed-forward": (FeedForward.SWIGLU,),
    "norm": (Norm.RMS,),
    "place of the norms": (NormPlace.PRE,),
    "QK-norm": ("off",),
    "positions": (Position.ROPE,),
    "biases": (Bias.NONE,),
    "experts": ("none",),
    "shared experts": ("none",),
}
_GEMMA: Final = {**_LLAMA, "feed-forward": (FeedForward.GEGLU,)}
# What each kind can be, in the words of `_features`; of kinds that are equally near, the first is named.
_FORMS: Final[Mapping[str, Mapping[str, tuple[object, ...]]]] = {
    "llama": {**_LLAMA, "biases": (Bias.NONE, Bias.ALL)},
    "qwen2": {**_LLAMA, "biases": (Bias.QKV,)},
    "qwen3": {**_LLAMA, "QK-norm": ("on",)},
    "mixtral": {**_LLAMA, "experts": ("some",)},
    "qwen3_moe": {**_LLAMA, "QK-norm": ("on",), "experts": ("some",)},
    "gemma": _GEMMA,
    "gemma2": {**_GEMMA, "place of the norms": (NormPlace.BOTH,)},
    "gemma3_text": {**_GEMMA, "place of the norms": (NormPlace.BOTH,), "QK-norm": ("on",)},
    "gpt2": {
        **_LLAMA,
        "feed-forward": (FeedForward.GELU, FeedForward.SILU),
        "norm": (Norm.LAYER,),
        "positions": (Position.LEARNED,),
        "biases": (Bias.ALL,),
        "heads": ("as wide as the model",),
    },
}


def config_of(shape: Shape, dtype: str = "float32") -> dict[str, Any]:
    """The content of a config.json for weights of type `dtype`, as `transformers` reads it before and since version 5.

    Raises `ShapeError` where no kind that is written here is so; the sentence names the nearest and what it has not.
    """
    name = _kind_of(shape)
    kind = KINDS[name]
    sizes = {theirs: getattr(shape, ours) for ours, theirs in kind.names.items()}
    said = {"architectures": [_CLASSES[name]], "model_type": name, **sizes}
    said |= {"tie_word_embeddings": shape.tied, kind.activation: _ACTIVATIONS[shape.feed_forward]}
    said |= {"dtype": dtype, "torch_dtype": dtype}
    return said | ({} if name == "gpt2" else _rope(shape, name) | _more(shape, name))


def _rope(shape: Shape, name: str) -> dict[str, Any]:
    """The base of RoPE in both of its places, and the heads that it turns."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": shape.rope_theta}
    said = {"num_key_value_heads": shape.kv_heads, "head_dim": shape.head_width, "rope_theta": shape.rope_theta}
    if name != "gemma3_text":
        return said | {"rope_parameters": rope}
    local = {"rope_type": "default", "rope_theta": _LOCAL_THETA}
    both = {"full_attention": rope, "sliding_attention": local}
    return said | {"rope_local_base_freq": _LOCAL_THETA, "rope_parameters": both}


def _more(shape: Shape, name: str) -> dict[str, Any]:
    """What one kind or another says besides: all layers see the whole context, as they are counted."""
    biased = shape.bias is Bias.ALL
    whole = {"layer_types": ["full_attention"] * shape.num_layers}
    said: dict[str, dict[str, Any]] = {
        "llama": {"attention_bias": biased, "mlp_bias": biased},
        "qwen3_moe": {"intermediate_size": shape.d_ff, "decoder_sparse_step": 1, "mlp_only_layers": []},
        "gemma2": whole,
        "gemma3_text": whole,
    }
    return said.get(name, {})


def _kind_of(shape: Shape) -> str:
    """The `model_type` of a shape."""
    features = _features(shape)
    missing = {
        name: {what: can for what, can in form.items() if features[what] not in can} for name, form in _FORMS.items()
    }
    nearest = min(missing, key=lambda name: len(missing[name]))
    if not missing[nearest]:
        return nearest
    differences = [
        f"{what} {' or '.join(map(str, can))}, not {features[what]}" for what, can in missing[nearest].items()
    ]
    raise ShapeError(
        f"No architecture of Hugging Face that is written here is like this; the nearest, {nearest}, has "
        f"{'; '.join(differences)}."
    )


def _features(shape: Shape) -> Mapping[str, object]:
    """What tells kinds apart."""
    return {
        "feed-forward": shape.feed_forward,
        "norm": shape.norm,
        "place of the norms": shape.norm_place,
        "QK-norm": "on" if shape.qk_norm else "off",
        "positions": shape.position,
        "biases": shape.bias,
        "experts": "some" if shape.num_experts else "none",
        "shared experts": "some" if shape.shared_experts else "none",
        "heads": "as wide as the model" if shape.plain_heads else "of a width of their own",
    }
