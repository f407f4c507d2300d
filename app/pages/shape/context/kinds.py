"""Which attention is meant? The kinds that the tab puts side by side: what each computes, and what it keeps."""

from dataclasses import replace
from enum import Enum
from typing import Final

from lmcore.accounting import Setup
from lmcore.accounting.kinds import Attention, AttentionCount


class Kind(Enum):
    """A kind of attention. Flash computes the same products as full attention, and keeps none of their scores."""

    FULL = "full"
    CAUSAL = "causal"
    WINDOW = "window"
    FLASH = "flash"

    @property
    def title(self) -> str:
        """As it is offered."""
        return TITLES[self]

    def setup(self, setup: Setup, window: int) -> Setup:
        """A way of counting with this kind instead of its own."""
        attention = Attention.FLASH if self is Kind.FLASH else Attention.MANUAL
        return replace(setup, attention_count=COUNTS[self], attention=attention, window=window)


TITLES: Final = {
    Kind.FULL: "Full attention",
    Kind.CAUSAL: "Exact causal",
    Kind.WINDOW: "Sliding window",
    Kind.FLASH: "Flash attention",
}
COUNTS: Final = {
    Kind.FULL: AttentionCount.FULL,
    Kind.CAUSAL: AttentionCount.CAUSAL,
    Kind.WINDOW: AttentionCount.WINDOW,
    Kind.FLASH: AttentionCount.FULL,
}
KINDS: Final = tuple(Kind)


def kind_of(setup: Setup) -> Kind:
    """The kind that a way of counting means; flash where it counts all pairs and keeps none."""
    if setup.attention_count is AttentionCount.FULL:
        return Kind.FLASH if setup.attention is Attention.FLASH else Kind.FULL
    return Kind.CAUSAL if setup.attention_count is AttentionCount.CAUSAL else Kind.WINDOW
