"""Which shapes are pinned for comparison? Any number, in the order in which they were pinned; four in one click."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from app.pages.shape.chosen import Chosen
from app.pages.shape.compare_pane import ComparePane
from app.pages.shape.comparing import Pin, compare
from app.pages.shape.differences import name_of
from app.pages.shape.state import ShapeState
from app.widgets.menu import Menu
from lmcore.accounting.presets import Family, families

FOURS: Final = {
    "course-2025": "Pin GPT-2 small, medium, large, XL of the course 2025",
    "course-2026": "Pin those of the course 2026",
    "gpt2": "Pin those of OpenAI",
}
"""Families of four sizes that are pinned in one click."""


class Pins(QObject):
    """The pinned shapes; the pane shows them. `changed` when there are others."""

    changed = Signal()

    def __init__(self, page: QWidget, state: ShapeState, pane: ComparePane, pins: Sequence[Pin] = ()) -> None:
        super().__init__(page)
        self._page, self._state, self._pane = page, state, pane
        self.all: tuple[Pin, ...] = tuple(pins)
        pane.pin_asked.connect(self.pin_current)
        pane.four_asked.connect(partial(self.pin_four, next(iter(FOURS))))
        pane.menu_asked.connect(self._open_menu)
        pane.used.connect(self._use)
        pane.removed.connect(self.remove)

    def show(self, quantity: int) -> None:
        """Show them as they are counted now."""
        now = self._state.now
        self._pane.show_comparison(compare(self.all, now, quantity))

    def set_pins(self, pins: Sequence[Pin]) -> None:
        """Have these and no others."""
        self.all = tuple(pins)
        self.changed.emit()

    def pin_current(self) -> None:
        """Pin the shape that is shown, unless it is pinned already; a changed one is called by what was changed."""
        now = self._state.now
        if all(pin.shape != now.shape for pin in self.all):
            self.set_pins((*self.all, _pin_of(now)))

    def pin_four(self, family: str) -> None:
        """Pin the four sizes of a family in place of all others."""
        self.set_pins(four_of(family))

    def remove(self, place: int) -> None:
        """Unpin one."""
        self.set_pins((*self.all[:place], *self.all[place + 1 :]))

    def menu(self) -> Menu:
        """Pin the current one or four sizes, or unpin."""
        menu = Menu(self._page)
        menu.add("Pin this shape", self.pin_current, icon="pin")
        known = {family.key for family in families()}
        for key, words in FOURS.items():
            if key in known:
                menu.add(words, partial(self.pin_four, key), icon="layers")
        if self.all:
            menu.addSeparator()
        for place, pin in enumerate(self.all):
            menu.add(f"Unpin {pin.name}".replace("&", "&&"), partial(self.remove, place), icon="x")
        if len(self.all) > 1:
            menu.add("Unpin all", partial(self.set_pins, ()), icon="trash-2")
        return menu

    def _use(self, place: int) -> None:
        pin = self.all[place]
        self._state.take(pin.shape, pin.name)

    def _open_menu(self, button: QWidget) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 4)))


def _pin_of(now: Chosen) -> Pin:
    """The pin of a preset, or one that is named after the preset or file that it was and what differs from it."""
    known = (pin for family in families() for pin in pins_of(family))
    if (same := next((pin for pin in known if pin.shape == now.shape), None)) is not None:
        return same
    whole, brief = (name_of(name, now.shape, now.origin) for name in (now.name, now.name.split(",")[0]))
    return Pin(whole, brief, "", now.shape)


def pins_of(family: Family) -> tuple[Pin, ...]:
    """A family, pinned."""
    return tuple(Pin(preset.name, preset.short, family.name, preset.shape) for preset in family.presets)


def four_of(key: str) -> tuple[Pin, ...]:
    """The sizes of a family, in order."""
    return next((pins_of(family) for family in families() if family.key == key), ())
