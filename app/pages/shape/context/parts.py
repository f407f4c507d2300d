"""Which parts has one forward, in which order are they stacked, and which colours do they have?"""

from typing import Final, NamedTuple


class Part(NamedTuple):
    """A part of the forward FLOPs: its key in the accounting, its name, and its data colour."""

    key: str
    name: str
    colour: int


STACKED: Final = (
    Part("ffn", "Feed-forward", 0),
    Part("projections", "Projections", 1),
    Part("lm_head", "LM head", 3),
    Part("attention", "Attention", 2),
)
"""From the bottom to the top: what grows with the square of the context comes last."""

LISTED: Final = ("attention", "ffn", "projections", "lm_head")
"""In the order in which cards and tables list them."""

BY_KEY: Final = {part.key: part for part in STACKED}
