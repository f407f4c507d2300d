"""How long is the text? One line of figures, and whether it is UTF-8 at the right."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import Theme
from app.widgets.figures import Figures
from app.widgets.icon_label import IconLabel
from app.widgets.labels import ElidedLabel, label
from lmcore import figures

if TYPE_CHECKING:
    from lmcore.bpe.token_window import TokenCounts
    from lmcore.text.counts import Counts

BUSY = "…"


def _error(theme: Theme) -> str:
    return theme.error


class CountsLine(QWidget):
    """The counts; figures that are being computed are shown as an ellipsis."""

    def __init__(self) -> None:
        super().__init__()
        self._figures = Figures()
        self._icon = IconLabel("circle-x", _error)
        self._error = label("", "error")
        self._note = ElidedLabel("", "caption")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(self._figures)
        line.addSpacing(16)
        line.addWidget(self._note, 1)
        line.addWidget(self._icon)
        line.addWidget(self._error)
        self.show_error("")

    @property
    def words(self) -> str:
        """The figures as text."""
        return self._figures.accessibleName()

    @property
    def error(self) -> str:
        """What stands at the right."""
        return self._error.text()

    def show_counts(
        self, size: int, counts: "Counts | None", tokens: "TokenCounts | None", name: str, *, busy: bool
    ) -> None:
        """Show figures; `name` is the tokenizer's, nothing if there is none."""
        pairs = [
            (_number(counts.graphemes if counts else None, busy=busy), "grapheme"),
            (_number(counts.points if counts else None, busy=busy), "code point"),
            (figures.count(size), "byte"),
        ]
        if name:
            pairs.append((_number(tokens.pretokens if tokens else None, busy=busy), "pre-token"))
            pairs.append((_number(tokens.tokens if tokens else None, busy=busy), "token"))
        pairs = [(number, noun if number == "1" else f"{noun}s") for number, noun in pairs]
        if name:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} ({name})")
        self._figures.show_pairs(pairs)

    def show_note(self, text: str) -> None:
        """Say which part of a long text the field holds."""
        self._note.set_text(text)

    def show_error(self, text: str) -> None:
        """Say what is wrong, or nothing."""
        self._error.setText(text)
        self._icon.setVisible(bool(text))


def _number(number: int | None, *, busy: bool) -> str:
    if number is None or busy:
        return BUSY if busy else "–"
    return figures.count(number)
