"""What can be done in which state? The buttons in the page's header, and the commands."""

from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.widgets.buttons import Button

if TYPE_CHECKING:
    from app.pages.bpe_training.page import BpeTrainingPage

TITLE: Final = "BPE training"


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


def page_commands(page: "BpeTrainingPage") -> list[Command]:
    """What the palette and the keys offer; what changes the inputs waits until nothing depends on them."""
    corpus = page.panel.corpus
    folder, sample = partial(page.at_rest, corpus.choose_folder), partial(page.at_rest, partial(corpus.set_paths, []))
    return [
        Command("Start the training", page.start, "play", TITLE, "Ctrl+Return", "train run"),
        Command("Pause or resume the training", page.toggle_pause, "pause", TITLE, "Ctrl+Shift+Space"),
        Command("Cancel the training", page.cancel, "x", TITLE),
        Command("Add files to the corpus", page.ask_corpus, "plus", TITLE, "Ctrl+O", "open text"),
        Command("Add a folder to the corpus", folder, "folder-open", TITLE),
        Command("Take the bundled sample as corpus", sample, "list-restart", TITLE),
        Command("Save the tokenizer", page.ask_folder, "save", TITLE, "Ctrl+S", "export"),
        Command("Open a tokenizer", page.ask_tokenizer, "table-2", TITLE, "Ctrl+Shift+O"),
    ]
