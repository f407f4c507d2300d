"""What does the page show now? What follows from the models there are, from what is said and from what is under way."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job
from app.pages.generation.body import Body
from app.pages.generation.voice import Voice
from app.pages.generation.work import first_to_speak
from app.session import Session

FRAME: Final = 30
"""Milliseconds between two pictures of a text that grows."""


class Showing(QObject):
    """Keeps the body as the voice is: its state at once, its text at most some thirty times a second."""

    busy = Signal(bool)
    """Whether something is under way."""
    shown = Signal()
    """What is said is on the screen."""

    def __init__(self, parent: QObject, session: Session, body: Body, voice: Voice) -> None:
        super().__init__(parent)
        self._session, self._body, self._voice = session, body, voice
        self._active = False
        self._frame = QTimer(self, singleShot=True, interval=FRAME)
        self._frame.timeout.connect(self.now)

    @property
    def rests(self) -> bool:
        """Whether all that is known is shown."""
        return not self._frame.isActive()

    def models(self) -> None:
        """The list, or the checkpoints of the chosen one, are others."""
        models = self._voice.models
        current = models.current
        self._body.panel.show_models(models.all, current.path if current else None)
        self.steps()
        something = models.all or self._voice.conversation or not models.known
        self._body.show_empty(not something)
        if not something and not models.is_fixed:
            self._look_for_first()
        self.state()

    def model(self) -> None:
        """Another model is chosen, or another of its checkpoints."""
        self.steps()
        self.facts()

    def steps(self) -> None:
        """The checkpoints of the chosen run, and which of them speaks."""
        self._body.panel.show_steps(self._voice.models.current, self._voice.models.step)

    def facts(self) -> None:
        """What is known of the chosen model."""
        folder = self._voice.models.folder
        self._voice.speaking.facts.show(self._body.panel, str(folder) if folder is not None else "")

    def state(self) -> None:
        """Buttons, the rail's dot and the status bar."""
        voice, body = self._voice, self._body
        scoring, under_way, folder = voice.scoring.on, bool(voice.talking.under_way), voice.models.folder
        there = folder is not None or voice.conversation is not None
        idle = ("Score", "scan-text") if scoring else ("Generate", "play")
        other = ("Generate a text", "message-square-text") if scoring else ("Score a text", "scan-text")
        running = ("Stopping …" if voice.stopping else "Stop", "square")
        body.generate_button.set_look(*(running if voice.works else idle))
        body.score_button.set_look(*other)
        body.generate_button.setEnabled(there and not voice.stopping)
        body.score_button.setEnabled(there)
        locked = voice.playing.running
        body.prompt.setReadOnly(locked)
        body.panel.set_drawing(not locked and not scoring)
        body.panel.measure.setEnabled(folder is not None and not under_way)
        self.busy.emit(under_way)
        self.soon()

    def prompt(self) -> None:
        """Something else stands in the box: what was said of it before is shown, if anything was."""
        if self._voice.scoring.on:
            self.soon()
        else:
            self._voice.speaking.recall(self._body.prompt.text)

    def soon(self) -> None:
        """Show what is said with the next picture."""
        if not self._frame.isActive():
            self._frame.start()

    def now(self) -> None:
        """Show everything that follows from the conversation."""
        self._frame.stop()
        voice, found = self._voice, self._voice.conversation
        facts = voice.speaking.facts
        if voice.scoring.on:
            voice.scoring.show(facts.vocab_size(voice.scoring.model), self._body.prompt.text)
        else:
            size = facts.vocab_size(found.model) if found is not None else None
            other = found is not None and found.model != str(voice.models.folder)
            self._body.views.show_conversation(found, live=voice.speaking.live, vocab_size=size, other=other)
        self.shown.emit()
        self._show_activity()

    def go_to(self, number: int) -> None:
        """A text was changed from a token on, or is another one: that is in question now."""
        self._body.views.cards.hide()
        self.now()
        self._body.views.choose(number)

    def all(self) -> None:
        """A text is scored from now on, or generated again."""
        self.state()
        self.now()

    def _show_activity(self) -> None:
        voice = self._voice
        if voice.talking.under_way:
            asked = voice.talking.under_way[0]
            words = {"score": voice.scoring.progress, "open": voice.models.name}.get(asked.do, "")
            facts = voice.speaking.facts
            self._session.show_activity(facts.activity(asked, self._body.panel.most_tokens, words))
            self._active = True
        elif self._active:
            self._active = False
            self._session.show_activity(None)

    def _look_for_first(self) -> None:
        """Say whether a run is on its way to its first checkpoint; the sample is not to be trained twice meanwhile."""
        job = Job(first_to_speak)
        job.finished.connect(self._body.show_first)
        self._session.jobs.start(job)
