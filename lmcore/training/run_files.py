"""What do the small files of a run say, and what is wrong with them? Read again only where they have changed."""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, get_args

import orjson

from lmcore.errors import LmError
from lmcore.training.checkpoint_files import FILES, MANIFEST, checkpoints_in
from lmcore.training.plain_files import content_of, why
from lmcore.training.run_folder import Reason, RunError, RunFolder, State, Status

Content = TypeVar("Content")
Sign = tuple[int, int, int] | None
"""What tells a file from what it was: inode, size and time of change; None where there is none."""
_TICK: Final = 50_000_000  # nanoseconds, and more than any such clock takes
_SAMPLE: Final = re.compile(r"step-(\d{8,})\.json")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def sign_of(path: str) -> Sign:
    """The sign of a file or a folder."""
    try:
        about = os.stat(path)  # noqa: PTH116 - a thousand runs are looked at five times a second
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


class Part(Generic[Content]):
    """A file or folder of a run as it was last read. `problem` says what is wrong with it.

    What changes twice within a tick of the file system's clock looks the same, so what was read soon after it changed
    is read once more.
    """

    def __init__(self, path: Path, read: Callable[[], Content], nothing: Content) -> None:
        self._name, self._read, self._nothing = str(path), read, nothing
        self._sign: Sign = None
        self._is_settled = False
        self.content, self.problem = nothing, ""

    def look(self) -> bool:
        """Read it if it has changed; whether that was so."""
        sign = sign_of(self._name)
        if sign == self._sign and self._is_settled:
            return False
        self._sign, self._is_settled = sign, sign is None or abs(time.time_ns() - sign[2]) > _TICK
        self.read()
        return True

    def read(self) -> None:
        """Read it, changed or not."""
        try:
            self.content, self.problem = self._read(), ""
        except LmError as error:
            self.content, self.problem = self._nothing, str(error)
        except OSError as error:
            self.content, self.problem = self._nothing, f"{self._name}: cannot be read ({why(error)})."
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            self.content, self.problem = self._nothing, f"{self._name}: does not hold what it should ({error})."


def chosen(run: RunFolder) -> dict[str, Any]:
    """What config.json says, by dotted keys. Raises `RunError` where it is no config."""
    place = RunFolder.open(run.path).path / "config.json"
    tables = orjson.loads(content_of(place)).get("config")
    if not isinstance(tables, dict):
        raise RunError(f"{place}: holds no config; the run needs it.")
    return dotted(tables)


def check_unchanged(run: RunFolder) -> None:
    """Raises `RunError` where config.json is not what the run was made with."""
    if _SHA256.fullmatch(run.digest()):
        run.check_unchanged()


def dotted(tables: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested tables as one, {"model": {"d_model": 256}} as {"model.d_model": 256}."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        found |= dotted(value, f"{above}{key}.") if isinstance(value, Mapping) else {f"{above}{key}": value}
    return found


def state(run: RunFolder) -> State:
    """What state.json says. Raises `RunError` where that is no state."""
    read = run.state()
    found: Any = read  # a dataclass holds whatever the file does
    texts = isinstance(found.message, str) and found.status in get_args(Status) and found.reason in get_args(Reason)
    wholes = all(isinstance(value, int) for value in (found.step, found.steps, found.attempt))
    numbers = (found.heartbeat, found.best_loss or 0.0, found.best_step or 0, found.wall)
    if not (texts and wholes and all(isinstance(value, int | float) and isfinite(value) for value in numbers)):
        raise RunError(f"{run.path / 'state.json'}: does not say what the run's state is.")
    return read


def ticket(run: RunFolder) -> int | None:
    """The number by which the queue is ordered, of a run that waits; one that cannot be read is the last."""
    try:
        return int(content_of(run.control / "start"))
    except ValueError:
        return sys.maxsize
    except OSError:
        return None


@dataclass(frozen=True)
class Kept:
    """Steps of checkpoints: of those that have all their files, in the sizes that were written, and of others.

    `sizes` are the bytes of those that are whole.
    """

    whole: tuple[int, ...] = ()
    torn: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()


def checkpoints(run: RunFolder) -> Kept:
    """Which checkpoints there are."""
    found = {one.step: _size_of(one.path) for one in checkpoints_in(run.checkpoints)}
    whole = {step: size for step, size in found.items() if size}
    return Kept(tuple(whole), tuple(step for step in found if step not in whole), tuple(whole.values()))


def is_whole(run: RunFolder, step: int) -> bool:
    """Whether the checkpoint of a step has all its files, in the sizes that were written."""
    return _size_of(run.checkpoints / f"step-{step:08d}") > 0


@dataclass(frozen=True)
class Written:
    """The steps at which texts were written. `others` have such a name and are no files."""

    steps: tuple[int, ...] = ()
    others: tuple[str, ...] = ()


def written_texts(run: RunFolder) -> Written:
    """What there is of texts. Raises `OSError` where the folder is there and cannot be read."""
    try:
        with os.scandir(run.samples) as entries:
            found = [(entry.name, entry.is_file()) for entry in entries if _SAMPLE.fullmatch(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return Written()
    steps = sorted(int(name[5:-5]) for name, is_file in found if is_file)
    return Written(tuple(steps), tuple(sorted(name for name, is_file in found if not is_file)))


def _size_of(path: Path) -> int:
    """The bytes of a checkpoint that has all its files in the sizes that were written; else 0."""
    try:
        listed = orjson.loads(content_of(path / MANIFEST))["files"]
        sizes = {name: int(listed[name]["size"]) for name in FILES if name != MANIFEST}
        return sum(sizes.values()) if all((path / name).stat().st_size == size for name, size in sizes.items()) else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0
