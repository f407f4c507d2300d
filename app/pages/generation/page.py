"""What does the model say, how sure is it, and what else could it have said?"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.commands import Command
from app.pages.generation import keeping
from app.pages.generation.conversation import Asked, Conversation, Happened, is_complete
from app.pages.generation.exporting import Exporting
from app.pages.generation.models import Models
from app.pages.generation.panel import Panel
from app.pages.generation.playing import Playing
from app.pages.generation.prompt_box import PromptBox
from app.pages.generation.scoring import Scoring
from app.pages.generation.talking import Talking
from app.pages.generation.tokens import text_of
from app.pages.generation.tree import Branch
from app.pages.generation.views import MARGIN, Views, splitter
from app.pages.generation.wording import ended, progress
from app.pages.generation.work import Model
from app.pages.page import Page
from app.processes import Dialogue
from app.session import Activity, Session
from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from lmcore.errors import LmError
from lmcore.paths import resource

KEY: Final = "generation"
TITLE: Final = "Generation"
SPLITTER: Final = "generation"
FRAME: Final = 30
"""Milliseconds between two pictures of a text that grows."""
SCRUB: Final = 160
"""Milliseconds for which the scrubber has to stand still before a checkpoint is asked."""
SAMPLE: Final = "sample/generation.json"
EMPTY, BODY = range(2)
NOTHING_YET: Final = (
    "A run of the Training page can speak here, or a folder of Hugging Face with a model of the Llama or Qwen3 kind."
)


class GenerationPage(Page):
    """The inspector beside the prompt, the text and what is known of it. The model is in the worker alone."""

    def __init__(self, session: Session, dialogue: Dialogue | None = None) -> None:
        super().__init__(session)
        self.conversation: Conversation | None = None
        self._opened: dict[str, Mapping[str, Any]] = {}
        self._speeds: dict[str, Mapping[str, Any]] = {}
        self._begun = 0.0
        self.panel = Panel()
        self.prompt = PromptBox()
        self.messages = Messages()
        self.views = Views(self)
        self.models = Models(self, session)
        self.talking = Talking(self, dialogue)
        self.scoring = Scoring(self.talking, self.views)
        self.playing = Playing(self.panel.checkpoint)
        self.exporting = Exporting(self, session, lambda: self.conversation, self.about)
        self.score_button = Button("Score a text", icon="scan-text")
        self.copy_button = Button("Copy", icon="copy")
        self.generate_button = Button("Generate", icon="play", kind="primary")
        self.train_button = Button("Train on the sample", icon="chart-line")
        self.open_button = Button("Open a folder …", icon="folder-open")
        self._stack = QStackedWidget()
        self._frame = QTimer(self, singleShot=True, interval=FRAME)
        self._scrubbed = QTimer(self, singleShot=True, interval=SCRUB)
        self._build()
        self._connect()
        self._show_state()

    def _build(self) -> None:
        prompt = QVBoxLayout()
        prompt.setContentsMargins(MARGIN, 14, MARGIN, 4)
        prompt.addWidget(self.prompt)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(prompt)
        column.addWidget(self.views.upper(), 1)
        panes = splitter(upper, self.views.lower())
        panes.restoreState(self.session.settings.splitter(SPLITTER))
        panes.splitterMoved.connect(lambda: self.session.settings.set_splitter(SPLITTER, panes.saveState()))
        body = QWidget()
        line = QHBoxLayout(body)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(panes, 1)
        ways = (self.train_button, self.open_button)
        self._stack.addWidget(EmptyState("message-square-text", "No model yet", NOTHING_YET, ways))
        self._stack.addWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.messages)
        whole.addWidget(self._stack, 1)
        self._stack.setCurrentIndex(BODY)

    def _connect(self) -> None:
        panel, models, talking = self.panel, self.models, self.talking
        panel.model_chosen.connect(models.choose)
        panel.folder_asked.connect(self._ask_folder)
        panel.step_changed.connect(models.go_to)
        panel.play_asked.connect(self._play)
        panel.speed_asked.connect(self.measure)
        models.listed.connect(self._show_models)
        models.chosen.connect(self._model_changed)
        models.gone.connect(self._model_gone)
        models.failed.connect(self._failed)
        talking.happened.connect(self._happened)
        talking.lost.connect(self._lost)
        talking.changed.connect(self._show_state)
        self.views.taken.connect(self.branch)
        self.views.tree.chosen.connect(self.show_branch)
        self.views.tree.removal_asked.connect(self.remove_branch)
        self.views.remove.clicked.connect(lambda: self.remove_branch(None))
        self._frame.timeout.connect(self._show)
        self._scrubbed.timeout.connect(self._speak_again)
        self.prompt.asked.connect(self._enter)
        self.prompt.shortened.connect(self._tell_shortened)
        self.prompt.textChanged.connect(self._prompt_changed)
        self.exporting.failed.connect(self._tell)
        self.generate_button.clicked.connect(self.generate_or_stop)
        self.score_button.clicked.connect(self.toggle_scoring)
        self.copy_button.clicked.connect(lambda: self.exporting.offer(self.copy_button))
        self.train_button.clicked.connect(lambda: self.session.ask_for_page("training"))
        self.open_button.clicked.connect(self._ask_folder)

    def header_actions(self) -> list[QWidget]:
        return [self.score_button, self.copy_button, self.generate_button]

    def commands(self) -> list[Command]:
        return [
            Command("Generate, or stop", self.generate_or_stop, "play", TITLE, "Ctrl+Return; Ctrl+Enter", "text say"),
            Command("Throw another seed", self.panel.die.click, "dice-5", TITLE, "Ctrl+D", "random"),
            Command("Score a text, or generate again", self.toggle_scoring, "scan-text", TITLE, "", "perplexity loss"),
            Command("Play all checkpoints", self._play, "play", TITLE, "", "scrub animate"),
            Command("Copy the text", self.exporting.copy_text, "copy", TITLE, "Ctrl+Shift+C"),
            Command("Copy the text with its prompt", self.exporting.copy_whole, "copy", TITLE),
            Command("Copy as JSON with probabilities", self.exporting.copy_json, "copy", TITLE),
            Command("Remove the shown branch", lambda: self.remove_branch(None), "trash-2", TITLE),
            Command("Measure the speed of the model", self.measure, "ruler", TITLE, "", "tokens cache flops"),
            Command(
                "Open a folder with a model", self._ask_folder, "folder-open", TITLE, "Ctrl+O", "hugging face llama"
            ),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """One folder that says what kind of model it holds: a run, a checkpoint of one, or Hugging Face's."""
        if len(paths) != 1 or not paths[0].is_dir():
            return False
        return (paths[0] / "config.json").is_file() or (paths[0] / "model.safetensors").is_file()

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Have the model of a folder speak."""
        self.messages.clear()
        self.models.open(paths[0])

    def close_jobs(self) -> None:
        self.playing.stop()
        self.models.stop()
        self.talking.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.models.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.models.stop()
        self.views.cards.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self.talking.under_way or self.playing.running):
            self.stop()
        else:
            super().keyPressEvent(event)

    def about(self) -> dict[str, Any]:
        """What is said of the model where a conversation is saved."""
        model, folder = self.models.current, self.models.folder
        opened = self._opened.get(str(folder), {})
        return {"name": model.name if model else "", "step": self.models.step, **opened}

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
        """Draw a text from the prompt on; one that is there already is shown."""
        folder = self.models.folder
        if folder is None:
            self._tell("There is no model to speak; choose one at the left.", ("Open a folder …", self._ask_folder))
            return
        self.messages.clear()
        self.conversation = self.talking.all.of(str(folder), self.prompt.text)
        branch = self.conversation.start(self.panel.sampling)
        self.views.choose(-1)
        self._draw(self.conversation, branch)

    def branch(self, at: int, place: int) -> None:
        """Say another token in the place of one, and go on from there."""
        conversation = self.conversation
        if conversation is None:
            return
        said = conversation.said[at]
        other = said.alternatives[place]
        self.views.cards.hide()
        if other.token == said.token:
            return
        self.messages.clear()
        branch = conversation.fork(at, other, self.panel.sampling)
        self.views.choose(len(conversation.prompt_tokens) + at)
        self._draw(conversation, branch)

    def show_branch(self, key: int) -> None:
        """Show another branch of the prompt."""
        if self.conversation is not None and key in self.conversation.tree:
            self.conversation.show(key)
            self.views.choose(-1)
            self._show()

    def remove_branch(self, key: int | None) -> None:
        """Remove what only this branch says; without a key, the shown one."""
        conversation = self.conversation
        key = key if key is not None or conversation is None else conversation.shown
        if conversation is None or key is None or key not in conversation.tree:
            return
        under_way = self.talking.generating(conversation)
        if under_way is not None and under_way.key == key:
            self.talking.stop()
        conversation.remove(key)
        self.views.choose(-1)
        self._show()

    def stop(self) -> None:
        """End what is under way."""
        self.playing.stop()
        self._scrubbed.stop()
        self.talking.stop()

    def score(self) -> None:
        """Say how well the model foresees the text in the box."""
        folder = self.models.folder
        if folder is None:
            self._tell(
                "There is no model to score with; choose one at the left.", ("Open a folder …", self._ask_folder)
            )
            return
        self.messages.clear()
        self._open(folder)
        self.scoring.score(str(folder), self.prompt.text)

    def toggle_scoring(self) -> None:
        """Between a prompt that is continued and a text that is scored; both are kept."""
        self.stop()
        self.prompt.textChanged.disconnect(self._prompt_changed)
        text = self.scoring.toggle(self.prompt.text)
        self.prompt.set_scoring(self.scoring.on)
        self.prompt.setPlainText(text)
        self.prompt.textChanged.connect(self._prompt_changed)
        self.views.choose(-1)
        self._show_state()
        self._show()
        self.prompt.setFocus()

    def measure(self) -> None:
        """Measure how fast the model writes."""
        folder = self.models.folder
        if folder is not None and not self.talking.under_way:
            self._open(folder)
            self.talking.ask("speed", str(folder))

    def _enter(self) -> None:
        """Enter in the prompt begins; it does not stop what it began."""
        if not self._works:
            self.generate_or_stop()

    def _draw(self, conversation: Conversation, branch: Branch) -> None:
        if is_complete(branch, self.panel.most_tokens):
            self.session.say("The same seed draws the same text: this branch was there. Another seed draws another.")
            self._show()
            self.playing.text_ended()
            return
        self._open(Path(conversation.model))
        self._begun = 0.0
        self.talking.draw(conversation, branch, self.panel.most_tokens)
        if not self.prompt.hasFocus():
            self.views.text.setFocus()
        self._show()

    def _open(self, folder: Path) -> None:
        """Have the worker say what a model is, the first time."""
        model = str(folder)
        if model not in self._opened and not any(one.do == "open" for one in self.talking.under_way):
            self.talking.ask("open", model)

    def _play(self) -> None:
        if not self.scoring.on and self.models.current is not None and self.models.current.is_run:
            self.playing.toggle()

    def _speak_again(self) -> None:
        """The scrubber stands still at a checkpoint: the same prompt and seed."""
        if self.scoring.on:
            self.score()
        else:
            self.generate()

    # What is heard.

    def _happened(self, happened: Happened) -> None:
        asked, event = happened.asked, happened.event
        match happened.kind:
            case "opened":
                self._opened[asked.model] = event
                self._show_facts()
            case "grown":
                self._begun = self._begun or monotonic()
            case "speed":
                self._speeds[self._speed_key(asked.model)] = event
                self._show_facts()
            case "refused":
                self._refused(asked, str(event["why"]))
            case "done":
                self._text_ended(asked, event)
            case _:
                self.scoring.take(happened)
        if not self._frame.isActive():
            self._frame.start()

    def _text_ended(self, asked: Asked, event: Mapping[str, Any]) -> None:
        if asked.do != "generate":
            return
        self.session.say(ended(event))
        self.playing.text_ended()
        unmeasured = self._speed_key(asked.model) not in self._speeds
        if event["ended"] != "asked" and unmeasured and not self.playing.running:
            QTimer.singleShot(0, self, self.measure)

    def _refused(self, asked: Asked, why: str) -> None:
        self.playing.stop()
        if asked.do == "speed":
            self.session.say(why)
        elif asked.do != "open":
            self._tell(why)

    def _lost(self, why: str, lost: Sequence[Asked]) -> None:
        """The worker is gone; what it said stays, and the next request starts another."""
        self.playing.stop()
        self._opened.clear()
        self.messages.clear()
        if any(one.do != "speed" for one in lost):
            self._tell(why, ("Try again", self.generate_or_stop))
        self._show()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError):
            raise error
        self._tell(str(error))

    def _tell(self, sentence: str, *ways: tuple[str, Callable[[], object]]) -> None:
        self.messages.clear()
        self.messages.tell("error", sentence, ways)

    def _tell_shortened(self, left_out: int) -> None:
        self.messages.clear()
        self.messages.tell("info", f"The last {left_out:,} characters were left out; the box takes 200,000.")

    # What is shown.

    @property
    def _works(self) -> bool:
        """Whether something runs that the user waits for; a measurement of the speed gives way."""
        return self.playing.running or any(one.do != "speed" for one in self.talking.under_way)

    def _show_models(self) -> None:
        current = self.models.current
        self.panel.show_models(self.models.all, current.path if current else None)
        self.panel.show_steps(current, self.models.step)
        self._stack.setCurrentIndex(BODY if self.models.all or self.conversation or not self.models.known else EMPTY)
        self._show_state()

    def _model_changed(self) -> None:
        """Another model, or another of its checkpoints: what it said of this prompt is shown, or said now."""
        self.panel.show_steps(self.models.current, self.models.step)
        self._show_facts()
        had = self.conversation is not None and bool(self.conversation.said)
        if self.scoring.on:
            had = self.scoring.has_result
        folder = self.models.folder
        if folder is not None and (had or self.playing.running):
            self._scrubbed.start(0 if self.playing.running else SCRUB)

    def _model_gone(self, name: str) -> None:
        self.messages.clear()
        self.messages.tell("warning", f"{name} is no longer there. What it said stays; choose another model to go on.")

    def _prompt_changed(self) -> None:
        """Another prompt has another tree, if it was asked before; else the text on the screen stays until it is."""
        folder = self.models.folder
        if folder is None or self.scoring.on:
            return
        known = self.talking.all.of(str(folder), self.prompt.text)
        if known.tree and not self.talking.generating():
            self.conversation = known
            self._show()

    def _speed_key(self, model: str) -> str:
        """Checkpoints of one run are as fast as each other."""
        path = Path(model)
        return str(path.parent.parent) if path.parent.name == "ckpt" else model

    def _show_facts(self) -> None:
        """What is known of the model: its vocabulary, its speed, its FLOPs."""
        folder = str(self.models.folder)
        opened, speed = self._opened.get(folder), self._speeds.get(self._speed_key(folder))
        if opened is not None:
            self.panel.show_vocabulary(opened["vocab_size"])
        rates = (speed["cached"], speed["uncached"]) if speed is not None else None
        known = speed or opened
        flops = (known["flops_cached"], known["flops_uncached"]) if known is not None else None
        place = speed["position"] if speed else opened["context_length"] if opened else 0
        self.panel.show_speed(rates, flops, f"Behind {place:,} tokens" if known else "")

    def _show_state(self) -> None:
        """Buttons, the rail's dot and the status bar."""
        works, there = self._works, self.models.folder is not None or self.conversation is not None
        idle = ("Score", "scan-text") if self.scoring.on else ("Generate", "play")
        self.generate_button.set_look(*(("Stop", "square") if works else idle))
        self.score_button.set_look(*(("Generate a text", "message-square-text") if self.scoring.on else _SCORE))
        self.generate_button.setEnabled(there)
        self.score_button.setEnabled(there)
        self.copy_button.setEnabled(self.conversation is not None and not self.scoring.on)
        self.panel.measure.setEnabled(self.models.folder is not None and not self.talking.under_way)
        self.busy.emit(bool(self.talking.under_way))
        self._show_activity()
        if not self._frame.isActive():
            self._frame.start()

    def _show_activity(self) -> None:
        under_way = self.talking.under_way
        if not under_way:
            self.session.show_activity(None)
            return
        asked = under_way[0]
        if asked.do == "generate" and asked.conversation is not None and asked.key in asked.conversation.tree:
            branch = asked.conversation.tree.branch(asked.key)
            done = len(branch.tokens) - branch.lead
            most = max(done, min(self.panel.most_tokens, self._room(asked, branch)))
            words = progress(done, most, monotonic() - self._begun if self._begun else 0.0)
            self.session.show_activity(Activity(KEY, "Generating", words, done / max(1, most)))
        else:
            titles = {"open": "Opening the model", "score": "Scoring", "speed": "Measuring the speed"}
            words = self.scoring.progress if asked.do == "score" else self.models.name
            self.session.show_activity(Activity(KEY, titles.get(asked.do, "Working"), words, None))

    def _room(self, asked: Asked, branch: Branch) -> int:
        """How many tokens the context of a model has behind what is given, if that is known."""
        opened = self._opened.get(asked.model)
        if opened is None or asked.conversation is None:
            return self.panel.most_tokens
        given = len(asked.conversation.prompt_tokens) + branch.at + branch.lead
        return int(opened["context_length"]) - given

    def _show(self) -> None:
        """Everything that follows from the conversation, at most some thirty times a second."""
        self._frame.stop()
        opened = self._opened.get(str(self.models.folder))
        size = int(opened["vocab_size"]) if opened is not None else None
        if self.scoring.on:
            self.scoring.show(size)
        else:
            asked = self.talking.generating(self.conversation) if self.conversation is not None else None
            live = asked is not None and self.conversation is not None and asked.key == self.conversation.shown
            self.views.show_conversation(self.conversation, live=live, vocab_size=size)
        if self.talking.under_way:
            self._show_activity()
        self.copy_button.setEnabled(not self.scoring.on and bool(self.conversation and self.conversation.said))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self.window(), "Open a run or a folder with a model")
        if name:
            self.open_paths([Path(name)])

    # What is captured.

    def fill_sample(self) -> None:
        """A conversation with a model of the sample corpus, as it was recorded; a token's card is open."""
        conversation, about = keeping.load(resource(SAMPLE))
        folder = Path(conversation.model)
        steps = tuple((step, folder / str(step)) for step in about["steps"])
        model = Model(folder, about["name"], steps)
        conversation.model = str(model.folder_at(about["step"]))
        self._opened[conversation.model] = about
        self._speeds[self._speed_key(conversation.model)] = about["speed"]
        self.talking.all.put(conversation)
        self.models.fix(model, about["step"])
        self._scrubbed.stop()
        self.prompt.setPlainText(conversation.prompt)
        self.conversation = conversation
        branch = conversation.branch
        if branch is not None and branch.sampling is not None:
            self.panel.show_sampling(branch.sampling, self.panel.most_tokens)
        self._show()
        forks = [other.at for other in conversation.tree.branches if other.parent is not None]
        at = len(conversation.prompt_tokens) + forks[0]
        self.views.choose(at)
        self.views.cards.show(at)

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """A text that was scored, and the page before there is a model."""
        return (("score", self._show_scored_sample), ("empty", lambda: self._stack.setCurrentIndex(EMPTY)))

    def _show_scored_sample(self) -> None:
        about = self._opened[str(self.models.folder)]
        self.toggle_scoring()
        self.scoring.show_recorded(about["scored"])
        self.prompt.setPlainText(text_of(self.scoring.tokens))
        self._show()
        self.views.cards.hide()

    def settled(self) -> bool:
        waiting = self._frame.isActive() or self._scrubbed.isActive() or bool(self.talking.under_way)
        return self.models.settled and self.views.text.settled and not waiting


_SCORE: Final = ("Score a text", "scan-text")
