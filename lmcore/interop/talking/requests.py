"""What can be asked of a model? One frozen class a kind of request, made of a JSON object, or refused in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lmcore.errors import UsageError
from lmcore.model.sampling import Sampling

Id = int | str | None
"""What an asker calls a request; it comes back in every answer."""
_MISSING: Final = object()


@dataclass(frozen=True)
class Open:
    """Have a model ready, and say what it is."""

    id: Id
    model: Path


@dataclass(frozen=True)
class Generate:
    """Continue `prompt` and, behind it, the ids `continuation`; `drawn` is what was drawn behind both before."""

    id: Id
    model: Path
    prompt: str
    continuation: tuple[int, ...]
    drawn: tuple[int, ...]
    sampling: Sampling
    max_new_tokens: int
    alternatives: int


@dataclass(frozen=True)
class Score:
    """Say how well the model foresees a text."""

    id: Id
    model: Path
    text: str


@dataclass(frozen=True)
class Look:
    """Say what could stand at `places` of `ids`; at all but the first where none are given."""

    id: Id
    model: Path
    ids: tuple[int, ...]
    places: tuple[int, ...] | None
    sampling: Sampling
    alternatives: int


@dataclass(frozen=True)
class Speed:
    """Measure how fast the model writes."""

    id: Id
    model: Path


Request = Open | Generate | Score | Look | Speed


def request_of(found: Mapping[str, Any]) -> Request:
    """The request in a JSON object. Raises `UsageError` naming what is missing or of another kind."""
    kind, id_, model = _text(found, "do"), found.get("id"), Path(_text(found, "model"))
    match kind:
        case "open":
            return Open(id_, model)
        case "generate":
            given, drawn = (_numbers(found, name, ()) or () for name in ("continuation", "drawn"))
            settings = _sampling(found), _number(found, "max_new_tokens", 256), _number(found, "alternatives", 0)
            return Generate(id_, model, _text(found, "prompt"), given, drawn, *settings)
        case "score":
            return Score(id_, model, _text(found, "text"))
        case "look":
            ids, places = _numbers(found, "ids", _MISSING), _numbers(found, "places", None)
            return Look(id_, model, ids or (), places, _sampling(found), _number(found, "alternatives", 0))
        case "speed":
            return Speed(id_, model)
    raise UsageError(f"Nobody knows how to do {kind!r}; ask to open, generate, score, look, speed or stop.")


def _sampling(found: Mapping[str, Any]) -> Sampling:
    """What is not said is as in `Sampling`."""
    said = _value(found, "sampling", {})
    if not isinstance(said, Mapping):
        raise UsageError(f"sampling is {said!r}; it must be an object.")
    if unknown := said.keys() - Sampling.__dataclass_fields__.keys():
        raise UsageError(f"sampling has {min(unknown)!r}; it can have {', '.join(Sampling.__dataclass_fields__)}.")
    whole = ("top_k", "seed")
    for name, value in said.items():
        if isinstance(value, bool) or not isinstance(value, int if name in whole else int | float):
            kind = "a whole number" if name in whole else "a number"
            raise UsageError(f"{name} is {value!r}; it must be {kind}.")
    return Sampling(**said)


def _value(found: Mapping[str, Any], name: str, otherwise: object = _MISSING) -> Any:
    value = found.get(name, otherwise)
    if value is _MISSING:
        raise UsageError(f"The request lacks {name}.")
    return value


def _text(found: Mapping[str, Any], name: str) -> str:
    value = _value(found, name)
    if not isinstance(value, str):
        raise UsageError(f"{name} is {value!r}; it must be a text.")
    return value


def _number(found: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = _value(found, name, otherwise)
    if not _is_number(value) or value < 0:
        raise UsageError(f"{name} is {value!r}; it must be a whole number, 0 or above.")
    return int(value)


def _numbers(found: Mapping[str, Any], name: str, otherwise: object) -> tuple[int, ...] | None:
    values = _value(found, name, otherwise)
    if values is None:
        return None
    if not isinstance(values, list | tuple) or not all(map(_is_number, values)):
        raise UsageError(f"{name} must be a list of whole numbers.")
    return tuple(values)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
