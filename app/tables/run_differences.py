"""In what do runs differ, and what came of it? Settings beside one another, then results, told against a base.

Runs of an ablation or a sweep differ in a line or two. What is the same everywhere is left out unless asked for.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.tables.run_columns import NONE, column_of, raw, text_of
from app.tables.run_shape import parameters_of
from app.tables.run_states import stand_of
from lmcore import figures
from lmcore.training.overview import Overview

RESULTS: Final = {
    "last.loss": ("Train loss", "nats a token"),
    "last.validation": ("Validation loss", "nats a token"),
    "last.best": ("Best validation loss", "nats a token"),
    "last.best_step": ("at step", ""),
    "mean_rate": ("Tokens a second", "mean"),
    "mean_mfu": ("MFU", "mean"),
    "last.tokens": ("Tokens", ""),
    "last.seconds": ("Time trained", ""),
    "last.wall": ("Time taken in all", ""),
    "last.memory": ("Memory", ""),
}
LOSSES: Final = ("last.loss", "last.validation", "last.best")
LEFT_OUT: Final = ("name", "notes")


@dataclass(frozen=True)
class Line:
    """A line: what it is about, its unit, and what each run has there. One without values is a heading."""

    title: str
    unit: str = ""
    texts: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    differs: tuple[bool, ...] = ()
    gaps: tuple[str, ...] = ()
    """How far each is from the base, where that says something."""


@dataclass(frozen=True)
class Compared:
    """Lines of settings and of results, and how many settings there are and differ."""

    lines: tuple[Line, ...]
    settings: int
    differing: int


def compared(runs: Sequence[Overview], base: int = 0, *, all_settings: bool = False) -> Compared:
    """The runs beside one another; `base` is the place of the one that the others are held against."""
    keys = list(dict.fromkeys(key for run in runs for key in run.config if key not in LEFT_OUT))
    lines = [_setting(runs, key, base) for key in keys]
    differing = [line for line in lines if any(line.differs)]
    shown = lines if all_settings else differing
    head = Line("Settings" if all_settings else "Settings that differ")
    none = [] if shown else [Line("none")]
    found = (head, *shown, *none, Line("Results"), *_results(runs, base))
    return Compared(found, len(keys), len(differing))


def as_markdown(names: Sequence[str], lines: Sequence[Line]) -> str:
    """The table for a README or an issue."""
    rows = [["", *names], ["---"] * (len(names) + 1)]
    rows += [[_titled(line), *line.texts] for line in lines if line.texts]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def as_csv(names: Sequence[str], lines: Sequence[Line]) -> str:
    """The table for a spreadsheet, numbers as they are."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["", *names])
    for line in lines:
        if line.texts:
            writer.writerow([_titled(line), *map(_cell, line.values)])
    return file.getvalue()


def _cell(value: Any) -> Any:
    """A number without a fraction is written without a point, what is not there as nothing."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value is None else value


def _titled(line: Line) -> str:
    return f"{line.title} ({line.unit})" if line.unit else line.title


def _setting(runs: Sequence[Overview], key: str, base: int) -> Line:
    values = tuple(_plain(raw(run, key)) for run in runs)
    texts = tuple(text_of(run, key) for run in runs)
    return Line(key, "", texts, values, _differing(values, base))


def _results(runs: Sequence[Overview], base: int) -> list[Line]:
    states = tuple(stand_of(run).words for run in runs)
    counts = tuple(parameters_of(run) for run in runs)
    written = tuple(NONE if count is None else figures.count(count) for count in counts)
    return [
        Line("State", "", states, states),
        *(_result(runs, key, base) for key in RESULTS),
        Line("Parameters", "", written, counts, _differing(counts, base)),
    ]


def _result(runs: Sequence[Overview], key: str, base: int) -> Line:
    title, unit = RESULTS[key]
    values = tuple(raw(run, key) for run in runs)
    texts = tuple(text_of(run, key) for run in runs)
    gaps = tuple(
        _gap(value, values[base]) if key in LOSSES and place != base else "" for place, value in enumerate(values)
    )
    return Line(title or column_of(key).title, unit, texts, values, (), gaps)


def _gap(value: float | None, base: float | None) -> str:
    """_gap(1.425, 1.535) -> "−0.110"."""
    if value is None or base is None:
        return ""
    gap = value - base
    return f"{'+' if round(gap, 3) > 0 else ''}{figures.decimal(gap, 3)}"


def _differing(values: Sequence[Any], base: int) -> tuple[bool, ...]:
    return tuple(value != values[base] for value in values)


def _plain(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
