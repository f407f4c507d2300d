"""In which company does a token stand? Lines of the corpus, the token below itself in the middle of each."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS, fitted
from app.widgets.glyphs import GlyphBatch
from app.widgets.scaled_face import ScaledFace
from app.widgets.token_face import Form, Inks, TokenFace
from lmcore.bpe.display import plain
from lmcore.bpe.vocabulary.usage import Context

PITCH: Final = 20
PAD: Final = 2
BEFORE: Final = 0.4
"""The share of what the token leaves that stands before it."""
MOST: Final = 0.6
"""The share of a line that a long token has."""


class ContextLines(QWidget):
    """Keyword in context: a line a place, the words before it in the second colour."""

    def __init__(self) -> None:
        super().__init__()
        self._contexts: tuple[Context, ...] = ()
        self._token_id = 0
        self._face = ScaledFace(fonts.MONO_AXIS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_contexts(self, contexts: Sequence[Context], token_id: int) -> None:
        """Show these places of a token."""
        self._contexts, self._token_id = tuple(contexts), token_id
        lines = (plain(context.before[-24:] + context.token + context.behind[:24], dots=False) for context in contexts)
        self.setAccessibleName("In the corpus: " + "; ".join(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(280), len(self._contexts) * fonts.scaled(PITCH))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._contexts:
            return
        theme, face, batch, pad = Theme.of(self.palette()), self._face.now, GlyphBatch(), fonts.scaled(PAD)
        inks, quiet = Inks.of_theme(theme), Inks(QColor(theme.secondary), QColor(theme.secondary))
        token = fitted(face, face.form(self._contexts[0].token[:64]), self.width() * MOST)
        chip = token.width + 2 * pad
        left = round((self.width() - chip) * BEFORE)
        pitch = fonts.scaled(PITCH)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tint(self._token_id))
            for line, context in enumerate(self._contexts):
                top = line * pitch
                painter.drawRoundedRect(QRectF(left, top, chip, pitch - 1), RADIUS, RADIUS)
                baseline = face.baseline(top, pitch - 1)
                before = tail(face, context.before, left - 1)
                face.add(batch, before, left - before.width, baseline, quiet)
                face.add(batch, token, left + pad, baseline, inks)
                behind = head(face, context.behind, self.width() - left - chip)
                face.add(batch, behind, left + chip, baseline, inks)
            batch.draw(painter)


def tail(face: TokenFace, raw: bytes, room: float) -> Form:
    """As many of the last characters as there is room for."""
    form = face.form(raw)
    first = next((place for place, edge in enumerate(form.edges) if form.width - edge.x <= room), 0)
    return face.form_of(form.cells[first:])


def head(face: TokenFace, raw: bytes, room: float) -> Form:
    """As many of the first characters as there is room for."""
    form = face.form(raw)
    return face.form_of(form.cells[: sum(edge.x <= room for edge in form.edges[1:])])
