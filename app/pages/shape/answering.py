"""Does it fit, and how long does it take? Answers as sentences and figures; where something is unknown, they ask."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from app.pages.shape import units
from app.pages.shape.chosen import OWN, Chosen
from app.widgets.answers import Answer
from lmcore import figures
from lmcore.accounting import Account, Setup
from lmcore.accounting.budgets import RULES, flops_for, tokens_for, wanted_tokens
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.memory import training_memory

UNKNOWN: Final = "peak unknown, set it"
DAY: Final = 86_400
YEAR: Final = Fraction(1461, 4)
"""Days."""


def tokens_of(chosen: Chosen) -> int:
    """On how many tokens a training sees."""
    rule = next((rule for rule in RULES if rule.key == chosen.rule), None)
    return chosen.setup.tokens if rule is None else wanted_tokens(chosen.shape, rule)


def rule_words(chosen: Chosen) -> str:
    """Where that number is from."""
    rule = next((rule for rule in RULES if rule.key == chosen.rule), None)
    if chosen.rule == OWN or rule is None:
        return "as you set"
    if chosen.shape.num_experts:
        return f"{figures.count(rule.ratio)} for all"
    return rule.name.replace("tokens a", "a")


def filled(chosen: Chosen) -> Chosen:
    """The same with the number of tokens in its setup, whatever rule it is from."""
    return replace(chosen, setup=replace(chosen.setup, tokens=tokens_of(chosen)))


def answers(found: Account, chosen: Chosen) -> tuple[Answer, ...]:
    """Four about a training, four about budgets and inference; `chosen` is `filled`, and what was counted."""
    return (
        _memory(found),
        _batch(found),
        _step(found),
        _training(found, chosen),
        _compute(found),
        _budget(found, chosen),
        _cache(found),
        _decoding(found),
    )


def fit_words(told: Sequence[Answer], gpu: Gpu | None) -> str:
    """The answers that are asked most, in one line."""
    memory, batch, step, training, *_ = told
    if gpu is None:
        return f"Training takes {memory.figure} · choose a GPU to see whether that fits, and how long it takes"
    words = [f"{gpu.name}: {memory.figure} {memory.lines[0]}", f"largest batch {batch.figure.removeprefix('batch ')}"]
    if step.tone == "secondary":
        return " · ".join([*words, UNKNOWN])
    return " · ".join([*words, f"a step {step.figure}", f"{training.lines[0]}: {training.figure}"])


def _memory(found: Account) -> Answer:
    needed, gpu = found.training_memory.amount, found.setup.gpu
    figure, binary = str(units.size(needed)), str(units.binary_size(needed))
    if gpu is None or not gpu.memory:
        return Answer(figure, (f"{binary} to train", "choose a GPU to see whether it fits"))
    room = units.size(gpu.memory)
    if needed <= gpu.memory:
        return Answer(figure, (f"of {room}: it fits", f"{units.size(gpu.memory - needed)} stay free · {binary}"))
    over = units.size(needed - gpu.memory)
    return Answer(figure, (f"of {room}: it does not fit", f"{over} too much · {binary}"), "error")


def _batch(found: Account) -> Answer:
    setup, here = found.setup, found.training_memory.amount
    each = training_memory(found.shape, replace(setup, batch=setup.batch + 1)).amount - here
    static = here - setup.batch * each
    told = f"{units.size(static)} + {units.size(each)} a sequence"
    if setup.gpu is None or not setup.gpu.memory:
        return Answer("–", ("largest batch that fits: which GPU?", told), "secondary")
    batch = largest_batch(static, each, setup.gpu.memory)
    if batch:
        return Answer(f"batch {figures.count(batch)}", (f"the largest in {units.size(setup.gpu.memory)}", told))
    least = units.size(static + each)
    return Answer("none", (f"batch 1 needs {least}", _remedy(setup)), "error", told)


def largest_batch(static: int, each: int, memory: int) -> int:
    """Sequences that fit beside what does not depend on them: every one takes the same. largest_batch(34, 15, 80) -> 3.

    The same as `inverses.largest_batch`, which finds it by halving; here it is asked at every move of a slider.
    """
    return max(0, (memory - static) // each)


def _remedy(setup: Setup) -> str:
    """What to try where not even one sequence fits."""
    if setup.devices > 1 and setup.zero_stage < 3:
        return "try ZeRO 3, or recompute layers"
    return "try recomputation, bf16 or ZeRO"


def _step(found: Account) -> Answer:
    time, setup = found.timing, found.setup
    size = f"a step of {figures.count(setup.batch * setup.devices)} × {units.tokens(found.shape.context_length)}"
    if time.step_seconds is None or time.tokens_a_second is None:
        return Answer("–", (size, UNKNOWN), "secondary")
    rate = f"{figures.significant(float(time.tokens_a_second))} tokens a second"
    return Answer(seconds_words(time.step_seconds), (size, rate), told=_speed(found))


def _training(found: Account, chosen: Chosen) -> Answer:
    time, tokens = found.timing, found.setup.tokens
    asked = f"{units.parameters(tokens)} tokens, {rule_words(chosen)}"
    if time.training_seconds is None:
        return Answer("–", (asked, UNKNOWN if time.peak is None else "set a number of tokens"), "secondary")
    steps = f"{figures.count(-(-tokens // time.tokens_a_step))} steps"
    return Answer(days_words(time.training_seconds), (asked, _speed(found)), told=f"{steps}, {_speed(found)}")


def _speed(found: Account) -> str:
    setup, peak = found.setup, found.timing.peak
    devices = f"{figures.count(setup.devices)} × " if setup.devices > 1 else ""
    return f"{figures.count(round(100 * setup.mfu))} % of {devices}{units.flops(peak or 0)}/s"


def _compute(found: Account) -> Answer:
    tokens = found.setup.tokens
    if not tokens:
        return Answer("–", ("to train", "set a number of tokens"), "secondary")
    cost = flops_for(tokens, found.shape, found.setup)
    each = units.flops(round(Fraction(cost, tokens)))
    return Answer(str(units.flops(cost)), (f"to train on {units.parameters(tokens)} tokens", f"{each} a token"))


def _budget(found: Account, chosen: Chosen) -> Answer:
    tokens = tokens_for(chosen.budget, found.shape, found.setup)
    each = figures.significant(tokens / max(1, found.parameters.amount))
    return Answer(
        str(units.parameters(tokens)),
        (f"tokens for a budget of {units.flops(chosen.budget)}", f"{each} a parameter; 20 are optimal"),
    )


def _cache(found: Account) -> Answer:
    each = found.kv_cache_bytes_per_token
    node = found.inference_memory.child("kv_cache")
    places = f"KV cache, {units.tokens(found.shape.context_length)}, {units.binary_size(node.amount)}"
    bits = {2: "fp16", 4: "fp32", 1: "fp8"}.get(found.setup.kv_bytes, f"{found.setup.kv_bytes} bytes each")
    told = f"{node.formula} = {node.numbers}"
    return Answer(str(units.size(node.amount)), (places, f"{figures.count(each)} bytes a token in {bits}"), told=told)


def _decoding(found: Account) -> Answer:
    time, gpu = found.timing, found.setup.gpu
    work = f"{figures.significant(float(time.decode_intensity), 2)} FLOP/byte"
    if time.decode_tokens_a_second is None or gpu is None:
        return Answer("–", ("tokens a second when it writes", "bandwidth unknown, set it"), "secondary", work)
    rate = figures.significant(float(time.decode_tokens_a_second))
    read = f"{units.size(gpu.bandwidth)}/s"
    if time.ridge is None:
        return Answer(f"{rate} tokens/s", (f"when it writes, at {read}", work))
    bound = "memory-bound" if time.decode_intensity < time.ridge else "compute-bound"
    limit = figures.significant(float(time.ridge))
    told = f"It does {work} that it reads; below {limit} the memory is the limit, above it the products."
    return Answer(f"{rate} tokens/s", (f"writing: {bound}, {read}", f"{work}, limit {limit}"), told=told)


def seconds_words(seconds: Fraction) -> str:
    """A time as people say it; what is below a millisecond too."""
    if seconds < Fraction(1, 1000):
        return f"{figures.significant(float(seconds * 1_000_000))} µs"
    return days_words(seconds) if seconds >= 2 * DAY else figures.duration(float(seconds))


def days_words(seconds: Fraction) -> str:
    """days_words(3 days) -> "3.0 days"; what takes less is said in hours, what takes years in years as well."""
    days = seconds / DAY
    if days < 2:
        return figures.duration(float(seconds))
    if days < 1000:
        return f"{figures.significant(float(days))} days"
    years = float(days / YEAR)
    told = f"{figures.significant(years)} years" if years >= 2 else ""
    exact = figures.decimal(float(days), 1) if days < 100_000 else figures.significant(float(days))
    return f"{exact} days" if not told or days < 10_000 else told
