"""How are the cells of the lanes put on the screen? Grounds first, then every text of a window in a few calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app import fonts
from app.theme import Theme
from app.widgets.fitting import fitting
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.lanes_cells import LaneCell
from app.widgets.lanes_metrics import MARGIN, Lane, LanesMetrics
from app.widgets.lines import Face, Line, Lines
from lmcore import figures
from lmcore.text.lanes import Span

RADIUS: Final = 3.0
PAD: Final = 2.0
ELLIPSIS: Final = "…"
STYLES: Final[dict[Face, fonts.TypeStyle]] = {
    "grapheme": fonts.TypeStyle(22, 28),
    "byte": fonts.TypeStyle(13, 16, family=fonts.MONO),
    "code": fonts.MONO_AXIS,
    "token": fonts.MONO_TABLE,
    "id": fonts.AXIS,
}
PICTURES: Final = 1500
"""Pictures that are kept, some 10 kB each."""
WIDEST: Final = 480.0
"""Pixels up to which a cell is kept as a picture."""
BIT_LINES: Final = (16, 12, 12)
"""Heights of a byte's three lines: its hex digits, then its bits."""


@dataclass(frozen=True)
class CellsLook:
    """What all cells of a screen share: the theme, what is pointed at, and pixels of the screen to one of ours."""

    theme: Theme
    hover: Span | None
    ratio: float

    def is_pointed(self, cell: LaneCell) -> bool:
        """Whether a cell stands on a stronger ground."""
        return self.hover is not None and self.hover.touches(cell.start, cell.end)


class LanesKit:
    """The glyphs of the lanes at one text size, and pictures of cells."""

    def __init__(self) -> None:
        self.metrics = LanesMetrics.now()
        self.caches: dict[Face, GlyphCache] = {face: GlyphCache(style.font()) for face, style in STYLES.items()}
        self.title = GlyphCache(fonts.CAPTION.font())
        self._advance = self.caches["code"].width("0")
        self.lines = Lines(self.caches["token"].has_glyph)
        self._pictures: dict[tuple[object, ...], QPixmap] = {}

    def picture(self, cell: LaneCell, look: CellsLook) -> QPixmap:
        """A cell as a picture: the same for all cells that say the same."""
        size = cell.end - cell.start
        key = (cell.lane, cell.lines, cell.fill, cell.token_id, cell.ring, size, look.is_pointed(cell), look.theme.name)
        made = self._pictures.get((*key, look.ratio))
        if made is None:
            if len(self._pictures) >= PICTURES:
                self._pictures.clear()
            made = self._pictures[(*key, look.ratio)] = self._paint_picture(cell, look)
        return made

    def _paint_picture(self, cell: LaneCell, look: CellsLook) -> QPixmap:
        box = self.metrics.box(cell.lane, cell.start, cell.end, cell.start * self.metrics.pitch)
        made = QPixmap((box.size() * look.ratio).toSize())
        made.setDevicePixelRatio(look.ratio)
        made.fill(Qt.GlobalColor.transparent)
        box.moveTo(0, 0)
        batch = GlyphBatch()
        with QPainter(made) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _paint_ground(painter, cell, look, box)
            _add_lines(batch, self, cell, (box, box), look.theme)
            batch.draw(painter)
        return made

    def width(self, line: Line) -> float:
        """The width of a line in pixels."""
        return sum(self.caches[piece.face].width(piece.text) for piece in line)

    def line_height(self, lane: Lane, line: Line) -> float:
        """The height of one line of a cell."""
        if lane is Lane.UTF8:
            return fonts.scaled(BIT_LINES[0 if line[0].face == "byte" else 1])
        return fonts.scaled(STYLES[line[0].face].line if line else 0)

    def bit_at(self, box: QRectF, x: float, y: float) -> int | None:
        """The bit of a byte's cell at a place, 7 for the highest; None above the bits."""
        heights = [fonts.scaled(height) for height in BIT_LINES]
        top = box.top() + (box.height() - sum(heights)) / 2 + heights[0]
        column = int((x - box.center().x()) // self._advance) + 2
        row = int((y - top) // heights[1])
        return 7 - (4 * row + column) if y >= top and row < 2 and 0 <= column < 4 else None


def paint_cells(
    painter: QPainter, kit: LanesKit, found: Sequence[LaneCell], look: "CellsLook", scroll: int, view: QRectF
) -> None:
    """Paint cells. Those that are seen whole are pictures that were painted once: most of a screen stays the same."""
    batch = GlyphBatch()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for cell in found:
        box = kit.metrics.box(cell.lane, cell.start, cell.end, scroll)
        if view.left() <= box.left() and box.right() <= view.right() and box.width() <= WIDEST:
            painter.drawPixmap(box.topLeft(), kit.picture(cell, look))
            continue
        seen = box.intersected(view.adjusted(-RADIUS, 0, RADIUS, 0))
        _paint_ground(painter, cell, look, seen)
        _add_lines(batch, kit, cell, (box, seen.intersected(view)), look.theme)
    batch.draw(painter)


def paint_ruler(painter: QPainter, kit: LanesKit, theme: Theme, scroll: int, first: int, last: int) -> None:
    """The numbers of bytes above their columns; every second where they would touch."""
    cache, batch, metrics = kit.caches["id"], GlyphBatch(), kit.metrics
    step = 1 if cache.width(str(last)) < metrics.pitch - 6 else 2
    baseline = round(metrics.top + (metrics.ruler + cache.cap_height) / 2) - 1
    for byte in range(first - first % step, last, step):
        text = str(byte)
        x = metrics.x_of(byte, scroll) + (metrics.pitch - 2 - cache.width(text)) / 2
        batch.add(cache, text, round(x), baseline, QColor(theme.secondary))
    batch.draw(painter)


def paint_titles(painter: QPainter, kit: LanesKit, theme: Theme, size: int) -> None:
    """The names of the lanes at the left, on a ground that covers what is scrolled below them."""
    metrics, batch = kit.metrics, GlyphBatch()
    painter.fillRect(QRectF(0, 0, metrics.left - 3, metrics.height), QColor(theme.surface))
    for lane in Lane:
        baseline = round(metrics.tops[lane] + (metrics.heights[lane] + kit.title.cap_height) / 2)
        batch.add(kit.title, lane.title, MARGIN, baseline, QColor(theme.secondary))
    if size > 9999:
        text, baseline = (
            f"of {figures.count(size)}",
            round(metrics.top + (metrics.ruler + kit.title.cap_height) / 2) - 1,
        )
        batch.add(kit.caches["id"], text, MARGIN, baseline, QColor(theme.secondary))
    batch.draw(painter)


def paint_note(painter: QPainter, kit: LanesKit, theme: Theme, text: str, first: Lane) -> None:
    """A sentence in the place of the lanes from `first` on."""
    metrics, batch = kit.metrics, GlyphBatch()
    top, lane = metrics.tops[first], Lane.TOKEN if first is Lane.PRETOKEN else first
    middle = (top + metrics.tops[lane] + metrics.heights[lane] + kit.title.cap_height) / 2
    batch.add(kit.title, text, metrics.left, round(middle), QColor(theme.secondary))
    batch.draw(painter)


def paint_frame(
    painter: QPainter, metrics: LanesMetrics, selected: Span, theme: Theme, scroll: int, *, ground: bool
) -> None:
    """The ground of a selection below the cells, or its frame above them."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen if ground else QPen(QColor(theme.accent), 1.2))
    painter.setBrush(QColor(theme.accent_soft) if ground else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(metrics.frame(*selected, scroll), RADIUS, RADIUS)


def _paint_ground(painter: QPainter, cell: LaneCell, look: CellsLook, box: QRectF) -> None:
    """A cell's ground, with a rim around the byte that breaks a sequence off."""
    painter.setPen(QPen(QColor(look.theme.error), 1) if cell.ring else Qt.PenStyle.NoPen)
    painter.setBrush(_ground(cell, look))
    inset = 0.5 if cell.ring else 0.0
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)


def _ground(cell: LaneCell, look: CellsLook) -> QColor:
    theme, pointed = look.theme, look.is_pointed(cell)
    if cell.fill == "tint":
        return theme.tint(cell.token_id).darker(106) if pointed else theme.tint(cell.token_id)
    if cell.fill == "error":
        return QColor(theme.error_fill)
    return QColor(theme.border if pointed else theme.sunken)


def _add_lines(batch: GlyphBatch, kit: LanesKit, cell: LaneCell, boxes: tuple[QRectF, QRectF], theme: Theme) -> None:
    """The lines of a cell, in the middle of the part of it that is seen where there is room, else of all of it."""
    whole, seen = boxes
    heights = [kit.line_height(cell.lane, line) for line in cell.lines]
    top = whole.top() + (whole.height() - sum(heights)) / 2
    inks = {"text": theme.text, "secondary": theme.secondary, "accent": theme.accent, "error": theme.error}
    for line, height in zip(cell.lines, heights, strict=True):
        width = kit.width(line)
        box = whole if seen.width() - PAD < width <= whole.width() - PAD else seen
        fitted = line if width <= box.width() - PAD else _fitted(kit, line, box.width() - PAD)
        x = box.left() + (box.width() - kit.width(fitted)) / 2
        for piece in fitted:
            cache = kit.caches[piece.face]
            baseline = round(top + (height + cache.cap_height) / 2)
            batch.add(cache, piece.text, round(x), baseline, QColor(inks[piece.ink]))
            x += cache.width(piece.text)
        top += height


def _fitted(kit: LanesKit, line: Line, room: float) -> Line:
    """As much of a line that is too long as there is room for, with an ellipsis; nothing where not even that fits."""
    cache = kit.caches[line[0].face]
    room -= cache.width(ELLIPSIS)
    if room < 0:
        return ()
    kept = []
    for piece in line:
        text = piece.text[: fitting(kit.caches[piece.face], piece.text, room)]
        room -= kit.caches[piece.face].width(text) if text else 0.0
        kept.append(piece._replace(text=text))
        if len(text) < len(piece.text):
            break
    kept.append(kept[-1]._replace(text=ELLIPSIS))
    return tuple(piece for piece in kept if piece.text)
