"""What do the runs of a sweep say together? Their groups, and the final losses over the values that were swept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeGuard

from app.tables.run_states import stand_of
from app.widgets.run_extent import config_number
from app.widgets.run_marks import mark_of
from app.widgets.sweep_chart import State, SweepFigure, SweepLine, SweepPoint
from lmcore import figures
from lmcore.training.overview import Overview

Loss = Literal["validation", "train"]
LOSS_NAMES: Final[dict[Loss, str]] = {
    "validation": "validation loss, nats a token",
    "train": "train loss, nats a token",
}
COLUMN_OF: Final[dict[Loss, str]] = {"validation": "validation", "train": "loss"}
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


def final_loss(run: Overview, loss: Loss) -> float | None:
    """The newest loss of a run, if it has one that is a number."""
    value = run.last.get(COLUMN_OF[loss])
    return float(value) if value is not None and value == value else None


def state_of(run: Overview) -> State:
    """How a run's mark is drawn."""
    if run.reason == "diverged":
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


def figure_of(group: Group, key: str, loss: Loss, *, logarithmic: bool) -> SweepFigure:
    """The losses of a group over the values of `key`, a line for each combination of the others."""
    values = [values_of(run).get(key) for run in group.runs]
    numeric = all(map(is_number, values))
    names: tuple[str, ...] = () if numeric else tuple(dict.fromkeys(map(written, values)))
    others = [other for other in group.keys if other != key]
    lines: dict[str, list[SweepPoint]] = {}
    for run, value in zip(group.runs, values, strict=True):
        name = ", ".join(f"{short_key(other)} {written(values_of(run).get(other))}" for other in others)
        x = _place(value, names)
        lines.setdefault(name, []).append(_point(run, x, loss))
    made = tuple(
        SweepLine(name, mark_of(place), tuple(sorted(points, key=lambda point: point.x)))
        for place, (name, points) in enumerate(lines.items())
    )
    return SweepFigure(short_key(key), LOSS_NAMES[loss], made, names, logarithmic and numeric, joined=numeric)


def _place(value: Any, names: tuple[str, ...]) -> float:
    """Where a value stands on the axis: at itself, or at its place among names."""
    return float(names.index(written(value)) if names else value)


def side_by_side(runs: Sequence[Overview], loss: Loss) -> SweepFigure:
    """The losses of some runs by their names."""
    points = tuple(_point(run, float(place), loss) for place, run in enumerate(runs))
    lines = (SweepLine("", mark_of(0), points),) if points else ()
    return SweepFigure("run", LOSS_NAMES[loss], lines, tuple(run.name for run in runs), joined=False)


def best_of(runs: Sequence[Overview], loss: Loss) -> Path | None:
    """The run with the lowest loss, of those that finished."""
    done = [run for run in runs if state_of(run) == "done" and final_loss(run, loss) is not None]
    return min(done, key=lambda run: final_loss(run, loss) or 0.0).path if done else None


def _point(run: Overview, x: float, loss: Loss) -> SweepPoint:
    value = final_loss(run, loss)
    said = "–" if value is None else figures.decimal(value, 4)
    values = ", ".join(f"{short_key(key)} {written(given)}" for key, given in values_of(run).items())
    told = (
        run.name,
        f"{LOSS_NAMES[loss]}: {said}",
        *((values,) if values else ()),
        f"{stand_of(run).words}, step {figures.count(run.step)} of {figures.count(run.steps)}",
    )
    return SweepPoint(run.path, x, value, state_of(run), told)
