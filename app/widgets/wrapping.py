"""How do widgets stand in a line that goes on below where there is no room? As words do in a paragraph."""

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem


class WrappingLayout(QLayout):
    """Items from left to right, each as large as it asks for, `gap` pixels apart, lines too; no narrower than one.

    The lines end at the right if `right`.
    """

    def __init__(self, gap: int = 8, *, right: bool = False) -> None:
        super().__init__()
        self._right = right
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 - Qt's name
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802 - Qt's name
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((box.bottom() + 1 for box in self._boxes(width)), default=0)

    def sizeHint(self) -> QSize:
        """All in one line."""
        sizes = [item.sizeHint() for item in self._seen]
        width = sum(size.width() + self._gap for size in sizes) - self._gap
        return QSize(max(0, width), max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802 - Qt's name
        sizes = [item.minimumSize() for item in self._seen]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - Qt's name
        super().setGeometry(rect)
        for item, box in zip(self._seen, self._boxes(rect.width()), strict=True):
            item.setGeometry(box.translated(rect.topLeft()))

    @property
    def _seen(self) -> list[QLayoutItem]:
        """What is hidden takes no room, nor a gap."""
        return [item for item in self._items if not item.isEmpty()]

    def _boxes(self, width: int) -> list[QRect]:
        """Where the items stand in a rectangle so wide; in the middle of the height of their line."""
        lines: list[list[tuple[int, QSize]]] = []
        x = 0
        for size in (item.sizeHint() for item in self._seen):
            if not lines or x + size.width() > width:
                lines.append([])
                x = 0
            lines[-1].append((x, size))
            x += size.width() + self._gap
        boxes, top = [], 0
        for line in lines:
            height = max(size.height() for _, size in line)
            left = width - line[-1][0] - line[-1][1].width() if self._right else 0
            boxes += [QRect(QPoint(left + x, top + (height - size.height()) // 2), size) for x, size in line]
            top += height + self._gap
        return boxes
