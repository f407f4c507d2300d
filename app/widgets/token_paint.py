"""How is a picture of chips put on the screen? All tints first, then all glyphs in a few calls."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS
from app.widgets.glyphs import GlyphBatch
from app.widgets.token_face import Inks, TokenFace
from app.widgets.token_layout import Segment
from app.widgets.token_motion import BLUE, GREEN, LEFT, RED, RIGHT, ROUND_LEFT, ROUND_RIGHT, TEXT, Picture

PITCH: Final = 25
CHIP: Final = 20


def line_top(line: int) -> int:
    """Where a line's chips begin, in pixels from the top of the paragraph."""
    return line * fonts.scaled(PITCH)


def height_of(lines: int) -> int:
    """The height of so many lines, without the space below the last."""
    return line_top(lines - 1) + fonts.scaled(CHIP)


def paint_picture(painter: QPainter, picture: Picture, face: TokenFace, theme: Theme) -> None:
    """Paint every fragment of a picture."""
    pitch, chip, inks, batch = line_top(1), fonts.scaled(CHIP), Inks.of_theme(theme), GlyphBatch()
    baseline = face.baseline(0, chip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for fragment, row in zip(picture.fragments, picture.places.tolist(), strict=True):
        top = fragment.line * pitch
        painter.setBrush(QColor(int(row[RED]), int(row[GREEN]), int(row[BLUE])))
        box = QRectF(row[LEFT], top, row[RIGHT] - row[LEFT], chip)
        _paint_box(painter, box, RADIUS * row[ROUND_LEFT], RADIUS * row[ROUND_RIGHT])
        face.add(batch, fragment.form, row[TEXT], top + baseline, inks)
    batch.draw(painter)


def _paint_box(painter: QPainter, box: QRectF, left: float, right: float) -> None:
    """A chip whose corners may be rounder at one end than at the other."""
    if left == right:
        painter.drawRoundedRect(box, left, left)
        return
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    middle = box.center().x()
    path.addRoundedRect(QRectF(box.left(), box.top(), middle - box.left() + left, box.height()), left, left)
    path.addRoundedRect(QRectF(middle - right, box.top(), box.right() - middle + right, box.height()), right, right)
    painter.drawPath(path)


def paint_current(painter: QPainter, segment: Segment, face: TokenFace, theme: Theme, text: bytes, ring: bool) -> None:
    """Paint a piece that is pointed at, its spaces as signs; `ring` marks it for the keyboard."""
    chip, top = fonts.scaled(CHIP), line_top(segment.line)
    box = QRectF(QPointF(round(segment.x), top), QPointF(round(segment.right), top + chip))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tint(segment.piece.token_id))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    batch = GlyphBatch()
    form = face.form(text[segment.start : segment.end], dots=True)
    face.add(batch, form, segment.x + segment.form.pad, face.baseline(top, chip), Inks.of_theme(theme))
    batch.draw(painter)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.accent if ring else theme.control), 2 if ring else 1))
    inset = 1.0 if ring else 0.5
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
