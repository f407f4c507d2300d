"""What is a text in seven lanes? One column a byte; what is selected in one lane is selected in all.

Only the bytes on the screen are read and drawn, whatever the size of the text.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.lanes_cells import LaneCell, cell_at, text_cells, token_cells
from app.widgets.lanes_keys import LanesKeys
from app.widgets.lanes_metrics import MARGIN, Lane
from app.widgets.lanes_paint import CellsLook, LanesKit, paint_cells, paint_frame, paint_note, paint_ruler, paint_titles
from app.widgets.lanes_words import describe
from lmcore import figures
from lmcore.text.lanes import Span, lanes

if TYPE_CHECKING:
    from lmcore.bpe.token_window import TokenWindow

WindowOf = Callable[[bytes, int, int], "TokenWindow | None"]
NO_TOKENIZER: Final = "Pre-tokens and tokens are shown once a tokenizer is open."
EMPTY: Final = "Type or paste a text above, or try a case: its graphemes, bytes and tokens stand here."
NO_CUT: Final = "No place near here is cut by every pattern, so the tokens of this part cannot be told from it alone."


class LanesView(QAbstractScrollArea):
    """The lanes of `data`. Arrow keys walk in a lane and between lanes; hex digits change the selected byte."""

    selected = Signal(object)
    """A Span, or None: what is selected now, whoever did it."""
    byte_typed = Signal(int, int)
    """A place and the byte that should stand there."""
    removal_asked = Signal(int, int)
    """Bytes `start` to `end` should go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = b""
        self._window_of: WindowOf | None = None
        self._kit = LanesKit()
        self._selection: Span | None = None
        self._anchor = Span(0, 0)
        self._lane = Lane.UTF8
        self._hover: Span | None = None
        self._cells: tuple[int, int, tuple[LaneCell, ...]] | None = None
        self._uncut = False
        self._keys = LanesKeys(self)
        self._set_up()

    def _set_up(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setMouseTracking(True)
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.setAccessibleName("Lanes of the text")
        self._refresh()

    @property
    def data(self) -> bytes:
        """The bytes that are shown."""
        return self._data

    @property
    def selection(self) -> Span | None:
        """The selected bytes."""
        return self._selection

    @property
    def lane(self) -> Lane:
        """The lane in which keys walk."""
        return self._lane

    @property
    def note(self) -> str:
        """What is said where there are no cells, or no tokens."""
        if not self._data:
            return EMPTY
        return NO_TOKENIZER if self._window_of is None else NO_CUT if self._uncut else ""

    @property
    def visible_bytes(self) -> Span:
        """The bytes with a pixel on the screen."""
        metrics, scroll = self._kit.metrics, self.horizontalScrollBar().value()
        first = max(0, metrics.byte_at(metrics.left, scroll))
        return Span(first, min(len(self._data), metrics.byte_at(self.viewport().width(), scroll) + 1))

    def show_data(self, data: bytes) -> None:
        """Show other bytes; the selection stays where it still can."""
        self._data = data
        if self._selection is not None and self._selection.end > len(data):
            self.select(None)
        self._measure()

    def look_up(self, text: str) -> None:
        """Ask for the glyphs of a text before it is painted: the first that is in another font takes a while."""
        for character in text:
            self._kit.caches["token"].has_glyph(character)

    def show_windows(self, window_of: WindowOf | None) -> None:
        """Cut pre-tokens and tokens with this; None while there is no tokenizer."""
        self._window_of = window_of
        self._refresh()

    def select(self, span: Span | None, *, reveal: bool = False) -> None:
        """Select bytes; with `reveal` they are scrolled into view."""
        if span is not None and span.start >= span.end:
            span = None
        if span is not None and reveal:
            self.reveal(span)
        if span != self._selection:
            self._selection = span
            self._keys.forget_digit()
            self.setAccessibleDescription(self.describe_selection())
            self.viewport().update()
            self.selected.emit(span)

    def select_cell(self, lane: Lane, place: int, *, extend: bool = False) -> None:
        """Select the cell of a lane that holds a byte, alone or together with all from where the selection began."""
        cell = cell_at(self.cells_around(place), lane, place) or cell_at(self.cells_around(place), Lane.UTF8, place)
        if cell is None:
            return
        self._lane = lane
        span = Span(cell.start, cell.end)
        if extend and self._selection is not None:
            self.select(Span(min(span.start, self._anchor.start), max(span.end, self._anchor.end)))
        else:
            self._anchor = span
            self.select(span)

    def reveal(self, span: Span) -> None:
        """Scroll so far that the bytes are seen, the first of them if not all can be."""
        metrics, bar = self._kit.metrics, self.horizontalScrollBar()
        room = self.viewport().width() - metrics.left - MARGIN
        left, right = span.start * metrics.pitch, span.end * metrics.pitch
        if right - bar.value() > room:
            bar.setValue(min(left, right - room))
        if left < bar.value():
            bar.setValue(left)

    def cells_around(self, place: int) -> tuple[LaneCell, ...]:
        """The cells of the screen, or those near a byte that is not on it."""
        seen = self.visible_bytes
        if seen.start <= place < seen.end:
            return self._visible_cells()
        return self._make_cells(max(0, place - 1), min(len(self._data), place + 2))

    def describe_selection(self) -> str:
        """The selected bytes in words."""
        if self._selection is None:
            return f"{figures.size(len(self._data))}, nothing selected"
        cell = cell_at(self.cells_around(self._selection.start), self._lane, self._selection.start)
        return describe(self._data, cell) if cell is not None else ""

    def _visible_cells(self) -> tuple[LaneCell, ...]:
        seen = self.visible_bytes
        if self._cells is None or self._cells[:2] != (seen.start, seen.end):
            self._cells = (*seen, self._make_cells(*seen))
        return self._cells[2]

    def _make_cells(self, start: int, end: int) -> tuple[LaneCell, ...]:
        lines = self._kit.lines
        found = list(text_cells(self._data, lanes(self._data, start, end), lines))
        window = self._window_of(self._data, start, end) if self._window_of is not None else None
        self._uncut = self._window_of is not None and window is None
        if window is not None:
            found += token_cells(self._data, window, lines, start, end)
        return tuple(found)

    def _refresh(self) -> None:
        """Another size or text size, or another tokenizer: whatever is kept of the screen is stale."""
        if self._kit.metrics.factor != fonts.factor():
            self._kit = LanesKit()
        bar = self.horizontalScrollBar()
        height = self._kit.metrics.height + bar.sizeHint().height()
        if self.minimumHeight() != height:
            self.setFixedHeight(height)
        bar.setSingleStep(self._kit.metrics.pitch)
        self._measure()

    def _measure(self) -> None:
        """How far can be scrolled now?"""
        metrics, bar = self._kit.metrics, self.horizontalScrollBar()
        self._cells = None
        room = max(1, self.viewport().width() - metrics.left - MARGIN)
        longest = max(0, len(self._data) * metrics.pitch - room)
        if (bar.maximum(), bar.pageStep()) != (longest, room):
            bar.setRange(0, longest)
            bar.setPageStep(room)
        self.viewport().update()

    def _scrolled(self) -> None:
        self._hover = None
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(640, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * self._kit.metrics.left, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, metrics, scroll = Theme.of(self.palette()), self._kit.metrics, self.horizontalScrollBar().value()
        seen, found = self.visible_bytes, self._visible_cells()
        view = QRectF(metrics.left, 0, self.viewport().width() - metrics.left, metrics.height)
        with QPainter(self.viewport()) as painter:
            painter.setClipRect(view.adjusted(-3, 0, 0, 0))
            if self._selection is not None:
                paint_frame(painter, metrics, self._selection, theme, scroll, ground=True)
            paint_ruler(painter, self._kit, theme, scroll, *seen)
            look = CellsLook(theme, self._hover, self.devicePixelRatioF())
            paint_cells(painter, self._kit, found, look, scroll, view)
            if self.note:
                paint_note(painter, self._kit, theme, self.note, Lane.PRETOKEN if self._data else Lane.GRAPHEME)
            if self._selection is not None:
                paint_frame(painter, metrics, self._selection, theme, scroll, ground=False)
            painter.setClipping(False)
            paint_titles(painter, self._kit, theme, len(self._data))

    def _at(self, point: QPointF) -> tuple[Lane | None, int]:
        """The lane and the byte under the pointer; the byte may lie outside the text."""
        metrics = self._kit.metrics
        place = metrics.byte_at(point.x(), self.horizontalScrollBar().value()) if point.x() >= metrics.left else -1
        return metrics.lane_at(point.y()), place

    def mousePressEvent(self, event: QMouseEvent) -> None:
        lane, place = self._at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if not 0 <= place < len(self._data):
            self.select(None)
            return
        lane = Lane.UTF8 if lane is None else lane
        if lane is Lane.UTF8 and self._selection == Span(place, place + 1) and self._flip(event.position(), place):
            return
        self.select_cell(lane, place, extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def _flip(self, at: QPointF, place: int) -> bool:
        """Flip the bit under the pointer, of the byte that is selected already; whether there is one."""
        box = self._kit.metrics.box(Lane.UTF8, place, place + 1, self.horizontalScrollBar().value())
        bit = self._kit.bit_at(box, at.x(), at.y())
        if bit is not None:
            self.byte_typed.emit(place, self._data[place] ^ 1 << bit)
        return bit is not None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        lane, place = self._at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and self._selection is not None and self._data:
            seen = self.visible_bytes
            self.select_cell(self._lane, max(seen.start, min(place, seen.end - 1)), extend=True)
            return
        cell = cell_at(self._visible_cells(), lane, place) if lane is not None else None
        self._point_at(Span(cell.start, cell.end) if cell is not None else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def _point_at(self, span: Span | None) -> None:
        if span != self._hover:
            self._hover = span
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tell(QPointF(event.pos()), event.globalPos())
            return True
        if event.type() == QEvent.Type.Leave:
            self._point_at(None)
        return super().viewportEvent(event)

    def _tell(self, at: QPointF, on_screen: QPoint) -> None:
        lane, place = self._at(at)
        cell = cell_at(self._visible_cells(), lane, place) if lane is not None else None
        if cell is None:
            QToolTip.hideText()
            return
        box = self._kit.metrics.box(cell.lane, cell.start, cell.end, self.horizontalScrollBar().value())
        QToolTip.showText(on_screen, describe(self._data, cell), self.viewport(), QRect(box.toAlignedRect()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            QWidget.keyPressEvent(self, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._selection is None and self._data and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.select_cell(self._lane, self.visible_bytes.start)
