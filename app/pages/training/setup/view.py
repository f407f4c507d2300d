"""With what is a new run set up? Its inputs in columns, the forecast beside them, and the start above."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.pages.page import PAINTED
from app.pages.training.setup.bar import SetupBar
from app.pages.training.setup.blocks import Blocks
from app.pages.training.setup.columns import Columns
from app.pages.training.setup.hindering import Hindering
from app.pages.training.setup.looking import Looking
from app.pages.training.setup.origin import Origin
from app.pages.training.setup.refusing import Refusing
from app.pages.training.setup.toml_text import kept, toml_of
from app.pages.training.setup.transfer import Transfer
from app.session import Session
from app.widgets.labels import Hairline
from app.widgets.messages import Messages
from lmcore.accounting import Shape


class SetupView(QWidget):
    """The set-up of a run. The page shows it in place of its runs, and makes the runs that are asked for."""

    start_asked = Signal(object, bool)
    """The tables of the config, maybe with one of a sweep; and whether it is to wait in the queue."""
    left = Signal()
    origin_left = Signal()
    """What is set up is not made of another run any more."""
    cancel_asked = Signal()
    """What `set_busy` said is under way is to end."""

    def __init__(self, session: Session, blocks: Blocks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.state = blocks.state
        self._looking = Looking(session, self.state)
        self._first_look = QTimer(self, singleShot=True, interval=PAINTED)
        self._first_look.timeout.connect(self._looking.begin)
        self._machine_origin = self._told_reason = ""
        self._seen = self._busy = self._asked = False
        self._held: QWidget = self
        self.bar = SetupBar()
        self._scroll = QScrollArea()
        self._columns = Columns(self._scroll.viewport())
        self.messages = Messages()
        self._blocks = blocks
        self.data, self.device, self.model, self.keeping = blocks.data, blocks.device, blocks.model, blocks.keeping
        self.learning, self.amount, self.sweep = blocks.learning, blocks.amount, blocks.sweep
        self.forecast = blocks.forecast
        self.transfer = Transfer(self, self.state, self.bar.files)
        self._hindering = Hindering(self.state, self.data)
        self._refusing = Refusing(self.messages)
        self._origin = Origin(self.state, self.messages)
        self.take, self.duplicate, self.forget_origin = self._origin.take, self._origin.duplicate, self._origin.forget
        self._build()
        self._connect()

    @classmethod
    def making(cls, session: Session, parent: QWidget | None = None) -> Generator[None, None, Self]:
        """The view, made in turns in its parent, with all said of what is set up."""
        blocks = yield from Blocks.making(session)
        yield
        view = cls(session, blocks, parent)
        yield
        view.place_inputs()
        yield
        view.state.settle()
        return view

    @property
    def settled(self) -> bool:
        """Whether all is known and shown."""
        waits = self._first_look.isActive()
        return not waits and self.state.rests and self._looking.rests and self.data.rests

    @property
    def reason(self) -> str:
        """Why it cannot be started; "" where it can."""
        return self._hindering.reason

    def take_shape(self, shape: Shape) -> None:
        """Have this model; what cannot be trained of it is said."""
        self.messages.clear()
        self.state.take_shape(shape)

    def take_corpus(self, paths: Sequence[Path]) -> None:
        """Have these data: files and folders of text, or a token file."""
        self.messages.clear()
        self.data.take(paths)
        self._refusing.keep()

    def accepts(self, paths: Sequence[Path]) -> bool:
        """Whether `take_corpus` can do something with them."""
        return not self._busy and (len(paths) == 1 or not any(path.suffix == ".bin" for path in paths))

    def show_refusal(self, sentence: str) -> None:
        """The run could not be made: why."""
        self._refusing.refuse(sentence)

    def show_progress(self, words: str, fraction: float | None) -> None:
        """How far the work before the start is: the corpus is encoded."""
        self.bar.show_progress(words, fraction)

    def was_made(self) -> None:
        """Runs are made: if they are those that were asked for here, a sweep is over, and all else stays set."""
        if self._asked and self.state.now.sweep:
            self.state.put(replace(self.state.now, sweep={}))
            self._session.settings.training = kept(self.state.now)
        self._asked = False

    def begin(self) -> None:
        """It is come to anew: all of it is looked at from its top."""
        for area in (self._scroll, self.forecast):
            area.verticalScrollBar().setValue(0)

    def set_busy(self, busy: bool) -> None:
        """While the page makes the run, the inputs are out of reach; who had the keys here can cancel by them."""
        self._busy = busy
        self._asked = self._asked and busy
        now = cast("QWidget | None", self.window().focusWidget())
        self.bar.set_busy(busy)
        if busy and now is not None and self.isAncestorOf(now):  # before it goes, and Qt finds another for the keys
            self._held = now
            self.bar.cancel.setFocus()
        if self.isVisible():  # hundreds of widgets are told
            self._columns.setEnabled(not busy)
        if not busy and now is self.bar.cancel:
            self._held.setFocus()

    def ask_machine(self) -> None:
        """Ask the machine anew: what training needs has come."""
        if self._seen and not self._first_look.isActive():
            self._looking.ask()

    def close_jobs(self) -> None:
        """The window closes."""
        self._session.settings.training = kept(self.state.now)
        self._first_look.stop()
        self._looking.close()
        self.data.close_jobs()
        self.state.close()

    def start(self, queue: bool) -> None:
        """Ask for the runs, if there is no reason against it."""
        self._finish_typing()
        self.state.hurry()
        if self._busy or self._refusing.is_fresh:
            return
        if self.reason:
            self._told_reason = self.reason
            self._session.say(self.reason)
            return
        self.messages.clear()
        self._session.settings.training = kept(self.state.now)
        self._asked = True
        self.start_asked.emit(self.state.now.tables, queue)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leads back to the runs, where no input has a use for it."""
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._columns.setEnabled(not self._busy)
        if not self._seen:
            self._seen = True
            self._first_look.start()
        elif not self._first_look.isActive():
            self._looking.again()

    def _build(self) -> None:
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        scroll = self._scroll
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.messages)
        line = QHBoxLayout()
        line.setSpacing(0)
        column.addLayout(line, 1)
        line.addWidget(scroll, 1)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(self.forecast)
        scroll.setWidget(self._columns)

    def place_inputs(self) -> None:
        """Have the blocks in their columns; whoever makes the view does so once, in a turn of its own."""
        self._columns.place(self._blocks.placed)

    def _connect(self) -> None:
        state = self.state
        state.changed.connect(self._show)
        state.refused.connect(self._refusing.refuse_input)
        state.was_put.connect(self._refusing.forget)
        state.told.connect(lambda words: self.messages.tell("info", words) if words else None)
        state.data_changed.connect(lambda: self._data_failed(""))
        self._looking.data_failed.connect(self._data_failed)
        self._looking.machine_failed.connect(self._machine_failed)
        self._looking.machine_told.connect(self._machine_told)
        self.device.measure.clicked.connect(self._looking.measure)
        self.data.looked.connect(self._show_reason)
        self.data.tokenizer.failed.connect(self._refusing.refuse)
        self.data.kind.chosen.connect(lambda _kind: self._show())
        self.bar.name_changed.connect(self._rename)
        self.bar.files.clicked.connect(self.transfer.open_menu)
        self.bar.back.clicked.connect(self._leave)
        self.bar.start.clicked.connect(lambda: self.start(queue=False))
        self.bar.queue.clicked.connect(lambda: self.start(queue=True))
        self.bar.cancel_asked.connect(self.cancel_asked)
        self.forecast.copy.clicked.connect(self.transfer.copy)
        self.transfer.imported.connect(self._origin.leave)
        self.transfer.said.connect(self._session.say)
        self.transfer.failed.connect(self._refusing.refuse)
        self._origin.left.connect(self.origin_left)
        self._bind(QKeySequence("Ctrl+Return"), lambda: self.start(queue=False))
        self._bind(QKeySequence(QKeySequence.StandardKey.Undo), partial(self._step, state.undo))
        for keys in ("Ctrl+Y", "Ctrl+Shift+Z"):
            self._bind(QKeySequence(keys), partial(self._step, state.redo))

    def _bind(self, keys: QKeySequence, act: Callable[[], object]) -> None:
        """Keys of this view, whichever of its inputs has the focus."""
        made = QShortcut(keys, self)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.activated.connect(act)

    def _step(self, step: Callable[[], object]) -> None:
        """Take the last change back or have it again, unless a run of it is being made."""
        if not self._busy:
            self.messages.clear()
            step()

    def _show(self) -> None:
        """The state has changed."""
        chosen, outlook = self.state.now, self.state.outlook
        self.bar.show_name(chosen.config.name)
        self.bar.show_runs(outlook.runs)
        self.data.show_chosen(chosen)
        self.data.show_facts(self.state.facts, self._hindering.data)
        self.data.mark(tuple(outlook.troubles), outlook.remarks.get("data.validation_fraction", ""))
        self.device.show_chosen(chosen)
        found = outlook.forecast
        self.device.show_machine(self.state.machine, self._hindering.machine, found.precision if found else None)
        self.device.show_origin(self._machine_origin, measures=self._looking.measures)
        for block in (self.model, self.learning, self.amount, self.keeping, self.sweep):
            block.show_chosen(chosen, outlook)
        self.forecast.show_outlook(outlook, self.state.machine, self._hindering.sentence)
        self.bar.show_origin(self._origin.name)
        self.forecast.show_changes(self._origin.changes)
        self.forecast.show_toml(toml_of(chosen))
        self._show_reason()

    def _show_reason(self) -> None:
        self.bar.show_reason(self.reason)
        if self._told_reason and self.reason != self._told_reason:
            self._told_reason = ""
            self._session.say("")

    def _data_failed(self, why: str) -> None:
        self._hindering.data = why
        self._show()

    def _machine_failed(self, why: str) -> None:
        self._hindering.machine = why
        self._show()

    def _machine_told(self, words: str) -> None:
        self._machine_origin = words
        self._show()

    def _finish_typing(self) -> None:
        """What is being typed is taken, or refused, as if its input was left."""
        field = next((one for one in self.findChildren(QWidget) if one.hasFocus()), None)
        if field is not None:
            field.clearFocus()
            field.setFocus()

    def _rename(self, name: str) -> None:
        """A name of the user's; none brings the suggested one back."""
        now = self.state.now
        touched = now.touched | {"name"} if name else now.touched - {"name"}
        if name != now.config.name:
            self.state.put(replace(now, config=replace(now.config, name=name), touched=touched))

    def _leave(self) -> None:
        self._session.settings.training = kept(self.state.now)
        self.left.emit()
