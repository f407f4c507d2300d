"""What is known of a shape at every context? Curves for the charts, and exact integers for what is printed.

An outlook is computed once a shape and a way of counting; a move of the marker asks it for one context only.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from app.pages.shape.context.kinds import COUNTS, KINDS, Kind
from app.widgets.log_axis import LogAxis, Values
from lmcore.accounting import Setup, Shape
from lmcore.accounting.activations import activations
from lmcore.accounting.crossovers import Crossover, crossovers
from lmcore.accounting.curves import forward_curves
from lmcore.accounting.flops import forward
from lmcore.accounting.inverses import FARTHEST, largest
from lmcore.accounting.kinds import Attention, Position, Recomputation
from lmcore.accounting.memory import inference_memory, kv_cache_bytes_per_token, static_memory
from lmcore.accounting.nodes import Node
from lmcore.accounting.quadratics import Quadratic, quadratic_through
from lmcore.accounting.terms import pairs
from lmcore.accounting.timing import seconds_for

LEAST: Final = 256
MOST: Final = 1 << 20
A_DOUBLING: Final = 8
"""Points of a curve from one power of two to the next: lines between them are off by less than a tenth of a pixel."""
FORWARDS: Final = 3
"""Forward passes that a training step costs: the backward pass is twice the forward."""


@dataclass(frozen=True)
class Choices:
    """What is chosen on the tab itself: the kind of attention, its window, and limits."""

    kind: Kind = Kind.FULL
    window: int = 4096
    baseline: int = 1024
    memory_bytes: int = 80 * 10**9
    seconds: int = 60


class Longest(NamedTuple):
    """The longest contexts within the limits: trained, served with a KV cache, and in a step's time (None: unknown)."""

    training: int
    serving: int
    step: int | None


@dataclass(frozen=True)
class Outlook:
    """The costs of a shape at one context after another. `axis` is what the charts show of them."""

    shape: Shape
    setup: Setup
    choices: Choices
    axis: LogAxis

    @cached_property
    def contexts(self) -> Values:
        """Where the curves have points, [n]: whole numbers, all powers of two among them."""
        first, last = round(np.log2(self.axis.low)), round(np.log2(self.axis.high))
        steps = np.arange((last - first) * A_DOUBLING + 1)
        return np.unique(np.round(2.0 ** (first + steps / A_DOUBLING)))

    @cached_property
    def counted(self) -> dict[Kind, Setup]:
        """The ways of counting by kind of attention."""
        return {kind: kind.setup(self.setup, self.choices.window) for kind in KINDS}

    # FLOPs: so many a token for the linear parts, so many a pair for attention.

    @cached_property
    def _one(self) -> dict[str, int]:
        return {node.key: node.amount for node in forward(self.shape, self.setup, 1).children}

    @cached_property
    def along(self) -> dict[Kind, dict[str, Values]]:
        """Forward FLOPs by part, [n] each, by kind of attention."""
        counts = self.contexts.astype(np.int64)
        return {kind: forward_curves(self.shape, self.counted[kind], counts) for kind in KINDS}

    @property
    def parts(self) -> dict[str, Values]:
        """Forward FLOPs by part, [n] each, with the kind of attention that is chosen."""
        return self.along[self.choices.kind]

    def part(self, key: str, context: int) -> int:
        """FLOPs of a part of one forward pass."""
        return self.attention(context, self.choices.kind) if key == "attention" else self._one[key] * context

    def attention(self, context: int, kind: Kind) -> int:
        """FLOPs of attention if it is of a kind."""
        return self._one["attention"] * pairs(self.counted[kind], context)

    def forward(self, context: int, kind: Kind | None = None) -> int:
        """FLOPs of a forward pass, with the kind of attention that is chosen or another."""
        linear = sum(amount for key, amount in self._one.items() if key != "attention")
        return linear * context + self.attention(context, kind or self.choices.kind)

    def formulas(self, context: int) -> Node:
        """The account of one forward pass, with its formulas."""
        return forward(self.shape, self.counted[self.choices.kind], context)

    @cached_property
    def crossovers(self) -> dict[str, Crossover]:
        """Where attention costs as much as another part."""
        return {one.key: one for one in crossovers(self.shape, self.counted[self.choices.kind])}

    # Bytes.

    @cached_property
    def kept(self) -> dict[Attention, Quadratic]:
        """Bytes of activations by implementation of attention."""
        return {attention: self._kept(attention) for attention in Attention}

    def _kept(self, attention: Attention) -> Quadratic:
        setup = self.counted[Kind.FLASH if attention is Attention.FLASH else Kind.FULL]
        return quadratic_through(lambda context: activations(self.shape, setup, context).amount)

    def kept_by(self, kind: Kind) -> Quadratic:
        """Bytes of activations with a kind of attention: all but flash keep their scores."""
        return self.kept[self.counted[kind].attention]

    def static(self, context: int) -> int:
        """Bytes of weights, gradients and optimizer; learned positions make them depend on the context."""
        return self._static.at(context) if self._static else static_memory(self._at(context), self.setup)

    @cached_property
    def _static(self) -> Quadratic | None:
        """None where shares that are rounded up make it no polynomial."""
        if self.shape.position is not Position.LEARNED:
            return Quadratic(static_memory(self.shape, self.setup), 0, 0)
        if self.setup.devices > 1:
            return None
        return quadratic_through(lambda context: static_memory(self._at(context), self.setup))

    @cached_property
    def cache_per_token(self) -> int:
        """Bytes that a token of all sequences adds to the KV cache."""
        return kv_cache_bytes_per_token(self.shape, self.setup) * self.setup.batch

    def cache(self, context: int, kind: Kind) -> int:
        """Bytes of keys and values that are kept; a sliding window keeps no more than its length."""
        kept = min(context, self.choices.window) if kind is Kind.WINDOW else context
        return self.cache_per_token * kept

    def cache_along(self) -> Values:
        """The same with the kind that is chosen, [n]."""
        window = self.choices.window if self.choices.kind is Kind.WINDOW else np.inf
        return self.cache_per_token * np.minimum(self.contexts, window)

    @cached_property
    def _weights(self) -> Quadratic:
        if self.shape.position is not Position.LEARNED:
            return Quadratic(self._weights_at(1), 0, 0)
        return quadratic_through(self._weights_at)

    def _weights_at(self, context: int) -> int:
        return inference_memory(self._at(context), self.setup).child("weights").amount

    # Seconds.

    @cached_property
    def seconds_a_flop(self) -> Fraction | None:
        """At the peak times MFU of one device; None where the peak is not known."""
        return seconds_for(1, self.setup)

    def step(self, context: int, kind: Kind) -> int:
        """FLOPs of a training step."""
        again = self.setup.recomputation
        whole = self.forward(context, kind) * (FORWARDS + (again is Recomputation.FULL))
        return whole + (self.attention(context, kind) if again is Recomputation.SELECTIVE else 0)

    def seconds(self, context: int, kind: Kind) -> float | None:
        """Seconds of a training step."""
        each = self.seconds_a_flop
        return None if each is None else float(self.step(context, kind) * each)

    def seconds_along(self, kind: Kind) -> Values:
        """The same along the axis, [n]; none of them a number where the peak is not known."""
        each = float(self.seconds_a_flop) if self.seconds_a_flop is not None else np.nan
        again, parts = self.setup.recomputation, self.along[kind]
        whole = np.sum(list(parts.values()), axis=0) * (FORWARDS + (again is Recomputation.FULL))
        seconds: Values = each * (whole + (parts["attention"] if again is Recomputation.SELECTIVE else 0.0))
        return seconds

    def trained(self, context: int) -> int:
        """Tokens of a training step, on all devices."""
        return context * self.setup.batch * self.setup.devices

    # What fits.

    @cached_property
    def reach(self) -> dict[Kind, Longest]:
        """The longest contexts within the limits, by kind of attention."""
        trains = {attention: self._trains(attention) for attention in Attention}
        serves = {kind: self._serves(kind) for kind in (Kind.FULL, Kind.WINDOW)}
        within = {count: self._within(kind) for kind, count in COUNTS.items() if kind is not Kind.FLASH}
        return {
            kind: Longest(trains[setup.attention], serves.get(kind, serves[Kind.FULL]), within[setup.attention_count])
            for kind, setup in self.counted.items()
        }

    def _trains(self, attention: Attention) -> int:
        kept, memory = self.kept[attention], self.choices.memory_bytes
        return largest(lambda context: kept.at(context) + self.static(context) <= memory)

    def _serves(self, kind: Kind) -> int:
        memory = self.choices.memory_bytes
        return largest(lambda context: self._weights.at(context) + self.cache(context, kind) <= memory)

    def _within(self, kind: Kind) -> int | None:
        each, seconds = self.seconds_a_flop, self.choices.seconds
        if each is None:
            return None
        flops = int(seconds / each)
        return largest(lambda context: self.step(context, kind) <= flops)

    def _at(self, context: int) -> Shape:
        return replace(self.shape, context_length=context)


def axis_for(context: int) -> LogAxis:
    """From 256 to 1,048,576, and further where the context of the shape is outside."""
    below = 1 << max(0, context.bit_length() - 1)
    above = below if below == context else 2 * below
    return LogAxis(min(LEAST, below), max(MOST, above))


def is_unbounded(context: int) -> bool:
    """Whether the search for a longest context found no end."""
    return context >= FARTHEST
