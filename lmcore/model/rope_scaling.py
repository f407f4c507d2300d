"""How is RoPE stretched beyond the context that a model was first trained with? Each pair's frequency is divided.

Knows no torch: a divisor a pair is all that the table of angles, or a file for another program, needs.
"""

from dataclasses import dataclass, fields
from math import inf, tau

from lmcore.errors import ModelError


@dataclass(frozen=True)
class LinearScaling:
    """Position interpolation (Chen et al. 2023): every frequency is divided by `factor`. Raises `ModelError`."""

    factor: float

    def __post_init__(self) -> None:
        _check_numbers(self)

    def divisor(self, frequency: float) -> float:
        """What divides a frequency, in radians a position: the same for all."""
        return self.factor


@dataclass(frozen=True)
class Llama3Scaling:
    """What Llama 3.1 was published with: the longer a wave, the more it is stretched.

    A frequency that turns `low_freq_factor` times or less in `original_context_length` positions is divided by
    `factor`, one that turns `high_freq_factor` times or more stays, and between them what is left of a frequency
    rises linearly with its turns. Raises `ModelError` where the numbers do not fit together.
    """

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_context_length: int

    def __post_init__(self) -> None:
        _check_numbers(self)
        _require(
            self.low_freq_factor < self.high_freq_factor,
            f"low_freq_factor {self.low_freq_factor} is not below high_freq_factor {self.high_freq_factor}",
        )

    def divisor(self, frequency: float) -> float:
        """What divides a frequency, in radians a position: 1 for high ones, `factor` for low ones."""
        turns = self.original_context_length * frequency / tau
        kept = (turns - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor)
        kept = min(max(kept, 0.0), 1.0)
        return self.factor / (1 - kept + kept * self.factor)


RopeScaling = LinearScaling | Llama3Scaling


def divisors(scaling: RopeScaling, d_head: int, theta: float) -> list[float]:
    """What divides the frequency theta^(-2i / d_head) of each of the d_head / 2 pairs i."""
    return [scaling.divisor(theta ** (-pair / d_head)) for pair in range(0, d_head, 2)]


def _check_numbers(scaling: "RopeScaling") -> None:
    """Raises `ModelError` for a field that is no number above 0."""
    for field in fields(scaling):
        value = getattr(scaling, field.name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        _require(number and 0 < value < inf, f"{field.name} is {value!r}; it must be a number above 0")


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise ModelError(f"RoPE cannot be scaled so: {otherwise}.")
