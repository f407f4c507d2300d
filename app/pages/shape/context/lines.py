"""How do FLOPs, memory and time grow? The curves of the lower charts, and the cards that say their exact values."""

from collections.abc import Callable
from typing import Final

from app.pages.shape import units
from app.pages.shape.context import wording
from app.pages.shape.context.kinds import Kind
from app.pages.shape.context.outlook import LEAST, Outlook
from app.pages.shape.context.parts import BY_KEY, LISTED
from app.pages.shape.context.wording import counted, formulas
from app.widgets.chart_cards import Row
from app.widgets.curves_chart import Curve, Curves, Limit
from app.widgets.marked_chart import Details
from lmcore import figures
from lmcore.accounting.kinds import Attention

MANUAL, FLASH, CACHE = 5, 4, 7
"""Data colours of the lines of memory."""
MEMORY: Final = (Attention.MANUAL, Attention.FLASH)
KIND_LINES: Final = ((Kind.FULL, "full, flash", 2), (Kind.CAUSAL, "causal", 4), (Kind.WINDOW, "window", 6))
UNKNOWN_PEAK: Final = "The peak of this GPU is unknown: choose a GPU, or set its peak, to see times."


def flops_tick(value: float) -> str:
    """A power of ten on an axis of FLOPs."""
    return wording.round_figure(units.flops(round(value)))


def size_tick(value: float) -> str:
    """A power of ten on an axis of bytes."""
    return wording.round_figure(units.size(round(value)))


def seconds_tick(value: float) -> str:
    """A power of ten on an axis of seconds."""
    scale, unit = next(
        ((s, u) for s, u in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")) if value >= s * 0.999), (1e-9, "ns")
    )
    return f"{figures.significant(value / scale, 1)} {unit}"


def part_curves(outlook: Outlook) -> Curves:
    """FLOPs of one forward pass by part."""
    curves = [Curve(BY_KEY[key].name, outlook.parts[key], BY_KEY[key].colour) for key in LISTED]
    return Curves(outlook.axis, outlook.contexts, tuple(curves), flops_tick)


def part_caption(outlook: Outlook) -> str:
    """Unit, scales and convention."""
    return f"one forward, log scales; {counted(outlook.choices)}"


def kind_caption(outlook: Outlook) -> str:
    """Unit, scales and what is compared."""
    return f"FLOPs of attention in one forward, window {figures.count(outlook.choices.window)}, log scales"


def time_caption(outlook: Outlook) -> str:
    """By which rate times are computed."""
    return wording.rate_words(outlook.setup)


def part_details(outlook: Outlook, context: int) -> Details:
    """The exact FLOPs of each part."""
    rows = [Row(BY_KEY[key].name, figures.count(outlook.part(key, context)), BY_KEY[key].colour) for key in LISTED]
    rows.append(Row("One forward", figures.count(outlook.forward(context))))
    return Details(_title(context), rows, formulas(outlook, context))


def memory_curves(outlook: Outlook) -> Curves:
    """Bytes kept for the backward pass by the two implementations, and the KV cache."""
    manual, flash = (outlook.kept[attention].along(outlook.contexts) for attention in MEMORY)
    curves = (
        Curve("manual", manual, MANUAL),
        Curve("flash (SDPA)", flash, FLASH, dashed=True),
        Curve("KV cache", outlook.cache_along(), CACHE),
    )
    return Curves(outlook.axis, outlook.contexts, curves, size_tick, memory_limit(outlook))


def memory_limit(outlook: Outlook) -> Limit | None:
    """What is left for activations beside weights, gradients and the optimizer; None where nothing is."""
    memory, static = outlook.choices.memory_bytes, outlook.static(LEAST)
    if memory <= static:
        return None
    return Limit(float(memory - static), f"{wording.memory(memory)} − {units.size(static)}")


def memory_caption(outlook: Outlook) -> str:
    """By which convention activations are counted, and what stands beside them in the memory."""
    memory, static = outlook.choices.memory_bytes, outlook.static(LEAST)
    beside = f"{units.size(static)}: {wording.static_words(outlook.setup)}"
    if memory <= static:
        return f"no room in {wording.memory(memory)} beside {beside}"
    return f"{wording.activation_words(outlook)}; {beside}"


def memory_details(outlook: Outlook, context: int) -> Details:
    """The exact bytes, and both units."""
    cache = f"KV cache, {wording.cache_precision(outlook.setup)}"
    rows = [
        Row("manual", _both(outlook.kept[Attention.MANUAL].at(context)), MANUAL),
        Row("flash (SDPA)", _both(outlook.kept[Attention.FLASH].at(context)), FLASH),
        Row(cache, _both(outlook.cache(context, outlook.choices.kind)), CACHE),
        Row("weights, gradients, optimizer", _both(outlook.static(context))),
    ]
    polynomials = (
        wording.activation_formula(name, outlook.kept[attention])
        for name, attention in (("manual", Attention.MANUAL), ("flash", Attention.FLASH))
    )
    notes = (wording.activation_words(outlook), *polynomials, wording.cache_formula(outlook))
    return Details(_title(context), rows, notes)


def kind_curves(outlook: Outlook) -> Curves:
    """FLOPs of attention alone by what is computed."""
    curves = [
        Curve(name, outlook.along[kind]["attention"], colour, dashed=kind is Kind.CAUSAL)
        for kind, name, colour in KIND_LINES
    ]
    return Curves(outlook.axis, outlook.contexts, tuple(curves), flops_tick)


def kind_details(outlook: Outlook, context: int) -> Details:
    """The exact FLOPs of attention by kind, and what each is of full attention."""
    whole = outlook.attention(context, Kind.FULL)
    rows = [
        Row(name, f"{figures.count(amount)}   {units.share(amount, whole)}", colour)
        for kind, name, colour in KIND_LINES
        for amount in (outlook.attention(context, kind),)
    ]
    window = figures.count(outlook.choices.window)
    notes = ("full T², causal T·(T + 1)/2 pairs,", f"window W = {window}: W·T − W·(W − 1)/2 beyond it")
    return Details(_title(context), rows, notes)


def time_curves(outlook: Outlook, *, rates: bool) -> Curves:
    """Seconds of a training step, or tokens a second, by kind of attention."""
    if outlook.seconds_a_flop is None:
        return Curves(outlook.axis, outlook.contexts, (), str, empty=UNKNOWN_PEAK)
    seconds = {kind: outlook.seconds_along(kind) for kind, _, _ in KIND_LINES}
    trained = outlook.contexts * outlook.trained(1)
    curves = [
        Curve(name, trained / seconds[kind] if rates else seconds[kind], colour, dashed=kind is Kind.CAUSAL)
        for kind, name, colour in KIND_LINES
    ]
    written: Callable[[float], str] = (lambda value: figures.count(round(value))) if rates else seconds_tick
    limit = None if rates else Limit(float(outlook.choices.seconds), figures.duration(outlook.choices.seconds))
    return Curves(outlook.axis, outlook.contexts, tuple(curves), written, limit)


def time_details(outlook: Outlook, context: int) -> Details | None:
    """Seconds of a step and tokens a second by kind of attention."""
    if outlook.seconds_a_flop is None:
        return None
    rows = [
        Row(name, f"{figures.duration(seconds)}   {figures.rate(outlook.trained(context) / seconds)}", colour)
        for kind, name, colour in KIND_LINES
        if (seconds := outlook.seconds(context, kind)) is not None
    ]
    return Details(_title(context), rows, (wording.rate_words(outlook.setup), "FLOPs of a step ÷ (peak · MFU)"))


def _title(context: int) -> str:
    return units.tokens(context)


def _both(amount: int) -> str:
    return f"{units.size(amount)}   {units.binary_size(amount)}"
