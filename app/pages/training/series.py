"""What does a run look like over each axis and for each measure? Columns of its rows as a chart takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from app.pages.training.blow_ups import BlowUp
from app.widgets.extremes import Values
from app.widgets.run_data import Pin, PinKind, RunData
from app.widgets.run_extent import config_number, plain, scientific, short_count, short_value
from app.widgets.run_marks import RunMark
from app.widgets.run_places import RunPlaces
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

    `diverged` is the step at which its loss was no number, `blown` how it blew up without that. `current` is the one
    that the page is about. `bare` is what is said of a run without rows.
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
    blown: BlowUp | None = None


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
    of_validation: bool = False
    """Whether a validation measures it, not a step."""


def _bytes(value: float) -> str:
    return figures.size(round(value))


def _share(value: float) -> str:
    """A share of a peak: what seems to be more than all of it shows that the peak was found too low."""
    return f"{figures.significant(100 * value)} %" if value < 1 else "100 % or more"


def _short_share(value: float) -> str:
    return f"{figures.significant(100 * value)} %"


def _loss(value: float) -> str:
    return figures.decimal(value, 4)


LOSS: Final = Measure("loss", "Loss", _loss, unit="nats a token")
MEASURES: Final = (
    Measure("learning_rate", "Learning rate", config_number, config_number, "Rate"),
    Measure("grad_norm", "Gradient norm", figures.significant, brief="Gradient"),
    Measure("tokens_per_second", "Tokens a second", lambda value: figures.count(round(value)), plain, "Tokens/s"),
    Measure("mfu", "MFU", _share, _short_share, unit="of the device’s peak"),
    Measure("memory", "Memory", _bytes, _bytes),
    Measure("bits_per_byte", "Bits a byte", _loss, unit="of unseen text", of_validation=True),
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
    """Makes what charts take of series. All charts draw the same arrays, which are the run's own where they can be."""

    def __init__(self) -> None:
        self._places: dict[tuple[Path, Axis], tuple[NDArray[Any], float, RunPlaces]] = {}
        self._shares: dict[Path, tuple[NDArray[Any], float, Values]] = {}

    def data(self, series: RunSeries, axis: Axis, measure: Measure) -> RunData:
        """A run's measure over an axis; of the loss also the validations, the pins and how it ended."""
        if measure.of_validation:
            table = series.columns.validation
            places = _places(table[COLUMN_OF[axis]], _scale(series, axis))
            y = table[measure.column]
            return RunData(series.path, series.name, series.mark, table["step"], places, y, current=series.current)
        steps, y = series.columns.train["step"], self._y(series, measure)
        x = self._x(series, axis)
        if measure.column != LOSS.column:
            return RunData(series.path, series.name, series.mark, steps, x, y, current=series.current)
        return RunData(
            series.path,
            series.name,
            series.mark,
            steps,
            x,
            y,
            series.columns.validation["step"],
            _checks(series, axis),
            series.columns.validation["loss"],
            _pins(series, series.columns.train["step"], x),
            "" if series.diverged is None else f"diverged at step {figures.count(series.diverged)}",
            series.live,
            series.current,
            series.bare,
            inf if series.blown is None else series.blown.bound,
            _blown(series.blown),
        )

    def forget_others(self, paths: frozenset[Path]) -> None:
        """Keep nothing of runs that are no longer drawn."""
        self._places = {key: value for key, value in self._places.items() if key[0] in paths}
        self._shares = {path: value for path, value in self._shares.items() if path in paths}

    def _x(self, series: RunSeries, axis: Axis) -> RunPlaces:
        """Where rows stand; the same as before while the column is the same array."""
        name, scale = COLUMN_OF[axis], _scale(series, axis)
        column, kept = series.columns.train[name], self._places.get((series.path, axis))
        if kept is None or kept[0] is not column or kept[1] != scale:
            kept = column, scale, _places(column, scale, rising=name in series.columns.rising)
            self._places[series.path, axis] = kept
        return kept[2]

    def _y(self, series: RunSeries, measure: Measure) -> Values:
        """The values; a share of a peak by the one that is taken for all runs of a machine, at most all of it."""
        column: Values = series.columns.train[measure.column]
        if measure.column != "mfu":
            return column
        kept = self._shares.get(series.path)
        if kept is None or kept[0] is not column or kept[1] != series.mfu_scale:
            shares = column if series.mfu_scale == 1.0 else column * series.mfu_scale
            most = np.fmax.reduce(shares, initial=0.0)
            kept = column, series.mfu_scale, np.minimum(shares, 1.0) if most > 1.0 else shares
            self._shares[series.path] = kept
        return kept[2]


def _scale(series: RunSeries, axis: Axis) -> float:
    """What a column is to be multiplied by; 0 where that is not known."""
    if axis != "flops":
        return 1.0
    return series.flops_per_token if series.flops_per_token > 0 else 0.0


def _blown(found: BlowUp | None) -> str:
    """What stands at the end of a run that blew up and has not found back."""
    return "" if found is None or found.recovered else f"blew up at step {figures.count(found.step)}"


def _checks(series: RunSeries, axis: Axis) -> Values:
    """Where validations stand."""
    return _places(series.columns.validation[COLUMN_OF[axis]], _scale(series, axis))[:]


def _places(column: NDArray[Any], scale: float, *, rising: bool = False) -> RunPlaces:
    """Never falling: a row that does not say where it is (that of a step that diverged) stands where the last one did.

    So does one behind a clock that was set back. Where the scale is not known, all stand at 0.
    """
    if not scale:
        return RunPlaces(np.zeros(len(column), np.int64))
    if rising:
        return RunPlaces(column, scale)
    return RunPlaces(np.fmax.accumulate(np.fmax(column, column.dtype.type(0))), scale)


def _pins(series: RunSeries, steps: NDArray[Any], x: RunPlaces) -> tuple[Pin, ...]:
    """Checkpoints and samples at the rows of their steps; one before the first row stands at the axis' begin."""
    if not len(steps):
        return ()
    return (*_pins_of("checkpoint", series.checkpoints, steps, x), *_pins_of("samples", series.samples, steps, x))


def _pins_of(kind: PinKind, wanted: tuple[int, ...], steps: NDArray[Any], x: RunPlaces) -> tuple[Pin, ...]:
    rows = np.searchsorted(steps, np.array(wanted, np.int64), side="right") - 1
    pairs = zip(wanted, rows.tolist(), strict=True)
    return tuple(Pin(float(x[row]) if row >= 0 else 0.0, step, kind) for step, row in pairs)
