"""How is a shape counted, trained and run? Every convention is a field with a name; the defaults are the course's."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

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

SIZES: Final = {"batch": 1, "window": 1, "devices": 1, "kv_bytes": 1, "tokens": 0}
"""The least of each."""
LARGEST: Final = 1 << 60
"""Of any size: beyond it nobody means what they typed."""
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
        object.__setattr__(self, "mfu", _share("mfu", self.mfu))
        for field, least in SIZES.items():
            value = getattr(self, field)
            if not _whole(value) or value < least:
                raise SetupError(f"{field} is {value!r}; it must be a whole number of at least {least}.")
            if value > LARGEST:
                raise SetupError(f"{field} is {value:,}; it must be at most {LARGEST:,}.")
        if not _whole(self.zero_stage) or self.zero_stage not in range(4):
            raise SetupError(f"zero_stage is {self.zero_stage!r}; it can be 0, 1, 2 or 3.")
        if not isinstance(self.gpu, Gpu | None):
            raise SetupError(f"gpu is {self.gpu!r}; it must be a row of the table of processors, or one made like it.")

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


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _share(field: str, value: Any) -> Fraction:
    """A share above 0, to four digits; raises `SetupError`."""
    try:
        share = Fraction(value).limit_denominator(10_000)
    except (TypeError, ValueError, ArithmeticError):  # words, None, not a number, infinity, 1/0
        share = Fraction(0)
    if not 0 < share <= 1:
        shown = f"{float(value):g}" if isinstance(value, Fraction | int) else repr(value)
        raise SetupError(f"{field} is {shown}; it must be above 0 and at most 1 (0.5 means 50 %).")
    return share
