"""What is said, and on which branch? The verbs of the page: generate, branch, show, remove, measure, and answers."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages.generation.conversation import Asked, Conversation, Happened, is_complete
from app.pages.generation.facts import Facts
from app.pages.generation.looking import Question
from app.pages.generation.models import Models
from app.pages.generation.panel import Panel
from app.pages.generation.talking import Talking
from app.pages.generation.tree import Branch
from app.pages.generation.wording import ended
from app.pages.generation.work import Version, version_of
from app.session import Session

NO_MODEL: Final = "There is no model to speak; choose one at the left."
BY_THE_WAY: Final = ("speed", "look")
"""What gives way to all else, and is not missed."""
REPLACED: Final = "The files of this model were replaced since it said this. Generate a text anew to branch in it."
GONE: Final = "{} is no longer there: what it said can be read, and not be continued."
UNKNOWN: Final = (
    "Whether this model said it is not known: the file was saved without that. Generate a text anew to branch in it."
)
THERE_ANYHOW: Final = "At temperature 0 there is one text, whatever the seed: this branch was there."
THERE: Final = "The same seed draws the same text: this branch was there. Another seed draws another."


class Speaking(QObject):
    """One conversation is on the screen; others are kept by model and prompt."""

    changed = Signal()
    """What is shown is another text, or more of it."""
    begun = Signal()
    """A text is asked for, or shown: messages about the one before are of the past."""
    went_to = Signal(int)
    """The token in question is this one of the whole text from now on, or none: -1."""
    ended = Signal()
    """The text that was asked for is whole."""
    refused = Signal(str)
    """Why something cannot be done."""
    replaced = Signal()
    """Another model is in the place of the chosen one: what the one before said is no longer at hand."""
    lost = Signal(str)
    """The worker is gone while it was needed: why."""

    def __init__(self, parent: QObject, session: Session, talking: Talking, models: Models, panel: Panel) -> None:
        super().__init__(parent)
        self._session, self._talking, self._models, self._panel = session, talking, models, panel
        self.conversation: Conversation | None = None
        self.facts = Facts()
        self._versions: dict[str, Version] = {}
        self._awaited = False  # a text was asked for that has not come, and nobody gave it up
        talking.happened.connect(self._happened)
        talking.lost.connect(self._lost)

    @property
    def live(self) -> bool:
        """Whether the shown branch grows."""
        if self.conversation is None:
            return False
        asked = self._talking.generating(self.conversation)
        return asked is not None and asked.key == self.conversation.shown

    def is_wanted_of(self, model: str) -> bool:
        """Whether a model that was gone to is to speak: another one said something, or was asked to and not stopped."""
        found = self.conversation
        return found is not None and found.model != model and (self._awaited or bool(found.said))

    def give_up(self) -> None:
        """The text that was asked for is not wanted any more."""
        self._awaited = False

    def generate(self, prompt: str) -> None:
        """Draw a text from a prompt on; one that is there already is shown."""
        folder = self._models.folder
        if folder is None:
            self.refused.emit(NO_MODEL)
            return
        self.begun.emit()
        self.conversation = self._talking.all.of(str(folder), prompt, self.check(folder))
        self.conversation.name, self.conversation.step = self._models.named
        branch = self.conversation.start(self._panel.sampling)
        self.went_to.emit(-1)
        self._draw(self.conversation, branch)

    def branch(self, at: int, place: int) -> None:
        """Say alternative `place` instead of token `at` of what is said, and go on from there."""
        conversation = self.conversation
        if conversation is None:
            return
        said = conversation.said[at]
        other = said.alternatives[place]
        if other.token == said.token:
            return
        self.begun.emit()
        if not Path(conversation.model).is_dir():
            self.refused.emit(GONE.format(conversation.model))
            return
        version = self.check(Path(conversation.model))
        if version and conversation.version != version:
            self.refused.emit(UNKNOWN if conversation.version is None else REPLACED)
            return
        branch = conversation.fork(at, other, self._panel.sampling)
        self.changed.emit()
        self.went_to.emit(len(conversation.prompt_tokens) + at)
        self._draw(conversation, branch)

    def take(self, conversation: Conversation, about: Mapping[str, Any]) -> None:
        """Show a conversation that was recorded, with what was said of its model."""
        self.facts.take_opened(conversation.model, about)
        self.facts.take_speed(conversation.model, about["speed"])
        self.show_kept(conversation)

    def show_kept(self, conversation: Conversation) -> None:
        """Show a conversation as it was saved, beside what was said of its prompt since."""
        self._talking.stop()
        self.begun.emit()
        self.go_to(self._talking.all.join(conversation))

    def go_to(self, conversation: Conversation) -> None:
        """Show one of the conversations."""
        self.conversation = conversation
        self.went_to.emit(-1)
        self.changed.emit()

    def show_branch(self, key: int) -> None:
        """Show another branch of the prompt."""
        if self.conversation is not None and key in self.conversation.tree:
            self.conversation.show(key)
            self.went_to.emit(-1)
            self.changed.emit()

    def remove_branch(self, key: int | None = None) -> None:
        """Remove what only this branch says; without a key, the shown one."""
        conversation = self.conversation
        key = key if key is not None or conversation is None else conversation.shown
        if conversation is None or key is None or key not in conversation.tree:
            return
        under_way = self._talking.generating(conversation)
        if under_way is not None and under_way.key == key:
            self.give_up()
            self._talking.stop()
        conversation.remove(key)
        self._session.say("")
        self.went_to.emit(-1)
        self.changed.emit()

    def go_to_last_said(self) -> None:
        """Show what was said last, where nothing is said on the screen."""
        if self.conversation is None or not self.conversation.said:
            said = [one for one in self._talking.all.every if one.said]
            if said:
                self.go_to(said[-1])

    def remove_all(self, conversation: Conversation) -> None:
        """Remove all branches of a conversation, whether it is shown or not."""
        if any(one.conversation is conversation and not one.stopped for one in self._talking.under_way):
            self.give_up()
            self._talking.stop()
        conversation.clear()
        if conversation is self.conversation:
            self._session.say("")
            self.went_to.emit(-1)
        self.changed.emit()

    def recall(self, prompt: str) -> None:
        """Show what was said of a prompt before, if anything was; what is on the screen stays otherwise."""
        folder = self._models.folder
        if folder is None or self._talking.generating() is not None:
            return
        known = self._talking.all.find(str(folder), prompt, self._versions.get(str(folder), ()))
        if known is not None and known.tree and known is not self.conversation:
            self.go_to(known)

    def check(self, folder: Path) -> Version:
        """What files a model is made of now; it is told where others spoke before, in this window or in another.

        Of a model that is gone, they are the ones that it had.
        """
        model, version = str(folder), version_of(folder)
        before = self._versions.get(model, ())
        if not version or version == before:
            return before
        self._versions[model] = version
        if before:
            self.facts.forget(model)
        if before or self._talking.all.has_of_others(model, version):
            self.replaced.emit()
        return version

    def question(self, place: int) -> Question | None:
        """What is to be asked about a token of the prompt; None where nothing foresees it, or all is known."""
        found = self.conversation
        if found is None or not 0 < place < len(found.prompt_tokens) or found.prompt_tokens[place].alternatives:
            return None
        ids = [one.token for one in found.prompt_tokens[: place + 1]]
        return Question(found.model, ids, partial(found.know, place))

    def measure(self) -> None:
        """Measure how fast the chosen model writes."""
        folder = self._models.folder
        if folder is not None and not self._talking.under_way:
            self.open(folder)
            self._talking.ask("speed", str(folder))

    def open(self, folder: Path) -> None:
        """Have the worker say what a model is, the first time."""
        model = str(folder)
        asked = any((one.do, one.model) == ("open", model) for one in self._talking.under_way)
        if self.facts.opened(model) is None and not asked:
            self._talking.ask("open", model)

    def _draw(self, conversation: Conversation, branch: Branch) -> None:
        if is_complete(branch, self._panel.most_tokens):
            self._talking.stop()
            self._session.say(THERE_ANYHOW if self._panel.sampling.is_greedy else THERE)
            self.changed.emit()
            self.ended.emit()
            return
        self.facts.begin(len(branch.tokens) - branch.lead)
        self._awaited = True
        self._talking.stop()
        self.open(Path(conversation.model))
        self._talking.draw(conversation, branch, self._panel.most_tokens)
        self.changed.emit()

    def _happened(self, happened: Happened) -> None:
        asked, event = happened.asked, happened.event
        match happened.kind:
            case "opened":
                self.facts.take_opened(asked.model, event)
                self.facts.show(self._panel, str(self._models.folder))
            case "working" if asked.do == "generate" and not asked.stopped:
                self.facts.take_reading(event)
            case "grown" if not asked.stopped:
                self.facts.count_token()
            case "speed":
                self.facts.take_speed(asked.model, event)
                self.facts.show(self._panel, str(self._models.folder))
            case "refused":
                self._refused(asked, str(event["why"]))
            case "done" if asked.do == "generate":
                self._text_ended(asked, event)
        self.changed.emit()

    def _text_ended(self, asked: Asked, event: Mapping[str, Any]) -> None:
        """One that made way for another is not what was waited for."""
        if self._talking.generating() is not None:
            return
        self._awaited = False
        self._session.say(ended(event))
        self.ended.emit()
        if event["ended"] != "asked" and not self.facts.is_measured(asked.model):
            QTimer.singleShot(0, self, self.measure)

    def _refused(self, asked: Asked, why: str) -> None:
        """A model that cannot be opened is told of by the request that needs it."""
        self._session.say("")
        if asked.do == "speed":
            self._session.say(why)
        elif asked.do not in ("open", "look"):  # nobody asked for what is looked up by the way
            self.refused.emit(why)

    def _lost(self, why: str, lost: Sequence[Asked]) -> None:
        """What was said stays, and the next request starts another worker."""
        self.facts.forget_opened()
        if any(one.do not in BY_THE_WAY for one in lost):
            self.lost.emit(why)
        self.changed.emit()
