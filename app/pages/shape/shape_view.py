"""The tab "Shape": donuts, the exact table, pinned shapes, fit and time, and what was measured, below one another."""

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


class ShapeView(QScrollArea):
    """The panes; the page fills them. It scrolls where the window is too low for all of them, and takes less in one."""

    def __init__(self, state: ShapeState) -> None:
        super().__init__()
        self.donuts = DonutRow()
        self.table = TablePane()
        self.compare = ComparePane()
        self.fit = FitPane(state)
        self.measured = MeasurePane()
        self._build()

    def show_pane(self, pane: QWidget) -> None:
        """Scroll so that a pane can be seen whole, or from its top."""
        self.ensureWidgetVisible(pane, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = is_small(self.window())
        for pane in (self.donuts, self.table, self.compare):
            pane.set_compact(small)

    def _build(self) -> None:
        content = QWidget()
        content.setBackgroundRole(QPalette.ColorRole.Base)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for place, pane in enumerate((self.donuts, self.table, self.compare, self.fit, self.measured)):
            if place:
                column.addWidget(Hairline())
            column.addWidget(pane)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
