"""How is a number typed? A spin box of 84 by 26 with thousands separators and two small arrows."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF, QValidator, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSpinBox

from app import fonts
from app.theme import Theme
from app.widgets.wheel import wheel_is_meant
from lmcore.figures import MINUS

LARGEST = 2**31 - 1


class NumberSpin(QSpinBox):
    """An integer from `low` to `high`, a comma between thousands; `quantity=False` for ids and seeds, without.

    A `lenient` one takes any integer that is typed, so that whoever owns it can say what is wrong with it; steps keep
    within the range all the same. What Qt cannot hold becomes the greatest or the least that it can.
    """

    def __init__(
        self, name: str, low: int, high: int, *, suffix: str = "", quantity: bool = True, lenient: bool = False
    ) -> None:
        super().__init__()
        self._quantity, self._lenient = quantity, lenient
        self._low, self._high = low, high
        self._named: tuple[int, str] | None = None
        self.setRange(-LARGEST, LARGEST) if lenient else self.setRange(low, high)
        self.setValue(low)
        self.setSuffix(suffix)
        self.setAccelerated(True)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(name)
        self.setKeyboardTracking(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setAcceptDrops(False)

    def name_value(self, value: int, words: str) -> None:
        """Show `words` in place of a number that means something else, such as 0 for "auto"."""
        self._named = (value, words) if words else None
        self.lineEdit().setText(self.textFromValue(self.value()))

    def set_invalid(self, invalid: bool) -> None:
        """Draw the rim in the error colour; say beside it what is allowed."""
        if bool(self.property("invalid")) == invalid:
            return
        self.setProperty("invalid", invalid)
        self.style().unpolish(self)
        self.style().polish(self)

    def textFromValue(self, value: int) -> str:
        if self._named is not None and value == self._named[0]:
            return self._named[1]
        return f"{value:,}" if self._quantity else str(value)

    def valueFromText(self, text: str) -> int:
        if self._named is not None and text == self._named[1]:
            return self._named[0]
        digits = "".join(
            letter
            for letter in text.removesuffix(self.suffix()).replace(MINUS, "-")
            if letter.isdigit() or letter == "-"
        )
        if not digits.strip("-"):
            return self.value() if self._lenient else self.minimum()
        return max(-LARGEST, min(LARGEST, int(digits)))

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        self.setValue(max(self._low, min(self._high, self.value() + steps)))

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        if self._named is not None and self._named[1].startswith(text):
            return QValidator.State.Acceptable if text == self._named[1] else QValidator.State.Intermediate, text, at
        if self._lenient:
            return _judged(text.removesuffix(self.suffix()).strip()), text, at
        plain = text.removesuffix(self.suffix()).replace(",", "").replace(" ", "").replace("_", "")
        state, _, _ = super().validate(plain + self.suffix(), min(at, len(plain)))  # separators are not Qt's affair
        return state, text, at

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(84), fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if wheel_is_meant(self, event):
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.secondary if self.isEnabled() else theme.disabled))
            middle, x = self.height() / 2, self.width() - 11.0
            painter.drawPolygon(_triangle(x, middle - 1.5, -4))
            painter.drawPolygon(_triangle(x, middle + 1.5, 4))


def _judged(text: str) -> QValidator.State:
    """Whether `text` is a number, may become one, or never will."""
    digits = text.replace(",", "").replace("_", "").replace(" ", "").removeprefix("-").removeprefix(MINUS)
    if not digits:
        return QValidator.State.Intermediate
    return QValidator.State.Acceptable if digits.isdecimal() else QValidator.State.Invalid


def _triangle(x: float, base: float, height: float) -> QPolygonF:
    return QPolygonF([QPointF(x - 3, base), QPointF(x + 3, base), QPointF(x, base + height)])
