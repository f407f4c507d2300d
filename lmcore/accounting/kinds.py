"""Which kinds of Transformers and of counting are there? Their names, as configurations and commands write them."""

from enum import StrEnum


class FeedForward(StrEnum):
    """What stands between the two ends of a feed-forward layer; the gated kinds have three matrices."""

    SWIGLU = "swiglu"
    GEGLU = "geglu"
    SILU = "silu"
    GELU = "gelu"
    RELU2 = "relu2"

    @property
    def gated(self) -> bool:
        """Whether a third matrix gates the hidden width."""
        return self in (FeedForward.SWIGLU, FeedForward.GEGLU)


class Norm(StrEnum):
    """RMSNorm has one weight a channel, LayerNorm a bias besides, unless it is made without."""

    RMS = "rmsnorm"
    LAYER = "layernorm"
    LAYER_WITHOUT_BIAS = "layernorm-without-bias"


class NormPlace(StrEnum):
    """Before attention and feed-forward, behind the addition, both (Gemma 2 and 3), or nowhere."""

    PRE = "pre"
    POST = "post"
    BOTH = "both"
    NONE = "none"


class Position(StrEnum):
    """RoPE has no parameters; learned positions have a row of d_model for each place of the context."""

    ROPE = "rope"
    LEARNED = "learned"
    NONE = "none"


class Bias(StrEnum):
    """Which linear layers have biases: none, the query, key and value projections (Qwen2), or all but the head."""

    NONE = "none"
    QKV = "qkv"
    ALL = "all"


class AttentionCount(StrEnum):
    """Which pairs of places attention is counted over: all T², those of the past, or those in a window."""

    FULL = "full"
    CAUSAL = "causal"
    WINDOW = "window"


class Attention(StrEnum):
    """How attention is computed: all scores kept, or in tiles that keep none (flash, PyTorch's SDPA)."""

    MANUAL = "manual"
    FLASH = "flash"


class Precision(StrEnum):
    """What weights, gradients and optimizer states are kept in during training; bytes a parameter with AdamW."""

    FP32 = "fp32"  # 4 + 4 + 8 = 16
    AUTOCAST = "bf16-autocast"  # fp32 weights, products in bf16: 16
    BF16 = "bf16"  # 2 + 4, and a master copy of 4 with the states: 18
    FP16 = "fp16"  # as ZeRO counts it, 2 + 2 + 12 = 16


class Optimizer(StrEnum):
    """fp32 states a parameter: two for AdamW, one for momentum and Muon, none for plain gradient descent."""

    ADAMW = "adamw"
    MOMENTUM = "momentum"
    SGD = "sgd"


class Activations(StrEnum):
    """Which list of what the backward pass needs: the course handout's, Korthikanti's (2022), or our own block's."""

    HANDOUT = "handout"
    KORTHIKANTI = "korthikanti"
    MEASURED = "measured"


class Recomputation(StrEnum):
    """What is computed anew in the backward pass instead of being kept: nothing, attention's scores, whole layers."""

    NONE = "none"
    SELECTIVE = "selective"
    FULL = "full"
