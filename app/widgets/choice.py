"""How is one of many named things chosen, or one thing switched? The combo box and the check box."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QToolTip, QWidget

from app import fonts
from app.icons import paint_icon
from app.theme import Theme
from app.widgets.wheel import wheel_is_meant

BOX = 14
CHEVRONS = 14


class Choice(QComboBox):
    """One of `choices`; signals and keys are Qt's. 26 high, with chevrons up and down at the right.

    Best made in its parent: Qt makes its list with the first choice, and styles all of that anew for another parent.
    """

    def __init__(self, name: str, choices: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addItems(list(choices))
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if wheel_is_meant(self, event):
            super().wheelEvent(event)

    @property
    def room(self) -> int:
        """Pixels that there are for a name."""
        option, field = QStyleOptionComboBox(), QStyle.SubControl.SC_ComboBoxEditField
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width() - 2

    def event(self, event: QEvent) -> bool:
        """The tooltip of a name that does not fit is the name."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.toolTip() and self._cut:
            QToolTip.showText(event.globalPos(), self.currentText(), self)
            return True
        return super().event(event)

    @property
    def _cut(self) -> bool:
        return self.fontMetrics().horizontalAdvance(self.currentText()) > self.room

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt does, but a long name has "…" in its middle: names that are alike differ at their ends."""
        theme, option = Theme.of(self.palette()), QStyleOptionComboBox()
        self.initStyleOption(option)
        words = option.currentText if self.currentIndex() >= 0 else self.placeholderText()
        shown = QFontMetrics(self.font()).elidedText(words, Qt.TextElideMode.ElideMiddle, self.room)
        option.currentText = shown
        colour = theme.secondary if self.isEnabled() else theme.disabled
        with QPainter(self) as painter:
            self.style().drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option, painter, self)
            self.style().drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option, painter, self)
            at = QPointF(self.width() - CHEVRONS - 8, (self.height() - CHEVRONS) / 2)
            paint_icon(painter, at, "chevrons-up-down", colour, CHEVRONS)


class CheckBox(QCheckBox):
    """Something on or off, the words at the right of the box."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text().replace("&", ""))
        return QSize(BOX + 6 + width + 2, fonts.scaled(20))

    def hitButton(self, point: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        box = QRectF(0, round((self.height() - BOX) / 2), BOX, BOX)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_box(painter, theme, box)
            painter.setPen(QColor(theme.text if self.isEnabled() else theme.disabled))
            area = QRectF(box.right() + 6, 0, self.width() - BOX - 6, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic, self.text())

    def _paint_box(self, painter: QPainter, theme: Theme, box: QRectF) -> None:
        rim = theme.control if self.isEnabled() else theme.border
        if not self.isChecked():
            painter.setPen(QPen(QColor(rim), 1))
            painter.setBrush(QColor(theme.hover if self.underMouse() and self.isEnabled() else theme.surface))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if self.isEnabled() else theme.disabled))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QPen(QColor(theme.accent_text), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        places = ((3.5, 7.2), (6.0, 9.7), (10.5, 4.6))
        painter.drawPolyline([box.topLeft() + QPointF(x, y) for x, y in places])
