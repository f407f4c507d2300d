"""How fast did a run train, over all of its steps? The last row alone is of one moment of a machine that others use.

A run that went on with another batch or on another machine has one mean of all.
"""

from math import isfinite

from lmcore.training.overview import Overview


def mean_rate(run: Overview) -> float | None:
    """Tokens a second over all the time of its steps; None where no step was timed."""
    tokens, seconds = run.last.get("tokens"), run.last.get("seconds")
    if tokens is None or seconds is None or not seconds > 0:
        return None
    rate = tokens / seconds
    return rate if isfinite(rate) else None


def mean_mfu(run: Overview) -> float | None:
    """The share of the peak over the same time: that of the last step, by how much faster or slower it was."""
    mean, share, rate = mean_rate(run), run.last.get("mfu"), run.last.get("tokens_per_second")
    if mean is None or share is None or rate is None or not rate > 0 or not isfinite(share * mean / rate):
        return None
    return share * mean / rate
