"""What is seen of a pane that is larger than its place? What scrolls, and the branch of a tree that is to be seen."""

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app import fonts
from app.widgets.branch_tree import BranchTree

LEAST, WHOLE = 106, 281
"""Pixels of a pane: what it needs at least, and what ten rows below two lines of a head need."""
ROUND: Final = 8
"""Pixels around what is to be seen."""


class Area(QScrollArea):
    """What scrolls on the background of the page."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.fit(roomy=False)

    def fit(self, *, roomy: bool) -> None:
        """Have the least height, or one in which nothing has to scroll."""
        self.setMinimumHeight(fonts.scaled(WHOLE if roomy else LEAST))


class TreeArea(Area):
    """A tree of branches, scrolled to the shown one when there is another, when it comes to be seen, and to the one
    that the arrows lead to.
    """

    def __init__(self, tree: BranchTree) -> None:
        super().__init__(tree)
        self._tree = tree
        tree.went_to.connect(self._see)

    def see_shown_soon(self) -> None:
        """Scroll to the branch that is shown, once the tree has its size."""
        QTimer.singleShot(0, self, self._see_shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.see_shown_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.see_shown_soon()  # it has its place only a moment after it is shown

    def _see_shown(self) -> None:
        number = next((n for n, node in enumerate(self._tree.nodes) if node.shown), None)
        if number is not None:
            self._see(number)

    def _see(self, number: int) -> None:
        """All of a node with its caption, and if there is no room for that its beginning."""
        self._tree.resize(self._tree.sizeHint().expandedTo(self.viewport().size()))
        place = self._tree.place_of(number).toAlignedRect()
        self.ensureVisible(place.right() + 1, place.bottom() + 1, ROUND, 0)
        self.ensureVisible(place.left(), place.top(), ROUND, 0)
