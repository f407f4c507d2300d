"""What is seen of the runs? Their table over curves and the panel of one; their differences; what was swept."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.pages.training.curves_pane import CurvesPane
from app.pages.training.details_panel import DetailsPanel
from app.pages.training.differences_pane import DifferencesPane
from app.pages.training.runs_pane import RunsPane
from app.pages.training.sweep_pane import SweepPane
from app.settings import Settings
from app.widgets.labels import Hairline
from app.widgets.run_marks import RunMark
from app.widgets.tabs import Tabs
from lmcore.training.overview import Overview

RUNS, DIFFERENCES, SWEEP = range(3)
TABLE: Final = "training"
PANEL: Final = 0.42
"""The most of the width that the panel of one run takes, as far as it can be narrower."""


class ListedView(QWidget):
    """Three tabs over the same runs; those that are checked in the table are drawn and compared."""

    runs: RunsPane
    details: DetailsPanel
    curves: CurvesPane
    differences: DifferencesPane
    sweep: SweepPane

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.tabs = Tabs("Views of the runs", ["Runs", "Differences", "Sweep"])
        self._panes = QStackedWidget(self)
        self._watched = QSplitter(Qt.Orientation.Vertical, self._panes)
        self._untold: dict[int, Callable[[], object]] = {}
        self._whole = False

    @classmethod
    def making(cls, settings: Settings, parent: QWidget | None = None) -> Generator[None, None, Self]:
        """The view, made in turns where it will be seen."""
        view = cls(settings, parent)
        yield from view._filling()
        view._connect()
        yield
        view._remember()
        return view

    def show_compared(self, runs: Sequence[Overview], marks: Mapping[Path, RunMark]) -> None:
        """Compare these runs, whose curves are drawn by `marks`."""
        self._tell(DIFFERENCES, partial(self.differences.show_runs, runs, dict(marks)))

    def show_swept(self, runs: Sequence[Overview]) -> None:
        """These are all runs, of which some may be of a sweep."""
        self._tell(SWEEP, partial(self.sweep.show_runs, runs))

    def _tell(self, place: int, tell: Callable[[], object]) -> None:
        """Have the pane of a tab told something: now if it is seen, or else as soon as it is."""
        self._untold[place] = tell
        if self.isVisible():
            self._catch_up()

    def _catch_up(self) -> None:
        tell = self._untold.pop(self.tabs.currentIndex(), None)
        if tell is not None:
            tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._share_width()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._share_width()

    def _share_width(self) -> None:
        """The panel has what it likes to have, but where there is little, the curves do not give up all for it."""
        if self._whole:  # text and theme may change while it is made
            self.details.setMaximumWidth(max(self.details.minimumSizeHint().width(), round(PANEL * self.width())))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _filling(self) -> Generator[None, None, None]:
        """The panes, made where they will be seen."""
        yield from self._filling_watched()
        self.differences = DifferencesPane(self._panes)
        yield
        self.sweep = SweepPane(self._panes)
        yield
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 24, 0)
        column.addLayout(head)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.runs.search)
        column.addWidget(Hairline())
        column.addWidget(self._panes, 1)
        for pane in (self._watched, self.differences, self.sweep):
            self._panes.addWidget(pane)

    def _filling_watched(self) -> Generator[None, None, None]:
        """The table of the runs over their curves and all of one."""
        watched = self._watched
        self.runs = RunsPane(watched)
        yield
        below = QWidget(watched)
        self.details = DetailsPanel(below)
        yield
        self.curves = CurvesPane(below)
        yield
        line = QHBoxLayout(below)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.curves, 1)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(self.details)
        watched.setStretchFactor(1, 1)
        watched.setChildrenCollapsible(False)
        self._whole = True

    def _connect(self) -> None:
        settings = self._settings
        self.tabs.currentChanged.connect(lambda _place: self._catch_up())
        self.tabs.currentChanged.connect(self._panes.setCurrentIndex)
        self.tabs.currentChanged.connect(lambda place: self.runs.search.setVisible(place == RUNS))
        self.runs.columns_changed.connect(lambda keys: setattr(settings, "run_columns", keys))
        self.runs.order_changed.connect(lambda key, falls: setattr(settings, "run_order", (key, falls)))
        self.runs.height_changed.connect(self._share_height)
        self._watched.splitterMoved.connect(lambda: settings.set_splitter(TABLE, self._watched.saveState()))

    def _remember(self) -> None:
        """Have everything as it was in the window before, and keep what is changed from now on."""
        settings = self._settings
        self._watched.restoreState(settings.splitter(TABLE))
        self.curves.read_view(settings.curves)
        self.curves.view_changed.connect(lambda: setattr(settings, "curves", self.curves.written_view()))
        if settings.run_columns:
            self.runs.set_columns(settings.run_columns)
        if settings.run_order is not None:
            self.runs.set_order(*settings.run_order)

    def _share_height(self) -> None:
        """The table has what its rows need, and the curves all else, unless somebody has moved the line between."""
        if self._settings.splitter(TABLE).isEmpty():
            table = self.runs.sizeHint().height()
            self._watched.setSizes([table, max(1, self._watched.height() - table)])
