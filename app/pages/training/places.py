"""What does the page show: its runs, that there are none, or the set-up of a new one? Nothing until that is known."""

from typing import Final

from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.late_painting import LatePainting

LISTED, EMPTY, SETUP, UNREAD = range(4)
WHAT: Final = (
    "A run trains a model on a text, in a process of its own that goes on when the window is closed. "
    "The sample takes some minutes on a laptop."
)


class Places(QStackedWidget):
    """The views in one place, and the ways to a first run. A view that comes is painted in a turn of its own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.first = Button("Set up a run", kind="primary")
        self.sample = Button("Train on the sample")
        self._views: tuple[QWidget, ...] = ()
        self._painting = LatePainting(self)

    def fill(self, listed: QWidget, setup: QWidget) -> None:
        """Have all views."""
        empty = EmptyState("chart-line", "No runs yet", WHAT, [self.first, self.sample])
        self._views = (listed, empty, setup)
        for view in (*self._views, QWidget(self)):
            self.addWidget(view)

    def show_view(self, view: int) -> None:
        """Show one of them; those that are not seen need no room."""
        for place, one in enumerate(self._views):
            policy = QSizePolicy.Policy.Preferred if place == view else QSizePolicy.Policy.Ignored
            one.setSizePolicy(policy, policy)
        if view != self.currentIndex():
            self._painting.begin()
        self.setCurrentIndex(view)

    def set_making(self, making: bool) -> None:
        """While runs are made, no others can be asked for."""
        for button in (self.first, self.sample):
            button.setEnabled(not making)
