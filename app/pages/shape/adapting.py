"""What else changes when a size does? The shape after an input, whole again, and a sentence about what it brought."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from app.pages.shape.chosen import Chosen
from lmcore import figures
from lmcore.accounting import Shape
from lmcore.accounting.constraints import Heads, heads_for, keys_for, neighbours, possible_heads
from lmcore.accounting.kinds import Position
from lmcore.accounting.shape import default_d_ff
from lmcore.errors import UsageError

ACTIVE: Final = 2
"""Experts that a token passes through where nobody said how many."""
RULES: Final = {True: "8/3 · d_model", False: "4 · d_model"}


class Adapted(NamedTuple):
    """The value after a change, and what is to be said about it."""

    chosen: Chosen
    words: str


def adapt(base: Chosen, now: Chosen, key: str, value: int | None) -> Adapted:
    """`now` with `value` for the field `key`, or as it is for None; heads keep to those of `base` where they can.

    Raises `LmError` where that is no shape: the sentence says what is possible instead.
    """
    shape = now.shape
    if value is not None:
        shape = SIZES.get(key, _plain)(base.shape, shape, key, value)
    follows = now.follows and key != "d_ff"
    if follows:
        shape = replace(shape, d_ff=default_d_ff(shape.feed_forward, shape.d_model))
    return Adapted(replace(now, shape=shape, follows=follows), _told(now, shape, key))


def _plain(base: Shape, shape: Shape, key: str, value: int) -> Shape:
    """A field that nothing depends on."""
    changed: dict[str, Any] = {key: value}
    return replace(shape, **changed)


def _width(base: Shape, shape: Shape, key: str, value: int) -> Shape:
    """d_model: heads divide it, unless they have a size of their own."""
    if shape.d_head:
        return replace(shape, d_model=value)
    rotated = shape.position is Position.ROPE
    if rotated and value % 2:
        told, others = figures.count(value), f"{figures.count(value - 1)} or {figures.count(value + 1)}"
        raise UsageError(f"d_model {told} is odd, and RoPE turns pairs of channels; try {others}.")
    heads = heads_for(value, Heads(base.num_heads, base.num_kv_heads), base.head_width, rotated=rotated)
    return replace(shape, d_model=value, num_heads=heads.queries, num_kv_heads=heads.keys)


def _heads(base: Shape, shape: Shape, key: str, value: int) -> Shape:
    """Heads: they divide d_model; those of keys and values divide them."""
    if not shape.d_head:
        allowed = possible_heads(shape.d_model, rotated=shape.position is Position.ROPE)
        if value not in allowed:
            raise UsageError(
                f"{figures.count(value)} heads do not divide d_model {figures.count(shape.d_model)}; "
                f"try {neighbours(allowed, value)}."
            )
    keys = keys_for(value, Heads(base.num_heads, base.num_kv_heads))
    return replace(shape, num_heads=value, num_kv_heads=keys)


def _experts(base: Shape, shape: Shape, key: str, value: int) -> Shape:
    """Experts: with the first ones a token has to pass through some; without any there are no shared ones."""
    if not value:
        return replace(shape, num_experts=0, active_experts=0, shared_experts=0)
    active = min(value, base.active_experts or ACTIVE)
    return replace(shape, num_experts=value, active_experts=active)


SIZES: Final[dict[str, Callable[[Shape, Shape, str, int], Shape]]] = {
    "d_model": _width,
    "num_heads": _heads,
    "num_experts": _experts,
}


def rule_of(shape: Shape) -> str:
    """Which rule d_ff follows: "8/3 · d_model" for gated kinds, "4 · d_model" for two matrices."""
    return RULES[shape.feed_forward.gated]


def lock_words(chosen: Chosen) -> str:
    """What the status bar says about d_ff."""
    value = figures.count(chosen.shape.d_ff)
    if chosen.follows:
        return f"d_ff follows {rule_of(chosen.shape)}: {value}"
    other = figures.count(default_d_ff(chosen.shape.feed_forward, chosen.shape.d_model))
    return f"d_ff is locked at {value} · unlocked it would follow {rule_of(chosen.shape)}: {other}"


def _told(now: Chosen, shape: Shape, key: str) -> str:
    """What changed besides the field that was set."""
    before, told = now.shape, []
    if key != "num_heads" and shape.num_heads != before.num_heads:
        change = _change(before.num_heads, shape.num_heads)
        told.append(f"Heads {change}, so that they divide d_model {figures.count(shape.d_model)}")
    if key != "num_kv_heads" and shape.num_kv_heads != before.num_kv_heads:
        told.append(f"KV heads {_change(before.kv_heads, shape.kv_heads)}, so that they divide the heads")
    if key != "d_ff" and shape.d_ff != before.d_ff:
        told.append(f"d_ff {_change(before.d_ff, shape.d_ff)}, as it follows {rule_of(shape)}")
    if key == "d_ff" and now.follows:
        told.append(f"d_ff is locked at {figures.count(shape.d_ff)} now")
    return " · ".join(told)


def _change(before: int, after: int) -> str:
    return f"{figures.count(before)} → {figures.count(after)}"
