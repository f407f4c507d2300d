"""Which runs are drawn, and how is each told apart? A run keeps its mark while it is checked; a new one takes the first
that is free. One whose folder is away for a while is checked again when it is back.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from app.widgets.run_marks import RunMark, mark_of

MOST: Final = 100
"""Curves in one chart. Colours with dashes tell 28 apart; beyond that, pointing at a line does."""


class RunChecks:
    """The runs that are checked, each with a place, by which it has its mark."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._places: dict[Path, int] = {}
        self._away: dict[Path, int] = {}

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those checked, in the order of their marks."""
        return tuple(sorted(self._places, key=self._places.__getitem__))

    @property
    def marks(self) -> Mapping[Path, RunMark]:
        """How each is drawn, in the same order."""
        return {path: mark_of(self._places[path]) for path in self.paths}

    @property
    def is_full(self) -> bool:
        """Whether no further run can be checked."""
        return len(self._places) >= self._most

    def __contains__(self, path: Path) -> bool:
        return path in self._places

    def mark(self, path: Path) -> RunMark | None:
        """How a run is drawn; None if it is not."""
        place = self._places.get(path)
        return None if place is None else mark_of(place)

    def set(self, path: Path, checked: bool) -> bool:
        """Check a run or not; False where there are too many."""
        if not checked:
            self._places.pop(path, None)
        elif path not in self._places:
            if self.is_full:
                return False
            taken = set(self._places.values())
            self._places[path] = next(place for place in range(self._most) if place not in taken)
        return True

    def follow(self, there: Collection[Path]) -> bool:
        """These runs are there now: none but them is drawn, and those that were drawn before they went are again.

        By the mark that they had, unless another has it by now. Whether anything changed.
        """
        gone = {path: place for path, place in self._places.items() if path not in there}
        back = {path: place for path, place in self._away.items() if path in there}
        self._places = {path: place for path, place in self._places.items() if path not in gone}
        self._away = {path: place for path, place in (self._away | gone).items() if path not in back}
        for path, place in back.items():
            if path not in self._places and place not in self._places.values():
                self._places[path] = place
            else:
                self.set(path, True)
        return bool(gone or back)
