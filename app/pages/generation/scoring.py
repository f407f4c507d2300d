"""How well does the model foresee a given text? Its result, and what is looked up of single tokens of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.pages.generation.conversation import ALTERNATIVES, Happened, scored_tokens
from app.pages.generation.talking import Talking
from app.pages.generation.tokens import SaidToken
from app.pages.generation.views import Views
from app.pages.generation.wording import scored_caption
from lmcore import figures


class Scoring(QObject):
    """On or off; the text that is not in the box meanwhile is kept here."""

    told = Signal(str)
    """A sentence about the result."""

    def __init__(self, talking: Talking, views: Views) -> None:
        super().__init__(views)
        self._talking, self._views = talking, views
        self.on = False
        self.progress = ""
        self._aside = ""
        self._model = ""
        self._tokens: list[SaidToken] = []
        self._event: Mapping[str, Any] | None = None
        self._places: dict[int, int] = {}  # by the number of what was asked
        views.chosen.connect(self._look)
        talking.happened.connect(self.take)

    @property
    def has_result(self) -> bool:
        """Whether a text was scored."""
        return self._event is not None

    @property
    def tokens(self) -> Sequence[SaidToken]:
        """The text that was scored."""
        return self._tokens

    def toggle(self, text: str) -> str:
        """Switch over; takes the text in the box and gives the other one."""
        self.on = not self.on
        text, self._aside = self._aside, text
        return text

    def score(self, model: str, text: str) -> None:
        """Ask for another text."""
        self.progress = ""
        self._model = model
        self._talking.ask("score", model, text=text)

    def take(self, happened: Happened) -> None:
        """An answer to what was asked here."""
        asked, event = happened.asked, happened.event
        if happened.kind == "working" and asked.do == "score":
            self.progress = f"{figures.count(event['done'])} of {figures.count(event['total'])} tokens"
        elif happened.kind == "scored":
            self.show_recorded(event)
            self.told.emit(f"Scored {scored_caption(event)}.")
        elif happened.kind == "look" and asked.number in self._places and event["positions"]:
            place = self._places.pop(asked.number)
            found = SaidToken.of_event(event["positions"][0])
            before = self._tokens[place]
            if found.token == before.token:
                self._tokens[place] = SaidToken(
                    before.token,
                    before.raw,
                    before.log_probability,
                    before.entropy,
                    found.remaining,
                    found.alternatives,
                    rank=before.rank,
                )

    def show_recorded(self, event: Mapping[str, Any]) -> None:
        """Have the result of a "scored" event."""
        self._tokens, self._event = list(scored_tokens(event)), event
        self._places.clear()

    def show(self, vocab_size: int | None) -> None:
        """Show what is known of the text."""
        caption = scored_caption(self._event) if self._event is not None else ""
        self._views.show_scored(list(self._tokens), caption, vocab_size)

    def _look(self, place: int) -> None:
        """A token was chosen: ask once what else could have stood there."""
        if not self.on or self._event is None or not 0 < place < len(self._tokens):
            return
        if self._tokens[place].alternatives or place in self._places.values():
            return
        first = max(0, place + 1 - int(self._event["context"]))
        ids = [one.token for one in self._tokens[first : place + 1]]
        self._talking.ask("look", self._model, ids=ids, places=[len(ids) - 1], alternatives=ALTERNATIVES)
        self._places[self._talking.under_way[-1].number] = place
