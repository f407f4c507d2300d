"""What would a run be called? By its data, its width and its learning rate: "sample-128-lr1e-3"; with a number where
another run is called so.
"""

import re
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import Final

from app.pages.training.setup.chosen import Chosen, sample_paths
from app.pages.training.setup.sweeping import number

LETTERS: Final = 16


def name_of(chosen: Chosen, d_model: int, taken: Collection[str] = ()) -> str:
    """A name of what is chosen, other than those of other runs; a learning rate that is swept is not in it."""
    parts = [_data(chosen), str(d_model)]
    if chosen.config.optimizer.kind != "adamw":
        parts.append(chosen.config.optimizer.kind)
    if "optimizer.learning_rate" not in chosen.sweep:
        parts.append(f"lr{number(chosen.config.optimizer.learning_rate)}")
    return distinct("-".join(parts), taken)


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, with the first number from 2 on that makes it another than those of runs and of sweeps, whose runs have
    a value behind it.
    """
    numbered = (f"{name} {number}" if number > 1 else name for number in count(1))
    return next(one for one in numbered if not any(other == one or other.startswith(f"{one} ") for other in taken))


def _data(chosen: Chosen) -> str:
    data = chosen.config.data
    if data.corpus == tuple(map(str, sample_paths())):
        return "sample"
    stem = Path(data.train or data.corpus[0]).name.partition(".")[0]
    return re.sub(r"[^\w]+", "-", stem.lower())[:LETTERS].strip("-") or "data"
