"""How is a chart put on the tab? Its title, what it is counted by, its controls, and a menu that copies it."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.curves_chart import Curves, CurvesChart
from app.widgets.labels import ElidedLabel, label

MARGIN = 24


class Pane(QWidget):
    """A chart below its head. `menu_asked` gives the place where the menu of the chart was asked for."""

    menu_asked = Signal(object)

    def __init__(
        self,
        title: str,
        chart: CurvesChart,
        controls: Sequence[QWidget] = (),
        *,
        inset: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.chart = chart
        self.caption = ElidedLabel("", "caption")
        self.copy = Button(icon="copy", kind="bare", small=True, name=f"Copy or save: {title}")
        self._build(controls, inset)
        self.copy.clicked.connect(
            lambda: self.menu_asked.emit(self.copy.mapToGlobal(QPoint(0, self.copy.height() + 4)))
        )
        chart.menu_asked.connect(self.menu_asked)

    def show_curves(self, curves: Curves, caption: str) -> None:
        """Draw other curves; the caption says their unit and how they are counted."""
        self.chart.show_curves(curves)
        self.caption.set_text(caption)

    def _build(self, controls: Sequence[QWidget], inset: int) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN, 0, MARGIN, 0)
        head.setSpacing(8)
        head.addWidget(label(self.title, "section"))
        head.addStretch(1)
        for control in (*controls, self.copy):
            head.addWidget(control)
        column.addLayout(head)
        words = QHBoxLayout()
        words.setContentsMargins(MARGIN, 0, MARGIN, 4)
        words.addWidget(self.caption, 1)
        column.addLayout(words)
        body = QHBoxLayout()
        body.setContentsMargins(inset, 0, inset, 0)
        body.addWidget(self.chart, 1)
        column.addLayout(body, 1)
