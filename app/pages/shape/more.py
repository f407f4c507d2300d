"""What few need to set: norms, positions, grouped heads, experts, and the conventions of counting; closed at first."""

from collections.abc import Generator
from functools import partial
from typing import Any, Final, Self

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app import fonts
from app.pages.shape.chosen import Chosen
from app.pages.shape.fields import line
from app.pages.shape.options import GROUPS, Number, Option
from app.pages.shape.state import ShapeState
from app.widgets.amount_edit import AmountEdit
from app.widgets.choice import Choice
from app.widgets.disclosure import Disclosure
from app.widgets.labels import label
from app.widgets.spin import NumberSpin
from lmcore.accounting.constraints import step_among
from lmcore.accounting.shape import divisors

WORDS: Final = "More: norm, positions, GQA"
WIDTH: Final = 124
MOST_FLOPS: Final = 10**30


class More(Disclosure):
    """A line for each option. It shows the state and changes it. `making` makes it."""

    def __init__(self, state: ShapeState, parent: QWidget) -> None:
        super().__init__(WORDS, parent)
        self._state = state
        self.choices: dict[str, Choice] = {}
        self.numbers: dict[str, NumberSpin] = {}
        self._options: dict[str, Option | Number] = {}
        self.budget = AmountEdit("Compute budget, FLOP", 10**21, MOST_FLOPS)

    @classmethod
    def making(cls, state: ShapeState, parent: QWidget) -> Generator[None, None, Self]:
        """It in its place, a group of lines a turn."""
        made = cls(state, parent)
        yield from made._filling()
        return made

    def _filling(self) -> Generator[None, None, None]:
        for title, options in GROUPS:
            self.body.addWidget(label(title, "strong"))
            for option in options:
                self.body.addLayout(self._line(option))
            yield
        state = self._state
        self.body.addLayout(line("Budget, FLOP", self.budget, "For how many tokens a compute budget is enough."))
        self.budget.amount_changed.connect(lambda amount: state.set_view("budget", budget=amount))
        self.budget.refused.connect(lambda text: state.refuse("budget", f"{text!r} is no number of FLOPs; try 1e21."))

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the state; nothing is told."""
        for key, choice in self.choices.items():
            option = self._options[key]
            assert isinstance(option, Option)
            values = [value for _, value in option.choices]
            place = values.index(_value(chosen, option))
            if place != choice.currentIndex():
                choice.setCurrentIndex(place)
        for key, spin in self.numbers.items():
            value = _value(chosen, self._options[key])
            if spin.value() != value:
                spin.blockSignals(True)
                spin.setValue(value)
                spin.blockSignals(False)
            spin.set_invalid(False)
        if self.budget.amount != chosen.budget:
            self.budget.set_amount(chosen.budget)

    def mark_refused(self, key: str) -> None:
        """Show which number cannot be as it is."""
        if key in self.numbers:
            self.numbers[key].set_invalid(True)

    def _line(self, option: Option | Number) -> QHBoxLayout:
        self._options[option.key] = option
        control: QWidget = self._choice(option) if isinstance(option, Option) else self._number(option)
        return line(option.name, control, option.told)

    def _choice(self, option: Option) -> Choice:
        made = Choice(option.name, [words for words, _ in option.choices], self.body.parentWidget())
        made.setFixedWidth(fonts.scaled(WIDTH))
        made.activated.connect(lambda place: self._set(option, option.choices[place][1]))
        self.choices[option.key] = made
        return made

    def _number(self, option: Number) -> NumberSpin:
        made = NumberSpin(option.name, option.low, option.high, lenient=True, parent=self.body.parentWidget())
        made.name_value(option.low, option.none)
        made.valueChanged.connect(partial(self._set_number, option))
        self.numbers[option.key] = made
        steps = {"num_kv_heads": self._step_keys, "d_head": _step_head}
        if option.key in steps:
            made.step_with(steps[option.key])
        return made

    def _step_keys(self, value: int, steps: int) -> int:
        """Where an arrow leads from a number of KV heads: to the next that divides the heads."""
        return step_among([0, *divisors(self._state.now.shape.num_heads)], value, steps)

    def _set_number(self, option: Number, value: int) -> None:
        if not option.low <= value <= option.high:
            self._state.refuse(
                option.key, f"{option.name} goes from {option.low:,} to {option.high:,}; the last shape stays."
            )
        else:
            self._set(option, value)

    def _set(self, option: Option | Number, value: Any) -> None:
        if option.of == "setup":
            self._state.set_setup(option.key, **{option.key: value})
        elif option.of == "view":
            self._state.set_view(option.key, **{option.key: value})
        elif isinstance(option, Number):
            self._state.set_size(option.key, value)
        else:
            self._state.set_fields(option.key, **{option.key: value})


def _step_head(value: int, steps: int) -> int:
    """Head sizes that RoPE can turn are even."""
    return value + 2 * steps - value % 2


def _value(chosen: Chosen, option: Option | Number) -> Any:
    """What is set."""
    return getattr({"shape": chosen.shape, "setup": chosen.setup, "view": chosen}[option.of], option.key)
