"""Which Transformers can the module be? Its sizes and switches, checked before anything is built; knows no torch."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from lmcore.errors import ModelError
from lmcore.model.rope_scaling import RopeScaling

Norm = Literal["pre", "post", "none"]
Position = Literal["rope", "none"]
FeedForwardKind = Literal["swiglu", "silu", "gelu", "relu2"]
AttentionKind = Literal["sdpa", "manual"]

_CHOICES: Final = {"norm": Norm, "position": Position, "feed_forward": FeedForwardKind, "attention": AttentionKind}


@dataclass(frozen=True)
class Architecture:
    """Sizes in the course's terms and one field a switch; the defaults are the course's model.

    `d_head` is the width of one head, and `num_kv_heads` heads of keys and values are shared by groups of query heads;
    0 stands for d_model / num_heads and for `num_heads`: plain multi-head attention. `norm` says where
    RMSNorm stands: before each sublayer ("pre"), behind each residual addition ("post"), or nowhere; the final one
    stays with "post". `qk_norm` normalises every query and key head before its rotation. `feed_forward` has three
    matrices with "swiglu", otherwise two with that function between them. `rope_scaling` divides RoPE's frequencies,
    None for none. `attention` says how, not what, is computed.

    Raises `ModelError` where the sizes do not fit together.
    """

    vocab_size: int
    context_length: int
    d_model: int
    num_layers: int
    num_heads: int
    d_ff: int
    rope_theta: float = 10_000.0
    num_kv_heads: int = 0
    d_head: int = 0
    tied_head: bool = False
    qk_norm: bool = False
    norm: Norm = "pre"
    position: Position = "rope"
    rope_scaling: RopeScaling | None = None
    feed_forward: FeedForwardKind = "swiglu"
    norm_eps: float = 1e-5
    attention: AttentionKind = "sdpa"

    def __post_init__(self) -> None:
        for name in ("vocab_size", "context_length", "d_model", "num_layers", "num_heads", "d_ff"):
            self._require(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it must be at least 1")
        for name, choices in _CHOICES.items():
            allowed = get_args(choices)
            self._require(getattr(self, name) in allowed, f"{name} is {getattr(self, name)!r}; choose from {allowed}")
        self._require(
            self.d_head != 0 or self.d_model % self.num_heads == 0,
            f"d_model {self.d_model} cannot be divided among {self.num_heads} heads; change one or give d_head",
        )
        self._check_heads()

    @property
    def kv_heads(self) -> int:
        """How many heads of keys and values there are."""
        return self.num_kv_heads or self.num_heads

    @property
    def head_width(self) -> int:
        """The width of one head."""
        return self.d_head or self.d_model // self.num_heads

    def _check_heads(self) -> None:
        """Whether heads can be grouped, and rotated by pairs."""
        self._require(
            self.kv_heads >= 1 and self.num_heads % self.kv_heads == 0,
            f"{self.num_heads} heads cannot share {self.kv_heads} heads of keys and values evenly",
        )
        width, rotated = self.head_width, self.position == "rope"
        self._require(width >= 1, f"d_head is {width}; it must be at least 1")
        self._require(not rotated or width % 2 == 0, f"RoPE rotates pairs, so d_head {width} must be even")
        self._require(not rotated or self.rope_theta > 0, f"rope_theta is {self.rope_theta}; it must be above 0")
        self._require(rotated or self.rope_scaling is None, "rope_scaling is given, but there is no RoPE to be scaled")

    @staticmethod
    def _require(fits: bool, otherwise: str) -> None:
        if not fits:
            raise ModelError(f"No such Transformer can be built: {otherwise}.")
