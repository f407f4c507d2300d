"""Where does a noisy curve go? An exponential moving average that does not begin at 0.

    a_t = w · a_{t−1} + (1 − w) · x_t,   a_0 = 0,   and shown is a_t / (1 − w^t),

the debiased average of Kingma and Ba, "Adam" (2014), section 3: its weights add up to 1 from the first value on.
"""

from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BITS: Final = 300  # by which the weights within a block may differ: within what floats reach
_LONGEST: Final = 2048  # values of a block, so that it stays in the processor's cache
_NOTHING: Final = 1e-17  # beside 1

Values = NDArray[np.float64]


def smoothed(values: NDArray[np.floating], weight: float) -> Values:
    """The debiased average at each value, with `weight` from 0 (the values themselves) to below 1 for what was before.

    What is not finite is passed over: it is NaN in the result and has no part in what follows.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"The weight of a moving average is {weight}; it must be from 0 to below 1.")
    given = np.asarray(values, np.float64)
    known = np.isfinite(given)
    if known.all():
        return _debiased(_averages(given, weight), weight)
    result = np.full(len(given), np.nan)
    result[known] = _debiased(_averages(given[known], weight), weight)
    return result


def _averages(values: Values, weight: float) -> Values:
    """a_t for each value, without a loop over all of them.

    Within a block a_i / w^i is a running sum of x_j · (1 − w) / w^j; what is carried from block to block is one number.
    """
    if weight == 0 or not len(values):
        return values.copy()
    length = max(1, min(int(_BITS / -log2(weight)), _LONGEST, len(values)))
    blocks = -(-len(values) // length)
    room = np.zeros(blocks * length)
    room[: len(values)] = values
    table = room.reshape(blocks, length)
    decay = weight ** np.arange(length)  # from a block's first value on
    table *= (1 - weight) / decay
    np.cumsum(table, axis=1, out=table)
    before = _carried((table[:, -1] * decay[-1]).tolist(), weight**length)
    table += weight * before[:, np.newaxis]
    table *= decay
    return room[: len(values)]


def _carried(ends: list[float], decay: float) -> Values:
    """The average before each block, from what each comes to by itself at its end."""
    before, average = [], 0.0
    for end in ends:
        before.append(average)
        average = average * decay + end
    return np.array(before)


def _debiased(averages: Values, weight: float) -> Values:
    """Divided by 1 − w^t, as long as that is not 1."""
    if weight > 0:
        number = min(len(averages), int(log2(_NOTHING) / log2(weight)) + 1)
        averages[:number] /= 1 - weight ** np.arange(1, number + 1)
    return averages
