"""How large are the steps of a training, from the first to the last? The learning rate as a function of the step."""

from math import cos, pi, sqrt
from typing import Literal

Kind = Literal["cosine", "wsd", "linear", "constant"]
Decay = Literal["linear", "sqrt"]


def learning_rate(
    kind: Kind,
    step: int,
    *,
    peak: float,
    floor: float,
    warmup_steps: int,
    total_steps: int,
    decay_steps: int,
    decay: Decay = "linear",
) -> float:
    """The learning rate of step t = `step`, which counts from 0; with T_w = `warmup_steps` and T_c = `total_steps`:

    warm-up    t < T_w: t / T_w · peak, whatever the kind; the first step of a warm-up moves nothing
    "cosine"   T_w ≤ t ≤ T_c: floor + ½ (1 + cos(π p)) (peak − floor), p = (t − T_w) / (T_c − T_w)
               (Loshchilov and Hutter 2017 without restarts, as the course writes it)
    "linear"   the same p: peak − p (peak − floor)
    "wsd"      peak until T_d = T_c − `decay_steps`, then down to floor (warm-up, stable, decay; Hu et al. 2024):
               with p = (t − T_d) / (T_c − T_d), `decay` "linear" peak − p (peak − floor),
               "sqrt" peak − √p (peak − floor) (Hägele et al. 2024, "1-sqrt")
    "constant" peak for ever
    t > T_c    floor, but for "constant"

    A decay never begins before the end of the warm-up. The rate has no jumps as long as T_w < T_c and T_d < T_c.
    """
    if step < warmup_steps:
        return step / warmup_steps * peak
    if kind == "constant":
        return peak
    begin = max(warmup_steps, total_steps - decay_steps) if kind == "wsd" else warmup_steps
    gone = _progress(step, begin, total_steps)
    if kind == "cosine":
        return floor + (1 + cos(pi * gone)) / 2 * (peak - floor)
    fallen = sqrt(gone) if kind == "wsd" and decay == "sqrt" else gone
    return (1 - fallen) * peak + fallen * floor


def _progress(step: int, begin: int, end: int) -> float:
    """How much of the way from `begin` to `end` lies behind: 0 to 1."""
    if step >= end:
        return 1.0
    return (step - begin) / (end - begin) if step > begin else 0.0
