"""Which number does a field of a config.json say? Checked, since such files are written by many programs."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from lmcore.errors import ModelError

_SHOWN: Final = 40
"""Characters of a wrong value that are shown."""


def whole_number(config: Mapping[str, Any], name: str, place: str, largest: int) -> int:
    """A size from 1 to `largest`. Raises `ModelError` for what is none, such as true, or not there."""
    value = _said(config, name, place)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
        raise _wrong(value, name, place, f"a whole number from 1 up to {largest:,}")
    return value


def number(config: Mapping[str, Any], name: str, place: str) -> float:
    """A number of at least 0, whole or not; raises as `whole_number` does."""
    value = _said(config, name, place)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise _wrong(value, name, place, "a number that is not negative")
    return float(value)


def _said(config: Mapping[str, Any], name: str, place: str) -> object:
    if name not in config:
        raise ModelError(f"{place} does not say {name!r}; it is not the config.json of a whole model.")
    return config[name]


def _wrong(value: object, name: str, place: str, wanted: str) -> ModelError:
    written = repr(value)
    shown = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    return ModelError(
        f"{place} says {shown} for {name}, which has to be {wanted}; correct it, or choose another model."
    )
