"""What do all inputs of the page say together? One frozen value: the shape, how it is counted, and where it is from."""

from dataclasses import dataclass, replace
from enum import StrEnum

from lmcore.accounting import Setup, Shape


class FlopsOf(StrEnum):
    """Which work the FLOPs are of; the values are the names of the account's trees."""

    FORWARD = "forward"
    TRAINING = "training"
    PREFILL = "prefill"
    DECODE_CACHED = "decode_cached"
    DECODE_UNCACHED = "decode_uncached"


class MemoryOf(StrEnum):
    """Which use the memory is of; the values are the names of the account's trees."""

    TRAINING = "training_memory"
    INFERENCE = "inference_memory"


OWN = "own"
"""The rule of tokens that is no rule: a number that the user gave."""


@dataclass(frozen=True)
class Chosen:
    """All that the inputs say.

    `name` is of the preset or file that `origin` was; with `follows`, d_ff follows d_model. `rule` says on how many
    tokens a training sees (a key of `budgets.RULES`, or `OWN` for those of the setup), `budget` is in FLOPs.
    """

    shape: Shape
    setup: Setup
    name: str
    origin: Shape
    follows: bool = False
    flops_of: FlopsOf = FlopsOf.FORWARD
    memory_of: MemoryOf = MemoryOf.TRAINING
    rule: str = "chinchilla"
    budget: int = 10**21

    @property
    def title(self) -> str:
        """What to call it: its name as long as nothing but the context was changed."""
        same = replace(self.shape, context_length=self.origin.context_length) == self.origin
        return self.name if same else f"{self.name}, changed"
