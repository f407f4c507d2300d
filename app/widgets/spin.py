"""How is a number typed? A spin box of 84 by 26 with thousands separators and two small arrows."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSpinBox, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.amount_edit import amount_of, number_of
from app.widgets.undo_keys import is_left_to_page, is_undo
from app.widgets.wheel import wheel_is_meant
from lmcore.figures import MINUS

LARGEST = 2**31 - 1
ROOM = 32
"""Pixels that rim, margins and arrows take beside the number."""

Step = Callable[[int, int], int]


class NumberSpin(QSpinBox):
    """An integer from `low` to `high`, a comma between thousands; `quantity=False` for ids and seeds, without.

    A `lenient` one takes any integer that is typed, 16k, 1.5 M and 1e6 as well, so that whoever owns it can say what is
    wrong with it; steps keep within the range all the same. What Qt cannot hold becomes the greatest or the least that
    it can. There is room for `widest`, so that spin boxes below one another can be of one width.
    """

    def __init__(
        self,
        name: str,
        low: int,
        high: int,
        *,
        suffix: str = "",
        quantity: bool = True,
        lenient: bool = False,
        widest: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._widest = widest
        self._quantity, self._lenient = quantity, lenient
        self._low, self._high = low, high
        self._named: tuple[int, str] | None = None
        self._stepped: Step = _sum
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

    def step_with(self, stepped: Step) -> None:
        """Let arrows, wheel and Page keys go from a number by so many steps to what `stepped` says; typing need not."""
        self._stepped = stepped

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
        if self._lenient and (amount := amount_of(text.removesuffix(self.suffix()))) is not None:
            return min(LARGEST, amount)
        digits = "".join(
            letter
            for letter in text.removesuffix(self.suffix()).replace(MINUS, "-")
            if letter.isdigit() or letter == "-"
        )
        if not digits.strip("-"):
            return self.value() if self._lenient else self.minimum()
        return max(-LARGEST, min(LARGEST, int(digits)))

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        self.setValue(max(self._low, min(self._high, self._stepped(self.value(), steps))))

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        if self._named is not None and self._named[1].startswith(text):
            return QValidator.State.Acceptable if text == self._named[1] else QValidator.State.Intermediate, text, at
        if self._lenient:
            return _judged(text.removesuffix(self.suffix()).strip()), text, at
        plain = text.removesuffix(self.suffix()).replace(",", "").replace(" ", "").replace("_", "")
        state, _, _ = super().validate(plain + self.suffix(), min(at, len(plain)))  # separators are not Qt's affair
        return state, text, at

    def sizeHint(self) -> QSize:
        """84 wide, or as wide as `widest` needs."""
        text = self.textFromValue(self._widest) + self.suffix()
        room = QFontMetrics(self.font()).horizontalAdvance(text) + fonts.scaled(ROOM)
        return QSize(max(fonts.scaled(84), room), fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _is_typed(self) -> bool:
        """Whether something stands there that was not taken over yet."""
        return self.lineEdit().text() != self.textFromValue(self.value()) + self.suffix()

    def event(self, event: QEvent) -> bool:
        if is_left_to_page(event, self._is_typed):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_undo(event):
            self.lineEdit().setText(self.textFromValue(self.value()) + self.suffix())
            self.selectAll()
        else:
            super().keyPressEvent(event)

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


def _sum(value: int, steps: int) -> int:
    return value + steps


def _judged(text: str) -> QValidator.State:
    """Whether `text` is a number ("16k" and "1e6" are), may become one, or never will."""
    if amount_of(text) is not None:
        return QValidator.State.Acceptable
    if number_of(text) is not None or number_of(f"{text}0") is not None:  # "3.7" of "3.7 k"; "1e", "1e+", "1."
        return QValidator.State.Intermediate
    digits = text.replace(",", "").replace("_", "").replace(" ", "").removeprefix("-").removeprefix(MINUS)
    if not digits:
        return QValidator.State.Intermediate
    return QValidator.State.Acceptable if digits.isdecimal() else QValidator.State.Invalid


def _triangle(x: float, base: float, height: float) -> QPolygonF:
    return QPolygonF([QPointF(x - 3, base), QPointF(x + 3, base), QPointF(x, base + height)])
