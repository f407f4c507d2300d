"""What does a caption say where there is little room? The first of several wordings that fits."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from app.widgets.labels import Role


class FittingLabel(QLabel):
    """A line of words; all of them are its tooltip and what is read to those who do not see it."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ("",)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_texts(self, texts: Sequence[str]) -> None:
        """Say the first of these that fits, or the last."""
        self._texts = tuple(texts)
        self.setToolTip(texts[0])
        self.setAccessibleName(texts[0])
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        fitting = (text for text in self._texts if metrics.horizontalAdvance(text) <= self.width())
        self.setText(next(fitting, self._texts[-1]))
