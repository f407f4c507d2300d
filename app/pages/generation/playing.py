"""How does the language appear? All checkpoints of a run one after another, each until its text has ended."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages.generation.checkpoint_field import CheckpointField
from lmcore.figures import count

PAUSE: Final = 900
"""Milliseconds for which each text stands still: those that are kept would pass unseen."""


class Playing(QObject):
    """Goes to the next checkpoint a while after `text_ended`; stops at the last."""

    changed = Signal(bool)
    asked = Signal()
    """The text of the checkpoint at which it stands is wanted."""
    told = Signal(str)
    """Which checkpoints were passed over, in a sentence."""

    def __init__(self, field: CheckpointField) -> None:
        super().__init__(field)
        self._field = field
        self._running = False
        self._passed: list[int] = []
        self._next = QTimer(self, singleShot=True, interval=PAUSE)
        self._next.timeout.connect(self._go_on)

    @property
    def running(self) -> bool:
        """Whether it goes on by itself."""
        return self._running

    def toggle(self) -> None:
        """Begin at the first checkpoint, or stop."""
        if self._running:
            self.stop()
        elif len(self._field.steps) > 1:
            self._passed.clear()
            self._set(True)
            first = self._field.steps[0]
            if self._field.step == first:
                self.asked.emit()
            else:
                self._field.go_to(first)

    def stop(self) -> None:
        """Stay where it is."""
        self._next.stop()
        self._set(False)

    def text_ended(self) -> None:
        """The text of the present checkpoint is whole."""
        if self._passed:
            steps = ", ".join(map(count, self._passed))
            self.told.emit(f"Passed over, since it cannot be opened: step {steps}.")
        if self._running:
            self._next.start()
        else:
            self._passed.clear()

    def pass_over(self) -> None:
        """The present checkpoint cannot be opened; the next may."""
        self._passed.append(self._field.step)
        self._next.start()

    def _go_on(self) -> None:
        steps = self._field.steps
        place = steps.index(self._field.step) + 1 if self._field.step in steps else len(steps)
        if place < len(steps):
            self._field.go_to(steps[place])
        if place + 1 >= len(steps):
            self.stop()

    def _set(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self._field.set_playing(running)
            self.changed.emit(running)
