"""Which value is best? A table [sweep] with a list or a range for any key makes a group of runs, one after another.

    [sweep]
    "optimizer.learning_rate" = { from = 1e-4, to = 1e-1, number = 4, scale = "log" }
    "model.norm_place" = ["pre", "post", "none"]

Several keys make all combinations. Each run is an ordinary run, whose run.json names the group and its values.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from math import isfinite, prod
from pathlib import Path
from typing import Any, Final

from lmcore.errors import LmError
from lmcore.training.config import TrainConfig, assignment, check_names, config_of, known_keys, put, read_tables
from lmcore.training.settings import ConfigError

TABLE: Final = "sweep"
LARGEST: Final = 256
"""Runs of a group: beyond it nobody means what they typed."""
_AMOUNTS: Final = {"training.steps": "tokens", "training.tokens": "steps"}


@dataclass(frozen=True)
class Member:
    """One config of a group; `about` goes into its run.json and is empty where nothing is swept."""

    config: TrainConfig
    about: Mapping[str, Any]


def members_of(path: Path, overrides: Iterable[str] = ()) -> list[Member]:
    """The configs in a TOML file, with "table.key=value" of `overrides` put over it: one, or those of its sweep.

    All are checked before the first is run. Raises `ConfigError`.
    """
    tables = read_tables(path)
    for override in overrides:
        put(tables, *assignment(override))
    return members(tables, path.parent)


def members(tables: Mapping[str, Any], folder: Path | None = None) -> list[Member]:
    """The configs of nested tables that may have a table "sweep"."""
    return list(each_member(tables, folder))


def each_member(tables: Mapping[str, Any], folder: Path | None = None) -> Iterator[Member]:
    """The same, one after the other as they are asked for; what cannot be is raised as `ConfigError` when it comes."""
    plain = {name: value for name, value in tables.items() if name != TABLE}
    values = values_of(swept_by(tables.get(TABLE, {})))
    if not values:
        yield Member(config_of(plain, folder), {})
        return
    group = {"id": secrets.token_hex(4), "keys": list(values)}
    for chosen in product(*values.values()):
        yield _member(plain, folder, group, dict(zip(values, chosen, strict=True)))


def swept_by(table: Any) -> dict[str, Any]:
    """What a table "sweep" gives for each key; tables in it, as [sweep.optimizer] makes them, are keys as well.

    Raises `ConfigError` for a key that is no setting.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{TABLE} is {table!r}; it must be a table, written [{TABLE}].")
    found: dict[str, Any] = {}
    for key, given in table.items():
        if "." in key or not isinstance(given, Mapping):
            found[key] = given
        else:
            found |= {f"{key}.{name}": value for name, value in given.items()}
    check_names(found, known_keys(), "")
    return found


def values_of(swept: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What each key takes in turn. Raises `ConfigError` where that cannot be, or would be too many runs."""
    values = {key: _values(key, given) for key, given in swept.items()}
    number = prod(map(len, values.values()))
    if number > LARGEST:
        raise ConfigError(f"The sweep asks for {number:,} runs; {LARGEST:,} are the most. Take fewer values.")
    return values


def words_of(chosen: Mapping[str, Any]) -> str:
    """The values of a member: words_of({"model.d_model": 64, "training.seed": 2}) -> "d_model 64, seed 2"."""
    return ", ".join(f"{key.rpartition('.')[2]} {value_words(value)}" for key, value in chosen.items())


def value_words(value: Any) -> str:
    """A value of a sweep as configs write it, with all its digits: 0.001 -> "1e-3", 100.0 -> "100", True -> "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float) or not isfinite(value):
        return str(value)
    exact = Decimal(repr(value)).normalize()
    return f"{exact:f}" if not value or 0.1 <= abs(value) < 10_000 else f"{exact:e}".replace("e+", "e")


def _member(plain: Mapping[str, Any], folder: Path | None, group: Mapping[str, Any], chosen: dict[str, Any]) -> Member:
    tables = {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items()}
    for key in _AMOUNTS.keys() & chosen.keys():
        if isinstance(training := tables.get("training"), dict):
            training.pop(_AMOUNTS[key], None)  # of steps and tokens there is one
    for key, value in chosen.items():
        put(tables, key, value)
    words = words_of(chosen)
    try:
        config = config_of(tables, folder)
    except LmError as error:
        raise ConfigError(str(error) if str(error).startswith(tuple(chosen)) else f"With {words}: {error}") from error
    return Member(replace(config, name=f"{config.name} {words}".strip()), {"group": {**group, "values": chosen}})


def _values(key: str, given: Any) -> list[Any]:
    """What a key takes in turn."""
    if isinstance(given, Mapping):
        check_names(given, ("from", "to", "number", "scale"), f"{TABLE}.{key}")
        return _range(key, given)
    if not isinstance(given, list | tuple) or not given:
        raise ConfigError(f"{TABLE}.{key} is {given!r}; it must be a list of values, or a range from … to ….")
    seen: set[object] = set()
    for value in given:
        # 1 and 1.0 are one value, and 1 and true are two.
        same = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
        if same in seen:
            raise ConfigError(f"{key}: {value_words(value)} stands there twice; give each value once.")
        seen.add(same)
    return list(given)


def _range(key: str, given: Mapping[str, Any]) -> list[Any]:
    low: Any = given.get("from")
    high: Any = given.get("to")
    number, scale = given.get("number", 5), given.get("scale", "log")
    if not _is_number(low) or not _is_number(high) or low == high:
        raise ConfigError(f"{key}: a range goes from one number to another, as 1e-4 to 1e-2, not from {low} to {high}.")
    if not isinstance(number, int) or not 2 <= number <= LARGEST:
        raise ConfigError(f"{key}: a range has 2 to {LARGEST} values, not {number}.")
    if scale not in ("log", "linear"):
        raise ConfigError(f"{key}: a range is log or linear, not {scale!r}.")
    if scale == "log" and not (low > 0 and high > 0):
        raise ConfigError(f"{key}: the range begins or ends at 0 or below, where a log scale has no place; say linear.")
    places = [place / (number - 1) for place in range(number)]
    found = [low * (high / low) ** place if scale == "log" else low + (high - low) * place for place in places]
    whole = isinstance(low, int) and isinstance(high, int)
    return sorted({round(one) for one in found}) if whole else [float(f"{one:.6g}") for one in found]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
