"""How do columns grow by rows, without being copied at each look? Arrays with room, of which those in use are shown.

What was shown never changes: rows are only put behind, and rows that are taken away leave the old arrays as they were.
So another thread may draw what it was given while this one goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WHOLE: Final = ("step", "tokens", "attempt")
"""Columns of whole numbers; all others are floats."""
AXES: Final = ("step", "tokens", "seconds")
"""Columns over which others are drawn."""
_FIRST: Final = 256  # rows of a new table
_LARGEST: Final = (1 << 63) - 1
_IN_PAGE: Final = 512  # numbers in the smallest page of memory


@dataclass(frozen=True)
class Filled:
    """The rows of a table, and what it knows of them, as JSON has it. `whole` and `real` are [columns, rows]."""

    whole: NDArray[np.int64]
    real: NDArray[np.float64]
    about: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.whole[0])


class Table:
    """Columns of one length: `whole` [columns, room] and `real` [columns + 1, room], of which `rows` are filled.

    The first of `whole` is "step". The last of `real` takes what nobody keeps; rows that were restored have none.
    `source` names the key of a row where that is not the column's name.
    """

    def __init__(self, names: tuple[str, ...], source: Mapping[str, str] | None = None) -> None:
        self.names = names
        self.whole_names = tuple(name for name in names if name in WHOLE)
        self.real_names = tuple(name for name in names if name not in WHOLE)
        self.source = {name: (source or {}).get(name, name) for name in names}
        self.rows = 0
        self._highest = -1 - _LARGEST
        self._risen = dict.fromkeys(AXES, 0)
        self.whole: NDArray[np.int64] = np.empty((len(self.whole_names), 0), np.int64)
        self.real: NDArray[np.float64] = np.empty((len(self.real_names) + 1, 0), np.float64)

    @property
    def filled_part(self) -> Filled:
        """The rows as they are now, to be kept."""
        self.rising()
        about = {"names": self.names, "highest": self._highest, "risen": self._risen}
        return Filled(self.whole[:, : self.rows], self.real[: len(self.real_names), : self.rows], about)

    def restore(self, filled: Filled) -> None:
        """Have rows that were kept of such a table, where they are: there is no room behind them. Raises `ValueError`
        for those of another.
        """
        shape = (len(filled.whole), len(filled.real), tuple(filled.about["names"]))
        if shape != (len(self.whole_names), len(self.real_names), self.names):
            raise ValueError("rows of another table")
        self.whole, self.real, self.rows = filled.whole, filled.real, filled.rows
        self._highest, self._risen = int(filled.about["highest"]), dict(filled.about["risen"])
        for column in (column for name, column in self.shown().items() if name in AXES):
            column[::_IN_PAGE].max(initial=0)  # fetched now, on this thread: the window's looks places up in them

    @property
    def room(self) -> int:
        """How many rows there is room for."""
        return len(self.whole[0])

    def grow(self, expected: int = 0) -> None:
        """Room for twice as many rows, or as many as are expected; what is not filled takes no memory."""
        self._move(slice(0, self.rows), self.rows, max(_FIRST, 2 * self.rows, expected))

    def append(self, row: Mapping[str, Any]) -> None:
        """Put a row behind. What it lacks, or has as something else than a number, is −1 or NaN."""
        if self.rows == self.room:
            self.grow()
        for place, name in enumerate(self.whole_names):
            self.whole[place, self.rows] = _whole(row.get(self.source[name]))
        for place, name in enumerate(self.real_names):
            self.real[place, self.rows] = _real(row.get(self.source[name]))
        self.filled(self.rows + 1)

    def filled(self, rows: int) -> None:
        """Someone put rows behind, of which there are so many now."""
        if rows > self.rows:
            self._highest = max(self._highest, int(self.whole[0, self.rows : rows].max()))
            self.rows = rows

    def hide(self, step: int) -> bool:
        """Take away the rows of later steps; whether there were any."""
        if self._highest <= step:
            return False
        kept = np.flatnonzero(self.whole[0, : self.rows] <= step)
        number = len(kept)
        in_front = number == 0 or kept[-1] == number - 1  # as with all that a training writes
        self._move(slice(0, number) if in_front else kept, number, max(_FIRST, number + number // 8))
        self._risen = dict.fromkeys(AXES, 0)
        self.rows = number
        self._highest = int(self.whole[0, : self.rows].max()) if self.rows else -1 - _LARGEST
        return True

    def shown(self) -> dict[str, NDArray[Any]]:
        """The rows as they are now, by column."""
        columns: dict[str, NDArray[Any]] = dict(zip(self.whole_names, self.whole, strict=True))
        columns |= zip(self.real_names, self.real, strict=False)
        found = {name: columns[name][: self.rows] for name in self.names}
        for column in found.values():
            column.flags.writeable = False
        return found

    def rising(self) -> frozenset[str]:
        """Those of `AXES` of which every row has a number from 0 up, and none less than the row before it."""
        for name, column in self.shown().items():
            known = self._risen.get(name, -1)
            if known >= 0:
                new = column[max(0, known - 1) :]
                goes_on = bool(np.all(new[:1] >= 0)) and bool(np.all(new[1:] >= new[:-1]))
                self._risen[name] = self.rows if goes_on else -1
        return frozenset(name for name, known in self._risen.items() if known >= 0)

    def _move(self, kept: slice | NDArray[np.int64], number: int, room: int) -> None:
        whole, real = np.empty((len(self.whole), room), np.int64), np.empty((len(self.real_names) + 1, room))
        whole[:, :number], real[:-1, :number] = self.whole[:, kept], self.real[: len(self.real_names), kept]
        self.whole, self.real = whole, real


def _whole(value: Any) -> int:
    """A step, a count: -1 where it is none; what is beyond 64 bits is the largest."""
    return min(int(value), _LARGEST) if isinstance(value, int) else -1


def _real(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
