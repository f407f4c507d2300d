"""What does a JSON file of foreign making say? Read with the type of every value checked.

Whatever is missing or of another type raises `TokenizerError` with its place, such as "model.vocab is not an object".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from lmcore.errors import TokenizerError

Value = TypeVar("Value")
Default = TypeVar("Default")

LARGEST_FILE: Final = 512 << 20  # bytes; the largest vocabularies published are a tenth of it
_NAMES: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def read_bytes(file: Path) -> bytes:
    """The content of a file. Raises `TokenizerError` where it cannot be read or is too large to be a vocabulary."""
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise TokenizerError(f"{file}: {size:,} bytes are too many for a tokenizer; choose its tokenizer.json.")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise TokenizerError(f"{file}: no such file; choose a tokenizer.json or the folder with one.") from error
    except OSError as error:
        raise TokenizerError(f"{file}: cannot be read ({error.strerror or error}).") from error


def parse_object(content: bytes) -> dict[str, Any]:
    """The object that a JSON file holds."""
    try:
        value = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise TokenizerError(f"not JSON, or only a part of it ({error}); choose a whole tokenizer.json.") from error
    return typed(value, dict, "the outermost value")


def typed(value: object, kind: type[Value], place: str) -> Value:
    """The value, which must be of that type; true and false are no numbers."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TokenizerError(f"{place} is not {_NAMES[kind]}; the file is damaged or of another kind.")
    return value


def required(holder: Mapping[str, Any], key: str, kind: type[Value], place: str) -> Value:
    """The member of that name, which must be there."""
    if key not in holder:
        raise TokenizerError(f"{_join(place, key)} is missing; the file is damaged or of another kind.")
    return typed(holder[key], kind, _join(place, key))


def optional(holder: Mapping[str, Any], key: str, kind: type[Value], default: Default, place: str) -> Value | Default:
    """The member of that name, or the default where it is missing or null."""
    value = holder.get(key)
    return default if value is None else typed(value, kind, _join(place, key))


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
