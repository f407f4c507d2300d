"""What do the runs of a sweep say together? Their groups, and the final losses over the values that were swept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Final, TypeGuard

from app.tables.run_rates import mean_rate
from app.tables.run_states import has_diverged, stand_of
from app.widgets.run_extent import config_number, plain
from app.widgets.run_marks import mark_of
from app.widgets.sweep_chart import State, SweepFigure, SweepLine, SweepPoint
from lmcore import figures
from lmcore.training.overview import Overview


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the name of its newest such figure, a title, the name of its axis, and how it is written; or
    what `of` finds.
    """

    key: str
    title: str
    name: str
    written: Callable[[float], str]
    short: Callable[[float], str] = plain
    of: Callable[[Overview], float | None] | None = None


def _loss(value: float) -> str:
    return figures.decimal(value, 4)


def _whole(value: float) -> str:
    return figures.count(round(value))


def _size(value: float) -> str:
    return figures.size(round(value))


VALIDATION: Final = Outcome("validation", "Validation", "validation loss, nats a token", _loss)
TRAIN: Final = Outcome("loss", "Train", "train loss of the last step, nats a token", _loss)
OUTCOMES: Final = (
    VALIDATION,
    Outcome("best", "Best validation", "least validation loss, nats a token", _loss),
    Outcome("bits_per_byte", "Bits a byte", "bits a byte of unseen text", _loss),
    TRAIN,
    Outcome("seconds", "Time trained", "time of the steps", figures.duration, figures.duration),
    Outcome("mean_rate", "Tokens a second", "tokens a second over all steps", _whole, of=mean_rate),
    Outcome("memory", "Memory", "memory of the worker", _size, _size),
)
RATE: Final = "learning_rate"
NAMES: Final = ("name", "notes")
"""Settings that are no settings of what is learned."""


@dataclass(frozen=True)
class Group:
    """The runs of a sweep, oldest first, and the settings that differ between them."""

    id: str
    name: str
    keys: tuple[str, ...]
    runs: tuple[Overview, ...]

    @property
    def title(self) -> str:
        """The name that all have in common, and what was swept: "tiny: learning_rate, 3 runs"."""
        keys = " × ".join(short_key(key) for key in self.keys)
        number = len(self.runs)
        return f"{self.name}: {keys}, {figures.count(number)} {'run' if number == 1 else 'runs'}"


def groups_of(runs: Sequence[Overview]) -> tuple[Group, ...]:
    """The sweeps among runs, the newest first."""
    found: dict[str, list[Overview]] = {}
    for run in runs:
        if run.group is not None and "id" in run.group:
            found.setdefault(str(run.group["id"]), []).append(run)
    groups = [_group(key, members) for key, members in found.items()]
    return tuple(sorted(groups, key=lambda group: -max(run.created for run in group.runs)))


def _group(key: str, members: Sequence[Overview]) -> Group:
    about = members[0].group or {}
    keys = tuple(str(one) for one in about.get("keys", ()))
    words = ", ".join(f"{short_key(name)} {value}" for name, value in values_of(members[0]).items())
    return Group(key, members[0].name.removesuffix(words).strip() or members[0].name, keys, tuple(members))


def values_of(run: Overview) -> Mapping[str, Any]:
    """What a run of a sweep was given, by key."""
    found: Mapping[str, Any] = (run.group or {}).get("values", {})
    return found


def short_key(key: str) -> str:
    """A key without its table: "optimizer.learning_rate" -> "learning_rate"."""
    return key.rpartition(".")[2]


def written(value: Any) -> str:
    """A setting's value: 1e-3, 32, pre, true, 0.9, 0.95."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return config_number(value)
    return ", ".join(map(written, value)) if isinstance(value, list | tuple) else str(value)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value has a place on an axis; true and false have not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def figure_of_run(run: Overview, outcome: Outcome) -> float | None:
    """What came of a run, if there is a number for it."""
    value = outcome.of(run) if outcome.of is not None else run.last.get(outcome.key)
    return float(value) if value is not None and isfinite(value) else None


def gap(run: Overview, base: Overview | None, outcome: Outcome) -> str:
    """How far a run is from the one that others are held against: "+0.0123"; nothing for that one itself."""
    if base is None or run.path == base.path:
        return ""
    own, other = figure_of_run(run, outcome), figure_of_run(base, outcome)
    if own is None or other is None:
        return "–"
    sign = "+" if own > other else figures.MINUS if own < other else ""
    return f"{sign}{outcome.written(abs(own - other))}"


def state_of(run: Overview) -> State:
    """How a run's mark is drawn."""
    if has_diverged(run):
        return "diverged"
    return "done" if run.standing == "finished" else "open"


def by_hand(runs: Sequence[Overview], key: str) -> Group:
    """Runs that were made one by one, as if they were a sweep of a setting."""
    made = (replace(run, group={"values": {key: run.config.get(key)}}) for run in runs)
    return Group("", "", (key,), tuple(made))


def differing(runs: Sequence[Overview]) -> list[str]:
    """The settings that are not the same in all of these runs."""
    keys = dict.fromkeys(key for run in runs for key in run.config if key not in NAMES)
    return [key for key in keys if len({str(run.config.get(key)) for run in runs}) > 1]


def usual_key(group: Group) -> str:
    """The setting that is drawn along the axis: the learning rate, if it was swept, or the first."""
    return next((key for key in group.keys if short_key(key) == RATE), group.keys[0] if group.keys else "")


def wants_log(group: Group, key: str) -> bool:
    """Whether the values of a setting belong on a logarithmic axis."""
    values = [values_of(run).get(key) for run in group.runs]
    numbers = [float(value) for value in values if is_number(value)]
    positive = bool(numbers) and len(numbers) == len(values) and min(numbers) > 0
    return positive and (short_key(key) == RATE or max(numbers) >= 30 * min(numbers))


def figure_of(group: Group, key: str, outcome: Outcome, *, logarithmic: bool) -> SweepFigure:
    """The losses of a group over the values of `key`, a line for each combination of the others."""
    values = [values_of(run).get(key) for run in group.runs]
    numeric = all(map(is_number, values))
    names: tuple[str, ...] = () if numeric else tuple(dict.fromkeys(map(written, values)))
    others = [other for other in group.keys if other != key]
    lines: dict[str, list[SweepPoint]] = {}
    for run, value in zip(group.runs, values, strict=True):
        name = ", ".join(f"{short_key(other)} {written(values_of(run).get(other))}" for other in others)
        x = _place(value, names)
        lines.setdefault(name, []).append(_point(run, x, outcome))
    made = tuple(
        SweepLine(name, mark_of(place), tuple(sorted(points, key=lambda point: point.x)))
        for place, (name, points) in enumerate(lines.items())
    )
    return SweepFigure(
        short_key(key), outcome.name, made, names, logarithmic and numeric, joined=numeric, written=outcome.short
    )


def _place(value: Any, names: tuple[str, ...]) -> float:
    """Where a value stands on the axis: at itself, or at its place among names."""
    return float(names.index(written(value)) if names else value)


def side_by_side(runs: Sequence[Overview], outcome: Outcome) -> SweepFigure:
    """The losses of some runs by their names."""
    points = tuple(_point(run, float(place), outcome) for place, run in enumerate(runs))
    lines = (SweepLine("", mark_of(0), points),) if points else ()
    names = tuple(run.name for run in runs)
    return SweepFigure("run", outcome.name, lines, names, joined=False, written=outcome.short)


def best_of(runs: Sequence[Overview]) -> Overview | None:
    """The run with the lowest loss on unseen text, of those that finished; where none has one, on what was trained."""
    done = [run for run in runs if state_of(run) == "done"]
    for outcome in (VALIDATION, TRAIN):
        known = [(found, run) for run in done if (found := figure_of_run(run, outcome)) is not None]
        if known:
            return min(known, key=lambda pair: pair[0])[1]
    return None


def _point(run: Overview, x: float, outcome: Outcome) -> SweepPoint:
    value = figure_of_run(run, outcome)
    said = "–" if value is None else outcome.written(value)
    values = ", ".join(f"{short_key(key)} {written(given)}" for key, given in values_of(run).items())
    told = (
        run.name,
        f"{outcome.name}: {said}",
        *((values,) if values else ()),
        f"{stand_of(run).words}, step {figures.count(run.step)} of {figures.count(run.steps)}",
    )
    return SweepPoint(run.path, x, value, state_of(run), told)
