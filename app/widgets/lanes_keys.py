"""Which keys work in the lanes? Arrows walk, Shift extends, hex digits change bytes, Alt with a digit flips a bit."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from app.widgets.lanes_metrics import Lane
from lmcore.text.lanes import Span

if TYPE_CHECKING:
    from app.widgets.lanes_view import LanesView

HEX: Final = "0123456789abcdef"
STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
LANES: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class LanesKeys:
    """The keyboard of one view."""

    def __init__(self, view: "LanesView") -> None:
        self._view = view
        self._half = False

    def forget_digit(self) -> None:
        """The next hex digit is a first one."""
        self._half = False

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; whether it asks for anything here."""
        key, shift = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if not self._view.data:
            return False
        if key in STEPS or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._walk(key, extend=shift)
        elif key in LANES:
            self._change_lane(LANES[key])
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._view.selection is not None:
            self._view.removal_asked.emit(*self._view.selection)
        elif key == Qt.Key.Key_Escape and self._view.selection is not None:
            self._view.select(None)
        else:
            return self._type(event)
        return True

    def _walk(self, key: Qt.Key, *, extend: bool) -> None:
        """To the cell beside the selection, or beside its moving end."""
        view, selected = self._view, self._view.selection
        if key == Qt.Key.Key_Home or selected is None and key == Qt.Key.Key_Right:
            place = 0
        elif key == Qt.Key.Key_End or selected is None:
            place = len(view.data) - 1
        else:
            place = selected.end if STEPS[key] > 0 else selected.start - 1
        place = max(0, min(place, len(view.data) - 1))
        view.select_cell(view.lane, place, extend=extend)
        view.reveal(Span(place, place + 1))

    def _change_lane(self, step: int) -> None:
        view = self._view
        lane = Lane(max(0, min(view.lane + step, len(Lane) - 1)))
        view.select_cell(lane, view.selection.start if view.selection is not None else view.visible_bytes.start)

    def _type(self, event: QKeyEvent) -> bool:
        """A hex digit of the first selected byte: the high one, then the low one; then the next byte has its turn."""
        selected, digit = self._view.selection, event.text().lower()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if selected is None or control:
            return False
        place, byte = selected.start, self._view.data[selected.start]
        if alt and Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_7:
            self._view.byte_typed.emit(place, byte ^ 1 << event.key() - Qt.Key.Key_0)
            return True
        if len(digit) != 1 or digit not in HEX or alt:
            return False
        value = HEX.index(digit)
        self._view.select(Span(place, place + 1))
        second, self._half = self._half, not self._half
        self._view.byte_typed.emit(place, byte & 0xF0 | value if second else byte & 0x0F | value << 4)
        if second and place + 1 < len(self._view.data):
            self._view.select_cell(Lane.UTF8, place + 1)
            self._view.reveal(Span(place + 1, place + 2))
        return True
