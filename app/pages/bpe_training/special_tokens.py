"""Which special tokens are there? Chips that can be taken away, and a line for another one."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.buttons import Button
from app.widgets.labels import ElidedLabel, label


class Chip(QWidget):
    """A sunken cell with a rim."""

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.sunken))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


class SpecialTokensField(QWidget):
    """An editable list of special tokens, each once."""

    changed = Signal()

    def __init__(self, tokens: Sequence[str]) -> None:
        super().__init__()
        self._tokens = list(tokens)
        self._chips = QVBoxLayout()
        self._plus = Button(icon="plus", kind="bare", small=True, name="Add a special token")
        self._line = QLineEdit()
        self._build()
        self._connect()
        self._show_chips()

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens in the order in which they get their ids."""
        return tuple(self._tokens)

    def _build(self) -> None:
        self._line.setPlaceholderText("such as <|pad|>, then Enter")
        self._line.setAccessibleName("Another special token")
        self._line.hide()
        head = QHBoxLayout()
        head.addWidget(label("Special tokens", buddy=self._plus), 1)
        head.addWidget(self._plus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        self._chips.setSpacing(4)
        column.addLayout(self._chips)
        column.addWidget(self._line)

    def _connect(self) -> None:
        self._plus.clicked.connect(self._ask)
        self._line.returnPressed.connect(self._take)
        self._line.editingFinished.connect(lambda: self._line.setVisible(bool(self._line.text())))

    def _ask(self) -> None:
        self._line.show()
        self._line.setFocus()

    def _take(self) -> None:
        token = self._line.text()
        self._line.clear()
        self._line.hide()
        if token and token not in self._tokens:
            self._tokens.append(token)
            self._show_chips()
            self.changed.emit()

    def _remove(self, token: str) -> None:
        self._tokens.remove(token)
        self._show_chips()
        self.changed.emit()

    def _show_chips(self) -> None:
        while (item := self._chips.takeAt(0)) is not None:
            if (shown := item.widget()) is not None:
                shown.hide()
                shown.deleteLater()
        for token in self._tokens:
            self._chips.addWidget(self._chip(token), 0, Qt.AlignmentFlag.AlignLeft)
        if not self._tokens:
            self._chips.addWidget(label("none: the corpus is one text", "caption"))

    def _chip(self, token: str) -> QWidget:
        made = Chip()
        words = ElidedLabel(token, "body", Qt.TextElideMode.ElideMiddle)
        words.setFont(fonts.MONO_TABLE.font())  # the style sheet cannot switch ligatures off: <| would be an arrow
        words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # as wide as the token, if it fits
        cross = Button(icon="x", kind="bare", small=True, name=f"Take {token} away")
        line = QHBoxLayout(made)
        line.setContentsMargins(6, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(words, 1)
        line.addWidget(cross)
        cross.clicked.connect(lambda: self._remove(token))
        return made
