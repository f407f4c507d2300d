"""Why do these bytes not decode, or what are they? The evidence byte by byte, a sentence, and what can be done."""

import re
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.byte_cards import ByteCards
from app.widgets.labels import Paragraph, label, row
from app.widgets.lanes_words import point_lines
from lmcore import figures
from lmcore.text.lanes import Span
from lmcore.text.malformed import Explanation, derive, explain
from lmcore.text.mojibake import Mojibake
from lmcore.text.mojibake import explain as explain_mojibake
from lmcore.text.utf8 import Rule, Unit, unit_at, unit_start, units

SEARCHED = 4096
WHY, WHAT = "Why these bytes do not decode", "What is selected"
HINT = (
    "Select a cell in any lane, by click or arrow keys. Type hex digits to change the byte, or click one of its bits."
)
BYTES = re.compile(r"\b[0-9A-F]{2}(?: [0-9A-F]{2})*\b|\b[01]{3,}(?: [01]{3,})*\b")
MONO = r"<span style='font-family:\"JetBrains Mono\"'>\g<0></span>"


class WhyPanel(QWidget):
    """The left column below the lanes."""

    restore_asked = Signal(int)
    """The place of the byte that should be as it was."""
    copy_asked = Signal()
    repair_asked = Signal()
    span_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label(WHAT, "section")
        self._cards = ByteCards()
        self._words = Paragraph("", "body")
        self._restore = Button("Restore", icon="undo-2", small=True)
        self._copy = Button("Copy bytes", icon="copy", small=True)
        self._next = Button("Next", icon="arrow-right", small=True)
        self._twice_title = label("Decodes twice", "section")
        self._twice = Paragraph("", "body")
        self._repair = Button("Undo one wrong decoding", icon="undo-2", small=True)
        self._place = -1
        self._unit: Unit | None = None
        self._build()
        self._restore.clicked.connect(lambda: self.restore_asked.emit(self._place))
        self._copy.clicked.connect(self.copy_asked)
        self._repair.clicked.connect(self.repair_asked)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._title)
        column.addWidget(self._cards)
        column.addWidget(self._words)
        column.addLayout(row([self._restore, self._copy, self._next]))
        column.addSpacing(8)
        for widget in (self._twice_title, self._twice, self._repair):
            column.addWidget(widget)
        column.addStretch(1)
        self.show_mojibake(None)

    @property
    def title(self) -> str:
        """What the panel is about."""
        return self._title.text()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.accessibleName()

    @property
    def next_button(self) -> Button:
        """Leads to the next malformed unit."""
        return self._next

    @property
    def restore_button(self) -> Button:
        """Puts back the byte that breaks the sequence."""
        return self._restore

    def show_state(self, data: bytes, selected: Span | None, first: Unit | None, edited: dict[int, int]) -> None:
        """Explain the malformed unit that is selected, or the first of all; or else what is selected."""
        unit = _malformed_in(data, selected) or (first if selected is None else None)
        if unit is None:
            unit = _whole_at(data, selected, first)
        self._copy.setVisible(bool(data))
        if unit is not None:
            self._explain(explain(data, unit), edited)
        else:
            self._describe(data, selected, edited)

    def show_mojibake(self, found: Mojibake | None) -> None:
        """Say what the text was, if its bytes decode twice."""
        for widget in (self._twice_title, self._twice):
            widget.setVisible(found is not None)
        self._repair.setVisible(found is not None and bool(found.rounds))
        if found is not None:
            self._twice.setText(explain_mojibake(found))

    def _explain(self, case: Explanation, edited: dict[int, int]) -> None:
        self._title.setText(WHY)
        self._cards.show_evidence(case.evidence)
        self._cards.show()
        self._place = next((one.place for one in case.evidence if one.place in edited), -1)
        story = _story(case, edited)
        self._say(
            f"{story} Rule broken: {case.rule.value}.",
            f"{_marked(story)} Rule broken: <b style='font-weight:600'>{case.rule.value}</b>.",
        )
        self._offer_restore(edited)

    def _describe(self, data: bytes, selected: Span | None, edited: dict[int, int]) -> None:
        self._title.setText(WHAT)
        found = (
            list(units(data, unit_start(data, selected.start), selected.end))
            if selected and selected.end - selected.start < SEARCHED
            else []
        )
        evidence, words = derive(data, found[0]) if len(found) == 1 else ((), "")
        self._cards.show_evidence(evidence)
        self._cards.setVisible(bool(evidence))
        self._place = next((place for place in range(*selected) if place in edited), -1) if selected and found else -1
        if selected is None:
            self._say(HINT, escape(HINT))
        else:
            lines = [] if evidence else [_size_words(selected)]
            lines += [*([words] if words else []), *point_lines(data, unit_start(data, selected.start), selected.end)]
            self._say(" ".join(lines), "<br>".join(_marked(line) for line in lines))
        self._offer_restore(edited)

    def _say(self, words: str, markup: str) -> None:
        self._words.setAccessibleName(words)
        self._words.show_markup(markup)

    def _offer_restore(self, edited: dict[int, int]) -> None:
        self._restore.setVisible(self._place >= 0)
        if self._place >= 0:
            self._restore.set_look(f"Restore {edited[self._place]:02X}", "undo-2")


def _malformed_in(data: bytes, selected: Span | None) -> Unit | None:
    """The first malformed unit that the selection touches."""
    if selected is None:
        return None
    end = min(selected.end, selected.start + SEARCHED)
    return next((unit for unit in units(data, unit_start(data, selected.start), end) if unit.code is None), None)


def _whole_at(data: bytes, selected: Span | None, first: Unit | None) -> Unit | None:
    """The malformed unit that the selected byte, itself a whole character, broke off."""
    if selected is None or selected.end - selected.start != 1 or selected.start == 0 or first is None:
        return None
    before = unit_at(data, unit_start(data, selected.start - 1))
    return before if before.rule is Rule.TRUNCATED and before.end == selected.start else None


def _marked(sentence: str) -> str:
    """A sentence as markup, its bytes and bits in mono."""
    return BYTES.sub(MONO, escape(sentence, quote=False))


def _size_words(selected: Span) -> str:
    return f"{figures.size(selected.end - selected.start)}, from byte {selected.start}:"


def _story(case: Explanation, edited: dict[int, int]) -> str:
    """The sentence of a case; of an edited byte also what it was."""
    changed = next((one for one in case.evidence if one.place in edited and one.byte is not None), None)
    if changed is None or changed.byte is None:
        return case.sentence
    was, now = edited[changed.place], changed.byte
    sentence = case.sentence.split(": ")[0].rstrip(".") if case.rule is Rule.TRUNCATED else case.sentence.rstrip(".")
    sentence = f"the{sentence[3:]}" if sentence.startswith("The") else sentence
    return f"Byte {changed.place} was {was:02X} and is now {now:02X}: {_flipped(was, now)}, so {sentence}."


def _flipped(was: int, now: int) -> str:
    """What happened to the bits: "one bit was cleared"."""
    cleared, set_now = (was & ~now).bit_count(), (now & ~was).bit_count()
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    if cleared and set_now:
        return f"{words[cleared + set_now]} bits were flipped"
    number, verb = cleared or set_now, "cleared" if cleared else "set"
    return f"one bit was {verb}" if number == 1 else f"{words[number]} bits were {verb}"
