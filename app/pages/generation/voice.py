"""Who speaks, and what is under way? The model, its worker, what it says and scores, behind what the page shows."""

from typing import Any

from PySide6.QtCore import QObject

from app.pages.generation.body import Body
from app.pages.generation.conversation import Conversation
from app.pages.generation.looking import Looking, Question
from app.pages.generation.models import Models
from app.pages.generation.playing import Playing
from app.pages.generation.scoring import Scoring
from app.pages.generation.speaking import BY_THE_WAY, Speaking
from app.pages.generation.talking import Talking
from app.processes import Dialogue
from app.session import Session


class Voice(QObject):
    """The parts that know of one another what they need, and what is true of all of them."""

    def __init__(self, parent: QObject, session: Session, body: Body, dialogue: Dialogue | None = None) -> None:
        super().__init__(parent)
        self.models = Models(self, session)
        self.talking = Talking(self, dialogue)
        self.speaking = Speaking(self, session, self.talking, self.models, body.panel)
        self.scoring = Scoring(self.talking, body.views)
        self.looking = Looking(self.talking, body.views, self._question)
        self.playing = Playing(body.panel.checkpoint)
        self.scoring.told.connect(session.say)
        self.scoring.told.connect(self.playing.text_ended)
        self.speaking.ended.connect(self.playing.text_ended)
        self.models.taken.connect(self.playing.stop)

    @property
    def conversation(self) -> Conversation | None:
        """What is on the screen, unless a text is scored."""
        return self.speaking.conversation

    @property
    def works(self) -> bool:
        """Whether something runs that the user waits for."""
        return self.playing.running or any(one.do not in BY_THE_WAY for one in self.talking.under_way)

    @property
    def stopping(self) -> bool:
        """Whether the end of all that runs is asked for."""
        return self.works and not self.playing.running and all(one.stopped for one in self.talking.under_way)

    def about(self, said: Conversation | None) -> dict[str, Any]:
        """What is said of the model where one of its conversations is saved."""
        if said is None:
            return {}
        opened = self.speaking.facts.opened(said.model) or {}
        known = {key: value for key, value in opened.items() if key not in ("event", "id")}
        return {"name": said.name, "step": said.step, **known}

    def stop(self) -> None:
        """End what is under way."""
        self.playing.stop()
        self.speaking.give_up()
        self.scoring.give_up()
        self.talking.stop()

    def _question(self, place: int) -> Question | None:
        """What is to be looked up about a token of what is shown."""
        return self.scoring.question(place) if self.scoring.on else self.speaking.question(place)
