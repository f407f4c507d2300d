"""Which value is best? A table [sweep] with a list or a range for any key makes a group of runs, one after another.

    [sweep]
    "optimizer.learning_rate" = { from = 1e-4, to = 1e-1, number = 4, scale = "log" }
    "model.norm_place" = ["pre", "post", "none"]

Several keys make all combinations. Each run is an ordinary run, whose run.json names the group and its values.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Final

from lmcore.training.config import TrainConfig, assignment, check_names, config_of, put, read_tables
from lmcore.training.settings import ConfigError

TABLE: Final = "sweep"
LARGEST: Final = 1_000
"""Runs of a group: beyond it nobody means what they typed."""


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
    swept = tables.get(TABLE, {})
    plain = {name: value for name, value in tables.items() if name != TABLE}
    if not isinstance(swept, Mapping):
        raise ConfigError(f"{TABLE} is {swept!r}; it must be a table, written [{TABLE}].")
    if not swept:
        return [Member(config_of(plain, folder), {})]
    values = {key: _values(key, given) for key, given in swept.items()}
    _check_number(values)
    group = {"id": secrets.token_hex(4), "keys": list(values)}
    return [
        _member(plain, folder, group, dict(zip(values, chosen, strict=True))) for chosen in product(*values.values())
    ]


def _member(plain: Mapping[str, Any], folder: Path | None, group: Mapping[str, Any], chosen: dict[str, Any]) -> Member:
    tables = {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items()}
    for key, value in chosen.items():
        put(tables, key, value)
    config = config_of(tables, folder)
    words = ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in chosen.items())
    return Member(replace(config, name=f"{config.name} {words}".strip()), {"group": {**group, "values": chosen}})


def _values(key: str, given: Any) -> list[Any]:
    """What a key takes in turn."""
    if isinstance(given, list) and given:
        return given
    if isinstance(given, Mapping):
        check_names(given, ("from", "to", "number", "scale"), f"{TABLE}.{key}")
        return _range(key, given)
    raise ConfigError(f"{TABLE}.{key} is {given!r}; it must be a list of values, or a range from … to ….")


def _range(key: str, given: Mapping[str, Any]) -> list[Any]:
    low: Any = given.get("from")
    high: Any = given.get("to")
    number = given.get("number", 5)
    scale = given.get("scale", "log")
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (low, high))
    if not numbers or not isinstance(number, int) or not 2 <= number <= LARGEST or scale not in ("log", "linear"):
        raise ConfigError(
            f"{TABLE}.{key} is {dict(given)!r}; a range is {{ from = 1e-4, to = 1e-2, number = 5, scale = "
            '"log" or "linear" }.'
        )
    if scale == "log" and not (low > 0 and high > 0):
        raise ConfigError(f"{TABLE}.{key} begins or ends at 0 or below, where a log scale has no place; say linear.")
    places = [place / (number - 1) for place in range(number)]
    found = [low * (high / low) ** place if scale == "log" else low + (high - low) * place for place in places]
    whole = isinstance(low, int) and isinstance(high, int)
    return sorted({round(one) for one in found}) if whole else [float(f"{one:.6g}") for one in found]


def _check_number(values: Mapping[str, list[Any]]) -> None:
    number = 1
    for each in values.values():
        number *= len(each)
    if number > LARGEST:
        raise ConfigError(f"[{TABLE}] asks for {number:,} runs; {LARGEST:,} are the most, so take fewer values.")
