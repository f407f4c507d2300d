"""What does each kind of config.json of Hugging Face call its sizes, and what holds where it says nothing?

The defaults are those of the configuration classes of `transformers`, which published files rely on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lmcore.accounting.kinds import FeedForward, Norm, NormPlace, Position

_LLAMA_NAMES: Final = {
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
    "num_layers": "num_hidden_layers",
    "d_model": "hidden_size",
    "num_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
}
_MIXTRAL_NAMES: Final = _LLAMA_NAMES | {"num_experts": "num_local_experts", "active_experts": "num_experts_per_tok"}
_QWEN_MOE_NAMES: Final = _LLAMA_NAMES | {
    "d_ff": "moe_intermediate_size",
    "num_experts": "num_experts",
    "active_experts": "num_experts_per_tok",
}
_GPT2_NAMES: Final = {
    "vocab_size": "vocab_size",
    "context_length": "n_positions",
    "num_layers": "n_layer",
    "d_model": "n_embd",
    "num_heads": "n_head",
    "d_ff": "n_inner",
}
GATED: Final = {
    "silu": FeedForward.SWIGLU,
    "swish": FeedForward.SWIGLU,
    "gelu": FeedForward.GEGLU,
    "gelu_pytorch_tanh": FeedForward.GEGLU,
    "gelu_new": FeedForward.GEGLU,
}
PLAIN: Final = {
    "gelu_new": FeedForward.GELU,
    "gelu": FeedForward.GELU,
    "gelu_pytorch_tanh": FeedForward.GELU,
    "gelu_fast": FeedForward.GELU,
    "silu": FeedForward.SILU,
    "swish": FeedForward.SILU,
}


@dataclass(frozen=True)
class Kind:
    """One `model_type`: what it calls its sizes (by the names of `Shape`), what it always is, what it is unless it says
    otherwise, and what its files call the function in its feed-forward. The fields of `only` may say nothing else, and
    `aliases` are further names of fields.
    """

    names: Mapping[str, str]
    always: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    activation: str = "hidden_act"
    activations: Mapping[str, FeedForward] = field(default_factory=lambda: GATED)
    only: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def renamed(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields of a file under the names that are read."""
        return {self.aliases.get(name, name): value for name, value in config.items()}


def _gemma(always: Mapping[str, Any], activation: str = "hidden_activation", **defaults: Any) -> Kind:
    usual = {"tie_word_embeddings": True, "head_dim": 256, activation: "gelu_pytorch_tanh"}
    return Kind(_LLAMA_NAMES, always, usual | defaults, activation)


_GEMMA3: Final = _gemma(
    {"norm_place": NormPlace.BOTH, "qk_norm": True},
    vocab_size=262_208,
    num_attention_heads=8,
    num_key_value_heads=4,
    max_position_embeddings=131_072,
    rope_theta=1e6,
)
KINDS: Final[Mapping[str, Kind]] = {
    "gpt2": Kind(
        _GPT2_NAMES,
        {"norm": Norm.LAYER, "position": Position.LEARNED, "bias": "all"},
        {"tie_word_embeddings": True, "activation_function": "gelu_new"},
        "activation_function",
        PLAIN,
        {"add_cross_attention": False},
    ),
    "llama": Kind(_LLAMA_NAMES, {}, {"hidden_act": "silu"}),
    "mistral": Kind(_LLAMA_NAMES, {}, {"hidden_act": "silu", "num_key_value_heads": 8}),
    "mixtral": Kind(
        _MIXTRAL_NAMES,
        {},
        {
            "hidden_act": "silu",
            "num_key_value_heads": 8,
            "num_local_experts": 8,
            "num_experts_per_tok": 2,
            "rope_theta": 1e6,
        },
    ),
    "qwen2": Kind(_LLAMA_NAMES, {"bias": "qkv"}, {"hidden_act": "silu", "num_key_value_heads": 32}),
    "qwen3": Kind(_LLAMA_NAMES, {"qk_norm": True}, {"hidden_act": "silu", "num_key_value_heads": 32, "head_dim": 128}),
    "qwen3_moe": Kind(
        _QWEN_MOE_NAMES,
        {"qk_norm": True},
        {
            "hidden_act": "silu",
            "num_key_value_heads": 4,
            "moe_intermediate_size": 768,
            "num_experts": 128,
            "num_experts_per_tok": 8,
        },
        only={"decoder_sparse_step": 1, "mlp_only_layers": []},
        aliases={"num_local_experts": "num_experts"},
    ),
    "gemma": _gemma({}, "hidden_act", num_key_value_heads=16),
    "gemma2": _gemma({"norm_place": NormPlace.BOTH}, num_key_value_heads=4),
    "gemma3": _GEMMA3,
    "gemma3_text": _GEMMA3,
}
"""By `model_type`. Of a "gemma3", which sees pictures too, the part that reads and writes text."""
