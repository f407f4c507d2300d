"""What does TensorBoard show of a run? Its columns as points by step, and when each was measured."""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lmcore.interop.tensorboard import Points, export_tensorboard
from lmcore.training.archiving import Written
from lmcore.training.curves import Column, Columns

_TRAIN: Final = ("loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu", "memory", "tokens")
_VALIDATION: Final = ("loss", "perplexity", "bits_per_byte")
_ROWS: Final = 2_000  # that are written within some 10 ms


def export_run(
    columns: Columns, folder: Path, config: Mapping[str, Any] | None = None
) -> Generator[Written, None, Path]:
    """Write the columns of a run as an event file in `folder`; gives back the file. Tells how far it is.

    TensorBoard takes a folder as a run, so each run needs one of its own. `config` are its settings by dotted keys,
    which become a text, "config". Tags are "train/loss", "validation/loss" and so on; what is no finite number has no
    point. Raises `UsageError` where there are no rows.
    """
    total = len(columns.train["step"]) + len(columns.validation["step"])
    yield Written(0, total, "rows")
    times = wall_times(columns)
    yield Written(0, total, "rows")
    writing = export_tensorboard(_blocks(columns, times), folder, texts={"config": _table(config)} if config else {})
    try:
        while True:
            yield Written(next(writing), total, "rows")
    except StopIteration as end:
        path: Path = end.value
        return path
    finally:
        writing.close()


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


def _blocks(columns: Columns, times: Column) -> Iterator[Points]:
    """The training rows, then those of validation, some at a time: curves have different tags, and need no order."""
    for kind, table, names, when in (
        ("train", columns.train, _TRAIN, times),
        ("validation", columns.validation, _VALIDATION, columns.validation["time"]),
    ):
        for begin in range(0, len(table["step"]), _ROWS):
            part = slice(begin, begin + _ROWS)
            values = {f"{kind}/{name}": _measured(table[name][part]) for name in names}
            yield Points(table["step"][part], np.nan_to_num(when[part]), values)


def _measured(values: Column) -> NDArray[np.float64]:
    """NaN for what was not measured, which is −1 among whole numbers, and for what is no finite number."""
    there = values != -1 if values.dtype == np.int64 else np.isfinite(values)
    return np.where(there, values, np.nan)
