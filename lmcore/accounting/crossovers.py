"""At which context does attention cost as much as another part? Solved exactly, not searched.

Attention over all T² pairs costs 4·T²·q·L, a linear part c·T: they are equal at T = c / (4·q·L). With the pairs of the
past alone, T(T+1)/2, it is at twice that, less one. In a window of W places attention grows by 4·W·q·L a token in the
end, and may never reach a part that grows faster.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from lmcore.accounting.flops import forward
from lmcore.accounting.kinds import AttentionCount
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape


@dataclass(frozen=True)
class Crossover:
    """Where attention equals the part `key`, in tokens; `context` is None, with a `reason`, where it never does."""

    key: str
    name: str
    context: Fraction | None
    formula: str
    reason: str = ""


def crossovers(shape: Shape, setup: Setup) -> tuple[Crossover, ...]:
    """Where attention equals the projections, the feed-forward and the LM head."""
    one = forward(replace(shape, context_length=1), replace(setup, batch=1))
    pair = 4 * shape.q_width * shape.num_layers
    parts = (one.child(key) for key in ("projections", "ffn", "lm_head"))
    return tuple(_crossover(node.key, node.name, Fraction(node.amount, pair), shape, setup) for node in parts)


def _crossover(key: str, name: str, full: Fraction, shape: Shape, setup: Setup) -> Crossover:
    """`full` is where all T² pairs would meet the part."""
    plain = _plain_formula(key, shape)
    if setup.attention_count is AttentionCount.FULL:
        return Crossover(key, name, full, plain)
    causal = 2 * full - 1
    if setup.attention_count is AttentionCount.CAUSAL or causal <= setup.window:
        return Crossover(key, name, causal if causal >= 1 else None, f"2 · {plain} − 1", _never(causal >= 1, name))
    window = setup.window
    if full >= window:  # a token's attention stays below what the part takes
        return Crossover(key, name, None, plain, f"in a window of {window:,} attention stays below {name.lower()}")
    return Crossover(key, name, Fraction(window * (window - 1), 2) / (window - full), f"½W(W−1) / (W − {plain})")


def _never(meets: bool, name: str) -> str:
    return "" if meets else f"attention is above {name.lower()} from the first token on"


def _plain_formula(key: str, shape: Shape) -> str:
    if key == "projections":
        return "2·d" if shape.plain_heads else "d·(a + k) / a"
    if key == "ffn":
        times = ("1.5" if shape.feed_forward.gated else "1") + ("·A" if shape.num_experts else "")
        ratio = f"{times}·d_ff" if shape.plain_heads else f"{times}·d_ff·d / (a·h)"
        return ratio.removeprefix("1·") + (" + E·d / (2·a·h)" if shape.num_experts else "")
    return "d·V / (2·a·h·L)" if not shape.plain_heads else "V / (2·L)"
