"""How does the one token that a page is about look? A chip larger than all others."""

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import ChipStyle, Token, paint_chip
from app.widgets.scaled_face import ScaledFace
from lmcore.bpe.display import CLIPPED, plain

LARGE = fonts.TypeStyle(16, 24, family=fonts.MONO)
HEIGHT = 28
PAD = 6


class TokenChip(QWidget):
    """A token as a heading; as wide as its place, the token cut with an ellipsis if need be."""

    def __init__(self) -> None:
        super().__init__()
        self._token: Token | None = None
        self._face = ScaledFace(LARGE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_token(self, token: Token | None) -> None:
        """Show this one, or nothing."""
        self._token = token
        words = plain(token.raw) if token else ""
        self.setAccessibleName(f"Token {words}" if token else "No token")
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(160), fonts.scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, fonts.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._token is None:
            return
        style = ChipStyle(fonts.scaled(HEIGHT), fonts.scaled(PAD))
        token = Token(self._token.raw[:CLIPPED], self._token.token_id)
        with QPainter(self) as painter:
            at = QPointF(0, self.height() / 2)
            theme, counted = Theme.of(self.palette()), len(self._token.raw) <= CLIPPED
            paint_chip(painter, self._face.now, token, at, theme, style, self.width(), counted=counted)
