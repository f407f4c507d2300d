"""Which set-up is shown? One value, what comes of it, and who is told; recomputed once for all changes of a moment."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages.training.setup.chosen import Chosen, changed, model_of, suggested, taken
from app.pages.training.setup.counting import Facts
from app.pages.training.setup.outlook import Outlook, look
from lmcore.accounting import Shape
from lmcore.errors import LmError
from lmcore.training.machine import Machine
from lmcore.training.suggesting import suggested as suggestion


class SetupState(QObject):
    """The value. A setting that cannot be is refused, and the value stays what it was."""

    changed = Signal()
    """Another value, or more is known of it: `now` and `outlook`. Many changes of one moment are told once."""
    data_changed = Signal()
    """The data to look at are others: `now.config.data`. Told at once."""
    device_changed = Signal()
    refused = Signal(str, str)
    """The key of an input, and a sentence that says why it cannot be so."""
    told = Signal(str)

    def __init__(self, chosen: Chosen) -> None:
        super().__init__()
        self._now = chosen
        self._outlook = Outlook()
        self._facts: Facts | None = None
        self._machine: Machine | None = None
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.settle)

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
    def rests(self) -> bool:
        """Whether nothing is left to be computed."""
        return not self._timer.isActive()

    def put(self, chosen: Chosen) -> None:
        """Have another value; it is told in a moment."""
        data, device = chosen.config.data != self._now.config.data, self._device(chosen) != self._device(self._now)
        self._now = chosen
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
            self.put(make(self._now))
        except LmError as error:
            self.refused.emit(key, str(error))

    def set(self, table: str, **values: Any) -> None:
        """Set settings of one table."""
        key = f"{table}.{next(iter(values))}"
        self.change(key, lambda now: changed(now, table, **values))

    def take(self, tables: Mapping[str, Any], folder: Path | None) -> None:
        """Have what tables of a file or of another run say. Raises `LmError` where they cannot be."""
        self.put(taken(tables, folder))

    def take_shape(self, shape: Shape) -> None:
        """Have a shape of the Shape page, of a preset or of a file; what cannot be trained of it is told."""
        model, words = model_of(shape)
        self.put(changed(self._now, "model", **vars(model)))
        self.told.emit(words)

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

    def suggest(self) -> None:
        """Have a model and an amount that suit the machine and the data, as soon as both are known."""
        if self._machine is None or self._facts is None:
            return
        tables = suggestion(self._machine, self._facts.tokens, self._facts.vocab_size)
        self.put(suggested(self._now, tables))

    def settle(self) -> None:
        """Compute what comes of the value, and tell."""
        self._timer.stop()
        self._now, self._outlook = look(self._now, self._facts, self._machine)
        self.changed.emit()

    def close(self) -> None:
        """The window closes: what is not computed yet is left."""
        self._timer.stop()

    def _suggest_at_first(self) -> None:
        if self._now.is_suggested:
            self.suggest()

    @staticmethod
    def _device(chosen: Chosen) -> str:
        return chosen.config.training.device
