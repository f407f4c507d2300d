"""How are names cut to a width so that they still tell apart what they name? Not where alone they differ."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

SHARES: Final = (0.5, 0.7, 0.3, 0.85, 0.15)
"""How much of what is kept stands in front of the cut: half of it, unless names would then be the same."""


def fitted_names(names: Sequence[str], most: float, width: Callable[[str], float]) -> list[str]:
    """Names that are no wider than `most`, as `width` measures. Names that differ are cut where the results differ, if
    one of `SHARES` does that.
    """
    found = {name: _cut(name, most, width, SHARES[0]) for name in dict.fromkeys(names)}
    for share in SHARES[1:]:
        often = Counter(found.values())
        same = [name for name, cut in found.items() if often[cut] > 1]
        if not same:
            break
        tried = found | {name: _cut(name, most, width, share) for name in same}
        if len(set(tried.values())) > len(set(found.values())):
            found = tried
    return [found[name] for name in names]


def _cut(name: str, most: float, width: Callable[[str], float], share: float) -> str:
    """As many letters as fit around an ellipsis."""
    if width(name) <= most:
        return name
    low, high = 0, len(name) - 1  # letters that are kept
    while low < high:
        kept = (low + high + 1) // 2
        if width(_around(name, kept, share)) <= most:
            low = kept
        else:
            high = kept - 1
    return _around(name, low, share)


def _around(name: str, kept: int, share: float) -> str:
    front = round(kept * share)
    return f"{name[:front].rstrip()}…{name[len(name) - kept + front :].lstrip()}"
