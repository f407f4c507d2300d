"""What does a training's file say? TOML with one table a part, read strictly: no key is unknown, no value unlikely.

name = "first run"
[data]
corpus = ["stories.txt"]
tokenizer = "tokenizer"
[model]
d_model = 256
[optimizer]
learning_rate = 3e-3
[training]
tokens = 40_960_000
"""

import dataclasses
import difflib
import hashlib
import json
import sys
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from lmcore.training.settings import (
    CheckpointSettings,
    ConfigError,
    DataSettings,
    EvaluationSettings,
    ModelSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainingSettings,
)

Table = TypeVar("Table")
_TABLES: Final = (
    DataSettings,
    ModelSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainingSettings,
    EvaluationSettings,
    CheckpointSettings,
)
_OUTSIDE: Final = ("name", "notes")
_OF_THE_MACHINE: Final = ("micro_batch_size", "compile", "device", "threads", "strategy")
_PATHS: Final = ("train", "corpus", "tokenizer", "validation")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that is chosen for a training; see the classes of its parts."""

    data: DataSettings
    training: TrainingSettings
    model: ModelSettings = field(default_factory=ModelSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)
    checkpoint: CheckpointSettings = field(default_factory=CheckpointSettings)
    name: str = ""
    notes: str = ""

    def as_tables(self) -> dict[str, Any]:
        """What TOML or JSON holds of it: only keys with a value, so that reading it gives the same config."""
        tables: dict[str, Any] = {name: getattr(self, name) for name in _OUTSIDE if getattr(self, name)}
        for kind in _TABLES:
            part = dataclasses.asdict(getattr(self, kind.table))
            tables[kind.table] = {name: _plain(value) for name, value in part.items() if value is not None}
        return tables

    def digest(self, data_sha256: Iterable[str]) -> str:
        """The sha256 of what decides the result: all but names, paths, the machine, and what is only looked at.

        `data_sha256` are those of the token files and the tokenizer, which stand for their paths.
        """
        return digest_of(self.as_tables(), data_sha256)


def digest_of(tables: Mapping[str, Any], data_sha256: Iterable[str]) -> str:
    """The digest of a config as its `as_tables` were written down, which may lack settings that came later."""
    kept = {kind.table: dict(tables.get(kind.table, {})) for kind in _TABLES[:5]}
    for table, names in {"data": _PATHS, "training": _OF_THE_MACHINE}.items():
        kept[table] = {name: value for name, value in kept[table].items() if name not in names}
    written = json.dumps({"config": kept, "data": list(data_sha256)}, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def read_config(path: Path, overrides: Iterable[str] = ()) -> TrainConfig:
    """The config in a TOML file, with "table.key=value" of `overrides` put over it; paths in it are taken from its
    folder. Raises `ConfigError`, which names the key and, where one was mistyped, the nearest.
    """
    tables = read_tables(path)
    for override in overrides:
        put(tables, *assignment(override))
    return config_of(tables, path.parent)


def read_tables(path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises `ConfigError` where it is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no TOML ({error}); mend that place.") from error


def config_of(tables: Mapping[str, Any], folder: Path | None = None) -> TrainConfig:
    """The config of nested tables; relative paths are taken from `folder`. Raises `ConfigError`."""
    kinds = {kind.table: kind for kind in _TABLES}
    check_names(tables, [*kinds, *_OUTSIDE], "")
    for name in ("data", "training"):
        if name not in tables:
            raise ConfigError(f"[{name}] is missing; it says {'what is learned' if name == 'data' else 'how long'}.")
    parts: dict[str, Any] = {}
    for name, value in tables.items():
        parts[name] = _section(kinds[name], value) if name in kinds else _checked(str, value, name)
    if folder is not None:
        parts["data"] = _absolute(parts["data"], folder)
    return TrainConfig(**parts)


def put(tables: dict[str, Any], key: str, value: Any) -> None:
    """Set "table.key", or a key outside any table, in nested tables."""
    *names, last = key.split(".")
    for name in names:
        tables = tables.setdefault(name, {})
        if not isinstance(tables, dict):
            raise ConfigError(f"{key}: {name} is no table; write table.key.")
    tables[last] = value


def check_names(given: Iterable[str], known: Iterable[str], table: str) -> None:
    """Raises `ConfigError` for the first name that is not known, with the nearest that is."""
    names = list(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            place = f"{table}.{name}" if table else name
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(names))}."
            raise ConfigError(f"{place} is no setting; {remedy}")


def known_keys() -> list[str]:
    """The settings of all tables: "data.train", "model.d_model", …"""
    return [f"{kind.table}.{one.name}" for kind in _TABLES for one in dataclasses.fields(kind)]


def assignment(written: str) -> tuple[str, Any]:
    """A setting as it is typed: "training.steps=3" -> ("training.steps", 3); what is no TOML value is a text."""
    key, equals, value = written.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{written!r} sets nothing; write table.key=value, such as training.steps=100.")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _section(kind: type[Table], table: Any) -> Table:
    name: str = kind.table  # type: ignore[attr-defined]
    if not isinstance(table, Mapping):
        raise ConfigError(f"{name} is {table!r}; it must be a table, written [{name}].")
    hints = typing.get_type_hints(kind)
    fields = [one.name for one in dataclasses.fields(kind)]  # type: ignore[arg-type]
    check_names(table, fields, name)
    return kind(**{key: _checked(hints[key], value, f"{name}.{key}") for key, value in table.items()})


def _checked(kind: Any, value: Any, place: str) -> Any:
    """`value` as a `kind`. Raises `ConfigError`."""
    if isinstance(kind, types.UnionType):
        return _checked(next(one for one in get_args(kind) if one is not type(None)), value, place)
    if get_origin(kind) is tuple:
        return _texts(value, place)
    if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return _choice(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) <= sys.float_info.max else inf
    if type(value) is not kind:
        words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
        raise ConfigError(f"{place} is {value!r}; it must be {words[kind]}.")
    return value


def _texts(value: Any, place: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise ConfigError(f"{place} is {value!r}; it must be a list of texts.")
    return tuple(values)


def _choice(kind: Any, value: Any, place: str) -> Any:
    choices = [str(one) for one in (get_args(kind) or kind)]
    if value not in choices:
        raise ConfigError(f"{place} is {value!r}; it can be {', '.join(choices)}.")
    return value if get_args(kind) else kind(value)


def _absolute(data: DataSettings, folder: Path) -> DataSettings:
    def resolved(name: str) -> str:
        return str((folder / Path(name).expanduser()).resolve()) if name else ""

    return dataclasses.replace(
        data,
        train=resolved(data.train),
        validation=resolved(data.validation),
        tokenizer=resolved(data.tokenizer),
        corpus=tuple(resolved(name) for name in data.corpus),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, StrEnum) else value


def to_toml(config: TrainConfig) -> str:
    """The config as TOML, to be read by `read_config` as the same."""
    tables = config.as_tables()
    lines = [f"{name} = {_written(value)}" for name, value in tables.items() if not isinstance(value, dict)]
    for table, values in tables.items():
        if isinstance(values, dict):
            lines += ["", f"[{table}]", *(f"{name} = {_written(value)}" for name, value in values.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _written(value: Any) -> str:
    """A TOML value. A JSON string is one as well, but for the character DEL, which TOML wants escaped."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value) if isinstance(value, bool) else repr(value)
