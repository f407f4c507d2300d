"""How are a few tokens offered side by side? Chips on lines; a click, or Enter, opens one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS, ChipStyle, Token, fitted, paint_chip
from app.widgets.scaled_face import ScaledFace
from lmcore.bpe.display import plain

PITCH: Final = 26
CHIP: Final = 22
PAD: Final = 4
GAP: Final = 4


class Placed(NamedTuple):
    """A token and where its chip stands."""

    token: Token
    box: QRectF


class ChipFlow(QWidget):
    """Tokens on at most `lines` lines; what does not fit is left out. `chosen` gives the id of a token."""

    chosen = Signal(int)

    def __init__(self, name: str, lines: int = 3) -> None:
        super().__init__()
        self._name, self._lines = name, lines
        self._tokens: tuple[Token, ...] = ()
        self._current = 0
        self._face = ScaledFace(fonts.MONO_TABLE)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def tokens(self) -> Sequence[Token]:
        """Those that were given, shown or not."""
        return self._tokens

    def show_tokens(self, tokens: Sequence[Token]) -> None:
        """Show others."""
        self._tokens, self._current = tuple(tokens), 0
        self.setAccessibleName(f"{self._name}: {', '.join(plain(token.raw) for token in tokens[:20])}")
        self.updateGeometry()
        self.update()

    def placed(self, width: int) -> list[Placed]:
        """The chips that fit, line by line."""
        face, pad = self._face.now, fonts.scaled(PAD)
        found: list[Placed] = []
        x, line = 0.0, 0
        for token in self._tokens:
            form = fitted(face, face.form(token.raw[:64], dots=True), width - 2 * pad)
            size = ChipStyle(fonts.scaled(CHIP), pad).width(form)
            if x > 0 and x + size > width:
                x, line = 0.0, line + 1
            if line == self._lines:
                break
            found.append(Placed(token, QRectF(x, line * fonts.scaled(PITCH), size, fonts.scaled(CHIP))))
            x += size + GAP
        return found

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(240), self.heightForWidth(fonts.scaled(300)))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, fonts.scaled(CHIP))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        found = self.placed(width)
        return round(found[-1].box.bottom()) if found else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, style = Theme.of(self.palette()), ChipStyle(fonts.scaled(CHIP), fonts.scaled(PAD))
        with QPainter(self) as painter:
            for place, (token, box) in enumerate(self.placed(self.width())):
                shown = Token(token.raw[:64], token.token_id)
                at = QPointF(box.left(), box.center().y())
                paint_chip(painter, self._face.now, shown, at, theme, style, box.width() + 0.5)
                if place == self._current and self.hasFocus():
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(theme.accent), 2))
                    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for token, box in self.placed(self.width()):
            if box.contains(event.position()):
                self.chosen.emit(token.token_id)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        found, key = self.placed(self.width()), Qt.Key(event.key())
        if key in steps and found:
            self._current = max(0, min(len(found) - 1, self._current + steps[key]))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current < len(found):
            self.chosen.emit(found[self._current].token.token_id)
        else:
            super().keyPressEvent(event)
