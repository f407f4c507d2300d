"""What do all inputs of the page say together? One frozen value: the shape, how it is counted, and where it is from."""

from dataclasses import dataclass, replace

from lmcore.accounting import Setup, Shape


@dataclass(frozen=True)
class Chosen:
    """All that the inputs say. `name` is of the preset or file that `origin` was; with `follows`, d_ff follows d_model."""

    shape: Shape
    setup: Setup
    name: str
    origin: Shape
    follows: bool = False

    @property
    def title(self) -> str:
        """What to call it: a name of its own only as long as nothing was changed."""
        same = replace(self.shape, context_length=self.origin.context_length) == self.origin
        return self.name if same else f"{self.name}, changed"
