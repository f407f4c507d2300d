"""Which parts are there, and in which states? The component sheet, which designers and tests look at."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QScrollArea, QSpacerItem, QVBoxLayout, QWidget

from app.pages.page import Page
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox, Choice
from app.widgets.empty_state import EmptyState
from app.widgets.filter_field import FilterField
from app.widgets.focus_ring import FocusRing
from app.widgets.job_card import JobCard
from app.widgets.labels import Hairline, label, row
from app.widgets.message import MessageStrip
from app.widgets.number_field import NumberField
from app.widgets.segmented import Segmented
from app.widgets.slider import Slider
from app.widgets.specimens import ChipSpecimen, ColourList, menu_specimen, tooltip_specimen, type_specimen
from app.widgets.spin import NumberSpin

LABELS = 92
Part = TypeVar("Part", bound=QWidget)
Parts = list[QWidget | QLayout | int]


class ComponentsPage(Page):
    """Every part in every state, in three columns. Its parts work, and do nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._filter = FilterField("Filter", "Filter the tokens", "Ctrl+F")
        self._focused = [Button("Focused", kind="primary"), Button("Focused")]
        self._rings: list[FocusRing] = []
        self._encoding = JobCard("Encoding owt.txt")
        self._counting = JobCard("Counting pre-tokens")
        self._filter.setFixedWidth(330)
        self._build()
        self._connect()

    def _build(self) -> None:
        content = QWidget()
        content.setBackgroundRole(QPalette.ColorRole.Base)
        columns = QHBoxLayout(content)
        columns.setContentsMargins(24, 20, 24, 20)
        columns.setSpacing(24)
        columns.addLayout(_column(self._colours(), 236), 27)
        columns.addWidget(Hairline(Qt.Orientation.Vertical))
        columns.addLayout(_column(self._controls(), 516), 52)
        columns.addWidget(Hairline(Qt.Orientation.Vertical))
        columns.addLayout(_column(self._messages(), 270), 31)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def _connect(self) -> None:
        self._encoding.cancel_asked.connect(self._nothing)

    def _colours(self) -> Parts:
        return [
            *(label("Interface colours", "section"), 7, ColourList.of_interface(), 20),
            *(_titled("Data colours", "one set, both themes"), 8, ColourList.of_data(), 20),
            *(label("Menu", "section"), 9, row([menu_specimen()])),
        ]

    def _controls(self) -> Parts:
        return [
            *(label("Controls", "section"), 2, self._control_grid(), 14),
            *(
                _titled("Token chips", "twelve hues by id; surprise is one hue, lighter to darker"),
                8,
                ChipSpecimen(),
                20,
            ),
            *(_titled("Type", "Inter with tabular figures, JetBrains Mono"), 6, type_specimen(), 20),
            *(label("Field and empty state", "section"), 6, self._field_and_empty()),
        ]

    def _messages(self) -> Parts:
        nothing = (("Leave it out", self._nothing), ("Open the line", self._nothing))
        remedy = "The 4,811 documents before it were read. Mend the line or leave it out."
        diverged = JobCard("ts-512-lr1e-2")
        diverged.show_failed("diverged at step 412", "The last good checkpoint is step 400. Lower the learning rate.")
        self._encoding.show_progress(0.26, "3.1 of 11.9 GB · 96 MB/s", "1 min 32 s left")
        self._counting.show_progress(0.64, "", "")
        self._counting.show_cancelling()
        needs = "Needs 49.6 GB; this device has 16.0 GB. Batch 1 in bf16 with recomputation fits."
        return [
            *(label("Messages", "section"), 8),
            *(MessageStrip("error", "broken.jsonl, line 4,812: not JSON.", remedy, actions=nothing), 10),
            *(MessageStrip("warning", "", needs), 10),
            *(MessageStrip("success", "", "Saved to tinystories-10k. 9,743 merges in 0.9 s."), 10),
            *(MessageStrip("info", "A sample is loaded.", "Press Start.", closable=True), 20),
            *(label("Jobs", "section"), 8, self._encoding, 8, self._counting, 8, diverged, 20),
            *(label("Tooltip", "section"), 8, row([tooltip_specimen()])),
        ]

    def _control_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnMinimumWidth(0, LABELS)
        grid.setColumnStretch(1, 1)
        for place, (name, widgets) in enumerate(self._control_lines()):
            grid.addWidget(label(name, "caption"), place, 0)
            grid.addLayout(row(widgets), place, 1)
            grid.setRowMinimumHeight(place, 40 if place < 4 else 37)
        return grid

    def _control_lines(self) -> list[tuple[str, Sequence[QWidget]]]:
        start, export = Button("Start", icon="play", kind="primary"), Button("Export", icon="download")
        delete = Button("Delete run", icon="trash-2", kind="destructive")
        bin_words = label("moves it to the system’s bin, with Undo", "caption")
        return [
            ("Primary", [start, self._focused[0], _off(Button("Disabled", kind="primary"))]),
            ("Secondary", [export, _hovered(Button("Hover")), self._focused[1], _off(Button("Disabled"))]),
            ("Destructive", [delete, bin_words]),
            ("Segmented", _segments()),
            ("Number", _numbers()),
            ("Slider", _sliders()),
            ("Choice", _choices()),
            ("Filter", [self._filter]),
        ]

    def _field_and_empty(self) -> QHBoxLayout:
        field = NumberField("Size, tokens", 300, 100_000, logarithmic=True)
        field.set_value(10_000)
        field.setFixedWidth(231)
        nothing = EmptyState("git-merge", "No merges yet", "Each merge joins two tokens.", [Button("Open a corpus")])
        line = QHBoxLayout()
        line.addWidget(field, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(nothing, 1)
        return line

    def fill_sample(self) -> None:
        """The two focused buttons and the focused filter, as the keyboard would leave them one by one."""
        for button in self._focused:
            if not any(ring.around is button for ring in self._rings):
                self._rings.append(FocusRing(self))
                self._rings[-1].mark(button)
        self._filter.setText("respons")
        self._filter.setFocus()

    def _nothing(self) -> None:
        self.session.say("A part on the sheet does nothing.")


def _column(parts: Parts, width: int) -> QVBoxLayout:
    """Widgets, layouts and gaps in pixels, from the top, at least `width` wide."""
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addItem(QSpacerItem(width, 0))
    for part in parts:
        if isinstance(part, int):
            column.addSpacing(part)
        elif isinstance(part, QWidget):
            column.addWidget(part)
        else:
            column.addLayout(part)
    column.addStretch(1)
    return column


def _titled(title: str, caption: str) -> QHBoxLayout:
    return row([label(title, "section"), label(caption, "caption")])


def _off(part: Part) -> Part:
    part.setEnabled(False)
    return part


def _hovered(button: Button) -> Button:
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    return button


def _segments() -> list[QWidget]:
    scale = Segmented(["Linear", "Log"], "Scale")
    scale.set_current(1)
    return [scale, Segmented(["Steps", "Tokens", "Time", "FLOPs"], "Axis")]


def _numbers() -> list[QWidget]:
    size, memory = NumberSpin("d_model", 1, 65_536), NumberSpin("Memory", 0, 4096, suffix=" GB")
    wrong = NumberSpin("Context", 0, 1_048_576)
    size.setValue(1600)
    memory.setValue(825)
    wrong.set_invalid(True)
    return [size, memory, wrong, label("1 to 1,048,576", "error")]


def _sliders() -> list[QWidget]:
    live, still = Slider("Slider"), _off(Slider("Slider that is locked"))
    for slider, value in ((live, 45), (still, 60)):
        slider.setValue(value)
        slider.setFixedWidth(180)
    return [live, still]


def _choices() -> list[QWidget]:
    pattern = Choice("Pattern", ["gpt2", "cl100k", "o200k"])
    pattern.setFixedWidth(150)
    recompute = CheckBox("Recompute")
    recompute.setChecked(True)
    return [pattern, recompute, CheckBox("QK-norm")]
