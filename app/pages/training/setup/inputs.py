"""Of what are the groups of inputs made? A line of a name and its input, and inputs of numbers, shares and times."""

from collections.abc import Callable, Collection
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLabel, QWidget

from app.pages.training.setup.durations import seconds_of, unit_of
from app.pages.training.setup.sweeping import number
from app.widgets.amount_edit import amount_of
from app.widgets.choice import Choice
from app.widgets.labels import ElidedLabel, label
from app.widgets.value_edit import WIDTH, ValueEdit, reading
from lmcore import figures

MOST: Final = 10**15
WIDE: Final = 116
"""Pixels of an input with room for ten digits or a time."""


def line(name: str, control: QWidget, told: str = "", beside: QWidget | None = None) -> QHBoxLayout:
    """A name at the left, its input at the right."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(8)
    named = ElidedLabel(name)
    named.setBuddy(control)
    control.setToolTip(told)
    made.addWidget(named, 1)
    if beside is not None:
        made.addWidget(beside)
    made.addWidget(control)
    return made


def show_swept(field: QWidget, key: str, sweep: Collection[str]) -> None:
    """A field whose setting is swept counts for nothing, and says where its values stand."""
    field.setEnabled(key not in sweep)
    field.setToolTip("Several values are tried: they stand under Sweep." if key in sweep else "")


def decimal(name: str, value: float, low: float, high: float) -> ValueEdit:
    """A number from `low` to `high`."""
    return ValueEdit(name, value, reading(low, high), lambda shown: number(float(shown)), _between(low, high))


def share(name: str, value: float, most: float = 99.9) -> ValueEdit:
    """A part of the whole, up to `most` percent."""

    def read(text: str) -> float | None:
        found = reading(0.0, most)(text.removesuffix("%").strip())
        return None if found is None else float(f"{found / 100:.10g}")

    return ValueEdit(name, value, read, lambda shown: f"{shown * 100:.6g} %", f"a share from 0 to {most:g} %")


def whole(name: str, value: int, low: int = 1, high: int = MOST, none: str = "", width: int = WIDTH) -> ValueEdit:
    """A whole number, as people write it: 20k, 1.5 M. `none` stands for no number at all."""

    def read(text: str) -> int | None:
        if none and text.lower() in ("", none):
            return -1
        found = amount_of(text)
        return found if found is not None and low <= found <= high else None

    def write(shown: int) -> str:
        return none if none and shown < 0 else figures.count(shown)

    allowed = f"a whole number from {figures.count(low)} to {figures.count(high)}{f' or {none}' if none else ''}"
    return ValueEdit(name, value, read, write, allowed, width)


def time(name: str, value: float) -> ValueEdit:
    """A time; a bare number is in the unit that is shown."""

    def write(shown: float) -> str:
        return figures.duration(shown) if shown > 0 else "…"

    def read(text: str) -> float | None:
        return seconds_of(text, unit_of(write(made.value)))

    made = ValueEdit(name, value, read, write, "a time up to ten years, such as 20 min, 1.5 h or 1:30", WIDE)
    return made


def choice(name: str, words: dict[str, str], chosen: Callable[[str], object]) -> Choice:
    """One of several settings; `words` are what each is called."""
    made = Choice(name, list(words.values()))
    values = list(words)
    made.setSizeAdjustPolicy(made.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(9)
    made.activated.connect(lambda place: chosen(values[place]))
    return made


def show_choice(field: Choice, place: int) -> None:
    """Show what is chosen; nothing is told."""
    if field.currentIndex() != place:
        field.setCurrentIndex(place)


def say(words: QLabel, text: str) -> None:
    """Show a paragraph, which is laid out anew only where it says something else."""
    if words.accessibleName() != text:
        words.setAccessibleName(text)
        words.setText(text)


def remark() -> QLabel:
    """A place beneath an input for what is to be said of its value; it takes no room while that is nothing."""
    made = label("", "warning", wrap=True)
    made.hide()
    return made


def show_remark(place: QLabel, text: str) -> None:
    """Say it there."""
    say(place, text)
    place.setVisible(bool(text))


def _between(low: float, high: float) -> str:
    return f"a number from {number(float(low))} to {number(float(high))}"


def figure_lines(into: QBoxLayout, names: list[str]) -> dict[str, ElidedLabel]:
    """Lines of a name and a figure at the right."""
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    made: dict[str, ElidedLabel] = {}
    for place, name in enumerate(names):
        made[name] = ElidedLabel("", "table")
        made[name].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(label(name, "caption"), place, 0)
        grid.addWidget(made[name], place, 1)
    into.addLayout(grid)
    return made
