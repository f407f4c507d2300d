"""How do the forward FLOPs become the large chart? Areas as shares or amounts, crossings, and the cards over them."""

from typing import Final

import numpy as np

from app.pages.shape import units
from app.pages.shape.context import wording
from app.pages.shape.context.outlook import Outlook
from app.pages.shape.context.parts import BY_KEY, LISTED, STACKED
from app.widgets.chart_axis import Tick, nice_step
from app.widgets.log_axis import Values
from app.widgets.share_card import ShareRow
from app.widgets.stacked_chart import Crossing, Stack, StackCard
from app.widgets.stacked_paint import Area
from lmcore import figures

MEETING: Final = ("projections", "ffn")
HEADROOM: Final = 1.08
NICE: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0)


def share_stack(outlook: Outlook) -> Stack:
    """The parts as shares of one forward pass."""
    total = sum(outlook.parts.values())
    edges = _edges(outlook) / total
    bounds = [0.0, *edges[:, 0].tolist()]
    areas = [
        Area(part.name, part.colour, f"{figures.decimal(100 * (bounds[place + 1] - bounds[place]), 0)} %")
        for place, part in enumerate(STACKED)
    ]
    edges[-1] = 1.0
    return Stack(outlook.axis, outlook.contexts, tuple(areas), edges, 1.0, (), crossings(outlook), remark(outlook))


def amount_stack(outlook: Outlook, context: int) -> Stack:
    """The parts as FLOPs, on a linear scale whose end is a round amount above that of `context`."""
    top = top_for(outlook, context)
    step = nice_step(top, 4)
    ticks = tuple(
        Tick(n * step, wording.round_figure(units.flops(round(n * step)))) for n in range(1 + int(top / step + 1e-9))
    )
    areas = tuple(Area(part.name, part.colour) for part in STACKED)
    return Stack(
        outlook.axis, outlook.contexts, areas, _edges(outlook), top, ticks, crossings(outlook), remark(outlook)
    )


def top_for(outlook: Outlook, context: int) -> float:
    """The upper end of the scale of amounts while the marker stands at a context."""
    return round_top(float(outlook.forward(context)))


def round_top(amount: float) -> float:
    """A round amount that leaves some room above another: round_top(149.5e12) -> 200e12."""
    power = 10.0 ** np.floor(np.log10(amount * HEADROOM))
    return float(next(nice * power for nice in NICE if nice * power >= amount * HEADROOM))


def crossings(outlook: Outlook) -> tuple[Crossing, ...]:
    """Where attention overtakes, the nearest first."""
    found = [(at, key) for key in MEETING if (at := outlook.crossovers[key].context) is not None]
    return tuple(
        Crossing(float(at), wording.whole(at), f"attention = {BY_KEY[key].name.lower()}") for at, key in sorted(found)
    )


def remark(outlook: Outlook) -> str:
    """What is said of crossings that there are not, or that the axis does not reach."""
    lines = []
    for key in MEETING:
        one = outlook.crossovers[key]
        if one.context is None:
            lines.append(one.reason)
        elif not outlook.axis.low <= one.context <= outlook.axis.high:
            lines.append(f"attention = {BY_KEY[key].name.lower()} at {wording.whole(one.context)} tokens")
    return "; ".join(lines)


def marker_card(outlook: Outlook, context: int, *, absolute: bool) -> StackCard:
    """The exact shares at a context, with the exact FLOPs where amounts are drawn."""
    total = outlook.forward(context)
    rows = tuple(_row(outlook, key, context, total, exact=absolute) for key in LISTED)
    notes = (f"{figures.count(total)} FLOPs",) if absolute else ()
    return StackCard(units.tokens(context), rows, notes)


def hover_card(outlook: Outlook, context: int) -> StackCard:
    """Shares and exact FLOPs at a context, and by which formulas."""
    total = outlook.forward(context)
    rows = tuple(_row(outlook, key, context, total, exact=True) for key in LISTED)
    notes = (f"one forward {figures.count(total)} = {units.flops(total)}", *wording.formulas(outlook, context))
    return StackCard(units.tokens(context), rows, notes)


def _row(outlook: Outlook, key: str, context: int, total: int, *, exact: bool) -> ShareRow:
    part, amount = BY_KEY[key], outlook.part(key, context)
    share = amount / total if total else 0.0
    written = figures.count(amount) if exact else ""
    return ShareRow(part.name, share, units.share(amount, total), written, part.colour)


def _edges(outlook: Outlook) -> Values:
    return np.cumsum([outlook.parts[part.key] for part in STACKED], axis=0)
