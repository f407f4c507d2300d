"""Which runs are there, which are drawn, and what is to be done with them? The table, its search and its keys."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app import fonts
from app.pages.training.columns_menu import ColumnsMenu
from app.tables.run_columns import RUN
from app.tables.run_search import HINT, TOLD, not_understood
from app.tables.run_states import ALIVE, can_resume
from app.tables.runs import NEWEST, RunsModel
from app.tables.runs_view import RunsTable
from app.widgets.buttons import Button
from app.widgets.cells import CELL_PAD, ROW
from app.widgets.empty_state import EmptyState
from app.widgets.filter_field import FilterField
from app.widgets.menu import Menu
from app.widgets.message import MessageStrip
from app.widgets.run_marks import RunMark
from lmcore import figures
from lmcore.training.overview import Overview

INSET: Final = 24 - CELL_PAD
FIRST_DRAWN: Final = 4
"""Runs that are drawn at first: those that go on, and the newest that have something to draw."""
ROWS: Final = 6
LEAST_ROWS: Final = 3
TOP, BELOW = 8, 4
TABLE, NONE_SUCH = range(2)
NONE_FIT: Final = "No run’s name, tags, note, settings or figures fit all of what is typed."


class RunsPane(QWidget):
    """The table. `search` and `columns_button` are for the page to put where it has room for them."""

    current_changed = Signal(object)
    """The path of the run that is looked at, or None."""
    checked_changed = Signal(tuple)
    """The paths of the runs that are drawn, in the order of their marks."""
    asked = Signal(str, tuple)
    """An action and the paths of its runs."""
    columns_changed = Signal(tuple)
    """The keys of the columns, to be remembered."""
    order_changed = Signal(str, bool)
    """The key that is sorted by, and whether it falls, to be remembered."""

    height_changed = Signal()
    """It needs more or less room, or has use for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = FilterField("Search runs", HINT, "Ctrl+F")
        self.search.setToolTip(TOLD)
        self.columns_button = Button("Columns", icon="columns-3")
        self.columns_button.setParent(self)  # until it is put elsewhere: shown without one it would be a window
        self.model = RunsModel()
        self.table = RunsTable(self.model)
        self.refusal = MessageStrip("warning", "", closable=True, wide=True)
        self._panes = QStackedWidget()
        self._none = EmptyState("search", "No such runs", NONE_FIT)
        self._current: Path | None = None
        self._expected: set[Path] = set()
        self._awaited: Path | None = None
        self._remembered: tuple[Path, ...] | None = None
        self._known: dict[Path, str] | None = None
        self._updating, self._longest, self._hinted = False, 0, QSize()
        self._build()
        self._connect()

    @property
    def current(self) -> Path | None:
        """The run that is looked at; it stays so while a search hides it."""
        return self._current

    @property
    def selected(self) -> tuple[Path, ...]:
        """The runs that an action is about: the rows selected, or the current one."""
        chosen = self.table.selected_paths()
        return chosen or ((self._current,) if self._current is not None else ())

    @property
    def checked(self) -> tuple[Path, ...]:
        """The runs that are drawn, in the order of their marks."""
        return self.model.checks.paths

    @property
    def marks(self) -> Mapping[Path, RunMark]:
        """How each of them is drawn."""
        return self.model.checks.marks

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of the columns."""
        return tuple(column.key for column in self.model.columns)

    def set_columns(self, keys: Sequence[str]) -> None:
        """Have other columns; nothing of what is chosen is lost."""
        if tuple(dict.fromkeys((RUN, *keys))) != self.columns:
            self._show_columns(keys)
            self.columns_changed.emit(self.columns)

    def _show_columns(self, keys: Sequence[str]) -> None:
        chosen, bar = self.table.selected_paths(), self.table.verticalScrollBar().value()
        self._updating = True
        self.model.show_columns(keys)
        self.table.select(chosen)
        self._updating = False
        self.table.verticalScrollBar().setValue(bar)

    def show_runs(self, runs: Sequence[Overview]) -> None:
        """These are the runs now, the oldest first."""
        known = self.model.runs.keys()
        self._updating = True
        with self.table.in_place():
            self.model.show_runs(runs)
        self._updating = False
        if self.model.runs.keys() != known and not self.model.columns_fit:
            self._show_columns(self.columns)
        self._check_new()
        self._keep_current()
        self._show_pane()
        self._fit_height()
        longest = max((len(run.name) for run in runs), default=0)
        if longest != self._longest:
            self._longest = longest
            self.table.share_width()

    def remember(self, paths: Sequence[Path]) -> None:
        """These runs were drawn when the window was closed: they are drawn at first, as far as they are there."""
        self._remembered = tuple(paths)

    def expect(self, paths: Sequence[Path]) -> None:
        """These runs were just made: they are checked, and the first of them is shown, as soon as they are listed.

        One listing may have but some of them, and the first is the one that trains first.
        """
        self._expected, self._awaited = set(paths), next(iter(paths), None)
        self._check_new()
        self._keep_current()

    def set_current(self, path: Path) -> None:
        """Look at a run, and bring its row into view."""
        row = self.model.row_of(path)
        if row >= 0:
            self._updating = True
            self.table.select([path])
            self._updating = False
            self.table.scrollTo(self.model.index(row, 0), self.table.ScrollHint.EnsureVisible)
        if path in self.model.runs:
            self._set_current(path)

    def minimumSizeHint(self) -> QSize:
        least = max(fonts.scaled(ROW) * 3 + 16, self._height_of(min(LEAST_ROWS, len(self.model.runs))))
        return QSize(super().minimumSizeHint().width(), least)

    def sizeHint(self) -> QSize:
        rows = min(ROWS, max(len(self.model.runs), 1))
        return QSize(super().sizeHint().width(), self._height_of(rows))

    def _height_of(self, rows: int) -> int:
        """The pixels that so many rows need, with the heading and what stands above and below."""
        bar = self.table.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() else 0
        return self.table.header.sizeHint().height() + fonts.scaled(ROW) * rows + below + TOP + BELOW

    def _fit_height(self) -> None:
        """Take no more room than all runs need: the curves have use for it."""
        wanted = max(self._height_of(max(len(self.model.runs), LEAST_ROWS)), self.minimumSizeHint().height())
        if self.refusal.isVisibleTo(self):
            wanted += self.refusal.sizeHint().height()
        if wanted != self.maximumHeight() or self.sizeHint() != self._hinted:
            self._hinted = self.sizeHint()
            self.setMaximumHeight(wanted)
            self.updateGeometry()
            self.height_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.search.setMinimumWidth(fonts.scaled(220))
        self.refusal.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.refusal)
        inset = QHBoxLayout()
        inset.setContentsMargins(INSET, TOP, INSET, 0)
        inset.addWidget(self._panes)
        column.addLayout(inset, 1)
        for pane in (self.table, self._none):
            self._panes.addWidget(pane)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._look_for)
        self.columns_button.clicked.connect(self._open_columns)
        self.model.checks_changed.connect(lambda: self.checked_changed.emit(self.checked))
        self.model.refused.connect(lambda why: self.refusal.show_message("warning", why))
        self.table.header.sort_asked.connect(self._sort)
        self.table.header.menu_asked.connect(self.open_columns)
        self.table.menu_asked.connect(self._open_menu)
        self.table.asked.connect(self._ask)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._row_chosen())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._stay_selected())

    def menu(self) -> Menu:
        """What can be done with the runs that are selected."""
        paths, menu = self.selected, Menu(self)
        runs = [self.model.runs[path] for path in paths if path in self.model.runs]
        alive = any(run.standing in ALIVE or run.place is not None for run in runs)
        one = len(runs) == 1
        lines: list[tuple[str, str, str, str, bool]] = [
            ("resume", "Resume", "play", "", any(map(can_resume, runs))),
            ("pause", "Pause", "pause", "", alive),
            ("stop", "Stop", "square", "", alive),
            *self._turns(runs),
            ("", "", "", "", True),
            ("check", "Draw the curve, or do not", "chart-line", "Space", bool(runs)),
            ("duplicate", "Duplicate with changes", "copy", "", one),
            ("generate", "Generate text", "message-square-text", "", one and bool(runs[0].checkpoints)),
            ("annotate", "Tags and note …", "pin", "F2", one),
            ("", "", "", "", True),
            ("csv", "Save the curves as CSV …", "download", "", bool(runs)),
            ("tensorboard", "Save for TensorBoard …", "download", "", bool(runs)),
            *((action, words, "download", "", True) for action, words in _zips(runs)),
            ("folder", "Open the folder", "folder-open", "", one),
            ("", "", "", "", True),
            ("delete", "Delete …", "trash-2", "Del", bool(runs) and not any(run.standing in ALIVE for run in runs)),
        ]
        for action, words, icon, keys, possible in lines:
            if not action:
                menu.addSeparator()
                continue
            menu.add(words, partial(self._ask, action), icon=icon, keys=keys).setEnabled(possible)
        return menu

    def _turns(self, runs: Sequence[Overview]) -> list[tuple[str, str, str, str, bool]]:
        """The lines by which a run that waits has another place in the queue; none where no other waits."""
        waiting = [run.place for run in self.model.runs.values() if run.place is not None]
        place = runs[0].place if len(runs) == 1 else None
        if place is None or len(waiting) < 2:
            return []
        return [
            ("", "", "", "", True),
            ("first", "Start next", "play", "", place > 0),
            ("earlier", "Move up in the queue", "chevron-up", "Alt+Up", place > 0),
            ("later", "Move down in the queue", "chevron-down", "Alt+Down", place < max(waiting)),
        ]

    def open_columns(self, at: QPoint) -> None:
        """Show the menu of columns at a place on the screen."""
        menu = ColumnsMenu(self, self.model.runs.values(), self.columns)
        menu.chosen.connect(self.set_columns)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _open_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _open_columns(self) -> None:
        self.open_columns(self.columns_button.mapToGlobal(QPoint(0, self.columns_button.height() + 4)))

    def _ask(self, action: str) -> None:
        paths = self.selected
        if action == "check":
            self.model.set_checked(paths, not all(path in self.model.checks for path in paths))
        elif action == "annotate" and self._current is not None:  # one run has a note: the one that is looked at
            self.asked.emit(action, (self._current,))
        elif paths:
            self.asked.emit(action, paths)

    def _sort(self, place: int) -> None:
        """By a column; again turns it round, a third time gives the newest first again."""
        key, column = self.model.sorted_by[0], self.model.columns[place]
        falls_first = column.is_number
        if key != column.key:
            self._order(column.key, falls_first)
        elif self.model.sorted_by[1] == falls_first:
            self._order(column.key, not falls_first)
        else:
            self._order(NEWEST, True)

    def _order(self, key: str, descending: bool) -> None:
        self.set_order(key, descending)
        self.order_changed.emit(key, descending)

    def set_order(self, key: str, descending: bool) -> None:
        """Sort by a column's key."""
        self.model.sort_by(key, descending)
        self.table.show_order()

    def _look_for(self, typed: str) -> None:
        self._updating = True
        self.model.look_for(typed)
        self._updating = False
        self._keep_current()
        self._show_pane()

    def _show_pane(self) -> None:
        why = not_understood(self.search.text(), self.model.runs.values(), self.model.columns)
        self._none.set_sentence(why or NONE_FIT)
        self._panes.setCurrentIndex(NONE_SUCH if self.model.runs and not self.model.rows else TABLE)

    def _check_new(self) -> None:
        """Draw the runs that have just begun; at first the newest, too."""
        runs, known = self.model.runs, self._known
        alive = [path for path, run in runs.items() if run.standing in ALIVE]
        if known is None:
            new = self._drawn_at_first(alive)
        else:
            new = [path for path in alive if known.get(path) not in ALIVE]
            new += [path for path in self._expected if path in runs]
        room = [path for path in new if path not in self.model.checks]
        if runs or known is not None:
            self._known = {path: run.standing for path, run in runs.items()}
        if room:
            self.model.set_checked(room, True)

    def _drawn_at_first(self, alive: Sequence[Path]) -> list[Path]:
        """Those that were drawn before, with those that go on; where nothing is known of them, the newest."""
        before = [path for path in self._remembered or () if path in self.model.runs]
        if before or self._remembered == ():
            return [*before, *(path for path in alive if path not in before)]
        begun = [path for path, run in self.model.runs.items() if run.attempt and path not in alive]
        return [*alive, *begun[::-1][: max(0, FIRST_DRAWN - len(alive))]]

    def _keep_current(self) -> None:
        """Still look at the same run; where it is gone, at its neighbour; at first at the one that goes on."""
        runs = self.model.runs
        self._expected -= runs.keys()
        if self._awaited in runs:
            made, self._awaited = self._awaited, None
            self.set_current(made)
        elif self._current in runs:
            self._reselect()
        else:
            alive = [path for path, run in runs.items() if run.standing in ALIVE]
            row = self.table.currentIndex().row()
            near = self.model.rows[row] if self._current is not None and row >= 0 else None
            path = near or next(iter(alive or self.model.rows), None)
            if path is None:
                self._set_current(None)
            else:
                self.set_current(path)

    def _reselect(self) -> None:
        """The current run has its row again, if a search does not hide it."""
        row = self.model.row_of(self._current)
        if row == self.table.currentIndex().row():
            return
        self._updating = True
        if row >= 0 and self._current is not None:
            self.table.select([self._current])
        else:
            self.table.selectionModel().clear()
        self._updating = False

    def _row_chosen(self) -> None:
        index = self.table.currentIndex()
        if not self._updating and index.isValid():
            self._set_current(self.model.rows[index.row()])

    def _stay_selected(self) -> None:
        """The run that is looked at is one of those that are selected: Ctrl and a click may have taken it away."""
        chosen = self.table.selected_paths()
        if not self._updating and chosen and self._current not in chosen:
            index = self.model.index(self.model.row_of(chosen[-1]), 0)
            self.table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _set_current(self, path: Path | None) -> None:
        if path != self._current:
            self._current = path
            self.current_changed.emit(path)


def _zips(runs: Sequence[Overview]) -> list[tuple[str, str]]:
    """What can be packed of runs, with the bytes of the checkpoints that come along."""
    sizes = [run.checkpoint_bytes for run in runs]
    newest, every, number = sum(sum(one[-1:]) for one in sizes), sum(map(sum, sizes)), sum(map(len, sizes))
    them = "Save as zip" if len(runs) == 1 else "Save each as zip"
    if not number:
        return [("zip", f"{them} …")] if runs else []
    lines = [("zip", f"{them}, with {'the' if len(runs) == 1 else 'its'} newest checkpoint, {figures.size(newest)} …")]
    if number > sum(map(bool, sizes)):
        lines.append(("zip-all", f"{them}, with all {figures.count(number)} checkpoints, {figures.size(every)} …"))
    return lines
