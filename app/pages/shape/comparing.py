"""What is pinned, as figures? Totals in one unit and shares of parts, of the quantity that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from app.pages.shape import units
from app.pages.shape.chosen import Chosen
from app.pages.shape.compare_pane import Comparison, PartName, PinnedRow
from app.pages.shape.telling import FLOPS, FLOPS_TITLES, PARTS, tree_of
from lmcore import figures
from lmcore.accounting import Shape, account

OF: Final = ("parameters", "", "memory")
UNITS: Final = (units.COUNTS, units.FLOPS, units.BYTES)
IN_SENTENCE: Final = {"lm_head": "head", "ffn": "feed-forward", "kv_cache": "KV cache"}
KEPT: Final = 64
_NONE: Final = Shape(1, 1, 1, 2, 1, 1)


@dataclass(frozen=True)
class Pin:
    """A pinned shape: its whole name, its name within its family, and the family."""

    name: str
    short: str
    family: str
    shape: Shape


@lru_cache(maxsize=KEPT)
def _figures(shape: Shape, chosen: Chosen, quantity: int) -> tuple[int, int, dict[str, int]]:
    """Parameters, the total and the amounts by part of a pinned shape; asked at every move, and seldom another."""
    found = account(shape, chosen.setup)
    tree = tree_of(found, chosen, quantity)
    return found.parameters.amount, tree.amount, {node.key: node.amount for node in tree.children}


def compare(pins: Sequence[Pin], chosen: Chosen, quantity: int) -> Comparison:
    """The table of the pinned shapes; the current one is marked."""
    counted = replace(chosen, shape=_NONE, origin=_NONE, name="")  # a key of the cache that no slider of a size changes
    known = [_figures(pin.shape, counted, quantity) for pin in pins]
    keys = [key for key in PARTS if any(amounts.get(key) for _, _, amounts in known)]
    power = units.power_of(max((total for _, total, _ in known), default=0), 1000, len(UNITS[quantity]) - 1)
    rows = [_row(pin, figures_, keys, power, chosen.shape) for pin, figures_ in zip(pins, known, strict=True)]
    families = {pin.family for pin in pins}
    family = families.pop() if len(families) == 1 else ""
    parts = tuple(PartName(_in_sentence(key), PARTS[key].short, PARTS[key].colour) for key in keys)
    unit = UNITS[quantity][power].capitalize() if quantity == 0 else UNITS[quantity][power]
    of = f"FLOPs of {FLOPS_TITLES[chosen.flops_of]}" if quantity == FLOPS else OF[quantity]
    caption = f"{family or 'pinned shapes'}; {of}"
    return Comparison(caption, unit, parts, tuple(rows))


def _row(
    pin: Pin, known: tuple[int, int, dict[str, int]], keys: Sequence[str], power: int, current: Shape
) -> PinnedRow:
    parameters, total, amounts = known
    shares = tuple(units.percent(amounts.get(key, 0), total) for key in keys)
    told = figures.decimal(total / 1000**power, 3) if power else figures.count(total)
    return PinnedRow(pin.short or pin.name, figures.count(parameters), told, shares, pin.shape == current)


def _in_sentence(key: str) -> str:
    return IN_SENTENCE.get(key, PARTS[key].name.lower())
