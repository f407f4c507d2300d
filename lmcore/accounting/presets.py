"""Which known models can one begin with? Their shapes by family, with where the sizes stand."""

import difflib
import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lmcore.accounting.config_windows import window_words
from lmcore.accounting.shape import Shape
from lmcore.errors import UsageError
from lmcore.paths import resource

_NAMES: Final = ("key", "name", "short", "window", "windowed_layers")


@dataclass(frozen=True)
class Preset:
    """A known model; `short` is its name within its family, `source` says where its sizes stand, `remarks` what its
    shape cannot say.
    """

    key: str
    name: str
    short: str
    shape: Shape
    source: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """Models that belong together, from small to large."""

    key: str
    name: str
    presets: tuple[Preset, ...]


@functools.cache
def families() -> tuple[Family, ...]:
    """All families in the order in which they are shown."""
    table = tomllib.loads(resource("presets/models.toml").read_text(encoding="utf-8"))
    return tuple(_family(row) for row in table["family"])


def all_presets() -> Iterator[Preset]:
    """Every preset, family by family."""
    for family in families():
        yield from family.presets


def find_preset(name: str) -> Preset:
    """The preset with this key or name, "gpt2-xl" or "Llama 3 8B". Raises `UsageError`, which names the nearest."""
    known = {_plain(one): preset for preset in all_presets() for one in (preset.name, preset.key)}
    if (found := known.get(_plain(name))) is not None:
        return found
    nearest = difflib.get_close_matches(name.lower(), [preset.key for preset in all_presets()], 3, 0.3)
    hint = f"the nearest are {', '.join(nearest)}" if nearest else "the command `shape --presets` lists all"
    raise UsageError(f"There is no preset {name!r}; {hint}.")


def _family(row: Mapping[str, Any]) -> Family:
    shared = row.get("shared", {})
    return Family(row["key"], row["name"], tuple(_preset(shared | one, row["source"]) for one in row["preset"]))


def _preset(row: Mapping[str, Any], source: str) -> Preset:
    shape = Shape(**{name: row[name] for name in row if name not in _NAMES})
    words = (window_words(row["window"], row["windowed_layers"], shape.num_layers),) if "window" in row else ()
    return Preset(row["key"], row["name"], row["short"], shape, source, words)


def _plain(name: str) -> str:
    """Letters, digits and points alone: "Llama 3 8B" and "llama-3-8b" are one."""
    return "".join(letter for letter in name.lower().replace("×", "x") if letter.isalnum() or letter == ".")
