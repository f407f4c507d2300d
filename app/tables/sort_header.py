"""How does a table say by which column it is sorted? Its heading in the first colour, with an arrow."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.cells import CELL_PAD, ROW

RISING, FALLING = "↑", "↓"


class SortHeader(QHeaderView):
    """Headings that sort when they are clicked. Left, Right and Space do the same by keys.

    `menu_asked` comes where the right button is pressed.
    """

    sort_asked = Signal(int)
    menu_asked = Signal(object)
    """The place on the screen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._sorted, self._descending = -1, False
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(False)
        self.setAccessibleName("Headings: click to sort")
        self.sectionClicked.connect(self.sort_asked)

    @property
    def sorted_by(self) -> tuple[int, bool]:
        """The column and whether it falls."""
        return self._sorted, self._descending

    def show_order(self, column: int, descending: bool) -> None:
        """Mark the column that the table is sorted by."""
        self._sorted, self._descending = column, descending
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), fonts.scaled(ROW))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        shown = [column for column in range(self.count()) if not self.isSectionHidden(column)]
        if step is not None and shown:
            place = shown.index(self._sorted) + step if self._sorted in shown else 0
            if 0 <= place < len(shown):
                self.sort_asked.emit(shown[place])
        elif Qt.Key(event.key()) == Qt.Key.Key_Space and self._sorted >= 0:
            self.sort_asked.emit(self._sorted)
        else:
            super().keyPressEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, column: int) -> None:  # noqa: N802 - Qt's name
        if not rect.isValid():
            return
        theme, model = Theme.of(self.palette()), self.model()
        chosen = column == self._sorted
        font = fonts.CAPTION.font()
        font.setWeight(QFont.Weight.Medium)
        text = str(model.headerData(column, Qt.Orientation.Horizontal))
        number = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) is not None
        painter.save()
        painter.fillRect(rect, QColor(theme.surface))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.border))
        if self.hasFocus() and (chosen or (self._sorted < 0 and not column)):
            painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 2), QColor(theme.accent))
        painter.setFont(font)
        painter.setPen(QColor(theme.text if chosen else theme.secondary))
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, -1)
        text += f" {FALLING if self._descending else RISING}" if chosen else ""
        width = painter.fontMetrics().horizontalAdvance(text)
        left = max(room.left(), room.right() + 1 - width) if number else room.left()
        painter.drawText(QRect(left, room.top(), width, room.height()), Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
