"""How is the user told of trouble or success? A tinted strip: icon, what and where in bold, remedy, buttons."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets.buttons import Button
from app.widgets.icon_label import IconLabel
from app.widgets.labels import Paragraph, row

Tone = Literal["error", "warning", "success", "info"]


class _Look(NamedTuple):
    icon: str
    ink: Callable[[Theme], str]
    fill: Callable[[Theme], str]


LOOKS: Final[dict[Tone, _Look]] = {
    "error": _Look("circle-x", lambda theme: theme.error, lambda theme: theme.error_fill),
    "warning": _Look("triangle-alert", lambda theme: theme.warning, lambda theme: theme.warning_fill),
    "success": _Look("circle-check", lambda theme: theme.success, lambda theme: theme.success_fill),
    "info": _Look("info", lambda theme: theme.text, lambda theme: theme.accent_soft),
}


class MessageStrip(QWidget):
    """A message in place. `bold` is the sentence that says what and where; `text` the remedy.

    `inputs` and buttons for `actions` stand behind them. `wide` is a banner across a pane, square and 56 high;
    otherwise it is a card with round corners. The strip hides itself when it is closed.
    """

    closed = Signal()

    def __init__(
        self,
        tone: Tone,
        bold: str,
        text: str = "",
        *,
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        inputs: Sequence[QWidget] = (),
        closable: bool = False,
        wide: bool = False,
    ) -> None:
        super().__init__()
        self._tone: Tone = tone
        self._wide = wide
        self._words = Paragraph("", "body")
        self._icon = IconLabel(LOOKS[tone].icon, LOOKS[tone].ink)
        self._buttons = [*inputs, *(_action(title, run) for title, run in actions)]
        self._build(closable)
        self._say(bold, text)

    def show_message(self, tone: Tone, bold: str, text: str = "") -> None:
        """Say something else, and be visible."""
        self._tone = tone
        self._icon.set_icon(LOOKS[tone].icon, LOOKS[tone].ink)
        self._say(bold, text)
        self.setHidden(False)
        self.update()

    def show_words(self, bold: str, text: str = "") -> None:
        """Say something else in the same tone, seen or not."""
        self._say(bold, text)

    def _say(self, bold: str, text: str) -> None:
        parts = (f"<b style='font-weight:600'>{escape(bold)}</b>" if bold else "", escape(text))
        self._words.show_markup((" " if self._wide else "<br>").join(part for part in parts if part))
        self.setAccessibleName(f"{self._tone}: {bold} {text}".strip())

    def _build(self, closable: bool) -> None:
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top = Qt.AlignmentFlag.AlignVCenter if self._wide else Qt.AlignmentFlag.AlignTop
        line = QHBoxLayout(self)
        line.setContentsMargins(24, 12, 16, 12) if self._wide else line.setContentsMargins(14, 10, 12, 11)
        line.setSpacing(12)
        line.addLayout(_lowered(self._icon, 0 if self._wide else 4), 0)
        line.addLayout(self._column(), 1)
        if closable:
            cross = Button(icon="x", kind="bare", small=True, name="Close this message")
            cross.clicked.connect(self._close)
            line.addWidget(cross, 0, top)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        if self._wide:
            self.setMinimumHeight(56)

    def _column(self) -> QHBoxLayout | QVBoxLayout:
        column: QHBoxLayout | QVBoxLayout = QHBoxLayout() if self._wide else QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self._words, 1)
        if self._buttons:
            column.addLayout(row(self._buttons))
        return column

    def _close(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        fill = QColor(LOOKS[self._tone].fill(Theme.of(self.palette())))
        with QPainter(self) as painter:
            if self._wide:
                painter.fillRect(self.rect(), fill)
                painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(Theme.of(self.palette()).border))
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)


def _action(title: str, run: Callable[[], object]) -> Button:
    made = Button(title, small=True)
    made.clicked.connect(lambda _checked=False: run())
    return made


def _lowered(icon: IconLabel, by: int) -> QVBoxLayout:
    """An icon of 16 beside lines of 20: in the middle of the first, or of all if `by` is 0."""
    column = QVBoxLayout()
    if by == 0:
        column.addStretch(1)
    column.addSpacing(by)
    column.addWidget(icon)
    column.addStretch(1)
    return column
