"""How does a distribution become a draw? Tokens in rows; the model's probability, after temperature, after the cuts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chips import fitted
from app.widgets.fitting import fitting
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.scaled_face import ScaledFace
from app.widgets.token_face import Inks
from lmcore import figures
from lmcore.bpe.display import plain

ROW: Final = 24
PAD: Final = 10
BAR: Final = 7
TOKEN_WIDTH, LOG_WIDTH, FIGURE_WIDTH = 84, 50, 50
LEAST_BAR: Final = 6
GAP: Final = 10
NOWHERE: Final = -1
LEAST_SHARE: Final = 0.00005
"""What is less is only said to be less."""


class Line(NamedTuple):
    """A token, its log-probability in nats, and the probabilities that the columns show; None is not known."""

    raw: bytes
    log_probability: float
    shares: tuple[float | None, ...]
    said: bool = False


class DistributionTable(QWidget):
    """A row a token; that which stands in the text is marked. A row is taken by a click, or by arrows and Enter."""

    taken = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._titles: tuple[str, ...] = ("Model",)
        self._lines: tuple[Line, ...] = ()
        self._under = NOWHERE
        self._face = ScaledFace(fonts.MONO_TABLE)
        self._kit: tuple[float, GlyphCache] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    @property
    def titles(self) -> Sequence[str]:
        """What stands above the columns of probabilities."""
        return self._titles

    def show_lines(self, titles: Sequence[str], lines: Sequence[Line]) -> None:
        """Show these; `titles` are of the columns of probabilities."""
        if (tuple(titles), tuple(lines)) == (self._titles, self._lines):
            return
        self._titles, self._lines, self._under = tuple(titles), tuple(lines), NOWHERE
        told = (f"{plain(line.raw)}: {', '.join(map(percent, line.shares))}" for line in lines)
        self.setAccessibleDescription("; ".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.minimumSizeHint().width() + 180, (len(self._lines) + 1) * fonts.scaled(ROW) + 2)

    def minimumSizeHint(self) -> QSize:
        columns = len(self._titles) * (FIGURE_WIDTH + LEAST_BAR + GAP)
        width = fonts.scaled(TOKEN_WIDTH + LOG_WIDTH + columns) + 2 * PAD
        return QSize(width, (len(self._lines) + 1) * fonts.scaled(ROW) + 2)

    def row_box(self, place: int) -> QRectF:
        """Where a row is; -1 is the header."""
        return QRectF(0, (place + 1) * fonts.scaled(ROW), self.width(), fonts.scaled(ROW))

    def _cache(self) -> GlyphCache:
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.TABLE.font()))
        return self._kit[1]

    def _columns(self) -> list[tuple[float, float]]:
        """The left end and the right end of each column of probabilities."""
        begin = PAD + fonts.scaled(TOKEN_WIDTH + LOG_WIDTH)
        each = (self.width() - PAD - begin) / max(1, len(self._titles))
        gap = fonts.scaled(GAP)
        return [(begin + n * each + gap, begin + (n + 1) * each) for n in range(len(self._titles))]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch, row = Theme.of(self.palette()), GlyphBatch(), fonts.scaled(ROW)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._add_header(batch, theme)
            painter.fillRect(QRectF(0, row - 1, self.width(), 1), QColor(theme.border))
            highest = max((share or 0.0 for line in self._lines for share in line.shares), default=1.0) or 1.0
            highest = highest if len(self._lines) > 1 else 1.0  # a bar alone is held against the whole
            for place, line in enumerate(self._lines):
                self._paint_row(painter, batch, theme, place, line, highest)
            batch.draw(painter)

    def _add_header(self, batch: GlyphBatch, theme: Theme) -> None:
        cache, ink, box = self._cache(), QColor(theme.secondary), self.row_box(-1)
        baseline = self._baseline(box)
        batch.add(cache, "Token", PAD, baseline, ink)
        self._add_right(batch, "Log p", PAD + fonts.scaled(TOKEN_WIDTH + LOG_WIDTH), baseline, ink)
        for title, (left, right) in zip(self._titles, self._columns(), strict=True):
            room, words = right - left, title
            if cache.width(title) > room:
                words = title[: fitting(cache, title, room - cache.width("…"))] + "…"
            self._add_right(batch, words, right, baseline, ink)

    def _paint_row(
        self, painter: QPainter, batch: GlyphBatch, theme: Theme, place: int, line: Line, highest: float
    ) -> None:
        box, face = self.row_box(place), self._face.now
        if line.said or place == self._under:
            painter.fillRect(box, QColor(theme.selection if line.said else theme.hover))
        if place == self._under and self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        if place + 1 < len(self._lines):
            painter.fillRect(QRectF(0, box.bottom() - 1, self.width(), 1), QColor(theme.grid))
        form = fitted(face, face.form(line.raw, dots=True), fonts.scaled(TOKEN_WIDTH) - 6)
        face.add(batch, form, PAD, face.baseline(box.top(), box.height()), Inks.of_theme(theme))
        baseline = self._baseline(box)
        right = PAD + fonts.scaled(TOKEN_WIDTH + LOG_WIDTH)
        secondary = QColor(theme.text if line.said else theme.secondary)
        self._add_right(batch, figures.decimal(line.log_probability, 2), right, baseline, secondary)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent if line.said else DATA[0]))
        height = fonts.scaled(BAR)
        for share, (left, end) in zip(line.shares, self._columns(), strict=True):
            quiet = share is None or share == 0
            self._add_right(batch, percent(share), end, baseline, QColor(theme.secondary if quiet else theme.text))
            if share:
                width = max(1.0, (end - left - fonts.scaled(FIGURE_WIDTH)) * share / highest)
                painter.drawRoundedRect(QRectF(left, round(box.center().y() - height / 2), width, height), 1.5, 1.5)

    def _add_right(self, batch: GlyphBatch, words: str, right: float, baseline: float, ink: QColor) -> None:
        cache = self._cache()
        batch.add(cache, words, right - cache.width(words), baseline, ink)

    def _baseline(self, box: QRectF) -> float:
        cache = self._cache()
        return round(box.top() + (box.height() - 1 + cache.ascent - cache.descent) / 2)

    def _at(self, point: QPointF) -> int:
        place = int(point.y() // fonts.scaled(ROW)) - 1
        return place if 0 <= place < len(self._lines) else NOWHERE

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(NOWHERE)

    def _point_at(self, place: int) -> None:
        if place != self._under:
            self._under = place
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place != NOWHERE:
            self.taken.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self._lines:
            self._point_at(max(0, min(len(self._lines) - 1, self._under + step)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._under != NOWHERE:
            self.taken.emit(self._under)
        else:
            super().keyPressEvent(event)


def percent(share: float | None) -> str:
    """A probability for people: what was cut off is a dash, what is small has two digits, and is not 0."""
    if share is None:
        return "?"
    if share == 0:
        return "–"
    if share >= 0.00995:
        return f"{figures.decimal(100 * share, 1)} %"
    return "< 0.01 %" if share < LEAST_SHARE else f"{figures.decimal(100 * share, 2)} %"
