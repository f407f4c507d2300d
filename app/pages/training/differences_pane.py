"""What made the difference? The runs that are drawn side by side: settings in which they differ, and results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.tables.differences_view import DifferencesModel, DifferencesTable
from app.tables.run_differences import Compared, as_csv, as_markdown, compared
from app.tables.run_names import named_apart
from app.widgets.buttons import Button
from app.widgets.cells import CELL_PAD
from app.widgets.choice import CheckBox
from app.widgets.empty_state import EmptyState
from app.widgets.labels import ElidedLabel, Hairline
from app.widgets.menu import Menu
from app.widgets.run_marks import RunMark
from lmcore import figures
from lmcore.training.overview import Overview

INSET: Final = 24 - CELL_PAD
EMPTY, TABLE = range(2)


class DifferencesPane(QWidget):
    """The pane; the first run is the base until the head of another is clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[Overview, ...] = ()
        self._marks: Mapping[Path, RunMark] = {}
        self._base: Path | None = None
        self.model = DifferencesModel()
        self.table = DifferencesTable(self.model)
        self.all_settings = CheckBox("All settings")
        self.counted = ElidedLabel("", "caption")
        self.copy_button = Button("Copy", icon="copy", trailing="chevron-down")
        self._panes = QStackedWidget()
        self._build()
        self._connect()

    def show_runs(self, runs: Sequence[Overview], marks: Mapping[Path, RunMark] | None = None) -> None:
        """Compare these; `marks` are the lines of their curves."""
        self._runs, self._marks = tuple(named_apart(runs)), dict(marks or {})
        self._show()

    @property
    def base(self) -> int:
        """The place of the run that the others are held against."""
        return next((place for place, run in enumerate(self._runs) if run.path == self._base), 0)

    def set_base(self, place: int) -> None:
        """Hold the others against this one."""
        self._base = self._runs[place].path
        self._show()

    def as_markdown(self) -> str:
        """The table as it is shown, for a README or an issue."""
        return as_markdown([run.name for run in self._runs], self.model.lines)

    def as_csv(self) -> str:
        """The table as it is shown, for a spreadsheet."""
        return as_csv([run.name for run in self._runs], self.model.lines)

    def copy_menu(self) -> Menu:
        """The forms in which the table can be copied."""
        clipboard, menu = QGuiApplication.clipboard(), Menu(self)
        menu.add("Copy as Markdown", lambda: clipboard.setText(self.as_markdown()), icon="copy")
        menu.add("Copy as CSV", lambda: clipboard.setText(self.as_csv()), icon="copy")
        return menu

    def _show(self) -> None:
        enough = len(self._runs) > 1
        self._panes.setCurrentIndex(TABLE if enough else EMPTY)
        if enough:
            found = compared(self._runs, self.base, all_settings=self.all_settings.isChecked())
            self.model.show_lines(self._runs, self._marks, found.lines, self.base)
            self.counted.set_text(counted(found, len(self._runs)))

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QHBoxLayout()
        bar.setContentsMargins(24, 10, 24, 10)
        bar.setSpacing(16)
        bar.addWidget(self.counted, 1)
        bar.addWidget(self.all_settings)
        bar.addWidget(self.copy_button)
        column.addLayout(bar)
        column.addWidget(Hairline())
        inset = QHBoxLayout()
        inset.setContentsMargins(INSET, 6, 0, 0)
        inset.addWidget(self.table)
        column.addLayout(inset, 1)
        sentence = "Check the boxes of two runs or more in the list; their settings and results then stand here."
        self._panes.addWidget(EmptyState("table-2", "Nothing to compare", sentence))
        self._panes.addWidget(shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._panes)

    def _connect(self) -> None:
        self.all_settings.toggled.connect(lambda _all: self._show())
        self.table.header.sectionClicked.connect(self.set_base)
        self.copy_button.clicked.connect(self._open_menu)

    def _open_menu(self) -> None:
        menu = self.copy_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.copy_button.mapToGlobal(QPoint(0, self.copy_button.height() + 4)))


def counted(found: Compared, runs: int) -> str:
    """counted(...) -> "3 of 43 settings differ among 4 runs; losses are told against the base"."""
    verb = "differs" if found.differing == 1 else "differ"
    number = figures.count(found.differing) if found.differing else "None"
    return (
        f"{number} of {figures.count(found.settings)} settings {verb} among {figures.count(runs)} runs; tinted is what "
        "is not as in the base, and losses say how far they are from it"
    )
