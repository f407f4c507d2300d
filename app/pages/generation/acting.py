"""What can be done on the page? Generate, score, play, stop: each ends what is in its way, or waits for packages."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.needing import Needing
from app.pages.generation.body import Body
from app.pages.generation.speaking import NO_MODEL
from app.pages.generation.voice import Voice
from app.session import Session

SCRUB: Final = 160
"""Milliseconds for which the scrubber has to stand still before a checkpoint is asked."""


class Acting(QObject):
    """Has the voice do what is asked, with what stands in the prompt."""

    told = Signal(str, str, list)
    """A tone, a sentence, and what can be done about it: words and what they do."""
    begun = Signal()
    """Something is asked for: messages about what was before are of the past."""
    refused = Signal(str)
    """Why something cannot be done."""
    switched = Signal()
    """A text is scored from now on, or generated again."""

    def __init__(self, parent: QObject, session: Session, body: Body, voice: Voice) -> None:
        super().__init__(parent)
        self._session, self._body, self._voice = session, body, voice
        self._needing = Needing("A model needs", self)
        self._needing.told.connect(self.told)
        self._needing.ready.connect(self.begun)
        self._scrubbed = QTimer(self, singleShot=True, interval=SCRUB)
        self._scrubbed.timeout.connect(self.speak_again)
        self.close = self._needing.close

    @property
    def waits(self) -> bool:
        """Whether a checkpoint was gone to that will speak by itself."""
        return self._scrubbed.isActive()

    def generate_or_stop(self) -> None:
        """The primary button: let the model speak, or be silent."""
        if self._voice.works:
            self.stop()
        else:
            self.speak_again()

    def enter(self) -> None:
        """Enter in the prompt begins; it does not stop what it began."""
        if not self._voice.works:
            self.speak_again()

    def speak_again(self) -> None:
        """What the scrubber stands still for: the same prompt and seed, or the same text to be scored."""
        if self._voice.scoring.on:
            self.score()
        else:
            self.generate()

    def generate(self) -> None:
        """Draw a text from the prompt on."""
        self._needing.do(self._generate)

    def _generate(self) -> None:
        self.rest()
        self._session.say("")
        self._voice.speaking.generate(self._body.prompt.text)
        if not self._body.prompt.hasFocus():
            self._body.views.text.setFocus()

    def score(self) -> None:
        """Say how well the model foresees the text in the box."""
        self._needing.do(self._score)

    def _score(self) -> None:
        voice = self._voice
        folder = voice.models.folder
        if folder is None:
            self.refused.emit(NO_MODEL)
            return
        self.rest()
        self.begun.emit()
        self._session.say("")
        voice.talking.stop()
        voice.speaking.check(folder)
        voice.speaking.open(folder)
        voice.scoring.score(str(folder), self._body.prompt.text)

    def toggle_scoring(self) -> None:
        """Between a prompt that is continued and a text that is scored; both are kept."""
        self.stop()
        prompt, scoring = self._body.prompt, self._voice.scoring
        text = scoring.toggle(prompt.text)
        prompt.set_scoring(scoring.on)
        self._body.panel.checkpoint.set_words("the text stays" if scoring.on else "the prompt and the seed stay")
        prompt.setPlainText(text)
        self._body.views.choose(-1)
        self.switched.emit()
        prompt.setFocus()

    def play(self) -> None:
        """Let all checkpoints speak in turn, or stop that."""
        current = self._voice.models.current
        if current is not None and current.is_run:
            self._voice.playing.toggle()

    def follow(self, asked: bool) -> None:
        """Another model was chosen, or another of its checkpoints: where the user `asked` for it, it speaks too."""
        voice, folder = self._voice, self._voice.models.folder
        self.rest()
        wanted = (voice.scoring if voice.scoring.on else voice.speaking).is_wanted_of(str(folder))
        if asked and folder is not None and (wanted or voice.playing.running):
            self._scrubbed.start(0 if voice.playing.running else SCRUB)

    def rest(self) -> None:
        """Let no checkpoint speak by itself because it was gone to."""
        self._scrubbed.stop()

    def stop(self) -> None:
        """End what is under way."""
        self.rest()
        self._voice.stop()

    def pass_over_or_stop(self) -> None:
        """Something was refused: while all checkpoints are played, one that cannot be opened makes way for the next."""
        voice = self._voice
        if voice.playing.running and voice.speaking.facts.opened(str(voice.models.folder)) is None:
            voice.playing.pass_over()
        else:
            voice.playing.stop()

    def branch(self, at: int, place: int) -> None:
        """Say another token than the one that is said, and stay there: no other checkpoint comes by itself."""
        self._stay()
        self._voice.speaking.branch(at, place)

    def show_branch(self, key: int) -> None:
        """Show another branch of the prompt, and stay there."""
        self._stay()
        self._voice.speaking.show_branch(key)

    def _stay(self) -> None:
        self.rest()
        self._voice.playing.stop()

    def remove_shown(self) -> None:
        """Remove what only the shown branch says; what is not seen stays."""
        if not self._voice.scoring.on:
            self._voice.speaking.remove_branch()
