"""How is one of many named sets chosen? A list of names with their sizes at the right."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QGuiApplication, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import fonts
from app.theme import Theme

Index = QModelIndex | QPersistentModelIndex
SIDE: Final = 8


class Named(NamedTuple):
    """A line: `size` is what stands at the right, "…" while it is being found."""

    name: str
    size: str


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Named, ...] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.lines[index.row()].name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            line = self.lines[index.row()]
            return f"{line.name}, {line.size}"
        return None

    def show_lines(self, lines: Sequence[Named]) -> None:
        """Counts change in place, so that what is chosen stays so; other names are another list."""
        if [line.name for line in lines] == [line.name for line in self.lines]:
            self.lines = tuple(lines)
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget, style: fonts.TypeStyle, height: int) -> None:
        super().__init__(parent)
        self._type, self._height = style, height

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, fonts.scaled(self._height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Model)
        line, theme, area = model.lines[index.row()], Theme.of(QGuiApplication.palette()), QRectF(option.rect)
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection if state & QStyle.StateFlag.State_Selected else theme.hover))
            painter.drawRoundedRect(area, 5, 5)
        room = area.adjusted(SIDE, 0, -SIDE, 0)
        font = self._type.font()
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(QColor(theme.secondary))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.size)
        painter.setPen(QColor(theme.text))
        width = room.width() - metrics.horizontalAdvance(line.size) - SIDE
        words = metrics.elidedText(line.name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.restore()


class CountList(QListView):
    """Lines of `height` pixels, as high as all of them. With `optional`, a second click chooses none."""

    chosen = Signal(int)
    """The place of the line that was chosen, by mouse or keys, or -1 for none."""

    def __init__(
        self, name: str, style: fonts.TypeStyle = fonts.BODY, height: int = 28, *, optional: bool = False
    ) -> None:
        super().__init__()
        self._lines = _Model()
        self._height, self._optional = height, optional
        self.setModel(self._lines)
        self.setItemDelegate(_Delegate(self, style, height))
        self.setAccessibleName(name)
        self.setProperty("floating", True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self._silent = False
        self.selectionModel().selectionChanged.connect(self._changed)

    @property
    def current(self) -> int:
        """The place of what is chosen, or -1."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else -1

    @property
    def lines(self) -> Sequence[Named]:
        """What is listed."""
        return self._lines.lines

    def show_lines(self, lines: Sequence[Named]) -> None:
        """List these; the same names with other counts leave the choice as it is."""
        self._lines.show_lines(lines)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(len(self.lines) * fonts.scaled(self._height))

    def choose(self, place: int) -> None:
        """Choose without telling; -1 for none."""
        self._silent = True
        if place < 0:
            self.selectionModel().clear()
        else:
            self.setCurrentIndex(self._lines.index(place))
        self._silent = False

    def _changed(self) -> None:
        if not self._silent:
            self.chosen.emit(self.current)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """With `optional`, what is chosen is let go by a second click."""
        index = self.indexAt(event.position().toPoint())
        if self._optional and index.isValid() and self.selectionModel().isSelected(index):
            self.clearSelection()
            return
        super().mousePressEvent(event)
