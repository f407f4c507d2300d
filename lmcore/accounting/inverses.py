"""What is the most that fits? The largest batch, context, width or depth for a memory or a time; exact, by halving."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import gcd
from typing import Final

from lmcore.accounting.flops import training
from lmcore.accounting.kinds import Attention, AttentionCount
from lmcore.accounting.memory import inference_memory, training_memory
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import LARGEST, Shape
from lmcore.accounting.timing import seconds_for

FARTHEST: Final = LARGEST


def largest(fits: Callable[[int], bool], most: int = FARTHEST) -> int:
    """The largest number from 1 to `most` that fits, 0 if not even 1 does; what fits at n must fit below n."""
    if not fits(1):
        return 0
    low, high = 1, 2
    while high <= most and fits(high):
        low, high = high, 2 * high
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _largest_of_line(amount: Callable[[int], int], memory: int) -> int:
    """The same for an amount that grows by as much with each: two of them decide it."""
    one, two = amount(1), amount(2)
    return min(FARTHEST, 1 + (memory - one) // (two - one)) if one <= memory else 0


def largest_batch(shape: Shape, setup: Setup, memory: int) -> int:
    """Sequences on one device with which training fits into `memory` bytes; 0 if not even one does."""
    return _largest_of_line(lambda batch: training_memory(shape, replace(setup, batch=batch)).amount, memory)


def largest_context(shape: Shape, setup: Setup, memory: int, attention: Attention | None = None) -> int:
    """The longest context with which training fits into `memory` bytes; 0 if none does."""
    how = replace(setup, attention=attention or setup.attention)
    return largest(lambda context: training_memory(_at(shape, context), how).amount <= memory)


def largest_inference_context(shape: Shape, setup: Setup, memory: int) -> int:
    """The longest context whose KV cache fits into `memory` beside the weights; `FARTHEST` if a full window does."""

    def amount(context: int) -> int:
        return inference_memory(_at(shape, context), setup).amount

    if setup.attention_count is AttentionCount.WINDOW:
        return largest(lambda context: amount(context) <= memory)
    return _largest_of_line(amount, memory)


def largest_context_in(shape: Shape, setup: Setup, seconds: Fraction) -> int | None:
    """The longest context whose training step takes at most `seconds`; None where the peak is not known."""
    if seconds_for(1, setup) is None:
        return None
    return largest(lambda context: (seconds_for(training(_at(shape, context), setup).amount, setup) or 0) <= seconds)


def largest_layers(shape: Shape, setup: Setup, memory: int) -> int:
    """The most layers with which training fits into `memory` bytes."""
    return largest(lambda layers: training_memory(replace(shape, num_layers=layers), setup).amount <= memory, 1 << 24)


def largest_d_model(shape: Shape, setup: Setup, memory: int) -> int:
    """The widest d_model with which training fits: heads of the same size, all else in the same proportion.

    Heads, and those of keys and values, grow with it (a single one, which all share, stays alone), so that it is a
    multiple of the least width at which they are whole numbers. d_ff is rounded down.
    """
    shared = shape.kv_heads == 1 < shape.num_heads
    parts = gcd(shape.d_model, shape.num_heads, 0 if shared else shape.kv_heads)
    unit = shape.d_model // parts

    def wider(times: int) -> Shape:
        return replace(
            shape,
            d_model=unit * times,
            num_heads=shape.num_heads // parts * times,
            num_kv_heads=1 if shared else shape.kv_heads // parts * times,
            d_head=shape.head_width,
            d_ff=max(1, shape.d_ff * times // parts),
        )

    most = min(1 << 24, LARGEST * parts // max(shape.d_model, shape.num_heads, shape.d_ff))
    return unit * largest(lambda times: training_memory(wider(times), setup).amount <= memory, most)


def _at(shape: Shape, context: int) -> Shape:
    return replace(shape, context_length=context)
