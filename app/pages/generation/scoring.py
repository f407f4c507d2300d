"""How well does the model foresee a given text? Its result, and what is to be looked up of single tokens of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.pages.generation.conversation import Happened, scored_tokens
from app.pages.generation.looking import Question
from app.pages.generation.talking import Talking
from app.pages.generation.tokens import SaidToken, text_of
from app.pages.generation.views import Views
from app.pages.generation.wording import scored_caption
from lmcore import figures
from lmcore.model.windows import begin_of


class Scoring(QObject):
    """On or off; the text that is not in the box meanwhile is kept here."""

    told = Signal(str)
    """A sentence about the result."""

    def __init__(self, talking: Talking, views: Views) -> None:
        super().__init__(views)
        self._talking, self._views = talking, views
        self.on = False
        self.progress = ""
        self.text = ""
        self._aside = ""
        self._model = ""
        self._tokens: tuple[SaidToken, ...] = ()
        self._coming: list[SaidToken] = []
        self._event: Mapping[str, Any] | None = None
        self._number = 0
        self._asked = ""
        self._awaited = False  # a result was asked for that has not come, and nobody gave it up
        talking.happened.connect(self.take)

    @property
    def model(self) -> str:
        """The folder of the model that the result is of."""
        return self._model

    @property
    def has_result(self) -> bool:
        """Whether a text was scored."""
        return self._event is not None

    def is_wanted_of(self, model: str) -> bool:
        """Whether a model that was gone to is to score the text: another one did, or was asked to and not stopped."""
        return self._asked != model and (self._awaited or self.has_result)

    def give_up(self) -> None:
        """The result that was asked for is not wanted any more."""
        self._awaited = False

    @property
    def tokens(self) -> Sequence[SaidToken]:
        """The text that was scored."""
        return self._tokens

    def toggle(self, text: str) -> str:
        """Switch over; takes the text in the box and gives the other one."""
        self.on = not self.on
        text, self._aside = self._aside, text
        return text

    @property
    def aside(self) -> str:
        """The text that is not in the box."""
        return self._aside

    def put_aside(self, text: str) -> None:
        """Have another text to switch over to."""
        self._aside = text

    def score(self, model: str, text: str) -> None:
        """Ask for a text; what is known of another one goes."""
        if text != self.text:
            self._forget()
        self.progress, self.text = "", text
        self._asked, self._awaited = model, True
        self._coming.clear()
        self._number = self._talking.ask("score", model, text=text)

    def take(self, happened: Happened) -> None:
        """An answer to what was asked here."""
        asked, event = happened.asked, happened.event
        if asked.number != self._number:
            return
        if happened.kind == "working":
            self.progress = f"{figures.count(event['done'])} of {figures.count(event['total'])} tokens"
        elif happened.kind == "part":
            self._coming += scored_tokens(event)
            if self._event is None:
                self._tokens = tuple(self._coming)
        elif happened.kind == "refused":
            self._forget()
        elif happened.kind == "scored":
            self._tokens, self._event, self._model = tuple(self._coming), event, asked.model
            self._awaited = False
            self.told.emit(f"Scored {scored_caption(event, len(self._tokens))}.")

    def _forget(self) -> None:
        self._tokens, self._event = (), None

    def show_recorded(self, event: Mapping[str, Any]) -> None:
        """Have the result of a "scored" event, with all its tokens."""
        self._tokens, self._event = tuple(scored_tokens(event)), event
        self.text = text_of(self._tokens)

    def show(self, vocab_size: int | None, in_the_box: str) -> None:
        """Show what is known of the text, which may be another `in_the_box` by now."""
        caption = f"the first {figures.count(len(self._tokens))} tokens" if self._tokens else ""
        if self._event is not None:
            caption = scored_caption(self._event, len(self._tokens))
        if caption and in_the_box != self.text:
            caption = f"before it was changed: {caption}"
        self._views.show_scored(self._tokens, caption, vocab_size)

    def question(self, place: int) -> Question | None:
        """What is to be asked about a token; None where nothing foresees it, or all is known."""
        if self._event is None or not 0 < place < len(self._tokens) or self._tokens[place].alternatives:
            return None
        first = begin_of(place, int(self._event["context"]))
        ids = [one.token for one in self._tokens[first : place + 1]]
        return Question(self._model, ids, partial(self._know, self._event, place))

    def _know(self, event: Mapping[str, Any], place: int, found: SaidToken) -> None:
        """What else could stand there; the text's own figures stay, which came of its windows."""
        if event is self._event:
            known = replace(self._tokens[place], remaining=found.remaining, alternatives=found.alternatives)
            self._tokens = (*self._tokens[:place], known, *self._tokens[place + 1 :])
