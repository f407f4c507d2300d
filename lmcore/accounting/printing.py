"""How is an account written for people at a terminal? As tables of parts with their formulas, amounts and shares."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from lmcore import figures
from lmcore.accounting.account import Account
from lmcore.accounting.budgets import RULES, flops_for, wanted_tokens
from lmcore.accounting.crossovers import crossovers
from lmcore.accounting.inverses import largest_batch, largest_context
from lmcore.accounting.nodes import Node
from lmcore.accounting.parameters import active_parameters
from lmcore.accounting.shape import Shape

_POWERS: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEAST: Final = Fraction(1, 1_000)  # seconds; less is told in µs


def written(name: str, account: Account, remarks: Sequence[str] = ()) -> Iterator[str]:
    """The lines of a report, headed by the name of the shape and by what that cannot say."""
    setup = account.setup
    yield f"{name}: {described(account.shape)}"
    yield from remarks
    yield from _table("Parameters", account.parameters)
    if account.shape.num_experts:
        yield f"  A token goes through {figures.count(active_parameters(account.shape))} of them."
    counted = f"2·m·n·p a product, {setup.attention_count} attention, batch {setup.batch:,}"
    yield from _table(f"FLOPs of one forward ({counted})", account.forward)
    yield f"  A training step takes {figures.count(account.training.amount)}, " + _passes(account)
    states = f"{setup.optimizer}, {setup.precision}, {setup.attention} attention, batch {setup.batch:,}"
    yield from _table(f"Bytes of training ({states}; activations: {_note(account)})", account.training_memory)
    yield f"  In all {both_units(account.training_memory.amount)}"
    yield from _table("Bytes of running with a full context", account.inference_memory)
    yield f"  In all {both_units(account.inference_memory.amount)}; {_cache(account)}"
    yield ""
    yield from _crossovers(account)
    yield from _budgets(account)
    yield from _time(account)


def described(shape: Shape) -> str:
    """The sizes in one line."""
    sizes = [
        f"{shape.num_layers:,} layers",
        f"d_model {shape.d_model:,}",
        f"{shape.num_heads:,} heads" + (f" ({shape.kv_heads:,} of keys)" if shape.kv_heads != shape.num_heads else ""),
        f"d_ff {shape.d_ff:,}",
        f"vocabulary {shape.vocab_size:,}",
        f"context {shape.context_length:,}",
    ]
    experts = f"{shape.active_experts:,} of {shape.num_experts:,} experts"
    return ", ".join([*sizes, experts] if shape.num_experts else sizes)


def both_units(n_bytes: int) -> str:
    """Bytes in decimal and in binary units, and exactly: "49.6 GB (46.1 GiB), 49,550,674,944 bytes"."""
    gib = figures.significant(n_bytes / (1 << 30))
    return f"{figures.size(n_bytes)} ({gib} GiB), {figures.count(n_bytes)} bytes"


def percent(share: Fraction) -> str:
    """A share with one decimal place: "66.9 %"."""
    return f"{figures.decimal(float(100 * share), 1)} %"


def _table(title: str, root: Node) -> Iterator[str]:
    yield ""
    yield title
    rows = [(node.name, node.formula, figures.count(node.amount), percent(node.share(root))) for node in root.leaves()]
    rows.append(("Total", "", figures.count(root.amount), percent(Fraction(1))))
    names, formulas, amounts = (max(len(row[column]) for row in rows) for column in range(3))
    for name, formula, amount, share in rows:
        yield f"  {name:<{names}}  {formula:<{formulas}}  {amount:>{amounts}}  {share:>7}"


def _passes(account: Account) -> str:
    one, other = account.decode_cached.amount, account.decode_uncached.amount
    return f"one more token {figures.count(one)} with a KV cache and {figures.count(other)} without."


def _note(account: Account) -> str:
    return account.training_memory.child("activations").note


def _cache(account: Account) -> str:
    return f"each token adds {figures.count(account.kv_cache_bytes_per_token)} bytes to the KV cache."


def _crossovers(account: Account) -> Iterator[str]:
    for one in crossovers(account.shape, account.setup):
        part = one.name if one.name.isupper() or one.name.startswith("LM") else one.name.lower()
        if one.context is None:
            yield f"{one.reason[:1].upper()}{one.reason[1:]}."
        else:
            where = figures.count(round(one.context))
            yield f"Attention takes as many FLOPs as the {part} at {where} tokens ({one.formula})."


def _budgets(account: Account) -> Iterator[str]:
    for rule in RULES:
        tokens = wanted_tokens(account.shape, rule)
        cost = _power(flops_for(tokens, account.shape, account.setup))
        seconds = account.timing.seconds_for(tokens)
        days = "" if seconds is None else f", {_days(seconds)}"
        yield f"{rule.name} are {figures.count(tokens)} tokens, {cost} FLOPs{days} ({rule.source})."


def _time(account: Account) -> Iterator[str]:
    setup, time = account.setup, account.timing
    if setup.gpu is None:
        yield "Name a processor (--gpu) to see what fits and how long it takes."
        return
    yield from _fit(account, setup.gpu.memory)
    reached = f"{setup.gpu.name} at {percent(setup.mfu)} of its peak"
    if time.step_seconds is None or time.tokens_a_second is None:
        yield f"The peak of {setup.gpu.name} in {setup.precision} is not known; give it (--gpu-peak)."
    else:
        yield f"{reached}: {_seconds(time.step_seconds)} a step, {_rate(time.tokens_a_second)}."
    if time.training_seconds is not None:
        yield f"{setup.tokens:,} tokens take {_days(time.training_seconds)}."
    if time.decode_tokens_a_second is not None:
        low = time.ridge is None or time.decode_intensity < time.ridge
        yield f"Decoding is bound by the {'memory' if low else 'peak'} at {_rate(time.decode_tokens_a_second)}."


def _fit(account: Account, memory: int) -> Iterator[str]:
    if not memory:
        return
    batch = largest_batch(account.shape, account.setup, memory)
    context = largest_context(account.shape, account.setup, memory)
    if not context:
        yield f"Training does not fit into {figures.size(memory)}, not even with a context of one token."
    elif not batch:
        yield f"Training does not fit into {figures.size(memory)}; with a context of {context:,} tokens it does."
    else:
        yield f"Into {both_units(memory)} fits a batch of {batch:,}, or a context of {context:,} tokens."


def _power(number: int) -> str:
    """A number too large for words: "5.63·10²⁰"."""
    digits, exponent = f"{Decimal(number):.2e}".split("e+")
    return f"{digits}·10{exponent.translate(_POWERS)}"


def _days(seconds: Fraction) -> str:
    return f"{figures.decimal(float(seconds / 86_400), 1)} days" if seconds > 86_400 else _seconds(seconds)


def _seconds(seconds: Fraction) -> str:
    return figures.duration(float(seconds)) if seconds >= _LEAST else f"{figures.significant(float(seconds) * 1e6)} µs"


def _rate(tokens_a_second: Fraction) -> str:
    return f"{figures.significant(float(tokens_a_second))} tokens/s"
