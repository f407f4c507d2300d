"""Which runs does a folder hold, and how do they stand? Looked at again and again, at the cost of what has changed."""

import os
import re
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Final

from lmcore.errors import LmError
from lmcore.training.overview import Overview, Watched
from lmcore.training.run_files import Sign, sign_of
from lmcore.training.run_folder import RunFolder

_NAME: Final = re.compile(r"\d{8}T\d{6}Z-.+-[0-9a-f]{8}")
_NAP: Final = 0.02  # seconds of work between two events


class Listing:
    """The runs of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._watched: dict[str, Watched] = {}
        self._others: dict[str, tuple[Sign, Sign]] = {}
        self._placed: dict[str, tuple[Overview, Overview]] = {}
        self._shown: tuple[Overview, ...] | None = None

    def look(self) -> Generator[None, None, tuple[Overview, ...] | None]:
        """All runs, oldest first, or None where nothing changed since the last look.

        Raises `LmError` where the folder is there and cannot be read.
        """
        found, rested = {}, time.perf_counter()
        for name in self._names():
            watched = self._watched.get(name) or self._new(name)
            if watched is not None:
                found[name] = watched, watched.look()
            if time.perf_counter() - rested > _NAP:
                yield
                rested = time.perf_counter()
        self._watched = {name: watched for name, (watched, _) in found.items()}
        shown = self._in_queue({name: one for name, (_, one) in found.items() if _is_there(one)})
        if self._shown is not None and len(shown) == len(self._shown) and all(map(_same, shown, self._shown)):
            return None
        self._shown = shown
        return shown

    def _names(self) -> list[str]:
        """The folders, by name: that begins with the time at which a run was made."""
        try:
            with os.scandir(self._root) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise LmError(
                f"{self._root}: the runs cannot be listed ({error.strerror}); see that it can be read."
            ) from error

    def _new(self, name: str) -> Watched | None:
        """A run that was not known. A folder without a state may be about to become one, and is looked at once more."""
        path = self._root / name
        signs = sign_of(str(path / "config.json")), sign_of(str(path / "state.json"))
        seen = self._others.get(name)
        self._others[name] = signs
        if signs == (None, None) or (signs == seen and signs[1] is not None) or (signs != seen and None in signs):
            return None
        run = RunFolder(path)
        if not (run.is_run or _NAME.fullmatch(name)):
            return None
        del self._others[name]
        return Watched(run)

    def _in_queue(self, shown: dict[str, Overview]) -> tuple[Overview, ...]:
        """The same, those that wait with their place: by the number that they drew."""
        tickets = {name: self._watched[name].ticket for name, one in shown.items() if one.standing == "waiting"}
        order = sorted((number, name) for name, number in tickets.items() if number is not None)
        placed = {}
        for place, (_, name) in enumerate(order):
            before = self._placed.get(name)
            same = before is not None and before[0] is shown[name] and before[1].place == place
            placed[name] = before if before and same else (shown[name], replace(shown[name], place=place))
        self._placed = placed
        return tuple(placed[name][1] if name in placed else one for name, one in shown.items())


def _same(one: Overview, other: Overview) -> bool:
    return one is other


def _is_there(one: Overview) -> bool:
    """A run whose folder went away while it was looked at is none that is damaged."""
    return one.standing != "damaged" or one.path.is_dir()
