"""How does the page become as it was? What was said before comes with the window, from a file or from the list."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.pages.generation.acting import Acting
from app.pages.generation.body import Body
from app.pages.generation.conversation import Conversation
from app.pages.generation.remembered import Found, Inputs, Said, name_of
from app.pages.generation.remembering import Remembering
from app.pages.generation.reopening import Reopening
from app.pages.generation.showing import Showing
from app.pages.generation.voice import Voice
from app.session import Session


class Returning(QObject):
    """Keeps what is said and set, and brings it back."""

    unread = Signal(tuple)
    """The files of what was said before that cannot be read."""
    model_gone = Signal(str)
    """What is shown was said by a model that is no longer there: its folder."""
    failed = Signal(str)

    def __init__(
        self, page: QWidget, session: Session, body: Body, voice: Voice, acting: Acting, showing: Showing
    ) -> None:
        super().__init__(page)
        self._body, self._voice, self._acting, self._showing = body, voice, acting, showing
        self._led = False
        self._remembering = Remembering(self, session, self._said, self.inputs)
        self._remembering.opened.connect(self._bring_back)
        self._remembering.unread.connect(self.unread)
        self._remembering.failed.connect(self.failed)
        self._reopening = Reopening(page, session)
        self._reopening.opened.connect(self.show_kept)
        self._reopening.failed.connect(self.failed)
        self.start, self.close = self._remembering.start, self._remembering.close
        self.open, self.ask_file = self._reopening.open, self._reopening.ask

    @property
    def settled(self) -> bool:
        """Whether what was kept is known."""
        return self._remembering.settled

    def lead(self) -> None:
        """The user has said which model is to speak: the one of before does not come back."""
        self._led = True

    def note_model(self, asked: bool) -> None:
        """Another model speaks, which the user may have `asked` for."""
        if asked:
            self.lead()
            self.note()

    def note(self) -> None:
        """Something is other than before: keep it soon."""
        self._remembering.note(growing=self._voice.talking.generating() is not None)

    def show_kept(self, conversation: Conversation) -> None:
        """Branches that were saved are shown as they were; their model goes on with them where it is still there."""
        voice, panel = self._voice, self._body.panel
        voice.playing.stop()
        self._acting.rest()
        if voice.scoring.on:
            self._acting.toggle_scoring()
        self._body.prompt.setPlainText(conversation.prompt)
        voice.speaking.show_kept(conversation)
        shown = voice.conversation
        branch = shown.branch if shown is not None else None
        if branch is not None and branch.sampling is not None:
            panel.show_sampling(branch.sampling, panel.most_tokens)
        self._showing.models()
        folder = Path(conversation.model)
        if folder.is_dir():
            voice.models.open(folder)
        else:
            self.model_gone.emit(conversation.model)

    def inputs(self) -> Inputs:
        """What is set on the page."""
        voice, panel = self._voice, self._body.panel
        prompt, scored = self._body.prompt.text, voice.scoring.aside
        if voice.scoring.on:
            prompt, scored = scored, prompt
        model, shown = voice.models.folder, voice.conversation
        return Inputs(
            prompt,
            scored,
            panel.sampling,
            panel.most_tokens,
            str(model) if model is not None else "",
            name_of(shown) if shown is not None else "",
        )

    def _said(self) -> list[Said]:
        return [Said.of(one, self._voice.about(one)) for one in self._voice.talking.all.every]

    def _bring_back(self, found: Found) -> None:
        """What was said before is at hand; the page is as it was, unless something was done here since."""
        voice, prompt = self._voice, self._body.prompt
        known = {name_of(one): voice.talking.all.join(one) for one in found.conversations}
        self._showing.soon()
        inputs = found.inputs
        if inputs is None or prompt.text or voice.conversation is not None or voice.scoring.on:
            return
        self._body.panel.show_sampling(inputs.sampling, inputs.most_tokens)
        voice.scoring.put_aside(inputs.scored)
        prompt.setPlainText(inputs.prompt)
        if not self._led:
            self._bring_model_back(known.get(inputs.shown), inputs.model)

    def _bring_model_back(self, shown: Conversation | None, model: str) -> None:
        """Show what was shown, and choose the model that was chosen, which says nothing by itself."""
        if shown is not None and shown.tree:
            self._voice.speaking.go_to(shown)
            if not Path(shown.model).is_dir():
                self.model_gone.emit(shown.model)
        self._showing.models()
        if model and Path(model).is_dir():
            self._voice.models.open(Path(model), asked=False)
