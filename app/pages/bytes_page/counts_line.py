"""How long is the text? One line of figures, and whether it is UTF-8 at the right."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

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
    """The counts; figures that are being computed are shown as an ellipsis. What is wrong stands below if need be."""

    def __init__(self) -> None:
        super().__init__()
        self._figures = Figures()
        self._icon = IconLabel("circle-x", _error)
        self._error = label("", "error")
        self._note = ElidedLabel("", "caption")
        self._known, self._wrong = QHBoxLayout(), QHBoxLayout()
        self._known.addWidget(self._figures)
        self._known.addSpacing(16)
        self._known.addWidget(self._note, 1)
        self._wrong.addWidget(self._icon)
        self._wrong.addWidget(self._error, 1)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._lines.addLayout(self._known, 1)
        self._lines.addLayout(self._wrong)
        for line in (self._lines, self._known, self._wrong):
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(6)
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
        self._fit()

    def show_note(self, text: str) -> None:
        """Say which part of a long text the field holds."""
        self._note.set_text(text)

    def show_error(self, text: str) -> None:
        """Say what is wrong, or nothing."""
        self._error.setText(text)
        for widget in (self._icon, self._error):
            widget.setVisible(bool(text))
        self._fit()

    def minimumSizeHint(self) -> QSize:
        parts = max(self._known.minimumSize().width(), self._wrong.minimumSize().width())
        return QSize(parts, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Two lines where one has no room for both."""
        both = self._known.minimumSize().width() + 6 + self._wrong.minimumSize().width()
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._lines.setDirection(across if both <= self.width() or not self.error else down)


def _number(number: int | None, *, busy: bool) -> str:
    if number is None or busy:
        return BUSY if busy else "–"
    return figures.count(number)
