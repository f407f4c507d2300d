"""Which merge is this? Its two parts and what they become, as chips, with words before and behind."""

from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import ChipStyle, Token, paint_chip
from app.widgets.token_face import TokenFace
from lmcore.bpe.display import plain

GAP: Final = 8
HEIGHT: Final = 22
WIDEST: Final = 160.0


class MergeWords(NamedTuple):
    """`left` and `right` become `made`; `before` and `behind` are the words around them."""

    before: str
    left: Token
    right: Token
    made: Token
    behind: str


class MergeLine(QWidget):
    """One merge in a line, or words alone."""

    def __init__(self) -> None:
        super().__init__()
        self._merge: MergeWords | None = None
        self._text = ""
        self._face, self._factor = TokenFace(fonts.MONO_TABLE), fonts.factor()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """What it says, in words."""
        return self._text

    def show_merge(self, merge: MergeWords) -> None:
        """Show a merge."""
        parts = f"{plain(merge.left.raw)} + {plain(merge.right.raw)} → {plain(merge.made.raw)}"
        self._say(merge, f"{merge.before} {parts} {merge.behind}")

    def show_words(self, words: str) -> None:
        """Say something instead."""
        self._say(None, words)

    def _say(self, merge: MergeWords | None, text: str) -> None:
        self._merge, self._text = merge, text
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, fonts.scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, fonts.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._factor != fonts.factor():
            self._face, self._factor = TokenFace(fonts.MONO_TABLE), fonts.factor()
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            if self._merge is None:
                self._words(painter, theme, 0.0, self._text)
                return
            x = self._words(painter, theme, 0.0, self._merge.before)
            signs = ("", "+", "→")
            for sign, token in zip(signs, (self._merge.left, self._merge.right, self._merge.made), strict=True):
                x = self._words(painter, theme, x, sign) if sign else x
                at, style = QPointF(x, self.height() / 2), ChipStyle.on_sheet()
                x += paint_chip(painter, self._face, token, at, theme, style, fonts.scaled(int(WIDEST))) + GAP
            self._words(painter, theme, x, self._merge.behind)

    def _words(self, painter: QPainter, theme: Theme, x: float, words: str) -> float:
        """Where what follows the words begins."""
        font = fonts.CAPTION.font()
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(0.0, self.width() - x))
        painter.setFont(font)
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QRectF(x, 0, self.width() - x, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        return x + metrics.horizontalAdvance(shown) + GAP
