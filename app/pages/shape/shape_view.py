"""The tab "Shape": donuts, the exact table, pinned shapes, fit and time, and what was measured, below one another."""

from collections.abc import Generator
from typing import Self, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.pages.shape.compare_pane import ComparePane
from app.pages.shape.donut_row import DonutRow
from app.pages.shape.fit_pane import FitPane
from app.pages.shape.measure_pane import MeasurePane
from app.pages.shape.state import ShapeState
from app.pages.shape.table_pane import TablePane
from app.widgets.labels import Hairline
from app.widgets.window_size import is_small

PaneType = TypeVar("PaneType", bound=QWidget)


class ShapeView(QScrollArea):
    """The panes; the page fills them. It scrolls where the window is too low for all of them, and takes less in one.

    `making` makes it.
    """

    donuts: DonutRow
    table: TablePane
    compare: ComparePane
    fit: FitPane
    measured: MeasurePane

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._content = QWidget(self.viewport())
        self._column = QVBoxLayout(self._content)
        self._build()

    @classmethod
    def making(cls, state: ShapeState, parent: QWidget) -> Generator[None, None, Self]:
        """It in its place, a pane a turn."""
        made = cls(parent)
        made.donuts = made._add(DonutRow())
        yield
        made.table = made._add(TablePane())
        yield
        made.compare = made._add(ComparePane())
        yield
        made.fit = made._add(FitPane(state, made._content))
        yield
        made.measured = made._add(MeasurePane())
        return made

    def show_pane(self, pane: QWidget) -> None:
        """Scroll so that a pane can be seen whole, or from its top."""
        self.ensureWidgetVisible(pane, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = is_small(self.window())
        for pane in (self.donuts, self.table, self.compare):
            pane.set_compact(small)

    def _build(self) -> None:
        self._content.setBackgroundRole(QPalette.ColorRole.Base)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.setWidget(self._content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _add(self, pane: PaneType) -> PaneType:
        """Put another pane below the others."""
        end = self._column.count() - 1
        if end:
            self._column.insertWidget(end, Hairline())
        self._column.insertWidget(self._column.count() - 1, pane)
        return pane
