"""Which columns can a table of runs have? Any setting and any figure: what each holds, how it is written and sorted.

A column is named by its key. Settings have that of the run's config ("optimizer.learning_rate"), the newest figures
"last.loss", what a run ran on "about.device"; the rest, such as "state", stand in `OWN`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from app.tables.run_rates import mean_mfu, mean_rate
from app.tables.run_shape import flops_of, parameters_of
from app.tables.run_states import ORDER, stand_of
from app.tables.run_writing import amount, clock_day, number, plain_number, power, share
from lmcore import figures
from lmcore.training.overview import Overview

Value = float | str | None
"""What is sorted by and looked for; None where a run has no such thing."""
NONE: Final = "–"
RUN, STATE = "run", "state"
DEFAULT: Final = (
    *(RUN, STATE, "step", "optimizer.learning_rate", "training.batch_size", "last.loss", "last.validation"),
    *("last.tokens", "last.seconds"),
)

TWICE: Final = ("last.step", "about.created", "about.steps", "about.tokens", "about.attempts")
"""Keys of what another column shows, too."""


@dataclass(frozen=True)
class RunColumn:
    """A column: its heading, what it is, whether its cells are numbers, and text as wide as they may become."""

    key: str
    title: str
    tooltip: str
    is_number: bool = True
    widest: str = "100,000"


def _of_last(key: str, title: str, tooltip: str, widest: str) -> RunColumn:
    return RunColumn(f"last.{key}", title, tooltip, widest=widest)


KNOWN: Final = {
    column.key: column
    for column in (
        RunColumn(
            RUN, "Run", "The run’s name. The box says whether its curve is drawn, and how", False, "a name of a run"
        ),
        RunColumn(STATE, "State", "How the run stands", False, "diverged at step 100,000"),
        RunColumn("step", "Step", "Steps of the optimizer that were done", widest="1,000,000"),
        RunColumn("steps", "Steps", "Steps of the optimizer that were asked for", widest="1,000,000"),
        RunColumn("tags", "Tags", "Words that you gave the run", False, "one tag, another one"),
        RunColumn("note", "Note", "What you wrote of the run", False, "a sentence on the run and why"),
        RunColumn("created", "Created", "When the run was made", widest="2026-11-29 14:02"),
        RunColumn("attempt", "Attempt", "How often a worker has begun or resumed the run", widest="10"),
        RunColumn("parameters", "Parameters", "All parameters of the model", widest="100 M"),
        RunColumn("flops", "FLOPs", "Floating-point operations of the training so far", widest="1.23e18"),
        RunColumn("checkpoint", "Checkpoint", "The step of the last checkpoint", widest="1,000,000"),
        RunColumn("optimizer.learning_rate", "Learning rate", "The peak that was chosen: optimizer.learning_rate"),
        RunColumn("training.batch_size", "Batch", "Sequences a step: training.batch_size", widest="1,024"),
        _of_last("loss", "Train", "The loss of the last step that had one, in nats a token", "10.000"),
        _of_last("validation", "Validation", "The last loss on unseen text, in nats a token", "10.000"),
        _of_last(
            "perplexity",
            "Perplexity",
            "e to the last loss on unseen text: of tokens, as if that many were equal",
            "100.0",
        ),
        _of_last(
            "bits_per_byte", "Bits a byte", "The last loss on unseen text, comparable between tokenizers", "1.000"
        ),
        _of_last("best", "Best validation", "The least loss on unseen text, in nats a token", "10.000"),
        _of_last("best_step", "Best step", "The step of the least loss on unseen text", "1,000,000"),
        _of_last("tokens", "Tokens", "Tokens seen so far", "100 M"),
        _of_last("seconds", "Trained", "Time spent on steps so far, over all attempts", "59 min 59 s"),
        _of_last("wall", "Took", "Time of all attempts, evaluations, texts and checkpoints as well", "59 min 59 s"),
        _of_last("learning_rate", "Rate now", "The learning rate of the last step", "1.23e-4"),
        _of_last(
            "grad_norm", "Gradient norm", "The norm of the gradient in the last step, before it is clipped", "10.0"
        ),
        _of_last("tokens_per_second", "Tokens a second", "Tokens a second in the last step", "1,000,000"),
        _of_last("mfu", "MFU", "Model FLOP/s as a share of the device’s peak, in the last step", "100 %"),
        RunColumn("mean_rate", "Mean tokens a second", "Tokens a second over all steps", widest="1,000,000"),
        RunColumn(
            "mean_mfu", "Mean MFU", "Model FLOP/s as a share of the device’s peak, over all steps", widest="100 %"
        ),
        _of_last("memory", "Memory", "Bytes that the worker held last", "10.0 GB"),
    )
}


def column_of(key: str, runs: Iterable[Overview] = ()) -> RunColumn:
    """The column of a key; of settings, `runs` say whether they are numbers."""
    known = KNOWN.get(key)
    if known is not None:
        return known
    found = [value for run in runs if (value := value_of(run, key)) is not None]
    is_number = bool(found) and all(isinstance(value, float) for value in found)
    written = (text_of(run, key) for run in runs)
    title = key.removeprefix("about.")
    return RunColumn(
        key,
        title,
        f"The setting {key}" if title == key else f"{title}, as the run found it",
        is_number,
        max(written, key=len, default="")[:24],
    )


def keys_of(runs: Iterable[Overview]) -> list[str]:
    """All keys that these runs have something for, besides those of `KNOWN`."""
    seen = dict.fromkeys(KNOWN)
    for run in runs:
        seen |= dict.fromkeys(key for key in run.config if key != "name")
        seen |= dict.fromkeys(f"last.{name}" for name in run.last)
        seen |= dict.fromkeys(f"about.{name}" for name in run.about)
    return [key for key in seen if key not in TWICE and not key.startswith("about.group.") and "sha256" not in key]


def raw(run: Overview, key: str) -> Any:
    """What a run holds under a key, as it is; None where there is no such thing."""
    if key in _OWN:
        return _OWN[key](run)
    table, _, name = key.partition(".")
    if run.edited and key in run.config:
        return None  # what was trained with is not known any more
    if table == "last":
        return run.last.get(name)
    return run.about.get(name) if table == "about" else run.config.get(key)


def value_of(run: Overview, key: str) -> Value:
    """What a run is sorted and looked for by: a number, or a text."""
    if key == STATE:
        return float(ORDER.index(run.standing))
    found = raw(run, key)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return float(found) if found == found else None
    if isinstance(found, list | tuple):
        return ", ".join(map(str, found)) or None
    return None if found is None or found == "" else str(found)


def text_of(run: Overview, key: str) -> str:
    """What a cell says."""
    if key == STATE:
        return stand_of(run).words
    found = raw(run, key)
    if isinstance(found, int | float) and not isinstance(found, bool) and found == found:
        return WRITTEN.get(key, partial(_setting, key))(found)
    return str(value) if (value := value_of(run, key)) is not None else NONE


def sort_key(run: Overview, key: str) -> tuple[Any, ...]:
    """Numbers before texts, texts by the numbers in them: run 2 stands before run 10."""
    value = value_of(run, key)
    if isinstance(value, float):
        return 0, value
    pieces = re.split(r"(\d+)", (value or "").casefold())
    return 1, tuple((int(piece), "") if place % 2 else (-1, piece) for place, piece in enumerate(pieces))


def _setting(key: str, found: float) -> str:
    """Names such as a seed have no separators; a learning rate is written as one."""
    if key.endswith("seed"):
        return str(found)
    return plain_number(found)


def _whole(found: float) -> str:
    return figures.count(round(found))


WRITTEN: Final[Mapping[str, Callable[[float], str]]] = {
    "created": clock_day,
    "optimizer.learning_rate": power,
    "optimizer.eps": power,
    "last.learning_rate": power,
    "last.loss": partial(number, places=3),
    "last.validation": partial(number, places=3),
    "last.best": partial(number, places=3),
    "last.bits_per_byte": partial(number, places=3),
    "last.perplexity": figures.significant,
    "parameters": amount,
    "flops": power,
    "last.tokens": amount,
    "last.seconds": figures.duration,
    "last.wall": figures.duration,
    "last.grad_norm": figures.significant,
    "last.tokens_per_second": _whole,
    "last.mfu": share,
    "mean_rate": _whole,
    "mean_mfu": share,
    "last.memory": lambda found: figures.size(round(found)),
    "about.peak_flops": lambda found: f"{figures.significant(found / 1e12)} TFLOP/s",
    "about.tokens": amount,
}
_OWN: Final[Mapping[str, Callable[[Overview], Any]]] = {
    RUN: lambda run: run.name,
    STATE: lambda run: stand_of(run).words,
    "step": lambda run: run.step if run.attempt or run.step else None,
    "steps": lambda run: run.steps or None,
    "tags": lambda run: run.tags,
    "note": lambda run: run.note,
    "created": lambda run: run.created or None,
    "attempt": lambda run: run.attempt or None,
    "parameters": parameters_of,
    "flops": flops_of,
    "mean_rate": mean_rate,
    "mean_mfu": mean_mfu,
    "checkpoint": lambda run: run.checkpoints[-1] if run.checkpoints else None,
}
