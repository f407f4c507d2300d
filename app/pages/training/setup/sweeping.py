"""How is a sweep typed? Values with commas, or a range with a number of values; read, written, and said.

"1e-4, 3e-4, 1e-3" is a list, "1e-4 to 1e-1 in 4" a range, on a log scale unless "linear" stands behind it.
"""

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from lmcore.training.settings import (
    ConfigError,
    DataSettings,
    ModelSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainingSettings,
)

MOST_KEYS: Final = 2
_OTHERS: Final = ("train", "corpus", "tokenizer", "validation", "text_field", "device", "strategy")
_RANGE: Final = re.compile(r"(\S+)\s+to\s+(\S+)\s+in\s+(\d+)(?:\s+(log|linear))?", re.IGNORECASE)
_FIRST: Final = ("optimizer.learning_rate", "training.batch_size", "model.d_model", "model.num_layers")


def offered() -> list[str]:
    """What can be swept, what is swept most first."""
    tables = (OptimizerSettings, ScheduleSettings, TrainingSettings, ModelSettings, DataSettings)
    found = [
        f"{kind.table}.{one.name}" for kind in tables for one in dataclasses.fields(kind) if one.name not in _OTHERS
    ]
    return [*_FIRST, *(key for key in found if key not in _FIRST)]


def read(key: str, text: str) -> Any:
    """What a table "sweep" holds for `key`. Raises `ConfigError` where the text says nothing of the kind."""
    if found := _RANGE.fullmatch(text.strip()):
        low, high, number, scale = found.groups()
        given = {"from": _value(low), "to": _value(high), "number": int(number)}
        return given | {"scale": (scale or "log").lower()}
    values = [_value(part) for part in text.split(",") if part.strip()]
    if not values:
        raise ConfigError(f"{key}: give values with commas, or a range such as 1e-4 to 1e-1 in 4.")
    return values


def written(given: Any) -> str:
    """The text that `read` takes for it."""
    if isinstance(given, Mapping):
        return f"{number(given['from'])} to {number(given['to'])} in {given['number']} {given.get('scale', 'log')}"
    values = given if isinstance(given, list | tuple) else [given]
    return ", ".join(number(value) for value in values)


def number(value: Any) -> str:
    """A value as people write it: 0.001 -> "1e-3", True -> "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    if value and not 0.01 <= abs(value) < 10_000:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:.10g}"


def _value(text: str) -> Any:
    """A TOML value; what is none is a text, as in "cosine, wsd"."""
    text = text.strip()
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip("\"'")
