"""What is the user told that is in no pane? Sentences above them, and what can be done about each."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject

from app.discarding import moved_to_bin
from app.pages.generation.models import Models
from app.pages.generation.prompt_box import LONGEST
from app.pages.generation.speaking import GONE, NO_MODEL
from app.pages.generation.wording import unread
from app.widgets.message import Tone
from app.widgets.messages import Actions, Messages
from lmcore.errors import LmError

UNIFIED: Final = "The ends of lines that were pasted (CR, U+2028 or U+2029) became LF, which is what the model reads."
REPLACED: Final = "The files of this model were replaced. What it said before is no longer among the branches."


class Notices(QObject):
    """Says one thing at a time, but what is by the way beside it. `ask_folder` and `try_again` are ways out."""

    def __init__(
        self,
        messages: Messages,
        models: Models,
        *,
        ask_folder: Callable[[], object],
        try_again: Callable[[], object],
    ) -> None:
        super().__init__(messages)
        self._messages, self._models = messages, models
        self._ask_folder, self._try_again = ask_folder, try_again

    def tell(self, tone: Tone, sentence: str, ways: Actions = ()) -> None:
        """Say it in place of what was said before."""
        self._messages.clear()
        self._messages.tell(tone, sentence, ways)

    def tell_error(self, sentence: str) -> None:
        """Something went wrong."""
        self.tell("error", sentence)

    def tell_refused(self, why: str) -> None:
        """Something cannot be done."""
        self.tell("error", why, [("Open a folder …", self._ask_folder)] if why == NO_MODEL else ())

    def tell_lost(self, why: str) -> None:
        """The worker is gone while it was needed."""
        self.tell("error", why, [("Try again", self._try_again)])

    def tell_failed(self, error: BaseException) -> None:
        """A model cannot be found, or the list of them. Raises what is no fault of the user's or the machine's."""
        if not isinstance(error, LmError):
            raise error
        self.tell_error(str(error))

    def tell_model_gone(self, name: str) -> None:
        """The chosen model is no longer there."""
        self.tell("warning", f"{name} is no longer there. What it said stays; choose another model to go on.")

    def tell_checkpoint_gone(self, step: int) -> None:
        """A run that trains has removed the checkpoint; asking the next one by itself would take the text away."""
        current = self._models.current
        damaged = current is not None and step in current.damaged
        why = f"Step {step:,} is damaged" if damaged else f"The run keeps step {step:,} no longer"
        self.tell("info", f"{why}; what it said stays. Step {self._models.step:,} speaks next.")

    def tell_shortened(self, left_out: int) -> None:
        """Not all of what was pasted is in the box."""
        self.tell("info", f"The last {left_out:,} characters were left out; the box takes {LONGEST:,}.")

    def add_cannot_go_on(self, model: str) -> None:
        """What is shown was said by a model that is no longer there."""
        self._messages.tell("info", GONE.format(model))

    def add_unified(self) -> None:
        """What stands in the box is not what was pasted."""
        self._messages.tell("info", UNIFIED)

    def add_replaced(self) -> None:
        """Another model is in the place of the chosen one."""
        self._messages.tell("info", REPLACED)

    def add_unread(self, files: Sequence[Path]) -> None:
        """Some of what was said before is lost; the user decides whether its files go."""
        self._messages.tell("info", unread(files), [("Move to the bin", partial(self._put_away, files))])

    def _put_away(self, files: Sequence[Path]) -> None:
        self._messages.clear()
        left = [file for file in files if file.exists() and not moved_to_bin(file)]
        if left:
            self.tell_error(f"The system has no bin for {left[0]}; delete it with a file manager.")
