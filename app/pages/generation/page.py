"""What does the model say, how sure is it, and what else could it have said?"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.commands import Command
from app.pages.generation import sample
from app.pages.generation.acting import Acting
from app.pages.generation.body import Body, Places
from app.pages.generation.earlier import Earlier
from app.pages.generation.exporting import Exporting
from app.pages.generation.notices import Notices
from app.pages.generation.page_commands import commands_of
from app.pages.generation.reopening import SUFFIX
from app.pages.generation.returning import Returning
from app.pages.generation.showing import Showing
from app.pages.generation.voice import Voice
from app.pages.page import Page
from app.processes import Dialogue
from app.session import TRAIN_SAMPLE, Session
from app.widgets.messages import Messages

KEY: Final = "generation"


class GenerationPage(Page):
    """A body of widgets, a voice behind it, and who acts, shows, tells and keeps. The model is in the worker alone.

    It is made by `making`, in its place from the first part on.
    """

    def __init__(self, session: Session, parent: QWidget | None = None, dialogue: Dialogue | None = None) -> None:
        super().__init__(session, parent)
        self._dialogue = dialogue
        self.messages = Messages()
        self.places = Places(self)
        self._whole = False
        self._build()

    @classmethod
    def making(
        cls, session: Session, parent: QWidget | None = None, dialogue: Dialogue | None = None
    ) -> Generator[None, None, Self]:
        """As `Page.making`; `dialogue` is the worker to talk to, unless that is the page's own."""
        page = cls(session, parent, dialogue)
        yield
        yield from page._filling()
        return page

    def _filling(self) -> Generator[None, None, None]:
        self.body = body = yield from Body.making(self.places, self.session.settings)
        yield
        self._enliven(body)
        self._connect()
        self._whole = True
        self.showing.state()
        self.returning.start()
        self._take_handed(KEY)

    def _enliven(self, body: Body) -> None:
        """Have all who have to do with the parts of the body."""
        session, parent = self.session, self.parentWidget()
        self.panel, self.prompt, self.views = body.panel, body.prompt, body.views
        self.voice = voice = Voice(self, session, body, self._dialogue)
        self.acting = Acting(self, session, body, voice)
        self.showing = Showing(self, session, body, voice)
        self.returning = Returning(self, session, body, voice, self.acting, self.showing)
        self.notices = Notices(
            self.messages, voice.models, ask_folder=self.ask_folder, try_again=self.acting.generate_or_stop
        )
        self.exporting = Exporting(
            self,
            session,
            lambda: voice.conversation,
            voice.about,
            lambda: voice.scoring.tokens if voice.scoring.on else None,
        )
        self.earlier = Earlier(
            self, lambda: voice.talking.all.every, lambda: None if voice.scoring.on else voice.conversation
        )
        if parent is not None:
            parent.installEventFilter(self)

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.messages)
        whole.addWidget(self.places, 1)

    def _connect(self) -> None:
        self._connect_inputs()
        self._connect_header()
        self._connect_models()
        self._connect_speaking()
        showing, notices = self.showing, self.notices
        self.acting.told.connect(notices.tell)
        self.acting.begun.connect(self.messages.clear)
        self.acting.refused.connect(self._refuse)
        self.acting.switched.connect(showing.all)
        showing.busy.connect(self.busy)
        showing.shown.connect(self._show_offers)
        self.exporting.failed.connect(notices.tell_error)
        self.exporting.opening_asked.connect(self.returning.ask_file)
        self.returning.unread.connect(notices.add_unread)
        self.returning.model_gone.connect(notices.add_cannot_go_on)
        self.returning.failed.connect(notices.tell_error)
        self.earlier.asked.connect(self.returning.show_kept)
        self.earlier.asks.connect(self.voice.playing.stop)
        self.earlier.removal_asked.connect(self.voice.speaking.remove_all)
        self.session.handed_over.connect(self._take_handed)

    def _connect_inputs(self) -> None:
        panel, prompt, models, speaking = self.panel, self.prompt, self.voice.models, self.voice.speaking
        panel.model_chosen.connect(models.choose)
        panel.folder_asked.connect(self.ask_folder)
        panel.step_changed.connect(models.go_to)
        panel.play_asked.connect(self.acting.play)
        panel.speed_asked.connect(speaking.measure)
        panel.sampling_changed.connect(self.returning.note)
        prompt.asked.connect(self.acting.enter)
        prompt.shortened.connect(self.notices.tell_shortened)
        prompt.unified.connect(self.notices.add_unified)
        prompt.textChanged.connect(self.showing.prompt)
        prompt.textChanged.connect(self.returning.note)
        self.views.taken.connect(self.acting.branch)
        self.views.tree.chosen.connect(self.acting.show_branch)
        self.views.tree.removal_asked.connect(speaking.remove_branch)
        self.body.panes.side.remove.clicked.connect(self.acting.remove_shown)

    def _connect_header(self) -> None:
        body, places = self.body, self.places
        body.generate_button.clicked.connect(self.acting.generate_or_stop)
        body.score_button.clicked.connect(self.acting.toggle_scoring)
        body.copy_button.clicked.connect(lambda: self.exporting.offer(body.copy_button))
        body.earlier_button.clicked.connect(self.earlier.offer)
        places.train_button.clicked.connect(lambda: self.session.hand_over("training", TRAIN_SAMPLE))
        places.open_button.clicked.connect(self.ask_folder)

    def _connect_models(self) -> None:
        models = self.voice.models
        models.listed.connect(self.showing.models)
        models.chosen.connect(self._model_changed)
        models.let_go.connect(self._checkpoint_gone)
        models.gone.connect(self._model_gone)
        models.failed.connect(self.notices.tell_failed)

    def _connect_speaking(self) -> None:
        talking, speaking, playing = self.voice.talking, self.voice.speaking, self.voice.playing
        talking.changed.connect(self.showing.state)
        talking.killed.connect(lambda why: self.messages.tell("info", why))
        speaking.begun.connect(self.messages.clear)
        speaking.changed.connect(self.showing.soon)
        speaking.changed.connect(self.returning.note)
        speaking.went_to.connect(self.showing.go_to)
        speaking.refused.connect(self._refuse)
        speaking.lost.connect(self._lose)
        speaking.replaced.connect(self.notices.add_replaced)
        playing.changed.connect(self.showing.state)
        playing.asked.connect(self.acting.speak_again)
        playing.told.connect(lambda words: self.messages.tell("warning", words))

    def header_actions(self) -> list[QWidget]:
        return [self.body.score_button, self.body.copy_button, self.body.generate_button]

    def commands(self) -> list[Command]:
        return commands_of(self)

    def accepts(self, paths: Sequence[Path]) -> bool:
        """One folder that says what kind of model it holds: a run, a checkpoint of one, or Hugging Face's; or a file of
        branches.
        """
        if len(paths) != 1 or not paths[0].is_dir():
            return len(paths) == 1 and paths[0].suffix == SUFFIX
        return (paths[0] / "config.json").is_file() or (paths[0] / "model.safetensors").is_file()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Have the model of a folder speak, or show the branches of a file."""
        self.messages.clear()
        self.returning.lead()
        (self.returning if paths[0].suffix == SUFFIX else self.voice.models).open(paths[0])

    def ask_folder(self) -> None:
        """Have a folder chosen whose model is to speak."""
        name = QFileDialog.getExistingDirectory(self.window(), "Open a run or a folder with a model")
        if name:
            self.open_paths([Path(name)])

    def close_jobs(self) -> None:
        self.voice.playing.stop()
        self.voice.models.stop()
        self.acting.close()
        self.returning.close()
        self.voice.talking.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.voice.models.start()
        self.voice.models.name_run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.voice.models.stop()
        self.views.cards.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._whole:
            self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self._fit()
        return bool(super().eventFilter(watched, event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        voice = self.voice
        if event.key() == Qt.Key.Key_Escape and (voice.talking.under_way or voice.playing.running):
            self.acting.stop()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        """By what is seen of the page, which may be larger."""
        self.body.fit((self.parentWidget() or self).height())

    def _show_offers(self) -> None:
        """What there is to copy, and to come back to."""
        self.body.copy_button.setEnabled(self.exporting.anything)
        self.body.earlier_button.setEnabled(self.earlier.anything)

    def _model_changed(self, asked: bool) -> None:
        """Another model, or another of its checkpoints: what it says of this prompt is shown, or said now."""
        self.returning.note_model(asked)
        self.showing.model()
        self.acting.follow(asked)

    def _checkpoint_gone(self, step: int) -> None:
        self.showing.steps()
        self.notices.tell_checkpoint_gone(step)

    def _model_gone(self, name: str) -> None:
        self.acting.stop()
        self.showing.facts()
        if not self.voice.scoring.on:
            self.voice.speaking.go_to_last_said()
        self.notices.tell_model_gone(name)

    def _refuse(self, why: str) -> None:
        self.acting.pass_over_or_stop()
        self.notices.tell_refused(why)

    def _lose(self, why: str) -> None:
        self.voice.playing.stop()
        self.notices.tell_lost(why)

    def _take_handed(self, key: str) -> None:
        """A run whose model is to speak comes from another page."""
        folder = self.session.take_handed(KEY) if key == KEY else None
        if isinstance(folder, Path):
            self.open_paths([folder])

    # What is captured.

    def fill_sample(self) -> None:
        sample.fill(self)

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """A text that was scored, and the page before there is a model."""
        return (("score", partial(sample.show_scored, self)), ("empty", partial(sample.show_empty, self)))

    def settled(self) -> bool:
        waiting = not self.showing.rests or self.acting.waits or bool(self.voice.talking.under_way)
        return self.voice.models.settled and self.views.text.settled and not waiting
