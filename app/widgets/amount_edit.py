"""How is a large amount typed? As people write it: 300 B, 1.5e12, 2,500,000 or 40 M."""

import re
from decimal import Decimal
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy

from app import fonts
from app.widgets.undo_keys import is_left_to_page, is_undo
from lmcore import figures

POWERS: Final = {"": 0, "k": 3, "m": 6, "b": 9, "g": 9, "t": 12, "p": 15}
WRITTEN: Final = re.compile(r"([0-9][0-9, _]*\.?[0-9]*(?:e[+]?[0-9]{1,2})?) ?([kmbgtp]?)", re.IGNORECASE)
DECIMAL_COMMA: Final = re.compile(r"^([0-9]+),([0-9]{1,2}|[0-9]{4,})(?=$|e)", re.IGNORECASE)
VAST: Final = 10**15
SHOWN: Final = (("T", 10**12), ("B", 10**9), ("M", 10**6))


class AmountEdit(QLineEdit):
    """A positive whole amount up to `most`. What cannot be read, or is out of range, is told as `refused`."""

    amount_changed = Signal(object)
    """The user chose another amount; a Python integer, since it may be larger than Qt's."""
    refused = Signal(str)
    """What was typed instead."""

    def __init__(self, name: str, amount: int, most: int) -> None:
        super().__init__()
        self._amount, self._most = amount, most
        self.setAccessibleName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(written(amount))
        self.editingFinished.connect(self._take)

    @property
    def amount(self) -> int:
        """What is set."""
        return self._amount

    def set_amount(self, amount: int) -> None:
        """Set it without telling."""
        self._amount = amount
        self.setText(written(amount))
        self._mark(False)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(84), fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if is_left_to_page(event, lambda: self.text() != written(self._amount)):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_undo(event):
            self.set_amount(self._amount)
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        amount = amount_of(self.text())
        if amount is None or not 1 <= amount <= self._most:
            self._mark(True)
            self.refused.emit(self.text().strip())
            return
        changed = amount != self._amount
        self.set_amount(amount)
        if changed:
            self.amount_changed.emit(amount)

    def _mark(self, invalid: bool) -> None:
        if bool(self.property("invalid")) != invalid:
            self.setProperty("invalid", invalid)
            self.style().unpolish(self)
            self.style().polish(self)


def amount_of(text: str) -> int | None:
    """The amount that `text` writes: amount_of("1.5 B") -> 1_500_000_000; None where it writes none."""
    number = number_of(text)
    return None if number is None or number % 1 else int(number)


def number_of(text: str) -> Decimal | None:
    """The same, whole or not: "3.7" may become "3.7 B".

    A comma groups thousands; where the digits behind it are not three, it is a decimal comma if something stands behind
    them that says so: "1,5 B" is 1.5 B, while "1,5" may be 1,500 that is being typed.
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    digits, letter = re.sub(r"[ _]", "", found[1]), found[2].lower()
    if letter or "e" in digits.lower():
        digits = DECIMAL_COMMA.sub(r"\1.\2", digits)
    return Decimal(digits.replace(",", "")) * Decimal(10) ** POWERS[letter]


def written(amount: int) -> str:
    """written(300_000_000_000) -> "300 B", written(10**21) -> "1e21"; what is not round is written in full."""
    if amount >= VAST and amount % (VAST // 1000) == 0:
        mantissa, power = f"{amount:e}".split("e")
        short = f"{Decimal(mantissa).normalize():f}e{int(power)}"
        return short if number_of(short) == amount else figures.count(amount)
    for letter, unit in SHOWN:
        if amount >= unit and amount % (unit // 100) == 0:
            return f"{(Decimal(amount) / unit).normalize():f} {letter}"
    return figures.count(amount)
