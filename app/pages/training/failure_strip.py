"""What went wrong with a run, and what can be done? A tinted strip with ways on."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.pages.training.run_facts import Failure
from app.widgets.buttons import Button
from app.widgets.message import MessageStrip, Tone

ACTIONS: Final = {"resume": "Resume", "folder": "Open folder", "duplicate": "Duplicate with changes"}


class FailureStrip(QWidget):
    """Hidden while nothing is wrong. `asked` gives an action."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Failure | None, bool] = (None, False)
        self.strip: MessageStrip | None = None
        self.buttons: dict[str, Button] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 8)
        self.hide()

    def show_failure(self, failure: Failure | None, *, can_resume: bool) -> None:
        """Say what is wrong, or hide."""
        if (failure, can_resume) == self._shown:
            return
        self._shown = (failure, can_resume)
        if self.strip is not None:
            self.strip.hide()
            self.strip.deleteLater()
            self.strip = None
        if failure is not None:
            tone: Tone = "error" if failure.is_error else "warning"
            self.strip = MessageStrip(tone, failure.what, failure.remedy, inputs=[self._ways_on(can_resume)])
            self._column.insertWidget(0, self.strip)
        self.setVisible(failure is not None)

    def _ways_on(self, can_resume: bool) -> QWidget:
        """Buttons in two lines, since the panel is narrow."""
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        actions = [action for action in ACTIONS if action != "resume" or can_resume]
        self.buttons = {action: Button(ACTIONS[action], small=True) for action in actions}
        for place, (action, button) in enumerate(self.buttons.items()):
            button.clicked.connect(lambda _checked=False, action=action: self.asked.emit(action))
            whole = action == "duplicate"  # which is what helps where going on does not
            row = int(whole) if can_resume else int(not whole)
            grid.addWidget(button, row, 0 if whole or not can_resume else place, 1, 3 if whole else 1)
        grid.setColumnStretch(2, 1)
        return made
