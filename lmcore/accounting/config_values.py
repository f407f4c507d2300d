"""What do the fields of a config.json say? Each is read as its type, or refused with the file and the remedy."""

import reprlib
from collections.abc import Mapping
from typing import Any

from lmcore.errors import UsageError


class ConfigError(UsageError):
    """A config.json that describes no shape; the sentence names the file, the field and the remedy."""


def quoted(value: object) -> str:
    """What stands in a file, as a sentence can hold it: long texts and lists are cut."""
    return reprlib.repr(value)


class Fields:
    """The fields of one configuration; those that are missing or null are as `defaults` have them.

    `place` is what an error begins with: the file.
    """

    def __init__(self, config: Mapping[str, Any], defaults: Mapping[str, Any], place: str) -> None:
        self._config = config
        self._known = {**defaults, **{name: value for name, value in config.items() if value is not None}}
        self.place = place

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def is_null(self, name: str) -> bool:
        """Whether it is there and says null, which for some fields means none and not the default."""
        return name in self._config and self._config[name] is None

    def raw(self, name: str, otherwise: Any = None) -> Any:
        """Whatever stands there."""
        return self._known.get(name, otherwise)

    def number(self, name: str, otherwise: int = 0) -> int:
        """A whole number."""
        value = self.raw(name, otherwise)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{name} is {quoted(value)}; it must be a whole number.")
        return value

    def flag(self, name: str) -> bool:
        """True or false, false where nothing is said."""
        value = self.raw(name, False)
        if not isinstance(value, bool):
            raise self.error(f"{name} is {quoted(value)}; it must be true or false.")
        return value

    def error(self, sentence: str) -> ConfigError:
        """An error about a field of this configuration."""
        return ConfigError(f"{self.place}: {sentence}")
