"""How does the page talk to the worker? Requests go out, events come back into the conversations, and are told of."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.pages.generation.conversation import Asked, Conversation, Conversations
from app.pages.generation.tree import Branch
from app.processes import Dialogue

NAME = "generate"


class Talking(QObject):
    """One worker for the page. Whatever is asked while it measures the speed does not wait for that."""

    happened = Signal(object)
    """A Happened: the conversation that it belongs to has it already."""
    lost = Signal(str, tuple)
    """The worker ended by itself: why, and the Asked that were under way."""
    killed = Signal(str)
    """The worker did not stop and was ended: so in a sentence. What was to stop has ended by then."""
    changed = Signal()
    """Something is under way now, or not any more."""

    def __init__(self, parent: QObject, dialogue: Dialogue | None = None) -> None:
        super().__init__(parent)
        self.all = Conversations()
        self._dialogue = dialogue or Dialogue(NAME, self)
        self._dialogue.line.connect(self._take)
        self._dialogue.failed.connect(self._failed)
        self._dialogue.killed.connect(self._killed)

    @property
    def under_way(self) -> tuple[Asked, ...]:
        """What has not been answered to the end."""
        return self.all.under_way

    def generating(self, conversation: Conversation | None = None) -> Asked | None:
        """The text that is being drawn, of one conversation or of any."""
        drawn = (one for one in self.under_way if one.do == "generate")
        return next((one for one in drawn if conversation is None or one.conversation is conversation), None)

    def draw(self, conversation: Conversation, branch: Branch, most: int) -> None:
        """Have the rest of a branch drawn, behind whatever is under way."""
        self._ask(self.all.ask_for(conversation, branch, most))

    def ask(self, do: str, model: str, **more: Any) -> int:
        """Ask something about a model, behind whatever is under way; gives the number of what was asked."""
        request = self.all.ask(do, model, **more)
        self._ask(request)
        return int(request["id"])

    def stop(self) -> None:
        """End what is under way; the worker answers that it has."""
        if self.under_way:
            self.all.stop()
            self._dialogue.stop()
            self.changed.emit()

    def close(self) -> None:
        """The window closes."""
        self._dialogue.close()

    def _ask(self, request: Mapping[str, Any]) -> None:
        self._dialogue.ask(request)
        self.changed.emit()

    def _take(self, event: Mapping[str, Any]) -> None:
        before = len(self.under_way)
        happened = self.all.take(event)
        if happened is not None:
            self.happened.emit(happened)
        if len(self.under_way) != before:
            self.changed.emit()

    def _killed(self, why: str) -> None:
        """What was to stop is answered in the worker's place; what was asked behind it is asked of the next one."""
        for asked in self.under_way:
            if asked.stopped:
                self._take({"event": "done", "id": asked.number, "ended": "asked"})
        self.killed.emit(why)

    def _failed(self, why: str) -> None:
        lost = self.all.lose()
        self.lost.emit(why, lost)
        self.changed.emit()
