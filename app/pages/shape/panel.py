"""Which shape? The inspector of the page: presets, a slider for every size, switches, and what few need below them."""

from collections.abc import Generator
from functools import partial
from typing import Final, Self

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.shape.adapting import rule_of
from app.pages.shape.chosen import Chosen
from app.pages.shape.fields import SIZES, line, size_field
from app.pages.shape.more import More
from app.pages.shape.options import KIND_NAMES, PRECISION_NAMES
from app.pages.shape.state import ShapeState
from app.widgets.buttons import Button
from app.widgets.inspector import Inspector
from app.widgets.number_field import NumberField
from app.widgets.preset_choice import PresetChoice
from app.widgets.segmented import Segmented
from lmcore.accounting.constraints import nearest, possible_heads, step_among, step_width
from lmcore.accounting.kinds import FeedForward, Position, Precision

GAP: Final = 10
EDGE: Final = 18
"""Pixels beside the fields in a small window, whose inspector is 256 wide with all of them."""


class Panel(Inspector):
    """The inputs. They show the state and change it; nothing else knows them. `making` makes it."""

    tokenizer_asked = Signal()
    """The vocabulary is to be that of the current tokenizer."""
    file_asked = Signal()

    def __init__(self, state: ShapeState, parent: QWidget) -> None:
        super().__init__(edge_in_small=EDGE, parent=parent)
        self._state = state
        self.presets = PresetChoice(self.content)
        self.lock = Button(icon="lock", kind="bare", small=True, name="Unlock d_ff")
        self.use_tokenizer = Button(icon="table-2", kind="bare", small=True, name="Use the tokenizer’s vocabulary size")
        self.fields: dict[str, NumberField] = {}
        self.feed_forward = Segmented(["SwiGLU", "GELU"], "Feed-forward")
        self.head = Segmented(["Untied", "Tied"], "Head")
        self.precision = Segmented(["fp32", "bf16"], "Precision")
        self._other_kind, self._other_precision = FeedForward.GELU, Precision.BF16
        self.more: More

    @classmethod
    def making(cls, state: ShapeState, parent: QWidget) -> Generator[None, None, Self]:
        """It in its place, some inputs a turn."""
        made = cls(state, parent)
        yield
        yield from made._filling()
        made._connect()
        made.show_chosen(state.now)
        return made

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the state; nothing is told."""
        shape, setup = chosen.shape, chosen.setup
        for key, field in self.fields.items():
            value = setup.batch if key == "batch" else getattr(shape, key)
            field.set_value(value)
        self._show_kind(shape.feed_forward)
        self.head.set_current(int(shape.tied))
        self._show_precision(setup.precision)
        self.presets.show_name(chosen.name, chosen.title)
        self._show_lock(chosen)
        self.more.show_chosen(chosen)

    def mark_refused(self, key: str) -> None:
        """Show which input cannot be as it is."""
        if key in self.fields:
            self.fields[key].set_invalid(True)
        self.more.mark_refused(key)

    def _filling(self) -> Generator[None, None, None]:
        section = self.section("Shape")
        section.addWidget(self.presets)
        fields = QVBoxLayout()
        fields.setSpacing(GAP)
        section.addLayout(fields)
        yield
        beside = {"d_ff": self.lock, "vocab_size": self.use_tokenizer}
        for size in SIZES:
            self.fields[size.key] = size_field(size, beside.get(size.key), self.content)
            fields.addWidget(self.fields[size.key])
        yield
        section.addSpacing(4)
        section.addLayout(
            line("Feed-forward", self.feed_forward, "Gated kinds have three matrices, the others two.", gives_way=True)
        )
        section.addLayout(line("Head", self.head, "A tied head uses the embedding’s matrix once more."))
        section.addLayout(line("Precision", self.precision, "bf16 keeps weights in two bytes while it computes."))
        yield
        self.more = yield from More.making(self._state, self.content)
        section.addWidget(self.more)

    def _connect(self) -> None:
        for key, field in self.fields.items():
            field.value_changed.connect(partial(self._set, key))
            field.refused.connect(partial(self._refuse, key))
            field.slider.sliderPressed.connect(partial(self._state.hold, True))
            field.slider.sliderReleased.connect(partial(self._state.hold, False))
        self.fields["num_heads"].snap_to(self._snap_heads)
        self.fields["num_heads"].spin.step_with(self._step_heads)
        self.fields["d_model"].spin.step_with(step_width)
        self.lock.clicked.connect(lambda: self._state.set_follows(not self._state.now.follows))
        self.use_tokenizer.clicked.connect(self.tokenizer_asked)
        self.feed_forward.chosen.connect(self._set_kind)
        self.head.chosen.connect(lambda place: self._state.set_fields("head", tied=bool(place)))
        self.precision.chosen.connect(self._set_precision)
        self.presets.file_asked.connect(self.file_asked)

    def _set(self, key: str, value: int) -> None:
        if key == "batch":
            self._state.set_setup("batch", batch=value)
        else:
            self._state.set_size(key, value)

    def _refuse(self, key: str, value: int) -> None:
        """A number out of a field's range: say which range it is."""
        size = next(size for size in SIZES if size.key == key)
        self._state.refuse(key, f"{size.name} goes from {size.low:,} to {size.high:,}; the last shape stays.")

    def _set_kind(self, place: int) -> None:
        """Two segments for five kinds: of the second, the one that was chosen last behind More."""
        kind = FeedForward.SWIGLU if place == 0 else self._other_kind
        self._state.set_fields("feed_forward", feed_forward=kind)

    def _show_kind(self, kind: FeedForward) -> None:
        if kind is not FeedForward.SWIGLU:
            self._other_kind = kind
            self.feed_forward.rename(1, KIND_NAMES[kind])
        self.feed_forward.set_current(int(kind is not FeedForward.SWIGLU))

    def _set_precision(self, place: int) -> None:
        self._state.set_setup("precision", precision=self._other_precision if place else Precision.FP32)

    def _show_precision(self, precision: Precision) -> None:
        if precision is not Precision.FP32:
            self._other_precision = precision
            self.precision.rename(1, PRECISION_NAMES[precision])
        self.precision.set_current(int(precision is not Precision.FP32))

    def _snap_heads(self, value: int) -> int:
        """Where the slider of the heads stops: at numbers that divide d_model."""
        return value if self._state.now.shape.d_head else nearest(self._possible_heads(), value)

    def _step_heads(self, value: int, steps: int) -> int:
        """Where an arrow leads from a number of heads: to the next that divides d_model."""
        return value + steps if self._state.now.shape.d_head else step_among(self._possible_heads(), value, steps)

    def _possible_heads(self) -> list[int]:
        shape = self._state.now.shape
        return possible_heads(shape.d_model, rotated=shape.position is Position.ROPE) or [1]

    def _show_lock(self, chosen: Chosen) -> None:
        rule = rule_of(chosen.shape)
        if chosen.follows:
            self.lock.set_icon("lock-open", f"d_ff follows {rule}; lock it where it is")
        else:
            self.lock.set_icon("lock", f"d_ff is locked; unlock it and it follows {rule}")
