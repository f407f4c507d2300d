"""Which lines can be read at the speed of the disk? Those that a training writes: the same keys, in the same order.

The first row of a kind says what stands between the numbers; `row_kernels` reads all lines that are like it, steps and
validations, without coming back in between. It takes numba, which is loaded only where a file is long.
"""

import threading
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from lmcore.training.growing import Table

if TYPE_CHECKING:
    from lmcore.training import row_kernels

BEYOND: Final = 16
"""Bytes that a block has to have behind the lines in it."""
_TICK: Final = 0.04


class LineReader:
    """Reads the rows of steps and of validations into their tables."""

    def __init__(self, kernels: "row_kernels.Kernels", train: Table, validation: Table) -> None:
        self._kernels = kernels
        self._kinds = {"train": _Kind(train), "validation": _Kind(validation)}

    @classmethod
    def loading(cls, train: Table, validation: Table) -> Generator[None, None, Self | None]:
        """A reader, when the kernels are loaded on a thread of their own; None where numba is switched off, and while
        they are not compiled: to read without is sooner done than to compile.
        """
        found: list[row_kernels.Kernels | BaseException] = []

        def load() -> None:
            from lmcore.bpe.prepare import is_prepared

            try:
                found.extend(_kernels() if is_prepared() else ())
            except BaseException as error:  # carried to the generator, which raises it
                found.append(error)

        thread = threading.Thread(target=load, name="row kernels", daemon=True)
        thread.start()
        while thread.is_alive():
            yield
            thread.join(_TICK)
        for outcome in found:
            if isinstance(outcome, BaseException):
                raise outcome
            return cls(outcome, train, validation)
        return None

    def learn(self, row: Mapping[str, Any], line: bytes) -> None:
        """Take a row as the example of those of its kind that follow, if it is written as a training does."""
        self._kinds[row["kind"]].learn(row, line)

    def read(self, block: NDArray[np.uint8], begin: int, end: int) -> int:
        """Where the lines from `begin` on, up to `end`, are no longer as those before, or a table is full."""
        train, validation = self._kinds.values()
        place, *rows = self._kernels.read(block, begin, end, train.part, validation.part)
        for kind, behind in zip((train, validation), rows, strict=True):
            kind.filled(behind)
        return place


class _Kind:
    """How the rows of a kind are written, as far as that is known, and their table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys: tuple[str, ...] | None = None
        self._layout = np.zeros(BEYOND, np.uint8), np.zeros(1, np.int64), np.zeros(0, np.int64)
        self._lacking: list[list[int]] = [[], []]

    @property
    def part(self) -> "row_kernels.Part":
        """What the kernels are given."""
        table = self._table
        return self._layout, (table.whole, table.real.view(np.uint64)), self._first

    @property
    def _first(self) -> int:
        return self._table.room if self._keys is None else self._table.rows

    def learn(self, row: Mapping[str, Any], line: bytes) -> None:
        """See `LineReader`."""
        keys = tuple(row)
        if keys == self._keys or keys[0] != "kind" or orjson.dumps(row) != line:
            return
        if any(isinstance(row[key], bool) or not isinstance(row[key], int | float | None) for key in keys[1:]):
            return
        parts = [b'{"kind":%s' % orjson.dumps(row["kind"]), *(b",%s:" % orjson.dumps(key) for key in keys[1:])]
        parts[:2] = [parts[0] + parts[1]]
        table, self._keys = self._table, keys
        self._layout = (
            np.frombuffer(b"".join([*parts, b"}\n"]) + bytes(BEYOND), np.uint8),
            np.cumsum([len(part) for part in [*parts, b"}\n"]]),
            np.array([self._slot(key) for key in keys[1:]]),
        )
        self._lacking = [
            [place for place, name in enumerate(names) if table.source[name] not in keys]
            for names in (table.whole_names, table.real_names)
        ]

    def filled(self, rows: int) -> None:
        """The kernels have filled all in front of `rows`, but for the columns that no line has."""
        table, new = self._table, slice(self._first, rows)
        if new.start < rows:
            table.whole[self._lacking[0], new] = -1
            table.real[self._lacking[1], new] = np.nan
            table.filled(rows)

    def _slot(self, key: str) -> int:
        """The column of a key: of whole numbers from 0 up, of floats from −1 down, the last for what nobody keeps."""
        whole, real = (
            [self._table.source[name] for name in names] for names in (self._table.whole_names, self._table.real_names)
        )
        if key in whole:
            return whole.index(key)
        return -1 - (real.index(key) if key in real else len(real))


def compile_kernels() -> None:
    """Compile what reads rows, where that was not done before: at set-up, so that nobody waits for it."""
    _kernels()


def _kernels() -> "list[row_kernels.Kernels]":
    from lmcore.bpe.machine import JIT

    if not JIT:
        return []
    from lmcore.training.row_kernels import Kernels

    return [Kernels()]
