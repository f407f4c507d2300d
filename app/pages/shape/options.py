"""Which switches does a shape have besides its sizes, and which conventions is it counted by? The lists behind More."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from app.pages.shape.chosen import FlopsOf, MemoryOf
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

Of = Literal["shape", "setup", "view"]


@dataclass(frozen=True)
class Option:
    """One of several: the field that it sets, and of what; each choice has its words and its value."""

    of: Of
    key: str
    name: str
    choices: tuple[tuple[str, Any], ...]
    told: str = ""


@dataclass(frozen=True)
class Number:
    """A whole number from `low` to `high`; `none` is what the lowest means, where it means something else."""

    of: Of
    key: str
    name: str
    low: int
    high: int
    told: str = ""
    none: str = ""


KIND_NAMES: Final = {
    FeedForward.SWIGLU: "SwiGLU",
    FeedForward.GEGLU: "GEGLU",
    FeedForward.GELU: "GELU",
    FeedForward.SILU: "SiLU",
    FeedForward.RELU2: "ReLU²",
}
PRECISION_NAMES: Final = {
    Precision.FP32: "fp32",
    Precision.AUTOCAST: "bf16 autocast",
    Precision.BF16: "bf16",
    Precision.FP16: "fp16",
}
ACTIVATION_NAMES: Final = {
    Activations.HANDOUT: "the handout",
    Activations.KORTHIKANTI: "Korthikanti",
    Activations.MEASURED: "our block",
}
"""By which list activations are counted: one setting for the whole page."""
ARCHITECTURE: Final = (
    Option("shape", "feed_forward", "Function", tuple((name, kind) for kind, name in KIND_NAMES.items())),
    Option(
        "shape",
        "norm",
        "Norm",
        (("RMSNorm", Norm.RMS), ("LayerNorm", Norm.LAYER), ("LN, no bias", Norm.LAYER_WITHOUT_BIAS)),
    ),
    Option(
        "shape",
        "norm_place",
        "Norm place",
        (("before", NormPlace.PRE), ("behind", NormPlace.POST), ("both", NormPlace.BOTH), ("nowhere", NormPlace.NONE)),
        "Before attention and feed-forward, behind the addition, both (Gemma 2 and 3), or nowhere.",
    ),
    Option(
        "shape",
        "position",
        "Positions",
        (("RoPE", Position.ROPE), ("learned", Position.LEARNED), ("none", Position.NONE)),
        "RoPE turns pairs of channels and has no parameters; learned ones have a row for each place.",
    ),
    Option(
        "shape",
        "bias",
        "Biases",
        (("none", Bias.NONE), ("Q, K, V", Bias.QKV), ("all linears", Bias.ALL)),
        "All means every linear layer but the head, as GPT-2 has them.",
    ),
    Option("shape", "qk_norm", "QK-norm", (("off", False), ("on", True)), "Norms queries and keys, as Qwen3 does."),
    Number("shape", "num_kv_heads", "KV heads", 0, 4_096, "Heads of keys and values that groups share: GQA.", "all"),
    Number("shape", "d_head", "Head size", 0, 8_192, "Channels of a head, where it is not d_model / heads.", "auto"),
)
EXPERTS: Final = (
    Number("shape", "num_experts", "Experts", 0, 4_096, "Feed-forwards in each layer: mixture of experts.", "none"),
    Number("shape", "active_experts", "Active experts", 0, 4_096, "Those that each token passes through.", "none"),
    Number("shape", "shared_experts", "Shared experts", 0, 64, "Those that every token passes through.", "none"),
)
COUNTING: Final = (
    Option(
        "view",
        "flops_of",
        "FLOPs of",
        (
            ("one forward", FlopsOf.FORWARD),
            ("training step", FlopsOf.TRAINING),
            ("one prompt", FlopsOf.PREFILL),
            ("next token", FlopsOf.DECODE_CACHED),
            ("uncached", FlopsOf.DECODE_UNCACHED),
        ),
        "Of the batch, of a prompt as long as the context, or of one more token, with a KV cache or without.",
    ),
    Option(
        "setup",
        "attention_count",
        "Pairs",
        (("full T²", AttentionCount.FULL), ("the past", AttentionCount.CAUSAL), ("a window", AttentionCount.WINDOW)),
        "Which pairs of places attention is counted over: all, those of the past exactly, or those in a window.",
    ),
    Number("setup", "window", "Window", 1, 4_194_304, "Places that each place sees, with a window."),
)
MEMORY: Final = (
    Option("view", "memory_of", "Memory of", (("training", MemoryOf.TRAINING), ("inference", MemoryOf.INFERENCE))),
    Option(
        "setup",
        "precision",
        "Weights in",
        tuple((name.removeprefix("bf16 "), kind) for kind, name in PRECISION_NAMES.items()),
        "Bytes a parameter with AdamW: fp32 16, bf16 autocast 16, bf16 18, fp16 as ZeRO counts it 16.",
    ),
    Option(
        "setup",
        "optimizer",
        "Optimizer",
        (("AdamW", Optimizer.ADAMW), ("momentum", Optimizer.MOMENTUM), ("plain SGD", Optimizer.SGD)),
    ),
    Option(
        "setup",
        "attention",
        "Attention",
        (("manual", Attention.MANUAL), ("flash, SDPA", Attention.FLASH)),
        "Manual attention keeps all T² scores for the backward pass, flash attention none.",
    ),
    Option(
        "setup",
        "recomputation",
        "Recompute",
        (("nothing", Recomputation.NONE), ("scores", Recomputation.SELECTIVE), ("whole layers", Recomputation.FULL)),
        "What the backward pass computes anew in place of keeping it.",
    ),
    Option(
        "setup",
        "activations",
        "Activations",
        tuple((name, kind) for kind, name in ACTIVATION_NAMES.items()),
        "The course handout’s list, Korthikanti et al. 2022 (fp16, dropout), or what this project’s block keeps.",
    ),
    Option(
        "setup",
        "zero_stage",
        "ZeRO stage",
        (("none", 0), ("1: optimizer", 1), ("2: gradients", 2), ("3: weights", 3)),
        "What is divided among the devices; each stage divides that of the lower ones as well.",
    ),
    Number("setup", "devices", "Devices", 1, 1_000_000, "Each has a batch of its own."),
    Number("setup", "kv_bytes", "KV cache, bytes", 1, 8, "Bytes of a number in the KV cache."),
)
GROUPS: Final = (
    ("Architecture", ARCHITECTURE),
    ("Mixture of experts", EXPERTS),
    ("Counting FLOPs", COUNTING),
    ("Counting memory", MEMORY),
)
