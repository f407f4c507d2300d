"""What can be done in which state? The buttons in the page's header."""

from enum import Enum, auto
from typing import Final

from PySide6.QtWidgets import QWidget

from app.widgets.buttons import Button


class State(Enum):
    """What the page is doing; decides which buttons are shown."""

    IDLE = auto()
    RUNNING = auto()
    PAUSED = auto()
    CANCELLING = auto()
    FINISHED = auto()
    SAVING = auto()


AT_REST: Final = (State.IDLE, State.FINISHED)


class Actions:
    """The buttons; never more than one of those shown is primary."""

    def __init__(self) -> None:
        self.start = Button("Start", icon="play", kind="primary")
        self.again = Button("Start again", icon="rotate-ccw")
        self.cancel = Button("Cancel", icon="x")
        self.pause = Button("Pause", icon="pause", kind="primary")
        self.save = Button("Save", icon="save", kind="primary")

    @property
    def all(self) -> list[QWidget]:
        """The buttons from left to right."""
        return [self.cancel, self.again, self.start, self.pause, self.save]

    def offer_start(self, *, again: bool) -> None:
        """Whether another training would be the same one again."""
        self.again.set_look(*(("Start again", "rotate-ccw") if again else ("Start", "play")))

    def show_for(self, state: State) -> None:
        """Show the buttons of a state."""
        working, cancelling = state in (State.RUNNING, State.PAUSED, State.CANCELLING), state is State.CANCELLING
        self.start.setVisible(state is State.IDLE)
        self.again.setVisible(state is State.FINISHED)
        self.cancel.setVisible(working)
        self.cancel.setEnabled(not cancelling)
        self.cancel.set_look("Cancelling …" if cancelling else "Cancel", "x")
        self.pause.setVisible(working)
        self.pause.setEnabled(not cancelling)
        self.pause.set_look(*(("Resume", "play") if state is State.PAUSED else ("Pause", "pause")))
        self.save.setVisible(state in (State.FINISHED, State.SAVING))
        self.save.setEnabled(state is State.FINISHED)
