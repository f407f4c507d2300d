"""How is a number with decimal places typed? A spin box of hundredths that shows them as 0.80."""

from typing import Final

from PySide6.QtGui import QValidator

from app.widgets.spin import NumberSpin
from lmcore import figures

PLACES: Final = 2
UNIT: Final = 10**PLACES


class DecimalSpin(NumberSpin):
    """A number from `low` to `high` in hundredths; its value is theirs, an integer, as Qt's signals tell it."""

    def textFromValue(self, value: int) -> str:
        return figures.decimal(value / UNIT, PLACES)

    def valueFromText(self, text: str) -> int:
        try:
            found = round(float(_plain(text)) * UNIT)
        except (ValueError, OverflowError):
            return self.value()
        return max(self.minimum(), min(self.maximum(), found))

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        plain = _plain(text)
        if plain in ("", ".", "-"):
            return QValidator.State.Intermediate, text, at
        if plain.count(".") <= 1 and plain.replace(".", "").isdecimal():
            return QValidator.State.Acceptable, text, at
        return QValidator.State.Invalid, text, at


def _plain(text: str) -> str:
    """A decimal comma is a point; what is above the range is held to it by the spin box."""
    return text.strip().replace(",", ".")
