"""What is to be said of a run in a list? How it stands, truthfully, what was chosen, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lmcore.training.run_folder import Reason

Standing = Literal[
    "created", "waiting", "starting", "running", "paused", "stopped", "finished", "failed", "lost", "damaged"
]
"""As in a run's state, but by who holds its lock: "lost" said that it runs, and no worker has it; "starting" is held by
one that has not begun; "waiting" is in the queue, "created" is not; "damaged" cannot be read."""


@dataclass(frozen=True)
class Overview:
    """A run in a list.

    `heartbeat` is when its worker last wrote (seconds since 1970), `message` why it stands as it does, with the remedy.
    `config` and `about` are config.json and run.json with dotted keys ("optimizer.learning_rate"). `last` are the
    newest values of the columns of `curves.TRAIN`, and "validation", "best", "best_step", where there are any.
    `checkpoints` and `samples` are steps. `place` is that in the queue, from 0. `group` is what a sweep says of it:
    "id", "keys", "values".
    """

    path: Path
    name: str
    created: float
    standing: Standing
    reason: Reason
    message: str
    step: int
    steps: int
    attempt: int
    heartbeat: float
    tags: tuple[str, ...]
    note: str
    config: Mapping[str, Any]
    about: Mapping[str, Any]
    last: Mapping[str, float]
    checkpoints: tuple[int, ...]
    samples: tuple[int, ...]
    place: int | None = None
    group: Mapping[str, Any] | None = None
