"""What did a run measure, as columns? Arrays of the rows that count, a table a kind, to be drawn and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
"""int64 for "step", "tokens", "attempt" and "memory", float64 for all else; what a row lacks is NaN, or −1."""

TRAIN: Final = ("step", "tokens", "seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory")
VALIDATION: Final = ("step", "tokens", "seconds", "loss", "perplexity", "bits_per_byte", "time")
ATTEMPTS: Final = ("step", "attempt", "time")
_WHOLE: Final = ("step", "tokens", "attempt", "memory")


@dataclass(frozen=True)
class Columns:
    """The rows of a run that count. Each table has all its columns, of one length: [rows].

    `tokens` are those seen so far, `seconds` those trained so far, over all attempts; `loss` is in nats a token, NaN
    where it was no number; `memory` is in bytes; `time` is in seconds since 1970.
    """

    train: Mapping[str, Column] = field(default_factory=lambda: empty(TRAIN))
    validation: Mapping[str, Column] = field(default_factory=lambda: empty(VALIDATION))
    attempts: Mapping[str, Column] = field(default_factory=lambda: empty(ATTEMPTS))


def empty(names: tuple[str, ...]) -> dict[str, Column]:
    """Columns without rows."""
    return {name: np.zeros(0, np.int64 if name in _WHOLE else np.float64) for name in names}
