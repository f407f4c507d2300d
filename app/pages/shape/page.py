"""How many parameters, FLOPs and bytes does this Transformer need, and what if the context grows?"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.commands import Command
from app.gpu_probe import GpuProbe
from app.pages.page import Page
from app.pages.shape import answering, keeping, telling
from app.pages.shape.adapting import lock_words
from app.pages.shape.context.view import ContextView
from app.pages.shape.exporting import Exporting
from app.pages.shape.fit_line import FitLine
from app.pages.shape.measure_control import MeasureControl
from app.pages.shape.measuring import Measuring
from app.pages.shape.panel import Panel
from app.pages.shape.pins import Pins
from app.pages.shape.requests import hindrance, request_of
from app.pages.shape.shape_view import ShapeView
from app.pages.shape.state import ShapeState
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.labels import Hairline
from app.widgets.message import Tone
from app.widgets.messages import Messages
from app.widgets.tabs import Tabs
from lmcore.accounting import Shape, account
from lmcore.accounting.hardware import find_gpu
from lmcore.accounting.huggingface import read_config
from lmcore.errors import LmError

TITLE: Final = "Shape"
SHAPE, CONTEXT = range(2)
CONFIGS: Final = "Hugging Face config (config.json *.json);;All files (*)"
TRAINS: Final = "Set up a run of this shape on the Training page: memory and time are said before it starts"
SAMPLE_GPU: Final = "A100 80 GB"
SAMPLE_CONTEXT: Final = 16_384


class ShapePage(Page):
    """The inspector beside two tabs, all over one shape. Whatever changes it, all is computed anew in one turn."""

    panel: Panel
    view: ShapeView
    context: ContextView

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        chosen, self._loaded = keeping.load(session.settings)
        self.state = ShapeState(chosen)
        self.messages = Messages()
        self.tabs = Tabs("Views of the shape", ["Shape", "Context what-if"])
        self.fit_line = FitLine()
        self.undo = Button(icon="undo-2", kind="bare", name="Undo")
        self.redo = Button(icon="redo-2", kind="bare", name="Redo")
        self.measure_control = MeasureControl()
        self.copy_button = Button(icon="copy", kind="bare", name="Copy as config")
        self.train_button = Button("Train this shape", icon="play", kind="primary")
        self.quantity, self.path = telling.FLOPS, tuple[str, ...]()
        self._body, self._stack, self._seen = QHBoxLayout(), QStackedWidget(), False
        self._adapted = False
        self._due = QTimer(self, singleShot=True, interval=0)
        self._shown = answering.filled(chosen)
        self._found = account(self._shown.shape, self._shown.setup)
        self._probe = GpuProbe(self)
        self._build()

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.messages)
        whole.addWidget(self.tabs)
        whole.addWidget(Hairline())
        whole.addLayout(self._body, 1)
        self._body.setSpacing(0)
        self._body.addWidget(Hairline(Qt.Orientation.Vertical))
        self._body.addWidget(self._stack, 1)

    def _filling(self) -> Generator[None, None, None]:
        """What takes long to make, in its place: the inspector and the tabs."""
        self.panel = yield from Panel.making(self.state, self)
        self._body.insertWidget(0, self.panel)
        yield
        shape = QWidget(self._stack)
        column = QVBoxLayout(shape)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.view = yield from ShapeView.making(self.state, shape)
        column.addWidget(self.view, 1)
        column.addWidget(Hairline())
        column.addWidget(self.fit_line)
        self._stack.addWidget(shape)
        yield
        self.context = yield from ContextView.making(self._stack)
        self.context.setBackgroundRole(QPalette.ColorRole.Base)
        self._stack.addWidget(self.context)
        self.view.table.set_quantity(self.quantity)
        self.pins = Pins(self, self.state, self.view.compare, self._loaded)
        self.exporting = Exporting(self, self.state, self.view.table, self.copy_button)
        self.measuring = Measuring(self, self.view.measured)
        yield
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        state, table = self.state, self.view.table
        state.changed.connect(self._due.start)
        state.changed.connect(self.messages.clear)
        state.refused.connect(self._refused)
        state.told.connect(self._say)
        self._due.timeout.connect(self.refresh)
        self.tabs.currentChanged.connect(self._show_tab)
        self.context.context_moved.connect(partial(state.set_size, "context_length"))
        self.context.context_shown.connect(self.panel.fields["context_length"].set_value)
        self.context.activations_chosen.connect(state.set_activations)
        self.context.said.connect(self.session.say)
        for signal in (self.problem, self.context.problem):
            signal.connect(partial(self._tell, "error"))
        self.view.donuts.chosen.connect(self._open_slice)
        table.quantity_chosen.connect(self.show_quantity)
        table.opened.connect(self.open_path)
        table.left.connect(lambda: self.open_path(self.path[:-1]))
        self.pins.changed.connect(self._due.start)
        self.panel.tokenizer_asked.connect(self.use_tokenizer)
        self.panel.file_asked.connect(self._ask_config)
        self.panel.presets.preset_chosen.connect(lambda preset: self._take(preset.shape, preset.name, preset.remarks))
        self.fit_line.more.connect(lambda: self.view.show_pane(self.view.fit))
        self.measuring.busy.connect(self.busy)
        self.measuring.busy.connect(self.measure_control.set_running)
        self.measuring.failed.connect(lambda why: self._tell("error", why))
        self._probe.found.connect(self.view.fit.bar.show_found)
        self._connect_header()

    def _connect_header(self) -> None:
        stack = self.state.undo_stack
        self.undo.clicked.connect(stack.undo)
        self.redo.clicked.connect(stack.redo)
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        self.undo.setEnabled(False)
        self.redo.setEnabled(False)
        self.measure_control.asked.connect(self.measure)
        self.copy_button.clicked.connect(self.exporting.open_menu)
        self.train_button.clicked.connect(self.train)

    def header_actions(self) -> list[QWidget]:
        return [self.undo, self.redo, self.copy_button, self.measure_control, self.train_button]

    def painted_ahead(self) -> Sequence[QWidget]:
        return [self.panel, self.view.donuts, self.view.table, self.view.compare, self.view.fit]

    def commands(self) -> list[Command]:
        stack, export, show = self.state.undo_stack, self.exporting, self.show_quantity
        return [
            Command("Undo the change of the shape", stack.undo, "undo-2", TITLE, "Ctrl+Z", "back"),
            Command("Redo the change of the shape", stack.redo, "redo-2", TITLE, "Ctrl+Shift+Z; Ctrl+Y"),
            Command("Measure this shape", self.measure, "ruler", TITLE, "Ctrl+M", "predicted torch real"),
            Command("Train this shape", self.train, "play", TITLE, "Ctrl+T", "run launch"),
            Command("Pin this shape", self.pins.pin_current, "pin", TITLE, "Ctrl+D", "compare"),
            Command("Pin four sizes of GPT-2", partial(self.pins.pin_four, keeping.FOUR), "pin", TITLE, "", "compare"),
            Command("Unpin all shapes", partial(self.pins.set_pins, ()), "x", TITLE),
            Command("Show parameters by matrix", partial(show, telling.PARAMETERS), "table-2", TITLE, "Alt+1"),
            Command("Show FLOPs by matrix product", partial(show, telling.FLOPS), "table-2", TITLE, "Alt+2"),
            Command("Show memory by part", partial(show, telling.MEMORY), "table-2", TITLE, "Alt+3", "bytes"),
            Command("Show fit and time", lambda: self.view.show_pane(self.view.fit), "clock", TITLE, "", "gpu days"),
            Command("Show the context what-if", partial(self.tabs.setCurrentIndex, CONTEXT), "chart-line", TITLE),
            Command("Play the growth of the context", self._play, "play", TITLE, "", "animate composition"),
            Command("Copy the table as Markdown", export.copy_markdown, "copy", TITLE, "Ctrl+Shift+C"),
            Command("Copy the shape as TOML", export.copy_toml, "copy", TITLE, "", "config training"),
            Command("Copy the shape as config.json", export.copy_config, "copy", TITLE, "", "hugging face"),
            Command("Open a config.json", self._ask_config, "folder-open", TITLE, "Ctrl+O", "hugging face preset"),
            Command("Use the tokenizer’s vocabulary size", self.use_tokenizer, "table-2", TITLE),
            Command("Lock d_ff, or let it follow d_model", self.panel.lock.click, "lock", TITLE),
        ]

    def accepts(self, paths: Sequence[Path]) -> bool:
        """One file that may be a config.json, or a model's folder with one; a tokenizer is for other pages."""
        if len(paths) == 1 and (paths[0] / "config.json").is_file():
            return True
        return len(paths) == 1 and paths[0].suffix == ".json" and not paths[0].name.startswith("tokenizer")

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Make the shape of a config.json the current one."""
        path = paths[0] / "config.json" if paths[0].is_dir() else paths[0]
        try:
            described = read_config(path)
        except LmError as error:
            self._tell("error", str(error))
            return
        name = path.parent.name if path.name == "config.json" else path.stem
        self._take(described.shape, name or "config.json", described.remarks)

    def _take(self, shape: Shape, name: str, remarks: Sequence[str]) -> None:
        """Make a shape with a name the current one, and say what it leaves out until something is changed."""
        self.state.take(shape, name)
        self.messages.clear()
        if remarks:
            self.messages.tell("info", f"{name}: {' '.join(remarks)}")

    def close_jobs(self) -> None:
        self.measuring.close()
        self._probe.close()
        keeping.save(self.session.settings, self.state.now, self.pins.all)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self._probe.start()
        self.session.say(lock_words(self.state.now))

    # What is shown.

    def refresh(self) -> None:
        """Compute everything anew and show it; called once a turn of the event loop, however often it was asked."""
        now = self._shown = answering.filled(self.state.now)
        self._found = account(now.shape, now.setup)
        self.panel.show_chosen(now)
        self.session.set_shape(now.title, now.shape)
        self._say_at_rest()
        self.measure_control.show_shape(now.shape)
        why = hindrance(now.shape)
        self.view.measured.show_hindrance(why)
        self.train_button.setEnabled(not why)
        self.train_button.setToolTip(why or TRAINS)
        if self.tabs.currentIndex() == CONTEXT:
            self.context.show_shape(now.shape, now.setup)
            return
        self.view.fit.bar.show_chosen(now)
        self.view.donuts.show_pies(telling.pies(self._found, now))
        self._show_table()
        told = answering.answers(self._found, now)
        self.view.fit.show_answers(told)
        self.fit_line.show_words(answering.fit_words(told, now.setup.gpu))

    def _say(self, words: str) -> None:
        """What a change adapted; it stands until the next change."""
        self._adapted = True
        self.session.say(words)

    def _say_at_rest(self) -> None:
        """After a change that adapted nothing, what the status bar says of the shape as it is now."""
        if not self._adapted and self.isVisible():
            self.session.say(lock_words(self.state.now))
        self._adapted = False

    def _show_table(self) -> None:
        self.view.table.show_sheet(telling.sheet(self._found, self._shown, self.quantity, self.path))
        self.pins.show(self.quantity)

    def show_quantity(self, quantity: int) -> None:
        """Show the table and the comparison of another quantity, as a whole."""
        self.quantity, self.path = quantity, ()
        self.view.table.set_quantity(quantity)
        self._show_table()

    def open_path(self, path: tuple[str, ...]) -> None:
        """Look into a part of the quantity that is shown; nothing is the whole."""
        self.path = path
        self._show_table()

    def _open_slice(self, quantity: int, place: int) -> None:
        """A part of a donut was chosen: its matrices are listed."""
        part = telling.parts_of(telling.tree_of(self._found, self._shown, quantity))[place]
        self.show_quantity(quantity)
        self.open_path((part.key,) if part.children else ())

    def _show_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.refresh()

    def _refused(self, key: str, sentence: str) -> None:
        """The last shape stays on the screen; one sentence says why the other cannot be."""
        self.panel.mark_refused(key)
        self.session.say(sentence)
        self._tell("error", sentence)

    def _tell(self, tone: Tone, sentence: str) -> None:
        self.messages.clear()
        self.messages.tell(tone, sentence)

    # What is done.

    def measure(self) -> None:
        """Measure the shape in a worker."""
        try:
            prediction, request = request_of(self.state.now)
        except LmError as error:
            self._tell("error", str(error))
            return
        self.messages.clear()
        self.tabs.setCurrentIndex(SHAPE)
        self.measuring.start(prediction, request)
        QTimer.singleShot(0, self, lambda: self.view.show_pane(self.view.measured))

    def train(self) -> None:
        """Hand the shape to the Training page, which sets up a run of it."""
        if self.train_button.isEnabled():
            self.session.hand_over("training", self.state.now.shape)

    def _play(self) -> None:
        self.tabs.setCurrentIndex(CONTEXT)
        self.context.play()

    def use_tokenizer(self) -> None:
        """Have as many tokens as the current tokenizer has."""
        info = self.session.tokenizer
        if info is None:
            self.session.say("There is no tokenizer yet; train or open one first.")
        else:
            self.state.set_size("vocab_size", info.vocab_size)
            self.session.say(f"The vocabulary is that of {info.name} now.")

    def _ask_config(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self.window(), "Open a config.json", "", CONFIGS)
        if name:
            self.open_paths([Path(name)])

    def fill_sample(self) -> None:
        """The course's GPT-2 XL on an A100, four sizes pinned."""
        first = keeping.first()
        setup = replace(first.setup, gpu=find_gpu(SAMPLE_GPU))
        self.state.put(replace(first, setup=setup))
        self.pins.pin_four(keeping.FOUR)
        self.tabs.setCurrentIndex(SHAPE)
        self.show_quantity(telling.FLOPS)

    def further_samples(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """Fit and time below the fold, a part that is looked into, and the other tab."""
        return (
            ("fit", self._show_fit_sample),
            ("part", self._show_part_sample),
            ("context", self._show_context_sample),
        )

    def _show_part_sample(self) -> None:
        self.panel.more.set_open(False)
        self.view.verticalScrollBar().setValue(0)
        self._open_slice(telling.FLOPS, 0)

    def _show_context_sample(self) -> None:
        self.tabs.setCurrentIndex(CONTEXT)
        self.state.set_size("context_length", SAMPLE_CONTEXT)

    def _show_fit_sample(self) -> None:
        self.panel.more.set_open(True)
        bar = self.view.verticalScrollBar()
        QTimer.singleShot(0, self, lambda: bar.setValue(bar.maximum()))

    def settled(self) -> bool:
        return not self._due.isActive() and not self.measuring.running
