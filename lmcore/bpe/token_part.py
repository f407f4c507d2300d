"""How is a token file written so that a crash costs little? As a part beside its place, with the place reached.

    tokens.bin.part        the ids so far
    tokens.bin.part.json   what they belong to, and how much of them is sure to be on the disk

Whoever encodes the same corpus with the same tokenizer again goes on there.
"""

import json
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from lmcore.atomic import check_replaceable_file, writing_aside
from lmcore.bpe.streams import Place
from lmcore.bpe.token_file import IdType, TokenFile, is_described, sidecar
from lmcore.errors import LmError

INTERVAL: Final = 10.0  # seconds of work that a crash may cost


class Reached(NamedTuple):
    """How far encoding has come: all before `place` in file number `source` is in the part."""

    source: int = 0
    place: Place = Place()
    tokens: int = 0
    documents: int = 0
    text_bytes: int = 0
    skipped: int = 0  # bad lines left out
    textless: int = 0  # documents without text, left out too
    within: bool = False  # whether a document of this source has begun and not been ended by a separator


@dataclass(frozen=True)
class PartKey:
    """What the ids of a part belong to; another corpus, tokenizer or option makes another key."""

    corpus: str
    tokenizer: str
    separator: int | None
    dtype: IdType

    def as_json(self) -> dict[str, Any]:
        """The key as it stands in the file."""
        return vars(self)


class Part:
    """The part of `target`, open for writing behind what is there already. `reached` says how much that is.

    Raises `LmError` where the disk does not take it.
    """

    def __init__(self, target: Path, key: PartKey, interval: float) -> None:
        self.path, self._state = _places(target)
        self._target, self._key, self._interval = target, key, interval
        self._kind = np.dtype(key.dtype).newbyteorder("<")
        self.reached = self._earlier()
        with self._writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("r+b" if self.reached.tokens else "wb")
            self._file.truncate(self.reached.tokens * self._kind.itemsize)
            self._file.seek(0, os.SEEK_END)
            self.keep()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file; what was not finished stays, to be continued."""
        try:
            if not self._file.closed:
                self.keep()
        except LmError:
            if error is None:
                raise  # else the first error tells more
        finally:
            with suppress(OSError):  # what could not be written was said, or is said with the first error
                self._file.close()

    def add(self, ids: npt.NDArray[np.unsignedinteger[Any]], reached: Reached) -> None:
        """Writes further ids; with them all is encoded that is before `reached`."""
        with self._writing():
            self._file.write(ids.astype(self._kind).tobytes())
        self.reached = reached
        if time.monotonic() >= self._next:
            self.keep()

    def keep(self) -> None:
        """Makes sure that what was written so far survives a crash."""
        with self._writing():
            self._file.flush()
            os.fsync(self._file.fileno())
            with writing_aside(self._state) as file:
                json.dump({"key": self._key.as_json(), "reached": self.reached}, file)
        self._next = time.monotonic() + self._interval

    def finish(self, made: TokenFile) -> None:
        """The part becomes the file that is described."""
        with self._writing():
            made.write_sidecar()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.path.replace(self._target)
            self._state.unlink(missing_ok=True)

    def drop(self) -> None:
        """Remove the part: nobody will go on there."""
        self._file.close()
        for path in (self.path, self._state):
            path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LmError(
                f"{self._target}: cannot be written ({error.strerror or error}); make room or choose another place. "
                f"What was encoded before is in {self.path.name}, and the same command goes on there."
            ) from error

    def _earlier(self) -> Reached:
        """What an earlier run left for this key; nothing where that is not sure."""
        try:
            about = json.loads(self._state.read_text(encoding="utf-8"))
            reached = _read_reached(about)
            sound = about["key"] == self._key.as_json()
            return reached if sound and self.path.stat().st_size >= reached.tokens * self._kind.itemsize else Reached()
        except (OSError, ValueError, TypeError, KeyError):
            return Reached()


def check_out(out: Path, read: Collection[Path]) -> None:
    """Raises `UsageError` where a token file at `out` would replace what is none, or one of the files `read`."""
    part, state = _places(out)
    check_replaceable_file(out, "token file", lambda _: is_described(out), read)
    check_replaceable_file(sidecar(out), "description of a token file", lambda _: is_described(out), read)
    check_replaceable_file(part, "part of a token file", lambda _: kept(out) is not None, read)
    check_replaceable_file(state, "place in a corpus", lambda _: kept(out) is not None, read)


def kept(out: Path) -> Reached | None:
    """How far encoding to `out` has come that was broken off, whatever it was that was encoded."""
    try:
        return _read_reached(json.loads(_places(out)[1].read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _places(target: Path) -> tuple[Path, Path]:
    """The part of a token file, and what says how far it reaches."""
    return target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json")


def _read_reached(about: Any) -> Reached:
    source, place, *counts = about["reached"]
    return Reached(source, Place(*place), *counts)
