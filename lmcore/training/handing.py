"""Who makes the runs of a window that is closed meanwhile? A process that reads what was asked of it (`worker make`).

    <root>/.handed-over/<8 hex>.json   a set-up whose runs are to be made; gone once they are, or cannot be
    <root>/.handed-over/<8 hex>.end    asks that process to let them wait: what trained was stopped meanwhile
    <root>/.handed-over/<8 hex>.txt    why there are no runs, in a sentence, until a window has told it

What it makes is queued as the window would have done it. No torch in here.
"""

import json
import secrets
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from lmcore.atomic import writing_aside
from lmcore.errors import LmError, UsageError
from lmcore.training import queueing
from lmcore.training.plain_files import content_of

_FOLDER: Final = ".handed-over"


@dataclass(frozen=True)
class Asked:
    """The runs that somebody asked for: nested tables, the name of the run whose settings were changed, and whether a
    single run is trained at once, beside others.
    """

    tables: Mapping[str, Any]
    parent: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class Unmade:
    """Why there are no runs of a set-up that was handed over; `path` is removed once somebody was told."""

    path: Path
    sentence: str


def hand_over(root: Path, asked: Asked) -> Path:
    """The file for `worker make`, which makes the runs in `root`."""
    path = root / _FOLDER / f"{secrets.token_hex(4)}.json"
    with writing_aside(path) as file:
        json.dump(asdict(asked), file)
    return path


def root_of(path: Path) -> Path:
    """The folder of runs for which a file was handed over."""
    return path.parent.parent


def ask_to_wait(root: Path) -> None:
    """Let the runs that are still being made for a folder wait until its queue is started again."""
    for path in (root / _FOLDER).glob("*.json"):
        path.with_suffix(".end").touch()


def unmade(root: Path) -> Iterator[Unmade]:
    """What could not be made and was told to nobody yet."""
    for path in sorted((root / _FOLDER).glob("*.txt")):
        with suppress(OSError):  # another window has told it, or it is no file
            yield Unmade(path, content_of(path).decode(errors="replace"))


def taking_over(path: Path) -> Generator[Any, None, bool]:
    """Make the runs of a file that was handed over, and queue them; whether the queue is to be worked off.

    What cannot be made is said in a file as well, since nobody may be left to read it here.
    """
    asked = _read(path)
    try:
        return (yield from _taking_over(asked, path))
    except Exception as error:
        root = root_of(path)
        why = str(error) if isinstance(error, LmError | OSError) else f"the details are in {root / queueing.LOG}."
        with suppress(OSError), writing_aside(path.with_suffix(".txt")) as file:
            file.write(f"{_name(asked)} could not be made when the window was closed: {why}")
        raise
    finally:
        for done in (path, path.with_suffix(".end")):
            done.unlink(missing_ok=True)


def _taking_over(asked: Asked, path: Path) -> Generator[Any, None, bool]:
    from lmcore.training.creating import creating_all

    runs = yield from creating_all(asked.tables, root_of(path), asked.parent)
    is_wanted = not path.with_suffix(".end").exists()
    if asked.at_once and len(runs) == 1 and is_wanted:
        queueing.train_beside(runs[0])
        return False
    for run in runs:
        queueing.enqueue(run)
    return is_wanted


def _name(asked: Asked) -> str:
    name = asked.tables.get("name")
    return f"“{name}”" if name else "A run"


def _read(path: Path) -> Asked:
    try:
        return Asked(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path}: is no set-up that a window handed over ({error}); start it from there.") from error
