"""Which ways did the text go? Stretches of it as boxes from left to right, lines between them where it forks."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import fitted
from app.widgets.distribution_table import broken
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.scaled_face import ScaledFace
from app.widgets.token_face import Form, Inks, TokenFace
from lmcore.bpe.display import plain

BOX: Final = 24
ROW: Final = 47
LINK: Final = 30
PAD: Final = 7
LEAST, MOST = 56, 150
CAPTION_GAP: Final = 4
CAPTION_LINE: Final = 15
CAPTION_LINES: Final = 4
EDGE: Final = 2
RADIUS: Final = 3.0
FORMS_KEPT: Final = 2_000


class BranchNode(NamedTuple):
    """A stretch: the branch it belongs to, its text, what is said below it, whether it is in the shown text and whether
    its end is the shown one's, and what follows.
    """

    key: int
    words: bytes
    caption: str
    on_path: bool
    shown: bool
    parts: tuple["BranchNode", ...] = ()


class _Placed(NamedTuple):
    node: BranchNode
    depth: int
    middle: float
    parent: int


class BranchTree(QWidget):
    """A click, or Enter, shows a branch; arrows lead from box to box; Delete asks for a branch to be removed.

    A caption is as wide as a box may be at most, and goes on in the next line.
    """

    chosen = Signal(int)
    went_to = Signal(int)
    """The arrows lead to the node with this number."""
    removal_asked = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._root: BranchNode | None = None
        self._placed: list[_Placed] = []
        self._current = 0
        self._face = ScaledFace(fonts.MONO_TABLE)
        self._kit: tuple[float, GlyphCache] | None = None
        self._forms: dict[bytes, Form] = {}
        self._forms_of: TokenFace | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    @property
    def nodes(self) -> list[BranchNode]:
        """What is drawn, each before what follows it."""
        return [placed.node for placed in self._placed]

    def show_tree(self, root: BranchNode | None) -> None:
        """Show another tree, or none."""
        if root == self._root and self._placed:
            return
        self._root = root
        self._placed = []
        if root is not None:
            self._place(root, 0, -1, 0.0)
        self._current = next((n for n, placed in enumerate(self._placed) if placed.node.shown), 0)
        said = (f"{plain(node.words)} {node.caption}" for node in self.nodes if not node.parts)
        self.setAccessibleDescription("; ".join(said))
        self.updateGeometry()
        self.resize(self.sizeHint().expandedTo(self.size()) if self.parentWidget() is None else self.size())
        self.update()

    def _place(self, node: BranchNode, depth: int, parent: int, row: float) -> tuple[float, float]:
        """Set a node and what follows; gives its middle and the row behind it, in rows."""
        number = len(self._placed)
        self._placed.append(_Placed(node, depth, 0.0, parent))
        middles, after = [], row
        for part in node.parts:
            middle, after = self._place(part, depth + 1, number, after)
            middles.append(middle)
        middle = (middles[0] + middles[-1]) / 2 if middles else row
        self._placed[number] = _Placed(node, depth, middle, parent)
        return middle, max(after, row + 1)

    def _cache(self) -> GlyphCache:
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.CAPTION.font()))
        return self._kit[1]

    def caption_lines(self, number: int) -> tuple[str, ...]:
        """What stands below a box."""
        return self._broken(self._placed[number].node.caption)

    def _broken(self, caption: str) -> tuple[str, ...]:
        return broken(self._cache(), caption, fonts.scaled(MOST), CAPTION_LINES)

    def _row(self) -> int:
        """How far the boxes of two branches are from one another."""
        lines = max((len(self._broken(placed.node.caption)) for placed in self._placed), default=1)
        return fonts.scaled(ROW) + (lines - 1) * fonts.scaled(CAPTION_LINE)

    def _width(self, node: BranchNode) -> float:
        form = self._fitted(node.words, fonts.scaled(MOST) - 2 * PAD)
        return min(fonts.scaled(MOST), max(fonts.scaled(LEAST), form.width + 2 * PAD))

    def _fitted(self, words: bytes, room: float) -> Form:
        """The words as they are drawn, kept as long as the size of the text stays: while one grows, the others stay."""
        face = self._face.now
        if self._forms_of is not face or len(self._forms) > FORMS_KEPT:
            self._forms_of, self._forms = face, {}
        form = self._forms.get(words)
        if form is None:
            form = self._forms[words] = fitted(face, face.form(words[:256]), room)
        return form

    def _lefts(self) -> list[float]:
        """Where each column begins, and where the last one ends; captions have room beside the boxes."""
        depth = max((placed.depth for placed in self._placed), default=-1)
        widths = [0.0] * (depth + 1)
        for placed in self._placed:
            own = self._width(placed.node)
            if not placed.node.parts:
                own = max(own, *map(self._cache().width, self._broken(placed.node.caption)))
            widths[placed.depth] = max(widths[placed.depth], own)
        lefts = [float(EDGE)]
        for width in widths:
            lefts.append(lefts[-1] + width + fonts.scaled(LINK))
        return lefts

    def box(self, number: int) -> QRectF:
        """Where a node is drawn."""
        return self._boxes()[number]

    def place_of(self, number: int) -> QRectF:
        """Where a node is drawn with its caption, down to the next one."""
        box = self.box(number)
        width = max(box.width(), *map(self._cache().width, self.caption_lines(number)), 0.0)
        return QRectF(box.left(), box.top(), width, self._row() - EDGE)

    def _boxes(self) -> list[QRectF]:
        lefts, height, row = self._lefts(), fonts.scaled(BOX), self._row()
        tops = [EDGE + placed.middle * row for placed in self._placed]
        return [
            QRectF(lefts[placed.depth], round(top), round(self._width(placed.node)), height)
            for placed, top in zip(self._placed, tops, strict=True)
        ]

    def sizeHint(self) -> QSize:
        if not self._placed:
            return QSize(0, 0)
        rows = 1 + max(placed.middle for placed in self._placed)
        return QSize(int(self._lefts()[-1] - fonts.scaled(LINK)) + 2 * EDGE, int(rows * self._row()) + EDGE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, boxes, batch = Theme.of(self.palette()), self._boxes(), GlyphBatch()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for on_path in (False, True):
                for placed, box in zip(self._placed, boxes, strict=True):
                    if placed.parent >= 0 and placed.node.on_path == on_path:
                        self._paint_link(painter, theme, boxes[placed.parent], box, on_path)
            for number, (placed, box) in enumerate(zip(self._placed, boxes, strict=True)):
                self._paint_node(painter, batch, theme, placed.node, box)
                if number == self._current and self.hasFocus():
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(theme.accent), 2))
                    painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), RADIUS + 1, RADIUS + 1)
            batch.draw(painter)

    def _paint_link(self, painter: QPainter, theme: Theme, start: QRectF, end: QRectF, on_path: bool) -> None:
        x, y = start.right(), start.center().y()
        to = QPointF(end.left(), end.center().y())
        line = QPainterPath(QPointF(x, y))
        middle = (to.x() - fonts.scaled(LINK)) / 2 + to.x() / 2
        line.lineTo(to.x() - fonts.scaled(LINK), y)
        line.cubicTo(QPointF(middle, y), QPointF(middle, to.y()), to)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if on_path else theme.control), 2 if on_path else 1.5))
        painter.drawPath(line)

    def _paint_node(self, painter: QPainter, batch: GlyphBatch, theme: Theme, node: BranchNode, box: QRectF) -> None:
        painter.setPen(QPen(QColor(theme.accent if node.shown else theme.border), 1.5 if node.shown else 1))
        painter.setBrush(QColor(theme.selection if node.shown else theme.sunken))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        face = self._face.now
        form = self._fitted(node.words, fonts.scaled(MOST) - 2 * PAD)
        face.add(batch, form, box.left() + PAD, face.baseline(box.top(), box.height()), Inks.of_theme(theme))
        cache = self._cache()
        baseline = round(box.bottom() + CAPTION_GAP + cache.ascent)
        ink = QColor(theme.text if node.shown else theme.secondary)
        for line, words in enumerate(self._broken(node.caption)):
            batch.add(cache, words, box.left() + 1, baseline + line * fonts.scaled(CAPTION_LINE), ink)

    def _at(self, point: QPointF) -> int:
        below = self._row() - fonts.scaled(BOX + 4)
        return next((n for n, box in enumerate(self._boxes()) if box.adjusted(0, 0, 0, below).contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position())
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._current = number
            self._take()

    def _take(self) -> None:
        if self._current < len(self._placed) and (key := self._end_of(self._current)) is not None:
            self.chosen.emit(key)

    def _end_of(self, number: int) -> int | None:
        """The branch that a box stands for; one that several share stands for the shown one, or for its own."""
        node = self._placed[number].node
        own = node.key if node.key >= 0 else None
        shown = next((one.key for one in _all(node) if one.shown), None)
        return own if shown is None else shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self._placed:
            super().keyPressEvent(event)
        elif (wanted := self._reached_by(key)) is not None:
            self._current = wanted
            self.went_to.emit(wanted)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._take()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not self._placed[self._current].node.parts:
            self.removal_asked.emit(self._placed[self._current].node.key)
        else:
            super().keyPressEvent(event)

    def _reached_by(self, key: Qt.Key) -> int | None:
        here = self._placed[self._current]
        if key == Qt.Key.Key_Left:
            return max(0, here.parent)
        if key == Qt.Key.Key_Right:
            return next((n for n, placed in enumerate(self._placed) if placed.parent == self._current), self._current)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            order = sorted((n for n, one in enumerate(self._placed) if one.depth == here.depth), key=self._middle_of)
            place = order.index(self._current) + (1 if key == Qt.Key.Key_Down else -1)
            return order[max(0, min(len(order) - 1, place))]
        return None

    def _middle_of(self, number: int) -> float:
        return self._placed[number].middle

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._at(QPointF(event.pos()))
            words = ""
            if number >= 0:
                node = self._placed[number].node
                words = f"{plain(node.words[:256], dots=False)}\n{node.caption or 'What the branches share'}"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


def _all(node: BranchNode) -> Iterator[BranchNode]:
    yield node
    for part in node.parts:
        yield from _all(part)
