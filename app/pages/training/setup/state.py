"""Which set-up is shown? One value, what comes of it, and who is told; recomputed once for all changes of a moment."""

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages.training.setup.chosen import Chosen, changed, model_of, suggested, taken, vocabulary_words
from app.pages.training.setup.counting import Facts
from app.pages.training.setup.judging import Known
from app.pages.training.setup.outlook import Outlook, look, with_total
from app.pages.training.setup.surroundings import Around
from app.pages.training.setup.totals import Looking, looking
from lmcore.accounting import Shape
from lmcore.errors import LmError
from lmcore.training.machine import Machine
from lmcore.training.suggesting import suggesting

TOGETHER: Final = 1.0
"""Seconds within which changes of one kind are one step of undo: those of a slider that is drawn."""
STEPS: Final = 200
"""Changes that can be taken back."""
SLICE: Final = 0.012
"""Seconds that the runs of a sweep are looked at in one go, before the window has its turn."""


@dataclass(frozen=True)
class Suggestion:
    """Models that are tried, one in each turn; whether somebody `asked` for that, who may take back what it gives."""

    work: Generator[None, None, dict[str, Any]]
    asked: bool


class SetupState(QObject):
    """The value. A setting that cannot be is refused, and the value stays what it was."""

    changed = Signal()
    """Another value, or more is known of it: `now` and `outlook`. Many changes of one moment are told once."""
    data_changed = Signal()
    """The data to look at are others: `now.config.data`. Told at once."""
    device_changed = Signal()
    was_put = Signal()
    """There is another value, which can be."""
    refused = Signal(str, str)
    """The key of an input, and a sentence that says why it cannot be so."""
    told = Signal(str)

    def __init__(self, chosen: Chosen) -> None:
        super().__init__()
        self._now = chosen
        self._before: deque[Chosen] = deque(maxlen=STEPS)
        self._after: list[Chosen] = []
        self._key, self._put_at = "", -inf
        self._outlook = Outlook()
        self._facts: Facts | None = None
        self._machine: Machine | None = None
        self._around: Around | None = None
        self._vocabularies: dict[str, int] = {}
        self._looking: Looking | None = None
        self._suggestion: Suggestion | None = None
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.settle)
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._look_on)
        self._try_next = QTimer(self, singleShot=True, interval=0)
        self._try_next.timeout.connect(self._suggest_on)

    @property
    def now(self) -> Chosen:
        """The value."""
        return self._now

    @property
    def outlook(self) -> Outlook:
        """What comes of it."""
        return self._outlook

    @property
    def facts(self) -> Facts | None:
        """What is known of the data."""
        return self._facts

    @property
    def machine(self) -> Machine | None:
        """What is known of the machine."""
        return self._machine

    @property
    def around(self) -> Around | None:
        """What else is there; None while nobody has looked."""
        return self._around

    @property
    def rests(self) -> bool:
        """Whether nothing is left to be computed."""
        return not self._timer.isActive() and self._looking is None and self._suggestion is None

    def put(self, chosen: Chosen, key: str = "") -> None:
        """Have another value; it is told in a moment. `key` is the input that it is of."""
        together = bool(key) and key == self._key and monotonic() < self._put_at + TOGETHER
        if chosen != self._now and not together:
            self._before.append(self._now)
        if chosen != self._now:
            self._after.clear()
        self._key, self._put_at = key, monotonic()
        self._have(chosen)

    def undo(self) -> None:
        """Take the last change back; nothing where there was none."""
        self._key = ""
        if self._before:
            self._after.append(self._now)
            self._have(self._before.pop())

    def redo(self) -> None:
        """Have what was taken back last; nothing where something else was set since."""
        self._key = ""
        if self._after:
            self._before.append(self._now)
            self._have(self._after.pop())

    def _have(self, chosen: Chosen) -> None:
        data, device = chosen.config.data != self._now.config.data, self._device(chosen) != self._device(self._now)
        self._now = chosen
        self.was_put.emit()
        if data:
            self._facts = None
            self.data_changed.emit()
        if device:
            self._machine = None
            self.device_changed.emit()
        self._timer.start()

    def change(self, key: str, make: Callable[[Chosen], Chosen]) -> None:
        """Have what `make` makes of the value; `key` is the input that is refused where that cannot be."""
        try:
            self.put(make(self._now), key)
        except LmError as error:
            self.refused.emit(key, str(error))

    def set(self, table: str, **values: Any) -> None:
        """Set settings of one table."""
        key = f"{table}.{next(iter(values))}"
        self.change(key, lambda now: changed(now, table, **values))

    def take(self, tables: Mapping[str, Any], folder: Path | None, *, named: bool = True) -> None:
        """Have what tables of a file or of another run say, with their name if it is to be `named` so.

        Raises `LmError` where they cannot be.
        """
        chosen = taken(tables, folder)
        self.put(chosen if named else replace(chosen, touched=chosen.touched - {"name"}))

    def take_shape(self, shape: Shape, remarks: Sequence[str] = ()) -> None:
        """Have a shape of the Shape page, of a preset or of a file; what cannot be trained of it is told, and
        `remarks` on the original.
        """
        model, words = model_of(shape)
        self.put(changed(self._now, "model", **vars(model)))
        others = vocabulary_words(shape, self._known.vocabulary)
        said = [words, others, *(f"Of the original: {remark}" for remark in remarks)]
        self.told.emit(" ".join(filter(None, said)))

    def know_vocabulary(self, tokenizer: str, size: int) -> None:
        """The tokenizer at this place has so many tokens."""
        self._vocabularies[tokenizer] = size
        self._timer.start()

    def know_data(self, facts: Facts) -> None:
        """The data have been looked at."""
        self._facts = facts
        self._suggest_at_first()
        self._timer.start()

    def know_machine(self, machine: Machine) -> None:
        """The machine has been looked at."""
        known = self._machine is not None
        self._machine = machine
        if not known:
            self._suggest_at_first()
        self._timer.start()

    def know_around(self, around: Around) -> None:
        """What else is there has been looked at."""
        known = self._around is not None
        self._around = around
        if not known:
            self._suggest_at_first()
        self._timer.start()

    def suggest(self) -> None:
        """Have a model and an amount that suit the machine and the data, as soon as all of that is known."""
        self._suggest(asked=True)

    def tell_again(self) -> None:
        """Tell in a moment what there is."""
        self._timer.start()

    def hurry(self) -> None:
        """Compute now what would be computed in a moment."""
        while self._suggestion is not None:
            self._suggest_on()
        if self._timer.isActive():
            self.settle()

    def settle(self) -> None:
        """Compute what comes of the value, and tell; of a sweep as many runs as can be looked at in a moment."""
        self._timer.stop()
        self._next.stop()
        known = self._known
        self._now, self._outlook = look(self._now, known)
        self._looking = looking(self._now.tables, known) if self._outlook.looks_on else None
        if self._looking is None or not self._look_on():
            self.changed.emit()

    def _look_on(self) -> bool:
        """Look at more runs of a sweep; when all have been, what comes of them is told."""
        until, runs = perf_counter() + SLICE, self._looking
        while runs is not None and perf_counter() < until:
            try:
                next(runs)
            except StopIteration as end:
                total, trouble = end.value
                self._looking = None
                self._outlook = with_total(self._outlook, total, self._known, trouble)
                self.changed.emit()
                return True
        self._next.start()
        return False

    @property
    def _known(self) -> Known:
        size = self._vocabularies.get(self._now.config.data.tokenizer, 0)
        return Known(self._facts, self._machine, self._around or Around(), size)

    def close(self) -> None:
        """The window closes: what is not computed yet is left."""
        for timer in (self._timer, self._next, self._try_next):
            timer.stop()
        self._looking = self._suggestion = None

    def _suggest_at_first(self) -> None:
        """Suggest without being asked, as long as nothing that is suggested was set by hand."""
        if self._now.is_suggested:
            self._suggest(asked=False)

    def _suggest(self, *, asked: bool) -> None:
        if self._machine is None or self._facts is None or self._around is None:
            return
        asked = asked or (self._suggestion is not None and self._suggestion.asked)
        work = suggesting(self._machine, self._facts.tokens, self._facts.vocab_size, self._around.runs)
        self._suggestion = Suggestion(work, asked)
        self._try_next.start()

    def _suggest_on(self) -> None:
        """Try the next model; when one suits, have it unless somebody who did not ask has set something meanwhile."""
        found = self._suggestion
        if found is None:
            return
        try:
            next(found.work)
        except StopIteration as end:
            self._suggestion = None
            if found.asked:
                self.put(suggested(self._now, end.value))
            elif self._now.is_suggested:
                before = self._before.copy()
                self.put(suggested(self._now, end.value))
                self._before = before
        except LmError as error:
            self._suggestion = None
            self.refused.emit("model", str(error))
        else:
            self._try_next.start()

    @staticmethod
    def _device(chosen: Chosen) -> str:
        return chosen.config.training.device
