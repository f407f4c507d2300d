"""What does the model say, how sure is it, and what else could it have said?"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.commands import Command
from app.discarding import moved_to_bin
from app.jobs import Job
from app.needing import Needing
from app.pages.generation import sample
from app.pages.generation.conversation import Conversation
from app.pages.generation.earlier import Earlier
from app.pages.generation.exporting import Exporting
from app.pages.generation.looking import Looking, Question
from app.pages.generation.models import Models
from app.pages.generation.page_commands import commands_of
from app.pages.generation.panel import Panel
from app.pages.generation.playing import Playing
from app.pages.generation.prompt_box import LONGEST, PromptBox
from app.pages.generation.remembered import Found, Inputs, Said, name_of
from app.pages.generation.remembering import Remembering
from app.pages.generation.reopening import SUFFIX, Reopening
from app.pages.generation.scoring import Scoring
from app.pages.generation.speaking import BY_THE_WAY, GONE, NO_MODEL, Speaking
from app.pages.generation.talking import Talking
from app.pages.generation.views import MARGIN, Views, splitter
from app.pages.generation.wording import unread
from app.pages.generation.work import first_to_speak
from app.pages.page import Page
from app.processes import Dialogue
from app.session import TRAIN_SAMPLE, Session
from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline
from app.widgets.message import Tone
from app.widgets.messages import Actions, Messages
from lmcore.errors import LmError

KEY: Final = "generation"
SPLITTER: Final = "generation"
FRAME: Final = 30
"""Milliseconds between two pictures of a text that grows."""
SCRUB: Final = 160
"""Milliseconds for which the scrubber has to stand still before a checkpoint is asked."""
EMPTY, BODY = range(2)
UNIFIED: Final = "The ends of lines that were pasted (CR, U+2028 or U+2029) became LF, which is what the model reads."
REPLACED: Final = "The files of this model were replaced. What it said before is no longer among the branches."
NOTHING_YET: Final = (
    "A run of the Training page can speak here, or a folder of Hugging Face with a model of the Llama or Qwen3 kind."
)
SOON: Final = "“{}” is being trained. It can speak here from its first checkpoint on."


class GenerationPage(Page):
    """The inspector beside the prompt, the text and what is known of it. The model is in the worker alone."""

    def __init__(
        self,
        session: Session,
        dialogue: Dialogue | None = None,
        panel: Panel | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self._active = self._led = False
        self.panel = panel or Panel()
        self.prompt = PromptBox()
        self.messages = Messages()
        self.views = Views(self)
        self.models = Models(self, session)
        self.talking = Talking(self, dialogue)
        self.speaking = Speaking(self, session, self.talking, self.models, self.panel)
        self.scoring = Scoring(self.talking, self.views)
        self.looking = Looking(self.talking, self.views, self._question)
        self.playing = Playing(self.panel.checkpoint)
        self.exporting = Exporting(
            self,
            session,
            lambda: self.conversation,
            self.about,
            lambda: self.scoring.tokens if self.scoring.on else None,
        )
        self.reopening = Reopening(self, session)
        self.earlier = Earlier(
            self, lambda: self.talking.all.every, lambda: None if self.scoring.on else self.conversation
        )
        self.remembering = Remembering(self, session, self._all_said, self._inputs)
        self.needing = Needing("A model needs", self)
        self.score_button = Button("Score a text", icon="scan-text")
        self.copy_button = Button("Copy", icon="copy")
        self.earlier_button = Button(icon="history", kind="bare", small=True, name="What was said before")
        self.generate_button = Button("Generate", icon="play", kind="primary")
        self.train_button = Button("Train on the sample", icon="chart-line")
        self.open_button = Button("Open a folder …", icon="folder-open")
        self._stack = QStackedWidget()
        self._frame = QTimer(self, singleShot=True, interval=FRAME)
        self._scrubbed = QTimer(self, singleShot=True, interval=SCRUB)
        self._build()
        self._connect()
        if parent is not None:
            parent.installEventFilter(self)
        self._show_state()
        self.remembering.start()
        self._take_handed(KEY)

    @classmethod
    def making(cls, session: Session, parent: QWidget | None = None) -> Generator[None, None, Self]:
        panel = yield from Panel.making()
        yield
        return cls(session, panel=panel, parent=parent)

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.messages)
        whole.addWidget(self._stack, 1)
        ways, body = (self.train_button, self.open_button), QWidget()
        self.empty = EmptyState("message-square-text", "No model yet", NOTHING_YET, ways)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)
        self._stack.setCurrentIndex(BODY)
        upper = QWidget()
        panes = splitter(upper, self.views.lower())
        line = QHBoxLayout(body)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(panes, 1)
        self._build_upper(upper)
        panes.restoreState(self.session.settings.splitter(SPLITTER))
        panes.splitterMoved.connect(lambda: self.session.settings.set_splitter(SPLITTER, panes.saveState()))

    def _build_upper(self, upper: QWidget) -> None:
        """The prompt over the text."""
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        prompt = QHBoxLayout()
        prompt.setContentsMargins(MARGIN, 14, MARGIN, 4)
        column.addLayout(prompt)
        prompt.addWidget(self.prompt)
        prompt.addWidget(self.earlier_button)
        self.earlier_button.setEnabled(False)
        column.addWidget(self.views.upper(), 1)

    def _connect(self) -> None:
        panel, models, talking, speaking = self.panel, self.models, self.talking, self.speaking
        panel.model_chosen.connect(models.choose)
        panel.folder_asked.connect(self.ask_folder)
        panel.step_changed.connect(models.go_to)
        panel.play_asked.connect(self.play)
        panel.speed_asked.connect(speaking.measure)
        models.listed.connect(self._show_models)
        models.chosen.connect(self._model_changed)
        models.let_go.connect(self._checkpoint_gone)
        models.gone.connect(self._model_gone)
        models.failed.connect(self._failed)
        talking.changed.connect(self._show_state)
        self.scoring.told.connect(self.session.say)
        self.scoring.told.connect(self.playing.text_ended)
        speaking.begun.connect(self.messages.clear)
        speaking.changed.connect(self._show_soon)
        speaking.went_to.connect(self._go_to)
        speaking.ended.connect(self.playing.text_ended)
        speaking.refused.connect(self._refused)
        speaking.lost.connect(self._lost)
        self.needing.told.connect(self._tell_as)
        self.needing.ready.connect(self.messages.clear)
        speaking.replaced.connect(lambda: self.messages.tell("info", REPLACED))
        self.talking.killed.connect(lambda why: self.messages.tell("info", why))
        self.playing.changed.connect(self._show_state)
        self.playing.asked.connect(self._speak_again)
        self.playing.told.connect(lambda words: self.messages.tell("warning", words))
        self.views.taken.connect(speaking.branch)
        self.views.tree.chosen.connect(speaking.show_branch)
        self.views.tree.removal_asked.connect(speaking.remove_branch)
        self.views.remove.clicked.connect(self.remove_shown)
        self._frame.timeout.connect(self.show_now)
        self._scrubbed.timeout.connect(self._speak_again)
        self.prompt.asked.connect(self._enter)
        self.prompt.shortened.connect(self._tell_shortened)
        self.prompt.unified.connect(lambda: self.messages.tell("info", UNIFIED))
        self.prompt.textChanged.connect(self._prompt_changed)
        self.exporting.failed.connect(self._tell)
        self.exporting.opening_asked.connect(self.reopening.ask)
        self.reopening.opened.connect(self._show_kept)
        self.reopening.failed.connect(self._tell)
        self.remembering.opened.connect(self._bring_back)
        self.remembering.unread.connect(self._tell_unread)
        self.remembering.failed.connect(self._tell)
        speaking.changed.connect(self._remember)
        self.prompt.textChanged.connect(self._remember)
        panel.sampling_changed.connect(self._remember)
        self.generate_button.clicked.connect(self.generate_or_stop)
        self.score_button.clicked.connect(self.toggle_scoring)
        self.copy_button.clicked.connect(lambda: self.exporting.offer(self.copy_button))
        self.earlier_button.clicked.connect(self.earlier.offer)
        self.earlier.asked.connect(self._show_kept)
        self.earlier.removal_asked.connect(self.speaking.remove_all)
        self.train_button.clicked.connect(lambda: self.session.hand_over("training", TRAIN_SAMPLE))
        self.open_button.clicked.connect(self.ask_folder)
        self.session.handed_over.connect(self._take_handed)

    def header_actions(self) -> list[QWidget]:
        return [self.score_button, self.copy_button, self.generate_button]

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
        self._led = True
        (self.reopening if paths[0].suffix == SUFFIX else self.models).open(paths[0])

    def close_jobs(self) -> None:
        self.playing.stop()
        self.models.stop()
        self.needing.close()
        self.remembering.close()
        self.talking.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.models.start()
        self.models.name_run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.models.stop()
        self.views.cards.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_views()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self._fit_views()
        return bool(super().eventFilter(watched, event))

    def _fit_views(self) -> None:
        """By what is seen of the page, which may be larger."""
        frame = self.parentWidget()
        self.views.fit((frame or self).height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self.talking.under_way or self.playing.running):
            self.stop()
        else:
            super().keyPressEvent(event)

    def about(self) -> dict[str, Any]:
        """What is said of the model where its conversation is saved."""
        return self._about(self.conversation) if self.conversation is not None else {}

    def _about(self, found: Conversation) -> dict[str, Any]:
        opened = self.speaking.facts.opened(found.model) or {}
        said = {key: value for key, value in opened.items() if key not in ("event", "id")}
        return {"name": found.name, "step": found.step, **said}

    # What is done.

    def generate_or_stop(self) -> None:
        """The primary button: let the model speak, or be silent."""
        if self._works:
            self.stop()
        elif self.scoring.on:
            self.score()
        else:
            self.generate()

    def generate(self) -> None:
        """Draw a text from the prompt on."""
        self.needing.do(self._generate)

    def _generate(self) -> None:
        self.rest()
        self.session.say("")
        self.speaking.generate(self.prompt.text)
        if not self.prompt.hasFocus():
            self.views.text.setFocus()

    def remove_shown(self) -> None:
        """Remove what only the shown branch says; what is not seen stays."""
        if not self.scoring.on:
            self.speaking.remove_branch()

    def rest(self) -> None:
        """Let no checkpoint speak by itself because it was gone to."""
        self._scrubbed.stop()

    def stop(self) -> None:
        """End what is under way."""
        self.playing.stop()
        self.rest()
        self.speaking.give_up()
        self.scoring.give_up()
        self.talking.stop()

    def score(self) -> None:
        """Say how well the model foresees the text in the box."""
        self.needing.do(self._score)

    def _score(self) -> None:
        folder = self.models.folder
        if folder is None:
            self._refused(NO_MODEL)
            return
        self.rest()
        self.messages.clear()
        self.session.say("")
        self.talking.stop()
        self.speaking.check(folder)
        self.speaking.open(folder)
        self.scoring.score(str(folder), self.prompt.text)

    def toggle_scoring(self) -> None:
        """Between a prompt that is continued and a text that is scored; both are kept."""
        self.stop()
        text = self.scoring.toggle(self.prompt.text)
        self.prompt.set_scoring(self.scoring.on)
        self.panel.checkpoint.set_words("the text stays" if self.scoring.on else "the prompt and the seed stay")
        self.prompt.setPlainText(text)
        self.views.choose(-1)
        self._show_state()
        self.show_now()
        self.prompt.setFocus()

    def _go_to(self, number: int) -> None:
        """A text was changed from a token on, or is another one: that is in question now."""
        self.views.cards.hide()
        self.show_now()
        self.views.choose(number)

    def _enter(self) -> None:
        """Enter in the prompt begins; it does not stop what it began."""
        if not self._works:
            self.generate_or_stop()

    def play(self) -> None:
        """Let all checkpoints speak in turn, or stop that."""
        if self.models.current is not None and self.models.current.is_run:
            self.playing.toggle()

    def _speak_again(self) -> None:
        """The scrubber stands still at a checkpoint: the same prompt and seed, or the same text to be scored."""
        if self.scoring.on:
            self.score()
        else:
            self.generate()

    # What is heard.

    def _refused(self, why: str) -> None:
        if self.playing.running and self.speaking.facts.opened(str(self.models.folder)) is None:
            self.playing.pass_over()
        else:
            self.playing.stop()
        ways = (("Open a folder …", self.ask_folder),) if why == NO_MODEL else ()
        self._tell(why, *ways)

    def _lost(self, why: str) -> None:
        self.playing.stop()
        self._tell(why, ("Try again", self.generate_or_stop))

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError):
            raise error
        self._tell(str(error))

    def _tell(self, sentence: str, *ways: tuple[str, Callable[[], object]]) -> None:
        self._tell_as("error", sentence, ways)

    def _tell_as(self, tone: Tone, sentence: str, ways: Actions = ()) -> None:
        self.messages.clear()
        self.messages.tell(tone, sentence, ways)

    def _show_kept(self, conversation: Conversation) -> None:
        """Branches that were saved are shown as they were; their model goes on with them where it is still there."""
        self.playing.stop()
        self._scrubbed.stop()
        if self.scoring.on:
            self.toggle_scoring()
        self.prompt.setPlainText(conversation.prompt)
        self.speaking.show_kept(conversation)
        shown, folder = self.speaking.conversation, Path(conversation.model)
        branch = shown.branch if shown is not None else None
        if branch is not None and branch.sampling is not None:
            self.panel.show_sampling(branch.sampling, self.panel.most_tokens)
        self._show_models()
        if folder.is_dir():
            self.models.open(folder)
        else:
            self._tell_gone(conversation)

    def _tell_gone(self, conversation: Conversation) -> None:
        self.messages.tell("info", GONE.format(conversation.model))

    def _tell_unread(self, files: Sequence[Path]) -> None:
        """Some of what was said before is lost; the user decides whether its files go."""
        self.messages.tell("info", unread(files), [("Move to the bin", partial(self._put_away, files))])

    def _put_away(self, files: Sequence[Path]) -> None:
        self.messages.clear()
        left = [file for file in files if file.exists() and not moved_to_bin(file)]
        if left:
            self._tell(f"The system has no bin for {left[0]}; delete it with a file manager.")

    def _tell_shortened(self, left_out: int) -> None:
        self.messages.clear()
        self.messages.tell("info", f"The last {left_out:,} characters were left out; the box takes {LONGEST:,}.")

    # What is shown.

    @property
    def conversation(self) -> Conversation | None:
        """What is on the screen, unless a text is scored."""
        return self.speaking.conversation

    @property
    def _works(self) -> bool:
        """Whether something runs that the user waits for."""
        return self.playing.running or any(one.do not in BY_THE_WAY for one in self.talking.under_way)

    def _question(self, place: int) -> Question | None:
        """What is to be looked up about a token of what is shown."""
        return self.scoring.question(place) if self.scoring.on else self.speaking.question(place)

    def _show_models(self) -> None:
        current = self.models.current
        self.panel.show_models(self.models.all, current.path if current else None)
        self.panel.show_steps(current, self.models.step)
        something = self.models.all or self.conversation or not self.models.known
        self._stack.setCurrentIndex(BODY if something else EMPTY)
        if not something and not self.models.is_fixed:
            self._look_for_first()
        self._show_state()

    def _look_for_first(self) -> None:
        """Say whether a run is on its way to its first checkpoint; the sample is not to be trained twice meanwhile."""
        job = Job(first_to_speak)
        job.finished.connect(self._show_first)
        self.session.jobs.start(job)

    def _show_first(self, name: str) -> None:
        self.empty.set_sentence(SOON.format(name) if name else NOTHING_YET)
        self.train_button.setVisible(not name)

    def _model_changed(self, asked: bool) -> None:
        """Another model, or another of its checkpoints: what it says of this prompt is shown, or said now."""
        if asked:
            self._led = True
            self._remember()
        self.panel.show_steps(self.models.current, self.models.step)
        folder = self.models.folder
        self.speaking.facts.show(self.panel, str(folder))
        self.rest()
        wanted = (self.scoring if self.scoring.on else self.speaking).is_wanted_of(str(folder))
        if asked and folder is not None and (wanted or self.playing.running):
            self._scrubbed.start(0 if self.playing.running else SCRUB)

    def _remember(self) -> None:
        self.remembering.note(growing=self.talking.generating() is not None)

    def _all_said(self) -> list[Said]:
        return [Said.of(one, self._about(one)) for one in self.talking.all.every]

    def _inputs(self) -> Inputs:
        prompt, scored = self.prompt.text, self.scoring.aside
        if self.scoring.on:
            prompt, scored = scored, prompt
        model, shown = self.models.folder, self.conversation
        return Inputs(
            prompt,
            scored,
            self.panel.sampling,
            self.panel.most_tokens,
            str(model) if model is not None else "",
            name_of(shown) if shown is not None else "",
        )

    def _bring_back(self, found: Found) -> None:
        """What was said before is at hand; the page is as it was, unless something was done here since."""
        known = [(name_of(one), self.talking.all.join(one)) for one in found.conversations]
        self._show_soon()
        inputs = found.inputs
        if inputs is None or self.prompt.text or self.conversation is not None or self.scoring.on:
            return
        self.panel.show_sampling(inputs.sampling, inputs.most_tokens)
        self.scoring.put_aside(inputs.scored)
        self.prompt.setPlainText(inputs.prompt)
        if self._led:
            return
        shown, folder = dict(known).get(inputs.shown), Path(inputs.model)
        if shown is not None and shown.tree:
            self.speaking.go_to(shown)
            if not Path(shown.model).is_dir():
                self._tell_gone(shown)
        self._show_models()
        if inputs.model and folder.is_dir():
            self.models.open(folder)

    def _checkpoint_gone(self, step: int) -> None:
        """A run that trains has removed the checkpoint; asking the next one by itself would take the text away."""
        self.panel.show_steps(self.models.current, self.models.step)
        self.messages.clear()
        damaged = self.models.current is not None and step in self.models.current.damaged
        why = f"Step {step:,} is damaged" if damaged else f"The run keeps step {step:,} no longer"
        words = f"{why}; what it said stays. Step {self.models.step:,} speaks next."
        self.messages.tell("info", words)

    def _model_gone(self, name: str) -> None:
        self.stop()
        self.speaking.facts.show(self.panel, "")
        if not self.scoring.on:
            self.speaking.go_to_last_said()
        self.messages.clear()
        self.messages.tell("warning", f"{name} is no longer there. What it said stays; choose another model to go on.")

    def _prompt_changed(self) -> None:
        if self.scoring.on:
            self._show_soon()
        else:
            self.speaking.recall(self.prompt.text)

    def _show_state(self) -> None:
        """Buttons, the rail's dot and the status bar."""
        works, there = self._works, self.models.folder is not None or self.conversation is not None
        idle = ("Score", "scan-text") if self.scoring.on else ("Generate", "play")
        other = ("Generate a text", "message-square-text") if self.scoring.on else ("Score a text", "scan-text")
        stopping = works and not self.playing.running and all(one.stopped for one in self.talking.under_way)
        running = ("Stopping …" if stopping else "Stop", "square")
        self.generate_button.set_look(*(running if works else idle))
        self.score_button.set_look(*other)
        self.generate_button.setEnabled(there and not stopping)
        self.score_button.setEnabled(there)
        locked = self.playing.running
        self.prompt.setReadOnly(locked)
        self.panel.set_drawing(not locked and not self.scoring.on)
        self.panel.measure.setEnabled(self.models.folder is not None and not self.talking.under_way)
        self.busy.emit(bool(self.talking.under_way))
        self._show_soon()

    def _show_soon(self) -> None:
        if not self._frame.isActive():
            self._frame.start()

    def show_now(self) -> None:
        """Everything that follows from the conversation, at most some thirty times a second."""
        self._frame.stop()
        found, facts = self.conversation, self.speaking.facts
        if self.scoring.on:
            self.scoring.show(facts.vocab_size(self.scoring.model), self.prompt.text)
        else:
            size = facts.vocab_size(found.model) if found is not None else None
            other = found is not None and found.model != str(self.models.folder)
            self.views.show_conversation(found, live=self.speaking.live, vocab_size=size, other=other)
        self.copy_button.setEnabled(self.exporting.anything)
        self.earlier_button.setEnabled(self.earlier.anything)
        self._show_activity()

    def _show_activity(self) -> None:
        if self.talking.under_way:
            asked = self.talking.under_way[0]
            words = {"score": self.scoring.progress, "open": self.models.name}.get(asked.do, "")
            self.session.show_activity(self.speaking.facts.activity(asked, self.panel.most_tokens, words))
            self._active = True
        elif self._active:
            self._active = False
            self.session.show_activity(None)

    def _take_handed(self, key: str) -> None:
        """A run whose model is to speak comes from another page."""
        folder = self.session.take_handed(KEY) if key == KEY else None
        if isinstance(folder, Path):
            self.open_paths([folder])

    def ask_folder(self) -> None:
        """Have a folder chosen whose model is to speak."""
        name = QFileDialog.getExistingDirectory(self.window(), "Open a run or a folder with a model")
        if name:
            self.open_paths([Path(name)])

    # What is captured.

    def fill_sample(self) -> None:
        sample.fill(self)

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """A text that was scored, and the page before there is a model."""
        return (("score", partial(sample.show_scored, self)), ("empty", partial(sample.show_empty, self)))

    def settled(self) -> bool:
        waiting = self._frame.isActive() or self._scrubbed.isActive() or bool(self.talking.under_way)
        return self.models.settled and self.views.text.settled and not waiting
