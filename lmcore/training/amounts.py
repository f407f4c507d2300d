"""How much is a training: steps, tokens or hours? Each computed from the others.

A step sees `batch` × `context` tokens. Whole where it can be: a number of tokens becomes so many steps that all of them
are seen, so steps → tokens → steps is the same number; seconds come from an estimated rate and give whole steps below.
"""

from fractions import Fraction
from math import floor, isfinite


def tokens_of(steps: int, batch: int, context: int) -> int:
    """What so many steps see: tokens_of(600, 16, 128) -> 1228800."""
    return steps * batch * context


def steps_of_tokens(tokens: int, batch: int, context: int) -> int:
    """The fewest steps, one at least, that see so many tokens: steps_of_tokens(1_228_801, 16, 128) -> 601."""
    return max(1, -(-tokens // (batch * context)))


def seconds_of(steps: int, flops_per_step: int, rate: float) -> float:
    """How long steps take, at `rate` FLOP/s that are really reached: the peak times its share (MFU)."""
    return float(steps * flops_per_step / Fraction(rate))


def steps_of_seconds(seconds: float, flops_per_step: int, rate: float) -> int:
    """The most steps, one at least, that so many seconds hold at `rate` FLOP/s.

    `seconds_of` these steps is `seconds` or less, of one more it is more, up to 2^50 steps.
    """
    if not isfinite(seconds):
        raise ValueError(f"{seconds} seconds are no time; give a number.")
    steps = max(1, floor(Fraction(seconds) * Fraction(rate) / flops_per_step))
    # A time that `seconds_of` gave was rounded to a float, maybe down: it holds the step that it was computed from.
    return steps + 1 if seconds_of(steps + 1, flops_per_step, rate) <= seconds else steps


def epochs_of(tokens: int, tokens_of_data: int) -> float:
    """How often a training sees its data: epochs_of(300, 200) -> 1.5."""
    return tokens / tokens_of_data


def tokens_of_epochs(epochs: float, tokens_of_data: int) -> int:
    """How many tokens so many times the data are."""
    return round(epochs * tokens_of_data)
