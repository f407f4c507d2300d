"""Which runs are there, and how does each stand? A model over all of them that sorts, looks for words, and checks.

Updates come five times a second. What has not changed is told by its identity, rows move without a reset, and cells
are made when they are read: who has chosen a row, scrolled or checked keeps all of that.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.tables.model import Index, TokenModel
from app.tables.run_checks import MOST, RunChecks
from app.tables.run_columns import DEFAULT, RUN, RunColumn, column_of, sort_key, text_of, value_of
from app.tables.run_search import Test, test_of
from app.tables.run_states import Stand, stand_of
from app.widgets.cells import Look
from app.widgets.run_marks import RunMark
from lmcore.training.overview import Overview

NEWEST: Final = "created"
"""What is sorted by until a heading is clicked."""


class RunsModel(TokenModel):
    """The runs that fit what is looked for, in the order of a column."""

    checks_changed = Signal()
    refused = Signal(str)
    """Why a run was not checked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((), (), frozenset(), parent)
        self.checks = RunChecks()
        self.columns: tuple[RunColumn, ...] = ()
        self.sorted_by: tuple[str, bool] = (NEWEST, True)
        self.runs: dict[Path, Overview] = {}
        self.rows: list[Path] = []
        self._looks: dict[Path, dict[int, Look]] = {}
        self._keys: dict[Path, tuple[Any, ...]] = {}
        self._test: Test | None = None
        self._typed = ""
        self.show_columns(DEFAULT)

    def show_columns(self, keys: Iterable[str]) -> None:
        """Have these columns; that of the names is always the first."""
        self.beginResetModel()
        wanted = dict.fromkeys((RUN, *keys))
        self.columns = tuple(column_of(key, self.runs.values()) for key in wanted)
        self._headers = tuple(column.title for column in self.columns)
        self._tooltips = tuple(column.tooltip for column in self.columns)
        self._numbers = frozenset(place for place, column in enumerate(self.columns) if column.is_number)
        self._looks.clear()
        self.endResetModel()
        if self._typed:
            self.look_for(self._typed)

    @property
    def columns_fit(self) -> bool:
        """Whether the columns are still what the runs say of them: a setting that no run has is no number yet."""
        return all(column_of(one.key, self.runs.values()).is_number == one.is_number for one in self.columns)

    def show_runs(self, runs: Iterable[Overview]) -> None:
        """These are the runs now."""
        before, self.runs = self.runs, {run.path: run for run in runs}
        changed = {path for path, run in self.runs.items() if before.get(path) is not run}
        for path in (*changed, *(before.keys() - self.runs.keys())):
            self._looks.pop(path, None)
            self._keys.pop(path, None)
        if before.keys() != self.runs.keys() and self.checks.follow(self.runs.keys()):
            self.checks_changed.emit()
        if changed or len(before) != len(self.runs):
            self._arrange()
            self._tell(changed)

    def sort_by(self, key: str, descending: bool) -> None:
        """Have another order; runs that have nothing there come last in both directions."""
        self.sorted_by = (key, descending)
        self._keys.clear()
        self._arrange()

    def look_for(self, typed: str) -> None:
        """Show the runs that fit what is typed, see `run_search`."""
        self._typed = typed
        self._test = test_of(typed, self.runs.values(), self.columns)
        self._arrange()

    def run_at(self, row: int) -> Overview:
        """The run of a row."""
        return self.runs[self.rows[row]]

    def row_of(self, path: Path | None) -> int:
        """The row of a run, or -1 where it is not shown."""
        return self.rows.index(path) if path in self.rows else -1

    def mark_at(self, row: int) -> RunMark | None:
        """How the curve of a row is drawn, if it is."""
        return self.checks.mark(self.rows[row])

    def stand_at(self, row: int) -> Stand:
        """How the run of a row stands."""
        return stand_of(self.run_at(row))

    def set_checked(self, paths: Sequence[Path], checked: bool) -> None:
        """Draw the curves of runs, or do not; says so where there are too many."""
        before = self.checks.paths
        fits = [self.checks.set(path, checked) for path in paths if path in self.runs]
        if self.checks.paths != before:
            self._tell(set(paths), (0,))
            self.checks_changed.emit()
        if not all(fits):
            self.refused.emit(f"{MOST} curves are drawn at most; uncheck a run before you check another.")

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first column has boxes."""
        checkable = Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | checkable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole:
            if index.column():
                return None
            checked = self.rows[index.row()] in self.checks
            return Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column():
            return False
        path, wanted = self.rows[index.row()], Qt.CheckState(value) == Qt.CheckState.Checked
        self.set_checked([path], wanted)
        return (path in self.checks) == wanted

    def look(self, row: int, column: int) -> Look:
        """What a cell shows, made once and kept until its run changes."""
        path = self.rows[row]
        looks = self._looks.setdefault(path, {})
        found = looks.get(column)
        if found is None:
            found = looks[column] = Look(text_of(self.runs[path], self.columns[column].key))
        return found

    def tooltip(self, row: int) -> str:
        run = self.run_at(row)
        tags = f"Tags: {', '.join(run.tags)}" if run.tags else ""
        return "\n".join(filter(None, (run.name, stand_of(run).words, run.message, tags, run.note)))

    def _arrange(self) -> None:
        """Bring the rows to the runs, the search and the order that are wanted now."""
        wanted = self._wanted()
        if wanted == self.rows:
            return
        kept = set(wanted)
        for first, last in _ranges([row for row, path in enumerate(self.rows) if path not in kept])[::-1]:
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()
        known = set(self.rows)
        new = [path for path in wanted if path not in known]
        if new:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(new) - 1)
            self.rows += new
            self.endInsertRows()
        if wanted != self.rows:
            self._move(wanted)

    def _move(self, wanted: list[Path]) -> None:
        self.layoutAboutToBeChanged.emit()
        before, places = self.rows, {path: row for row, path in enumerate(wanted)}
        old = self.persistentIndexList()
        self.rows = wanted
        self.changePersistentIndexList(old, [self.index(places[before[one.row()]], one.column()) for one in old])
        self.layoutChanged.emit()

    def _wanted(self) -> list[Path]:
        """The rows as they should be; equals stay in the order of their making, the newest first."""
        (key, descending), test = self.sorted_by, self._test
        shown = [path for path, run in self.runs.items() if test is None or test(run)][::-1]
        there = [path for path in shown if value_of(self.runs[path], key) is not None]
        missing = [path for path in shown if value_of(self.runs[path], key) is None]
        return sorted(there, key=self._sort_key, reverse=descending) + missing

    def _sort_key(self, path: Path) -> tuple[Any, ...]:
        found = self._keys.get(path)
        if found is None:
            found = self._keys[path] = sort_key(self.runs[path], self.sorted_by[0])
        return found

    def _tell(self, changed: set[Path], columns: tuple[int, ...] = ()) -> None:
        """Have the rows of these runs painted anew, all columns or one."""
        first, last = (columns[0], columns[-1]) if columns else (0, len(self.columns) - 1)
        for top, bottom in _ranges([row for row, path in enumerate(self.rows) if path in changed]):
            self.dataChanged.emit(self.index(top, first), self.index(bottom, last))


def _ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as ranges: [1, 2, 3, 7] -> [(1, 3), (7, 7)]."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
