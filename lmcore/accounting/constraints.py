"""What has to change with a size so that the shape stays one? Heads divide d_model, d_ff follows; it is told.

Pure functions of the shape before: a slider that goes there and back ends where it began, since the page gives them
the shape that the movement started from.
"""

from typing import NamedTuple

from lmcore import figures
from lmcore.accounting.shape import divisors


class Heads(NamedTuple):
    """Heads of queries, and of keys and values; 0 of these means as many."""

    queries: int
    keys: int


def possible_heads(d_model: int, *, rotated: bool) -> list[int]:
    """How many heads d_model can be divided among; RoPE rotates pairs, so its heads have an even size."""
    return [part for part in divisors(d_model) if not rotated or d_model // part % 2 == 0]


def nearest(allowed: list[int], wanted: float) -> int:
    """The one of `allowed` that is nearest in ratio; of two equally near the greater."""
    return min(reversed(allowed), key=lambda number: max(number / wanted, wanted / number))


def heads_for(d_model: int, before: Heads, head_size: float, *, rotated: bool) -> Heads:
    """Heads for another d_model, an even one if they are rotated: as many as before, or as nearly keep their size."""
    allowed = possible_heads(d_model, rotated=rotated)
    queries = before.queries if before.queries in allowed else nearest(allowed, max(1.0, d_model / head_size))
    return Heads(queries, keys_for(queries, before))


def keys_for(queries: int, before: Heads) -> int:
    """Heads of keys and values for so many of queries: all, or as many as before if they divide them."""
    if before.keys in (0, before.queries):
        return 0
    if queries % before.keys == 0:
        return before.keys
    return nearest(divisors(queries), queries * before.keys / before.queries)


def neighbours(allowed: list[int], wanted: int) -> str:
    """What to offer in place of a number that cannot be: neighbours([1, 5, 8], 7) -> "5 or 8"."""
    below = [number for number in allowed if number < wanted][-1:]
    above = [number for number in allowed if number > wanted][:1]
    return " or ".join(figures.count(number) for number in (*below, *above))


def snap_width(value: int) -> int:
    """A width of a matrix on a slider: multiples of 8, from 256 on of 64, from 4,096 on of 256."""
    step = 256 if value >= 4096 else 64 if value >= 256 else 8
    return max(step, round(value / step) * step)


def step_width(value: int, steps: int) -> int:
    """So many places of `snap_width` further or back: step_width(1_600, 1) -> 1,664, step_width(1_601, -1) -> 1,600."""
    for _ in range(abs(steps)):
        inside = value if steps > 0 else value - 1  # on a bound between two grids, the one that the step leads into
        grid = 256 if inside >= 4096 else 64 if inside >= 256 else 8
        value = (value // grid + 1) * grid if steps > 0 else max(8, -(-value // grid) * grid - grid)
    return value


def step_among(allowed: list[int], value: int, steps: int) -> int:
    """So many of `allowed` further or back; the first and the last are the ends: step_among([1, 5, 8], 5, 1) -> 8."""
    beyond = [one for one in allowed if (one > value if steps > 0 else one < value)]
    if not beyond:
        return value
    ordered = beyond if steps > 0 else beyond[::-1]
    return ordered[min(abs(steps), len(ordered)) - 1]


def snap_vocabulary(value: int) -> int:
    """A vocabulary on a slider: two significant digits and a half."""
    step = 1
    while step * 200 <= value:
        step *= 10
    return round(value / step) * step


def snap_context(value: int) -> int:
    """A context on a slider: powers of two and the steps half and a quarter way between them."""
    power = 1 << max(0, value.bit_length() - 1)
    step = max(1, power // 4)
    return round(value / step) * step
