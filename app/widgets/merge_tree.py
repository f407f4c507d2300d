"""How was a token put together? Its merge tree from the whole token down to single bytes, each piece over its parts."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import ELLIPSIS, RADIUS, Token, fitted
from app.widgets.glyphs import GlyphBatch
from app.widgets.scaled_face import ScaledFace
from app.widgets.token_face import Inks
from lmcore.bpe.display import plain
from lmcore.bpe.vocabulary.trees import Node

PITCH: Final = 26
CHIP: Final = 24
READABLE: Final = 9
"""Pixels of a piece below which nothing is written on it."""


class MergeTree(QWidget):
    """A tree of pieces. A click, or Space, winds a piece up into one or unwinds it; a double click, or Enter, opens it.

    `chosen` and `opened` give the row of the piece's token.
    """

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._root: Node | None = None
        self._token_of: Callable[[int], Token] = lambda row: Token(b"", row)
        self._wound: set[Node] = set()
        self._shown: list[Node] = []
        self._current: Node | None = None
        self._face = ScaledFace(fonts.MONO_TABLE)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def shown(self) -> Sequence[Node]:
        """The pieces on the screen, the left ones first."""
        return self._shown

    def show_tree(self, root: Node | None, token_of: Callable[[int], Token]) -> None:
        """Show another tree, unwound; `token_of` gives the token of a row."""
        self._root, self._token_of, self._current = root, token_of, None
        self._wound.clear()
        self._lay_out()

    def toggle(self, node: Node) -> None:
        """Wind a piece up, or unwind it, and choose it."""
        self._wound.symmetric_difference_update({node})
        self._current = node
        self._lay_out()
        self.chosen.emit(node.row)

    def box(self, node: Node) -> QRectF:
        """Where a piece is drawn: as wide as its share of the token's bytes."""
        assert self._root is not None
        left = round(node.start / self._root.end * self.width())
        right = round(node.end / self._root.end * self.width())
        return QRectF(left, node.depth * fonts.scaled(PITCH), max(1, right - left - 1), fonts.scaled(CHIP))

    def sizeHint(self) -> QSize:
        rows = 1 + max((node.depth for node in self._shown), default=-1)
        return QSize(fonts.scaled(240), rows * fonts.scaled(PITCH))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def _lay_out(self) -> None:
        self._shown = []
        waiting = [self._root] if self._root else []
        while waiting:
            node = waiting.pop()
            self._shown.append(node)
            if node not in self._wound:
                waiting += reversed(node.parts)
        pieces = f"{len(self._shown)} pieces" if self._root else "nothing"
        self.setAccessibleName(f"Merge tree: {pieces}")
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, face, batch = Theme.of(self.palette()), self._face.now, GlyphBatch()
        inks = Inks.of_theme(theme)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for node in self._shown:
                box, token = self.box(node), self._token_of(node.row)
                painter.setPen(QPen(QColor(theme.control), 1.5) if node in self._wound else Qt.PenStyle.NoPen)
                painter.setBrush(theme.tint(token.token_id))
                inset = 0.75 if node in self._wound else 0.0
                painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
                if box.width() >= fonts.scaled(READABLE):
                    form = fitted(face, face.form(token.raw[:64], dots=True), box.width() - 2)
                    x = box.center().x() - form.width / 2
                    if form.cells[0].text != ELLIPSIS:
                        face.add(batch, form, x, face.baseline(box.top(), box.height()), inks)
            batch.draw(painter)
            if self._current is not None and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRoundedRect(self.box(self._current).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _at(self, point: QPointF) -> Node | None:
        return next((node for node in self._shown if self.box(node).contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and (node := self._at(event.position())):
            self.toggle(node)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if node := self._at(event.position()):
            self.opened.emit(node.row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._current = self._current or self._root
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        node, key = self._current, Qt.Key(event.key())
        if node is None or key not in (*_ARROWS, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Space:
            self.toggle(node)
        elif key in _ARROWS:
            self._current = self._neighbour(node, key) or node
            self.update()
        else:
            self.opened.emit(node.row)

    def _neighbour(self, node: Node, key: Qt.Key) -> Node | None:
        """The piece above, below, or next to a piece on its level."""
        if key == Qt.Key.Key_Up:
            return next((other for other in self._shown if node in other.parts), None)
        if key == Qt.Key.Key_Down:
            return next((part for part in node.parts if part in self._shown), None)
        level = [other for other in self._shown if other.depth == node.depth]
        place = level.index(node) + (1 if key == Qt.Key.Key_Right else -1)
        return level[place] if 0 <= place < len(level) else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            node = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._tooltip(node) if node else "", self)
            return True
        return super().event(event)

    def _tooltip(self, node: Node) -> str:
        token = self._token_of(node.row)
        made = " + ".join(plain(self._token_of(part.row).raw) for part in node.parts)
        return f"{plain(token.raw)}  id {token.token_id}" + (f"\n{made}\nDouble click opens it" if made else "")


_ARROWS: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right)
