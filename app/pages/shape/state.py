"""Which shape is shown, how is it counted, and how did it come about? One value, its history, and what is refused."""

from dataclasses import replace
from time import monotonic
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.pages.shape.adapting import Adapted, adapt
from app.pages.shape.chosen import OWN, Chosen
from lmcore.accounting import Shape
from lmcore.accounting.kinds import Activations
from lmcore.errors import LmError

TOGETHER: Final = 1.0
"""Seconds within which changes of one input by keys or the wheel are one step of undo; a drag always is."""
STEPS: Final = 500
"""Steps that can be undone."""


class _Step(QUndoCommand):
    """From one value to another. Steps of one gesture become one."""

    def __init__(self, state: "ShapeState", words: str, before: Chosen, after: Chosen, gesture: int) -> None:
        super().__init__(words)
        self._state = state
        self.before, self.after, self.gesture = before, after, gesture

    def id(self) -> int:
        """All steps may be merged, if they belong together."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        """Take the end of a later step of the same gesture over."""
        if not isinstance(other, _Step) or other.gesture != self.gesture:
            return False
        self.after = other.after
        return True

    def undo(self) -> None:
        """Back to before."""
        self._state.put(self.before)

    def redo(self) -> None:
        """There, or there again."""
        self._state.put(self.after)


class ShapeState(QObject):
    """The value and its undo stack. A change that would be no shape is refused, and the value stays what it was."""

    changed = Signal()
    refused = Signal(str, str)
    """The key of an input, and a sentence that says why it cannot be so."""
    told = Signal(str)
    """What a change brought with it, in a sentence."""

    def __init__(self, first: Chosen) -> None:
        super().__init__()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(STEPS)
        self._now = first
        self._gesture, self._key, self._last = 0, "", 0.0
        self._held = False
        self._base = first

    @property
    def now(self) -> Chosen:
        """The value."""
        return self._now

    def put(self, chosen: Chosen) -> None:
        """Have another value; the undo stack's way, which leaves no trace in it."""
        self._now = chosen
        self.changed.emit()

    def hold(self, held: bool) -> None:
        """A handle was taken or let go: what comes in between is one step."""
        self._held = held
        self._key = "" if held else self._key

    def set_size(self, key: str, value: int) -> None:
        """Set a field of the shape that others depend on; they are adapted, which is told."""
        self._begin(key)
        try:
            adapted = adapt(self._base, self._now, key, value)
        except LmError as error:
            self.refused.emit(key, str(error))
            return
        self._take(key, adapted)

    def refuse(self, key: str, sentence: str) -> None:
        """Something that cannot even be tried."""
        self.refused.emit(key, sentence)

    def set_fields(self, key: str, **fields: Any) -> None:
        """Set fields of the shape; `key` is the input that did."""
        self._begin(key)
        try:
            shape = replace(self._now.shape, **fields)
            adapted = adapt(self._base, replace(self._now, shape=shape), key, None)
        except LmError as error:
            self.refused.emit(key, str(error))
            return
        self._take(key, adapted)

    def set_setup(self, key: str, **fields: Any) -> None:
        """Set how it is counted."""
        self._begin(key)
        try:
            setup = replace(self._now.setup, **fields)
        except LmError as error:
            self.refused.emit(key, str(error))
            return
        self._take(key, Adapted(replace(self._now, setup=setup), ""))

    def set_activations(self, kind: Activations) -> None:
        """Count activations by another list, wherever they are shown."""
        self.set_setup("activations", activations=kind)

    def set_view(self, key: str, **fields: Any) -> None:
        """Set what is looked at: fields of the value itself."""
        self._begin(key)
        self._take(key, Adapted(replace(self._now, **fields), ""))

    def set_tokens(self, tokens: int) -> None:
        """Train on so many tokens, whatever a rule would say."""
        self._begin("tokens")
        after = replace(self._now, rule=OWN, setup=replace(self._now.setup, tokens=tokens))
        self._take("tokens", Adapted(after, ""))

    def set_follows(self, follows: bool) -> None:
        """Let d_ff follow d_model from now on, or lock it where it is."""
        self._begin("lock")
        self._take("lock", adapt(self._base, replace(self._now, follows=follows), "lock", None))

    def take(self, shape: Shape, name: str) -> None:
        """Make a preset, a pinned shape or that of a file the current one."""
        self._begin("preset")
        self._key = ""
        self._take("preset", Adapted(replace(self._now, shape=shape, name=name, origin=shape, follows=False), ""))

    def _begin(self, key: str) -> None:
        """A change by an input: it goes on with the gesture before, or is a new one."""
        now = monotonic()
        if key != self._key or not (self._held or now - self._last < TOGETHER):
            self._gesture += 1
            self._base = self._now
        self._key, self._last = key, now

    def _take(self, key: str, adapted: Adapted) -> None:
        if adapted.chosen != self._now:
            self.undo_stack.push(_Step(self, key, self._base, adapted.chosen, self._gesture))
        else:
            self.changed.emit()  # an input that shows what was refused shows the value again
        if adapted.words:
            self.told.emit(adapted.words)
