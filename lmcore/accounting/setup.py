"""How is a shape counted, trained and run? Every convention is a field with a name; the defaults are the course's."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lmcore.accounting.hardware import Gpu
from lmcore.accounting.kinds import (
    Activations,
    Attention,
    AttentionCount,
    Optimizer,
    Precision,
    Recomputation,
)
from lmcore.errors import UsageError

KINDS: Final[dict[str, type[StrEnum]]] = {
    "precision": Precision,
    "attention_count": AttentionCount,
    "attention": Attention,
    "optimizer": Optimizer,
    "activations": Activations,
    "recomputation": Recomputation,
}


class SetupError(UsageError):
    """A way of counting or training that makes no sense; the sentence names the field and the remedy."""


@dataclass(frozen=True)
class Setup:
    """What decides FLOPs, bytes and seconds besides the shape.

    `batch` is in sequences on one device. `attention_count` says over which pairs of places attention's FLOPs are
    counted, `window` is the number of places each sees with "window". `zero_stage` divides optimizer states (1),
    gradients as well (2) and weights as well (3) among `devices`; activations are each device's own. `kv_bytes` is the
    size of a number in the KV cache. `mfu` is the share of the peak that training reaches, `tokens` what it sees.
    """

    batch: int = 1
    precision: Precision = Precision.FP32
    attention_count: AttentionCount = AttentionCount.FULL
    window: int = 4_096
    attention: Attention = Attention.MANUAL
    optimizer: Optimizer = Optimizer.ADAMW
    activations: Activations = Activations.HANDOUT
    recomputation: Recomputation = Recomputation.NONE
    zero_stage: int = 0
    devices: int = 1
    kv_bytes: int = 2
    gpu: Gpu | None = None
    mfu: Fraction = Fraction(1, 2)
    tokens: int = 0

    def __post_init__(self) -> None:
        self._check_kinds()
        object.__setattr__(self, "mfu", Fraction(self.mfu).limit_denominator(10_000))
        for field, least in (("batch", 1), ("window", 1), ("devices", 1), ("kv_bytes", 1), ("tokens", 0)):
            value = getattr(self, field)
            if not isinstance(value, int) or value < least:
                raise SetupError(f"{field} is {value!r}; it must be a whole number of at least {least}.")
        if self.zero_stage not in range(4):
            raise SetupError(f"zero_stage is {self.zero_stage}; it can be 0, 1, 2 or 3.")
        if not 0 < self.mfu <= 1:
            raise SetupError(f"mfu is {float(self.mfu):g}; it must be above 0 and at most 1 (0.5 means 50 %).")

    def _check_kinds(self) -> None:
        for field, kind in KINDS.items():
            try:
                object.__setattr__(self, field, kind(getattr(self, field)))
            except ValueError:
                known = ", ".join(kind)
                raise SetupError(f"{field} is {getattr(self, field)!r}; it can be {known}.") from None

    @property
    def compute_bytes(self) -> int:
        """Bytes of a number in the products and in what they keep."""
        return 4 if self.precision is Precision.FP32 else 2
