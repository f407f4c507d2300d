"""How is a sweep typed? Values with commas, or a range with a number of values; read, written, and said.

"1e-4, 3e-4, 1e-3" is a list, "1e-4 to 1e-1 in 4" a range, on a log scale unless "linear" stands behind it.
"""

import dataclasses
import functools
import re
import tomllib
import typing
from collections.abc import Mapping
from functools import partial
from math import floor, log10, sqrt
from typing import Any, Final

from app.widgets.amount_edit import amount_of
from lmcore.training.settings import (
    DataSettings,
    ModelSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainingSettings,
)
from lmcore.training.sweeps import value_words

MOST_KEYS: Final = 2
APART: Final = sqrt(10.0)
GIVE: Final = "give values with commas, or a range such as 1e-4 to 1e-1 in 4."
_OTHERS: Final = ("train", "corpus", "tokenizer", "validation", "text_field", "device", "strategy")
_RANGE: Final = re.compile(r"(\S+)\s+to\s+(\S+)\s+in\s+(\d+)(?:\s+(log|linear))?", re.IGNORECASE)
_SWEPT: Final = (OptimizerSettings, ScheduleSettings, TrainingSettings, ModelSettings, DataSettings)
_FIRST: Final = ("optimizer.learning_rate", "training.batch_size", "model.d_model", "model.num_layers")


def offered() -> list[str]:
    """What can be swept, what is swept most first."""
    found = [
        f"{kind.table}.{one.name}" for kind in _SWEPT for one in dataclasses.fields(kind) if one.name not in _OTHERS
    ]
    return [*_FIRST, *(key for key in found if key not in _FIRST)]


def read(key: str, text: str) -> Any:
    """What a table "sweep" holds for `key`; an empty list where the text says nothing.

    Whole numbers are read as people write them, 20k or 1e6, where the key takes such.
    """
    value = partial(_value, whole=key in _keys_of(int))
    if found := _RANGE.fullmatch(text.strip()):
        low, high, number, scale = found.groups()
        given = {"from": value(low), "to": value(high), "number": int(number)}
        return given | {"scale": (scale or "log").lower()}
    return [value(part) for part in text.split(",") if part.strip()]


def written(given: Any) -> str:
    """The text that `read` takes for it."""
    if isinstance(given, Mapping):
        low, high = value_words(given["from"]), value_words(given["to"])
        return f"{low} to {high} in {given['number']} {given.get('scale', 'log')}"
    values = given if isinstance(given, list | tuple) else [given]
    return ", ".join(map(value_words, values))


def misread(key: str, given: Any) -> str:
    """Why what was typed for `key` is no list of values, where numbers are wanted; "" where it may be one."""
    values = given if isinstance(given, list | tuple) else ()
    odd = next((value for value in values if isinstance(value, str) and key in _keys_of(int, float)), None)
    return f"{key}: “{odd}” is no number; {GIVE}" if odd is not None else ""


def around(rate: float) -> str:
    """A learning rate with one below and one above it, a third of it and three times it: round ones."""
    return ", ".join(value_words(value) for value in (_round(rate / APART), rate, _round(rate * APART)))


def _round(value: float) -> float:
    """The nearest of the values that are tried usually."""
    power = floor(log10(value))
    tried = [float(f"{mantissa}e{power}") for mantissa in (1, 1.5, 2, 3, 5, 7, 10)]
    return min(tried, key=lambda one: abs(log10(one / value)))


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


@functools.cache
def _keys_of(*kinds: type) -> frozenset[str]:
    """The settings that are of one of these types, or None."""
    hints = [hint for kind in kinds for hint in (kind, kind | None)]
    return frozenset(
        f"{kind.table}.{name}" for kind in _SWEPT for name, hint in typing.get_type_hints(kind).items() if hint in hints
    )


def _value(text: str, *, whole: bool) -> Any:
    """A TOML value; what is none is a text, as in "cosine, wsd"."""
    text = text.strip()
    if whole and (amount := amount_of(text)) is not None:
        return amount
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip("\"'")
