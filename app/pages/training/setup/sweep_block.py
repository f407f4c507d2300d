"""What is tried in turn? One or two keys with values or a range: a run for each, or for each pair."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.pages.training.setup import sweeping
from app.pages.training.setup.chosen import Chosen
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import say
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.state import SetupState
from app.widgets.buttons import Button
from app.widgets.choice import Choice
from app.widgets.labels import label
from lmcore import figures
from lmcore.training.sweeps import value_words

HINT: Final = "Values with commas, or a range: 1e-4 to 1e-1 in 4. Add linear for equal distances."
PAUSE: Final = 500
"""Milliseconds without a key after which values count as typed."""
SHOWN: Final = 9
RATE: Final = "optimizer.learning_rate"
STARTS: Final = {
    "training.batch_size": "8, 16, 32",
    "model.d_model": "64, 128, 256",
    "model.num_layers": "2, 4, 8",
}


class SweepLine(QWidget):
    """A key and its values."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__()
        self.key = Choice("Swept key", sweeping.offered())
        self.key.setSizeAdjustPolicy(self.key.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.key.setMinimumContentsLength(12)
        self.values = QLineEdit(text)
        self.values.setAccessibleName("Swept values")
        self.cross = Button(icon="x", kind="bare", small=True, name="Leave this key out of the sweep")
        self.show_key(key)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.key, 1)
        head.addWidget(self.cross)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.values)

    def show_key(self, key: str) -> None:
        """Show this key, also one that is not offered."""
        if self.key.findText(key) < 0:
            self.key.addItem(key)
        self.key.setCurrentText(key)
        self.shown = key

    def set_invalid(self, invalid: bool) -> None:
        """Draw the rim in the error colour."""
        self.values.setProperty("invalid", invalid)
        self.values.style().unpolish(self.values)
        self.values.style().polish(self.values)


def _before(widget: QWidget) -> QWidget:
    """What has the keys before a widget when one goes on by Tab."""
    found = widget.previousInFocusChain()
    while found is not None and found is not widget and not found.focusPolicy() & Qt.FocusPolicy.TabFocus:
        found = found.previousInFocusChain()
    return found or widget


def _some(values: Sequence[str]) -> str:
    """Values in a row, of many the first and the last."""
    shown = values if len(values) <= SHOWN else (*values[: SHOWN - 2], "…", values[-1])
    return " · ".join(shown)


class SweepBlock(Block):
    """The lines; they show the state and change it."""

    def __init__(self, state: SetupState) -> None:
        super().__init__("Sweep")
        self._state = state
        self.lines: list[SweepLine] = []
        self._given: dict[str, Any] = {}
        self._typed = QTimer(self, singleShot=True, interval=PAUSE)
        self._typed.timeout.connect(self._take)
        self.add = Button("Try several values", icon="plus", small=True)
        self._hint = label(HINT, "caption", wrap=True)
        self._column = QVBoxLayout()
        self._column.setSpacing(10)
        self.section.addLayout(self._column)
        self.section.addWidget(self._hint)
        self.section.addWidget(self.add)
        self.add.clicked.connect(self._add_next)
        self._show_parts()

    def show_chosen(self, chosen: Chosen, outlook: Outlook) -> None:
        """Show the state; nothing is told."""
        if dict(chosen.sweep) != self._given:
            self._fill(chosen.sweep)
        for one in self.lines:
            one.set_invalid("sweep" in outlook.troubles)
        values = [f"{key.rpartition('.')[2]} {_some(tried)}" for key, tried in outlook.swept.items()]
        say(self._hint, "; ".join(values) or HINT)
        self._hint.setToolTip(HINT)
        runs = outlook.runs
        self.section.set_caption(
            f"makes {figures.count(runs)} {'run' if runs == 1 else 'runs'}" if outlook.swept else ""
        )

    def _fill(self, sweep: Mapping[str, Any]) -> None:
        for one in self.lines:
            one.hide()
            one.deleteLater()
        self.lines = []
        self._given = dict(sweep)
        for key, given in sweep.items():
            self._append(key, sweeping.written(given))
        self._show_parts()

    def _append(self, key: str, text: str) -> SweepLine:
        made = SweepLine(key, text)
        made.key.activated.connect(lambda _place: self._renamed(made))
        made.values.editingFinished.connect(self._take)
        made.values.textEdited.connect(self._typing)
        made.cross.clicked.connect(partial(self._drop, made))
        self.lines.append(made)
        self._column.addWidget(made)
        before = _before(self.add)
        for part in (made.key, made.cross, made.values):  # what comes late is else behind all of the page
            QWidget.setTabOrder(before, part)
            before = part
        self._show_parts()
        return made

    def _add_next(self) -> None:
        used = {one.shown for one in self.lines}
        key = next(key for key in (RATE, *STARTS) if key not in used)
        self._append(key, self._begins_with(key)).values.setFocus()
        self._take()

    def _renamed(self, one: SweepLine) -> None:
        """Another key: its values are not those of the one before."""
        key = one.key.currentText()
        if any(key == other.shown for other in self.lines if other is not one):
            one.show_key(one.shown)
            self._state.refused.emit("sweep", f"{key} is swept already; choose another key.")
            return
        one.show_key(key)
        one.values.setText(self._begins_with(key))
        self._take()

    def _begins_with(self, key: str) -> str:
        """What stands there before anything is typed."""
        rate = self._state.now.config.optimizer.learning_rate
        return sweeping.around(rate) if key == RATE and rate > 0 else STARTS.get(key, self._value_now(key))

    def _value_now(self, key: str) -> str:
        """What the inputs say of a key, to begin with; nothing where they leave it open."""
        table, _, name = key.partition(".")
        outlook = self._state.outlook
        known = {"training.steps": outlook.steps or None, "training.tokens": outlook.tokens or None}
        now = known.get(key, getattr(getattr(self._state.now.config, table), name))
        return "" if now is None else value_words(now)

    def _typing(self) -> None:
        """What is said of the values before is over; those that are typed are taken in a moment."""
        say(self._hint, HINT)
        self.section.set_caption("")
        self._typed.start()

    def _drop(self, one: SweepLine) -> None:
        self.add.setFocus()  # or the focus would go wherever Qt finds room for it
        self.lines.remove(one)
        one.hide()
        one.deleteLater()
        self._show_parts()
        self._take()

    def _take(self) -> None:
        """Have what is typed; whether it can be is the outlook's to say."""
        self._typed.stop()
        sweep = {one.shown: sweeping.read(one.shown, one.values.text()) for one in self.lines}
        self._given = dict(sweep)
        self._state.put(replace(self._state.now, sweep=sweep), "sweep")

    def _show_parts(self) -> None:
        self._hint.setVisible(bool(self.lines))
        self.add.setVisible(len(self.lines) < sweeping.MOST_KEYS)
        self.add.set_look("Try a second key as well" if self.lines else "Try several values", "plus")
