"""Where do the rows of a run stand on an axis? At numbers that never fall, taken from a column without a copy."""

from typing import Any, Final, Literal, overload

import numpy as np
from numpy.typing import NDArray

from app.widgets.extremes import Places, Values

Side = Literal["left", "right"]

_FAR: Final = float(1 << 62)
"""Beyond what a column of whole numbers holds."""


class RunPlaces:
    """A column that never falls, times a factor, [rows]; gives floats, as an array of them would."""

    def __init__(self, column: NDArray[Any], scale: float = 1.0) -> None:
        self.column, self.scale = column, scale

    def __len__(self) -> int:
        return len(self.column)

    @overload
    def __getitem__(self, rows: int) -> float: ...
    @overload
    def __getitem__(self, rows: slice | NDArray[Any]) -> Values: ...
    def __getitem__(self, rows: int | slice | NDArray[Any]) -> float | Values:
        found = np.asarray(self.column[rows], np.float64) * self.scale
        return float(found) if found.ndim == 0 else found

    def searched(self, places: Values, side: Side) -> Places:
        """As `np.searchsorted` of all of them, exactly: for whole numbers the places become such."""
        if self.column.dtype.kind != "i":
            return np.searchsorted(self.column if self.scale == 1 else self[:], places, side)
        wanted = np.asarray(places, np.float64)
        keys = np.ceil(wanted / self.scale)
        reached = np.greater_equal if side == "left" else np.greater
        keys -= reached((keys - 1) * self.scale, wanted)
        keys += ~reached(keys * self.scale, wanted)
        return np.searchsorted(self.column, np.clip(keys, -_FAR, _FAR).astype(np.int64), "left")


def searched(x: RunPlaces | Values, places: Values, side: Side) -> Places:
    """The rows before which places of an axis stand, as of `np.searchsorted`."""
    return x.searched(places, side) if isinstance(x, RunPlaces) else np.searchsorted(x, places, side)
