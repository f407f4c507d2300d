"""What is drawn of a run? Its values over an axis, its validation, what it left on the way, and how it ended."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.widgets.extremes import Values
from app.widgets.run_marks import RunMark
from app.widgets.run_places import RunPlaces, searched

PinKind = Literal["checkpoint", "samples"]
PLURAL: Final = {"is": "are", "has": "have"}


def nothing() -> Values:
    """No values."""
    return np.zeros(0)


@dataclass(frozen=True)
class Pin:
    """Something that a run left at a step, which stands at `x`."""

    x: float
    step: int
    kind: PinKind


@dataclass(frozen=True, eq=False)
class RunData:
    """A run in a chart. `x` never falls; `y` is NaN where there is no value; `steps` are those of the rows: [rows].

    `y` is drawn from where it is: it must not change, but may be the beginning of a longer array that grows.

    `check_x`, `check_y`, `check_steps` are the validations, [validations]. `ended` is said where a run broke off
    ("diverged at step 412"). A `live` run grows; one is the `current` one. `bare` is what is said of it without rows.

    Values above `bound` are no part of what runs are compared by. `blown` is said instead of the last value of one that
    had such and has not found back ("blew up at step 5").
    """

    key: Hashable
    name: str
    mark: RunMark
    steps: NDArray[Any]
    x: RunPlaces | Values
    y: Values
    check_steps: NDArray[Any] = field(default_factory=nothing)
    check_x: Values = field(default_factory=nothing)
    check_y: Values = field(default_factory=nothing)
    pins: tuple[Pin, ...] = ()
    ended: str = ""
    live: bool = False
    current: bool = False
    bare: str = "has no rows yet"
    bound: float = inf
    blown: str = ""

    @property
    def went_wrong(self) -> str:
        """What is said of how it ended or went wrong, instead of a value."""
        return self.ended or self.blown


def row_at(x: RunPlaces | Values, place: float) -> int:
    """The last row at or before a place on the axis, or -1."""
    return int(searched(x, np.array([place]), "right")[0]) - 1


def bare_words(bare: Sequence[RunData], *, named: bool = True) -> str:
    """What is said of runs without rows, in a sentence; where they are not `named`, of all of them together."""
    often = Counter(data.bare for data in bare)
    if not named:
        said = "; ".join(words.partition(" ")[2] for words in often)
        return f"{said[:1].upper()}{said[1:]}."
    parts = []
    for words, number in often.items():
        verb, _, rest = words.partition(" ")
        one = next(data.name for data in bare if data.bare == words)
        parts.append(f"{one} {words}" if number == 1 else f"{number} runs {PLURAL.get(verb, verb)} {rest}")
    return f"{'; '.join(parts)}."
