"""At which context does attention cost as much as another part? Solved exactly, not searched.

Attention over all T² pairs costs 4·T²·q·L, a linear part c·T: they are equal at T = c / (4·q·L). With the pairs of the
past alone, T(T+1)/2, it is at twice that, less one. In a window of W places attention grows by 4·W·q·L a token in the
end, and may never reach a part that grows faster.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

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


class _Term(NamedTuple):
    """`times` · the symbols `over` / the symbols `under`."""

    times: Fraction
    over: tuple[str, ...]
    under: tuple[str, ...] = ()


def crossovers(shape: Shape, setup: Setup) -> tuple[Crossover, ...]:
    """Where attention equals the projections, the feed-forward and the LM head."""
    one = forward(replace(shape, context_length=1), replace(setup, batch=1))
    pair = 4 * shape.q_width * shape.num_layers
    parts = (one.child(key) for key in ("projections", "ffn", "lm_head"))
    return tuple(_crossover(node.key, node.name, Fraction(node.amount, pair), shape, setup) for node in parts)


def _crossover(key: str, name: str, full: Fraction, shape: Shape, setup: Setup) -> Crossover:
    """`full` is where all T² pairs would meet the part."""
    terms, said = [*_terms(key, shape)], name if name.startswith("LM") else name.lower()
    if setup.attention_count is AttentionCount.FULL:
        return Crossover(key, name, full, _sum(terms))
    causal, window = 2 * full - 1, setup.window
    if setup.attention_count is AttentionCount.CAUSAL or causal <= window:
        never = "" if causal >= 1 else f"attention is above {said} from the first token on"
        return Crossover(key, name, None if never else causal, f"{_sum(terms, 2)} − 1", never)
    if full >= window:  # a token's attention stays below what the part takes
        reason = f"in a window of {window:,} attention stays below {said}"
        return Crossover(key, name, None, _sum(terms), reason)
    below = f"({_sum(terms)})" if len(terms) > 1 else _sum(terms)
    return Crossover(key, name, Fraction(window * (window - 1), 2) / (window - full), f"½W(W−1) / (W − {below})")


def _terms(key: str, shape: Shape) -> Iterator[_Term]:
    """What `full` is a sum of: the part's FLOPs a token ÷ (4·q·L), where the queries' width q = a·h may be d."""
    wide, narrow = ((), ()) if shape.q_width == shape.d_model else (("d",), ("a", "h"))
    if key == "projections":
        yield _Term(Fraction(2 if shape.kv_heads == shape.num_heads else 1), ("d",))
        if shape.kv_heads != shape.num_heads:
            yield _Term(Fraction(1), ("d", "k"), ("a",))
    elif key == "ffn":
        active = ("A",) if shape.num_experts else ()
        yield _Term(Fraction(3 if shape.feed_forward.gated else 2, 2), (*active, "d_ff", *wide), narrow)
        if shape.num_experts:
            yield _Term(Fraction(1, 2), ("E", *wide), narrow)
    else:
        yield _Term(Fraction(1, 2), ("V", *wide), (*narrow, "L"))


def _sum(terms: list[_Term], times: int = 1) -> str:
    """So many times a sum, written: "3·A·d_ff + E"."""
    return " + ".join(_written(term._replace(times=times * term.times)) for term in terms)


def _written(term: _Term) -> str:
    """ "1.5·d_ff", "V / (2·L)"; a half goes below the line."""
    half = term.times == Fraction(1, 2)
    factor = () if half or term.times == 1 else (f"{float(term.times):g}",)
    under = ("2", *term.under) if half else term.under
    below = "·".join(under) if len(under) == 1 else f"({'·'.join(under)})"
    return "·".join((*factor, *term.over)) + (f" / {below}" if under else "")
