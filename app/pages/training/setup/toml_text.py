"""How is a set-up written as TOML, and kept for the next start? As the file that `train` reads, a sweep with it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast, get_args

from app.pages.training.setup.chosen import Amount, Chosen, first, taken
from lmcore.errors import LmError
from lmcore.training.config import to_toml
from lmcore.training.sweeps import TABLE, values_of


def toml_of(chosen: Chosen) -> str:
    """The file: read by `read_tables` and `taken`, it gives the same settings."""
    text = to_toml(chosen.config)
    swept = chosen.tables.get(TABLE)
    if not swept:
        return text
    return "\n".join([text, f"[{TABLE}]", *(f"{_text(key)} = {_value(given)}" for key, given in swept.items()), ""])


def kept(chosen: Chosen) -> str:
    """All of it as JSON, for the settings; without a sweep that cannot be."""
    about = {"amount": chosen.amount, "seconds": chosen.seconds, "touched": sorted(chosen.touched)}
    tables = chosen.tables
    try:
        values_of(chosen.sweep)
    except LmError:
        tables.pop(TABLE, None)
    return json.dumps({"tables": tables, **about})


def remembered(written: str) -> Chosen:
    """What `kept` wrote; the first set-up where that cannot be read or is not there."""
    try:
        found = json.loads(written)
        chosen = taken(found["tables"])
        amount = found["amount"]
        if amount not in get_args(Amount):
            return first()
        touched = frozenset(map(str, found["touched"]))
        return replace(chosen, amount=cast(Amount, amount), seconds=float(found["seconds"]), touched=touched)
    except (ValueError, TypeError, LookupError, AttributeError, LmError):
        return first()


def _value(given: Any) -> str:
    if isinstance(given, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(value)}' for key, value in given.items())} }}"
    if isinstance(given, list | tuple):
        return f"[{', '.join(map(_value, given))}]"
    if isinstance(given, str):
        return _text(given)
    return json.dumps(given) if isinstance(given, bool) else repr(given)


def _text(text: str) -> str:
    """A TOML string: one of JSON, but for the character DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
