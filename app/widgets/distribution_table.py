"""How does a distribution become a draw? Tokens in rows; the model's probability, after temperature, after the cuts."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

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
TOKEN_MOST: Final = 200
TOKEN_SHARE: Final = 0.2
"""Of the room that is left over, what longer tokens have; the bars have the rest."""
TITLE_LINE: Final = 15
TITLE_LINES: Final = 3
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
    """A row a token; that which stands in the text is marked. A row is taken by a click, or by arrows and Enter.

    Where it is narrow, the shares are seen without their logarithm.
    """

    taken = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._titles: tuple[str, ...] = ("Model",)
        self._lines: tuple[Line, ...] = ()
        self._under = NOWHERE
        self._face = ScaledFace(fonts.MONO_TABLE)
        self._kit: tuple[float, GlyphCache] | None = None
        self._heads: tuple[tuple[str, ...], ...] = (("Model",),)
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
        self._break_titles()
        self.updateGeometry()
        self.update()

    def least_width(self, columns: int) -> int:
        """Pixels that so many columns of probabilities need for their figures."""
        return fonts.scaled(TOKEN_WIDTH + LOG_WIDTH + columns * (FIGURE_WIDTH + LEAST_BAR + GAP)) + 2 * PAD

    def sizeHint(self) -> QSize:
        return QSize(self.minimumSizeHint().width() + 180, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        height = self._head_height + len(self._lines) * fonts.scaled(ROW) + 2
        return QSize(self.least_width(len(self._titles)) - fonts.scaled(LOG_WIDTH), round(height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._break_titles()

    def row_box(self, place: int) -> QRectF:
        """Where a row is; -1 is the header."""
        head, row = self._head_height, fonts.scaled(ROW)
        if place < 0:
            return QRectF(0, 0, self.width(), head)
        return QRectF(0, head + place * row, self.width(), row)

    @property
    def _head_height(self) -> int:
        lines = max(map(len, self._heads), default=1)
        return fonts.scaled(ROW) + (lines - 1) * fonts.scaled(TITLE_LINE)

    def _break_titles(self) -> None:
        """Titles go on in the next line where a column is too narrow for them."""
        before = self._head_height
        rooms = [right - left + fonts.scaled(GAP) / 2 for left, right in self._columns()]  # into the gap beside it
        self._heads = tuple(broken(self._cache(), title, room) for title, room in zip(self._titles, rooms, strict=True))
        if self._head_height != before:
            self.updateGeometry()
            self.update()

    @property
    def _token_width(self) -> int:
        """Pixels that tokens have: by the width of the table alone, so that nothing moves from token to token."""
        left = max(0, self.width() - self.least_width(len(self._titles)))
        return min(fonts.scaled(TOKEN_MOST), fonts.scaled(TOKEN_WIDTH) + round(TOKEN_SHARE * left))

    @property
    def has_logs(self) -> bool:
        """Whether there is room for the column of log-probabilities."""
        return self.width() >= self.least_width(len(self._titles))

    @property
    def _figures(self) -> int:
        """Where the column of log-probabilities ends."""
        return PAD + self._token_width + (fonts.scaled(LOG_WIDTH) if self.has_logs else 0)

    def _cache(self) -> GlyphCache:
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.TABLE.font()))
        return self._kit[1]

    def _columns(self) -> list[tuple[float, float]]:
        """The left end and the right end of each column of probabilities."""
        begin = self._figures
        each = (self.width() - PAD - begin) / max(1, len(self._titles))
        gap = fonts.scaled(GAP)
        return [(begin + n * each + gap, begin + (n + 1) * each) for n in range(len(self._titles))]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch = Theme.of(self.palette()), GlyphBatch()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._add_header(batch, theme)
            painter.fillRect(QRectF(0, self._head_height - 1, self.width(), 1), QColor(theme.border))
            highest = max((share or 0.0 for line in self._lines for share in line.shares), default=1.0) or 1.0
            highest = highest if len(self._lines) > 1 else 1.0  # a bar alone is held against the whole
            for place, line in enumerate(self._lines):
                self._paint_row(painter, batch, theme, place, line, highest)
            batch.draw(painter)

    def _add_header(self, batch: GlyphBatch, theme: Theme) -> None:
        ink, row = QColor(theme.secondary), fonts.scaled(ROW)
        last = self._baseline(QRectF(0, self._head_height - row, self.width(), row))
        batch.add(self._cache(), "Token", PAD, last, ink)
        if self.has_logs:
            self._add_right(batch, "Log p", self._figures, last, ink)
        for lines, (_left, right) in zip(self._heads, self._columns(), strict=True):
            for above, words in enumerate(reversed(lines)):
                self._add_right(batch, words, right, last - above * fonts.scaled(TITLE_LINE), ink)

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
        form = fitted(face, face.form(line.raw, dots=True), self._token_width - 6)
        face.add(batch, form, PAD, face.baseline(box.top(), box.height()), Inks.of_theme(theme))
        baseline = self._baseline(box)
        secondary = QColor(theme.text if line.said else theme.secondary)
        if self.has_logs:
            self._add_right(batch, figures.decimal(line.log_probability, 2), self._figures, baseline, secondary)
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
        place = int((point.y() - self._head_height) // fonts.scaled(ROW))
        return place if 0 <= place < len(self._lines) else NOWHERE

    def event(self, event: QEvent) -> bool:
        """The tooltip of what does not fit is all of it."""
        helped = event if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip else None
        if helped is not None and (whole := self.whole_at(QPointF(helped.pos()))):
            QToolTip.showText(helped.globalPos(), whole, self)
            return True
        return super().event(event)

    def whole_at(self, point: QPointF) -> str:
        """The whole of a token or a title that is cut there; nothing where all is seen."""
        if point.y() < self._head_height:
            ends = zip(self._titles, self._heads, self._columns(), strict=True)
            return next((title for title, lines, (left, right) in ends
                         if left <= point.x() <= right and " ".join(lines) != title), "")  # fmt: skip
        place = self._at(point)
        if place == NOWHERE or point.x() > PAD + self._token_width:
            return ""
        raw = self._lines[place].raw
        return plain(raw) if self._face.now.form(raw, dots=True).width > self._token_width - 6 else ""

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


def broken(cache: GlyphCache, title: str, room: float, most: int = TITLE_LINES) -> tuple[str, ...]:
    """A title in lines of so many pixels, at `most` as many; what fits into none is cut with an ellipsis."""
    lines: list[str] = []
    for word in _parts(cache, title, room):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (cache.width(longer) <= room or len(lines) == most):
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(line if cache.width(line) <= room else
                 line[: fitting(cache, line, room - cache.width("…"))] + "…" for line in lines)  # fmt: skip


def _parts(cache: GlyphCache, title: str, room: float) -> Iterator[str]:
    """What stays together: settings between commas, where they have room, or else words."""
    for part in title.replace(", ", ",\n").split("\n"):
        if cache.width(part) <= room:
            yield part
        else:
            yield from part.split(" ")


def percent(share: float | None) -> str:
    """A probability for people: what was cut off is a dash, what is small has two digits, and is not 0."""
    if share is None:
        return "?"
    if share == 0:
        return "–"
    if share >= 0.00995:
        return f"{figures.decimal(100 * share, 1)} %"
    return "< 0.01 %" if share < LEAST_SHARE else f"{figures.decimal(100 * share, 2)} %"
