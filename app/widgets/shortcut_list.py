"""Which keys are there? A list of all shortcuts that work here, by page, over the window."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QWidget

from app.commands import Command
from app.widgets.labels import Hairline, KeyCap, label
from app.widgets.overlay import RADIUS, Overlay


class ShortcutList(Overlay):
    """All commands that have keys. Any of them works again once it is closed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(16, 0, 16, 0)
        line.addWidget(label("Keys", "section"), 1)
        line.addWidget(KeyCap("Esc"))
        head.setFixedHeight(46)
        self.column.addWidget(head)
        self.column.addWidget(Hairline())
        self.column.addWidget(self._area, 1)
        self.column.addSpacing(RADIUS)

    def open_with(self, commands: Iterable[Command]) -> None:
        """Show the keys of these commands."""
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for place, command in enumerate(command for command in commands if command.keys):
            grid.addWidget(label(command.title), place, 0)
            grid.addWidget(label(command.page, "caption"), place, 1)
            grid.addWidget(KeyCap(command.keys), place, 2, Qt.AlignmentFlag.AlignRight)
        grid.setRowStretch(grid.rowCount(), 1)
        self._area.setWidget(content)
        for ground in (content, self._area.viewport()):
            ground.setBackgroundRole(QPalette.ColorRole.Light)
        self.open()

    def panel_height(self, available: int) -> int:
        content = self._area.widget()
        wanted = 50 + RADIUS + (content.sizeHint().height() if content is not None else 0)
        return min(available, wanted)
