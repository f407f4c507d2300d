"""What does the tab say? Sentences and figures, computed from exact integers."""

from fractions import Fraction
from typing import Final

from app.pages.shape import units
from app.pages.shape.context.kinds import Kind
from app.pages.shape.context.outlook import Choices, Outlook, is_unbounded
from app.pages.shape.context.parts import BY_KEY, LISTED
from app.pages.shape.context.strip import Figure
from lmcore import figures
from lmcore.accounting import Setup
from lmcore.accounting.kinds import Activations, Optimizer, Precision, Recomputation
from lmcore.accounting.memory import kv_cache
from lmcore.accounting.quadratics import Quadratic
from lmcore.accounting.timing import peak_of

COUNTED: Final = {
    Kind.FULL: "attention over T² pairs",
    Kind.CAUSAL: "attention over T(T + 1)/2 pairs",
    Kind.WINDOW: "attention to the last {window}",
    Kind.FLASH: "attention over T² pairs",
}

LISTS: Final = {
    Activations.MEASURED: "our block",
    Activations.HANDOUT: "the handout’s list",
    Activations.KORTHIKANTI: "Korthikanti’s layers",
}
STEPS: Final = {
    Recomputation.NONE: "3 forwards",
    Recomputation.SELECTIVE: "3 forwards and attention",
    Recomputation.FULL: "4 forwards",
}
WEIGHTS: Final = {Precision.FP32: "fp32", Precision.FP16: "fp16"}
OPTIMIZERS: Final = {Optimizer.ADAMW: "AdamW", Optimizer.MOMENTUM: "momentum", Optimizer.SGD: "SGD"}


def composition(choices: Choices) -> str:
    """How attention is counted, in few words: the window stands beside them."""
    return "attention in a window" if choices.kind is Kind.WINDOW else counted(choices)


def counted(choices: Choices) -> str:
    """How attention is counted."""
    return COUNTED[choices.kind].format(window=figures.count(choices.window))


def round_figure(told: units.Told) -> str:
    """A round amount without the decimal places that it does not need: 100.0 GB is 100 GB, 0 FLOP is 0."""
    figure = told.figure.rstrip("0").rstrip(".") if "." in told.figure else told.figure
    return f"{figure} {told.unit}" if figure != "0" else figure


def memory(n_bytes: int) -> str:
    """A memory that was chosen: memory(80_000_000_000) -> "80 GB"."""
    return round_figure(units.size(n_bytes))


def gibibytes(n_bytes: int) -> str:
    """A size in binary units with three digits: gibibytes(5_033_164_800) -> "4.69 GiB"."""
    power = units.power_of(n_bytes, 1024, len(units.BINARY) - 1)
    return f"{figures.significant(n_bytes / 1024**power)} {units.BINARY[power]}"


def whole(at: Fraction) -> str:
    """A place between whole numbers of tokens: exact where it is one, else about."""
    return figures.count(int(at)) if at.denominator == 1 else f"≈ {figures.count(round(at))}"


def tokens(count: int) -> str:
    """A longest context: "none" where not one token fits, and no figure where there is no bound."""
    if is_unbounded(count):
        return "any"
    return figures.count(count) if count else "none"


def ratio(number: int, of: int) -> str:
    """How many times, small ones with three digits: ratio(149, 4) -> "37.25", ratio(1, 1_024) -> "0.000977"."""
    times = number / of if of else 0.0
    return figures.decimal(times, 2) if times >= 1 else figures.significant(times)


def _times(number: int, of: int) -> str:
    """_times(16_384, 1_024) -> "× 16", _times(1, 1_024) -> "1/1,024 of", where they are whole numbers."""
    if number % of == 0:
        return f"× {figures.count(number // of)}"
    return f"1/{figures.count(of // number)} of" if of % number == 0 else f"× {ratio(number, of)}"


def shares(outlook: Outlook, context: int) -> str:
    """The large chart in words."""
    total = outlook.forward(context)
    parts = [f"{BY_KEY[key].name} {units.share(outlook.part(key, context), total)}" for key in LISTED]
    return f"{units.tokens(context)}: {', '.join(parts)}"


def five(outlook: Outlook, context: int) -> tuple[Figure, ...]:
    """The five figures below the chart."""
    return (
        _growth(outlook, context),
        _forward(outlook, context),
        _attention(outlook, context),
        _cache(outlook, context),
        _longest(outlook),
    )


def _growth(outlook: Outlook, context: int) -> Figure:
    base = outlook.choices.baseline
    now, then = outlook.forward(context), outlook.forward(base)
    lines = (f"the FLOPs of {units.tokens(base)}", f"for {_times(context, base)} the tokens")
    told = f"{figures.count(now)} / {figures.count(then)} FLOPs of one forward"
    return Figure(f"× {ratio(now, then)}", lines, told)


def _forward(outlook: Outlook, context: int) -> Figure:
    total = outlook.forward(context)
    batch = outlook.setup.batch
    first = "one forward" if batch == 1 else f"one forward of {figures.count(batch)} sequences"
    return Figure(str(units.flops(total)), (first, figures.count(total)), "\n".join(formulas(outlook, context)))


def _attention(outlook: Outlook, context: int) -> Figure:
    base = outlook.choices.baseline
    before, after = (100 * outlook.part("attention", at) / max(1, outlook.forward(at)) for at in (base, context))
    lines = (f"attention, from {figures.count(base)}", f"to {units.tokens(context)}")
    told = f"{figures.count(outlook.part('attention', context))} of {figures.count(outlook.forward(context))} FLOPs"
    return Figure(f"{figures.decimal(before, 1)} → {figures.decimal(after, 1)} %", lines, told)


def _cache(outlook: Outlook, context: int) -> Figure:
    kind, window = outlook.choices.kind, outlook.choices.window
    amount = outlook.cache(context, kind)
    kept = f"{figures.count(outlook.cache_per_token)} bytes a token"
    if kind is Kind.WINDOW and context > window:
        kept = "of the last token" if window == 1 else f"of the last {units.tokens(window)}"
    told = f"{cache_formula(outlook)}\n{figures.count(amount)} bytes = {units.size(amount)}"
    return Figure(gibibytes(amount), (f"KV cache in {cache_precision(outlook.setup)}", kept), told)


def _longest(outlook: Outlook) -> Figure:
    size = memory(outlook.choices.memory_bytes)
    manual, flash = (outlook.reach[kind].training for kind in (Kind.FULL, Kind.FLASH))
    lines = (f"tokens fit in {size} with", "manual · flash attention")
    static = outlook.static(max(1, manual))
    told = (
        f"Training in {size}: {units.size(static)} for {static_words(outlook.setup)},\n"
        f"the rest for activations: {activation_words(outlook)}"
    )
    return Figure(f"{tokens(manual)} · {tokens(flash)}", lines, told)


def formulas(outlook: Outlook, context: int) -> tuple[str, ...]:
    """By which formulas the FLOPs of the parts are counted."""
    parts = outlook.formulas(context)
    return tuple(f"{parts.child(key).name}: {parts.child(key).formula}" for key in LISTED)


def cache_formula(outlook: Outlook) -> str:
    """By which formula the KV cache is counted, with the numbers put in."""
    node = kv_cache(outlook.shape, outlook.setup, 1)
    return f"KV cache {node.formula} = {figures.count(outlook.cache_per_token)}·T bytes"


def activation_formula(name: str, kept: Quadratic) -> str:
    """Bytes of activations as the polynomial that they are of the context."""
    terms = ((kept.square, "·T²"), (kept.linear, "·T"), (kept.constant, ""))
    return f"{name} {' + '.join(f'{figures.count(number)}{power}' for number, power in terms if number)} bytes"


def cache_precision(setup: Setup) -> str:
    """What a number in the KV cache is kept in: 2 bytes are called fp16, as bf16 takes as many."""
    return {1: "8 bits", 2: "fp16", 4: "fp32"}.get(setup.kv_bytes, f"{setup.kv_bytes} bytes a number")


def activation_words(outlook: Outlook) -> str:
    """By which list activations are counted, and for what."""
    setup, batch = outlook.setup, outlook.setup.batch
    again = "" if setup.recomputation is Recomputation.NONE else f", {setup.recomputation} recomputation"
    return f"{LISTS[setup.activations]}, {setup.precision}, batch {figures.count(batch)}{again}"


def weight_precision(setup: Setup) -> str:
    """What the weights of a model that is served are kept in: that of the products."""
    return WEIGHTS.get(setup.precision, "bf16")


def static_words(setup: Setup) -> str:
    """What stands in the memory beside the activations."""
    divided = f", ZeRO {setup.zero_stage} on {figures.count(setup.devices)}" if setup.zero_stage else ""
    return f"weights, gradients, {OPTIMIZERS[setup.optimizer]}{divided}"


def rate_words(setup: Setup) -> str:
    """At which rate times are computed."""
    peak = peak_of(setup)
    if setup.gpu is None or peak is None:
        return "peak unknown, set it"
    share = figures.decimal(float(setup.mfu * 100), 1).removesuffix(".0")
    reached = f"{setup.precision} {round_figure(units.flops(peak))}/s dense, {share} % MFU"
    return f"{setup.gpu.name}, {reached}; {STEPS[setup.recomputation]} a step"
