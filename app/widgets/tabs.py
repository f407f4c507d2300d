"""How is one of a page's views chosen? Tabs 36 high below the header, the chosen one over an accent line of 2."""

from collections.abc import Sequence

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QTabBar


class Tabs(QTabBar):
    """The views of a page by name; signals and keys are Qt's. A hairline belongs below it."""

    def __init__(self, name: str, views: Sequence[str]) -> None:
        super().__init__()
        for view in views:
            self.addTab(view)
        self.setAccessibleName(name)
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
