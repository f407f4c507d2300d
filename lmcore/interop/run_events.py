"""What does TensorBoard show of a run? Its columns as points by step, and when each was measured."""

from collections.abc import Generator, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lmcore.interop.tensorboard import export_tensorboard
from lmcore.training.curves import Column, Columns

_TRAIN: Final = ("loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory", "tokens")
_VALIDATION: Final = ("loss", "perplexity", "bits_per_byte")


def export_run(columns: Columns, folder: Path, config: Mapping[str, Any] | None = None) -> Generator[None, None, Path]:
    """Write the columns of a run as an event file in `folder`; gives back the file. Yields as it goes.

    TensorBoard takes a folder as a run, so each run needs one of its own. `config` are its settings by dotted keys,
    which become a text, "config". Tags are "train/loss", "validation/loss" and so on; what is no finite number has no
    point. Raises `UsageError` where there are no rows.
    """
    times = wall_times(columns)
    points = list(_points("train", columns.train, _TRAIN, times))
    yield
    points += list(_points("validation", columns.validation, _VALIDATION, columns.validation["time"]))
    yield
    points.sort(key=lambda point: (point[1]["step"], point[0]))
    yield
    texts = {"config": _table(config)} if config else {}
    return export_tensorboard([row for _, row in points], folder, [time for time, _ in points], texts=texts)


def _table(config: Mapping[str, Any]) -> str:
    """Settings as a table in Markdown, which TensorBoard draws."""
    lines = (f"| {key} | {str(value).replace('|', chr(92) + '|')} |" for key, value in config.items())
    return "\n".join(["| setting | value |", "|---|---|", *lines])


def wall_times(columns: Columns) -> NDArray[np.float64]:
    """When each training row was measured, in seconds since 1970, [rows].

    Rows count seconds of training alone; those of an attempt run on from the moment when it began.
    """
    steps, seconds = columns.train["step"], columns.train["seconds"]
    attempts = columns.attempts
    if not len(attempts["step"]) or not len(steps):
        return np.asarray(seconds, dtype=np.float64)
    place = np.maximum(np.searchsorted(attempts["step"], steps, side="left") - 1, 0)
    first = np.searchsorted(steps, attempts["step"], side="right")
    trained = np.concatenate([[0.0], seconds])[first]  # by then
    return np.asarray(attempts["time"][place] + seconds - trained[place], dtype=np.float64)


def _points(
    kind: str, table: Mapping[str, Column], names: tuple[str, ...], times: Column
) -> Iterator[tuple[float, dict[str, Any]]]:
    """The wall time and the row of each step that has a value."""
    lists = {f"{kind}/{name}": table[name].tolist() for name in names}
    for place, (step, time) in enumerate(zip(table["step"].tolist(), times.tolist(), strict=True)):
        values = {tag: values[place] for tag, values in lists.items() if isfinite(values[place])}
        if values:
            yield time, {"step": step, **values}
