"""What does a run look like over each axis and for each measure? Columns of its rows as a chart takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.widgets.extremes import Values
from app.widgets.run_data import Pin, PinKind, RunData
from app.widgets.run_extent import config_number, plain, scientific, short_count, short_value
from app.widgets.run_marks import RunMark
from lmcore import figures
from lmcore.training.curves import Columns

Axis = Literal["steps", "tokens", "time", "flops"]
AXES: Final[tuple[Axis, ...]] = ("steps", "tokens", "time", "flops")
AXIS_NAMES: Final = ("Steps", "Tokens", "Time", "FLOPs")
COLUMN_OF: Final[dict[Axis, str]] = {"steps": "step", "tokens": "tokens", "time": "seconds", "flops": "tokens"}


@dataclass(frozen=True)
class RunSeries:
    """A run to be drawn. `checkpoints` and `samples` are steps, `flops_per_token` those of training, `mfu_scale` makes
    of the MFU that was written one of the best peak of the machine.

    `diverged` is the step at which its loss was no number. `current` is the one that the page is about. `bare` is what
    is said of a run without rows.
    """

    path: Path
    name: str
    mark: RunMark
    columns: Columns
    checkpoints: tuple[int, ...] = ()
    samples: tuple[int, ...] = ()
    diverged: int | None = None
    live: bool = False
    flops_per_token: float = 0.0
    mfu_scale: float = 1.0
    current: bool = False
    bare: str = "has no rows yet"


@dataclass(frozen=True)
class Measure:
    """A column of what a step measured: its title, how it is written, and how on an axis."""

    column: str
    title: str
    written: Callable[[float], str]
    short: Callable[[float], str] = short_value
    brief: str = ""
    """The title where there is little room."""
    unit: str = ""
    """What the values are in, where they do not say so."""


def _bytes(value: float) -> str:
    return figures.size(round(value))


def _share(value: float) -> str:
    return f"{figures.significant(100 * value)} %"


def _loss(value: float) -> str:
    return figures.decimal(value, 4)


LOSS: Final = Measure("loss", "Loss", _loss, unit="nats a token")
MEASURES: Final = (
    Measure("learning_rate", "Learning rate", config_number, config_number, "Rate"),
    Measure("grad_norm", "Gradient norm", figures.significant, brief="Gradient"),
    Measure("tokens_per_second", "Tokens a second", lambda value: figures.count(round(value)), plain, "Tokens/s"),
    Measure("mfu", "MFU", _share, _share, unit="of the device’s peak"),
    Measure("memory", "Memory", _bytes, _bytes),
)


AXIS_TITLES: Final = ("steps of the optimizer", "tokens seen", "time trained", "FLOPs of training")


def place_title(axis: Axis, place: float) -> str:
    """How a place on an axis is named: "step 2,500", "26,050,560 tokens", "21 min 3 s", "1.2e15 FLOPs"."""
    if axis == "steps":
        return f"step {figures.count(round(place))}"
    if axis == "tokens":
        return f"{figures.count(round(place))} tokens"
    return figures.duration(place) if axis == "time" else f"{scientific(place)} FLOPs"


def place_written(axis: Axis, place: float) -> str:
    """How a place on an axis is written below it."""
    if axis == "time":
        return figures.duration(place)
    return plain(place) if axis == "flops" else short_count(place)


class SeriesReader:
    """Makes what charts take of series, and keeps each column as long as the run's own is the same array."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, str, str, float], tuple[NDArray[Any], Values]] = {}

    def data(self, series: RunSeries, axis: Axis, measure: Measure) -> RunData:
        """A run's measure over an axis; of the loss also the validations, the pins and how it ended."""
        steps = self._floats(series, "train", "step")
        x = self._x(series, "train", axis)
        y = self._floats(series, "train", measure.column, series.mfu_scale if measure.column == "mfu" else 1.0)
        if measure.column != LOSS.column:
            return RunData(series.path, series.name, series.mark, steps, x, y, current=series.current)
        return RunData(
            series.path,
            series.name,
            series.mark,
            steps,
            x,
            y,
            self._floats(series, "validation", "step"),
            self._x(series, "validation", axis),
            self._floats(series, "validation", "loss"),
            _pins(series, series.columns.train["step"], x),
            "" if series.diverged is None else f"diverged at step {figures.count(series.diverged)}",
            series.live,
            series.current,
            series.bare,
        )

    def forget_others(self, paths: frozenset[Path]) -> None:
        """Keep nothing of runs that are no longer drawn."""
        self._kept = {key: value for key, value in self._kept.items() if key[0] in paths}

    def _x(self, series: RunSeries, table: str, axis: Axis) -> Values:
        scale = series.flops_per_token if axis == "flops" else 1.0
        return self._floats(series, table, COLUMN_OF[axis], scale, rising=True)

    def _floats(self, series: RunSeries, table: str, name: str, scale: float = 1.0, *, rising: bool = False) -> Values:
        """A column as floats, a whole number of −1 as NaN; times `scale`; what a `rising` one lacks is filled in."""
        column = getattr(series.columns, table)[name]
        key = (series.path, table, f"{name}{'+' if rising else ''}", scale)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is column:
            return kept[1]
        made = _rising(column, scale) if rising else _scaled(_with_gaps(column), scale)
        self._kept[key] = (column, made)
        return made


def _scaled(values: Values, scale: float) -> Values:
    return values if scale == 1.0 else values * scale


def _with_gaps(column: NDArray[Any]) -> Values:
    if column.dtype.kind != "i":
        return np.asarray(column, np.float64)
    return np.where(column < 0, np.nan, column.astype(np.float64))


def _rising(column: NDArray[Any], scale: float) -> Values:
    """Never falling: a row that does not say where it is (that of a step that diverged) stands where the last one did.

    So does one behind a clock that was set back.
    """
    floats = np.asarray(column, np.float64) * scale
    if len(floats) and not (floats[0] >= 0 and bool(np.all(floats[1:] >= floats[:-1]))):
        return np.fmax.accumulate(np.fmax(floats, 0.0))
    return floats


def _pins(series: RunSeries, steps: NDArray[Any], x: Values) -> tuple[Pin, ...]:
    """Checkpoints and samples at the rows of their steps; one before the first row stands at the axis' begin."""
    if not len(steps):
        return ()
    return (*_pins_of("checkpoint", series.checkpoints, steps, x), *_pins_of("samples", series.samples, steps, x))


def _pins_of(kind: PinKind, wanted: tuple[int, ...], steps: NDArray[Any], x: Values) -> tuple[Pin, ...]:
    rows = np.searchsorted(steps, np.array(wanted, np.int64), side="right") - 1
    pairs = zip(wanted, rows.tolist(), strict=True)
    return tuple(Pin(float(x[row]) if row >= 0 else 0.0, step, kind) for step, row in pairs)
