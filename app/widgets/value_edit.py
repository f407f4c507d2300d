"""How is a value typed that is no whole number? A rate, a share, a time: read and written by functions of its own."""

import re
from collections.abc import Callable
from math import isfinite, log10
from typing import Any, Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.undo_keys import is_left_to_page, is_undo

Read = Callable[[str], Any]
"""The value that a text writes; None where it writes none, or one that cannot be."""
Write = Callable[[Any], str]
STEPS: Final = 1000
WIDTH: Final = 84
_DECIMAL_COMMA: Final = re.compile(r"^(-?[0-9]*),([0-9]{1,2}|[0-9]{4,}|(?<=^0,)[0-9]+)(?=$|e)", re.IGNORECASE)


class ValueEdit(QLineEdit):
    """A value, 26 high, figures at the right. What cannot be read is told as `refused`; the value stays, and is shown.

    `allowed` says what can be typed: "a whole number from 1 to 8".
    """

    value_changed = Signal(object)
    refused = Signal(str)
    """A sentence: what was typed, and what can be."""

    def __init__(self, name: str, value: Any, read: Read, write: Write, allowed: str, width: int = WIDTH) -> None:
        super().__init__()
        self._value, self._read, self._write, self._wide = value, read, write, width
        self._allowed = allowed
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(write(value))
        self.editingFinished.connect(self._take)

    @property
    def value(self) -> Any:
        """What is set."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Set it without telling; what is being typed stays until it is read."""
        self._value = value
        self.set_invalid(False)
        if not (self.hasFocus() and self.isModified()) and self.text() != self._write(value):
            self.setText(self._write(value))

    def set_invalid(self, invalid: bool) -> None:
        """Draw the rim in the error colour."""
        if bool(self.property("invalid")) != invalid:
            self.setProperty("invalid", invalid)
            self.style().unpolish(self)
            self.style().polish(self)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(self._wide), fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if is_left_to_page(event, lambda: self.text() != self._write(self._value)):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_undo(event):
            self.setText(self._write(self._value))
            self.set_invalid(False)
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        if self.text() == self._write(self._value):
            self.set_invalid(False)
            return
        typed = self.text().strip()
        value = self._read(typed)
        if value is None:
            stays = self._write(self._value)
            self.setText(stays)
            self.selectAll()
            self.refused.emit(f"{self.accessibleName()}: {typed!r} cannot be. It takes {self._allowed}; {stays} stays.")
            return
        self._value = value
        self.setText(self._write(value))
        self.setModified(False)
        self.set_invalid(False)
        self.value_changed.emit(value)


class LogField(QWidget):
    """A positive number: its name and a `ValueEdit` above a slider that goes from `low` to `high` by powers of ten."""

    value_changed = Signal(object)

    def __init__(self, name: str, low: float, high: float, edit: ValueEdit) -> None:
        super().__init__()
        self._low, self._high = low, high
        self.edit = edit
        self.slider = Slider(f"{name}, coarse", 0, STEPS)
        self.label = label(name, buddy=edit)
        head = QHBoxLayout()
        head.addWidget(self.label, 1)
        head.addWidget(edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.slider)
        edit.value_changed.connect(self.value_changed)
        self.slider.valueChanged.connect(self._moved)
        self._place(edit.value)

    def set_value(self, value: float) -> None:
        """Set the number without telling."""
        self.edit.set_value(value)
        if self._at(self.slider.value()) != value:
            self._place(value)

    def _place(self, value: float) -> None:
        inside = min(self._high, max(self._low, value))
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * log10(inside / self._low) / log10(self._high / self._low)))
        self.slider.blockSignals(False)
        self.slider.update()

    def _moved(self, step: int) -> None:
        value = self._at(step)
        self.edit.set_value(value)
        self.value_changed.emit(value)

    def _at(self, step: int) -> float:
        """The number at a place of the slider, of two digits."""
        return float(f"{self._low * (self._high / self._low) ** (step / STEPS):.1e}")


def reading(low: float, high: float) -> Read:
    """Reads a number from `low` to `high`: reading(0, 1)("5e-2") -> 0.05, and of "0,05" as well."""

    def read(text: str) -> float | None:
        try:
            value = float(_DECIMAL_COMMA.sub(r"\1.\2", text).replace(",", ""))
        except ValueError:
            return None
        return value if isfinite(value) and low <= value <= high else None

    return read
