"""Which sizes does a Transformer have? All that decides its parameters, FLOPs and memory; checked when it is made."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

from lmcore.accounting.kinds import Bias, FeedForward, Norm, NormPlace, Position
from lmcore.errors import UsageError

_SIZES: Final = ("vocab_size", "context_length", "num_layers", "d_model", "num_heads", "num_kv_heads", "d_head", "d_ff")
_DERIVED: Final = ("num_kv_heads", "d_head")
LARGEST: Final = 1 << 48
"""Of any size: beyond it nobody means what they typed."""


KINDS: Final[dict[str, type[StrEnum]]] = {
    "feed_forward": FeedForward,
    "norm": Norm,
    "norm_place": NormPlace,
    "position": Position,
    "bias": Bias,
}


class ShapeError(UsageError):
    """Sizes that fit no Transformer; the sentence names the field, its value and the remedy."""


@dataclass(frozen=True)
class Shape:
    """A decoder-only Transformer by its sizes; the defaults are the course's architecture.

    `num_kv_heads` and `d_head` of 0 mean `num_heads` and `d_model / num_heads`. With `num_experts` each layer
    has so many feed-forwards of width `d_ff`, of which a token passes through `active_experts`, and through
    `shared_experts` besides. Raises `ShapeError`.
    """

    vocab_size: int
    context_length: int
    num_layers: int
    d_model: int
    num_heads: int
    d_ff: int
    num_kv_heads: int = 0
    d_head: int = 0
    feed_forward: FeedForward = FeedForward.SWIGLU
    norm: Norm = Norm.RMS
    norm_place: NormPlace = NormPlace.PRE
    position: Position = Position.ROPE
    bias: Bias = Bias.NONE
    tied: bool = False
    qk_norm: bool = False
    num_experts: int = 0
    active_experts: int = 0
    shared_experts: int = 0
    rope_theta: float = 10_000.0

    def __post_init__(self) -> None:
        self._check_kinds()
        for field in _SIZES:
            _check_size(field, getattr(self, field), least=0 if field in _DERIVED else 1)
        self._check_heads()
        if self.num_heads % self.kv_heads:
            raise ShapeError(
                f"num_kv_heads is {self.num_kv_heads:,} and does not divide num_heads, which is {self.num_heads:,}; "
                f"take {_some(divisors(self.num_heads), self.num_kv_heads)}."
            )
        self._check_experts()
        for field in ("tied", "qk_norm"):
            if not isinstance(getattr(self, field), bool):
                raise ShapeError(f"{field} is {getattr(self, field)!r}; it must be true or false.")
        _check_theta(self.rope_theta)

    def _check_kinds(self) -> None:
        for field, kind in KINDS.items():
            try:
                object.__setattr__(self, field, kind(getattr(self, field)))
            except ValueError:
                known = ", ".join(kind)
                raise ShapeError(f"{field} is {getattr(self, field)!r}; it can be {known}.") from None

    def _check_heads(self) -> None:
        """Whether the model's width divides among its heads, and a head's into RoPE's pairs."""
        pairs = self.position is Position.ROPE
        if self.d_head:
            if pairs and self.d_head % 2:
                raise ShapeError(f"d_head is {self.d_head:,}, and RoPE turns pairs of channels; take an even one.")
            return
        if self.d_model % self.num_heads:
            wrong = f"does not divide d_model, which is {self.d_model:,}"
        elif pairs and self.head_width % 2:
            wrong = f"makes the head size {self.head_width:,}, but RoPE turns pairs of channels"
        else:
            return
        fitting = [heads for heads in divisors(self.d_model) if not pairs or self.d_model // heads % 2 == 0]
        remedy = f"{_some(fitting, self.num_heads)} heads" if fitting else "an even d_model"
        raise ShapeError(f"num_heads is {self.num_heads:,} and {wrong}; take {remedy}, or give a head size.")

    def _check_experts(self) -> None:
        for field in ("num_experts", "active_experts", "shared_experts"):
            _check_size(field, getattr(self, field), least=0)
        for field in ("active_experts", "shared_experts"):
            if getattr(self, field) and not self.num_experts:
                raise ShapeError(f"{field} is {getattr(self, field):,} where there are no experts; set num_experts.")
        if self.num_experts and not 1 <= self.active_experts <= self.num_experts:
            raise ShapeError(
                f"active_experts is {self.active_experts:,}, but a token passes through at least one expert and at "
                f"most all of them; take 1 to {self.num_experts:,}."
            )

    @property
    def kv_heads(self) -> int:
        """How many heads of keys and values there are."""
        return self.num_kv_heads or self.num_heads

    @property
    def head_width(self) -> int:
        """The channels of one head."""
        return self.d_head or self.d_model // self.num_heads

    @property
    def q_width(self) -> int:
        """The queries' channels: num_heads · d_head."""
        return self.num_heads * self.head_width

    @property
    def kv_width(self) -> int:
        """The channels of the keys, and of the values: num_kv_heads · d_head."""
        return self.kv_heads * self.head_width

    @property
    def plain_heads(self) -> bool:
        """Whether queries, keys and values are all as wide as the model."""
        return self.q_width == self.kv_width == self.d_model

    @property
    def norms_a_layer(self) -> int:
        """How many norms of width d_model a layer has."""
        return {NormPlace.NONE: 0, NormPlace.BOTH: 4}.get(self.norm_place, 2)

    @property
    def active_feed_forwards(self) -> int:
        """Through how many feed-forwards of width d_ff a token passes in a layer."""
        return self.active_experts + self.shared_experts if self.num_experts else 1


def default_d_ff(kind: FeedForward, d_model: int) -> int:
    """The usual width: 8/3 · d_model rounded to the nearest 64 for gated kinds (as many weights as 4 · d_model in two
    matrices), else 4 · d_model.
    """
    return max(64, (8 * d_model + 96) // 192 * 64) if kind.gated else 4 * d_model


def divisors(number: int) -> list[int]:
    """All divisors in order: divisors(12) -> [1, 2, 3, 4, 6, 12]; above 2^32 those below 2^16 and what they leave."""
    small, large, candidate = [], [], 1
    while candidate * candidate <= number and candidate < 1 << 16:
        if number % candidate == 0:
            small.append(candidate)
            if candidate * candidate != number:
                large.append(number // candidate)
        candidate += 1
    return small + large[::-1]


def _some(choices: list[int], near: int = 0) -> str:
    """The choices, or those nearest to `near` where they are many: "20, 25 or 32"."""
    nearest = sorted(sorted(choices, key=lambda one: abs(one - near))[:5] if near else choices[:6])
    *first, last = [f"{one:,}" for one in nearest]
    return f"{', '.join(first)} or {last}" if first else last


def _check_size(field: str, value: object, least: int = 1) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ShapeError(f"{field} is {value!r}; it must be a whole number.")
    if not least <= value <= LARGEST:
        bound = f"at least {least}" if value < least else f"at most {LARGEST:,}"
        raise ShapeError(f"{field} is {value:,}; it must be {bound}.")


def _check_theta(value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < inf:
        raise ShapeError(f"rope_theta is {value!r}; it must be a number above 0, such as 10,000.")
