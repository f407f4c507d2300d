"""How does a text look as pieces? A paragraph of tinted chips that join, and part, while merges come and go.

The bytes are set once; each state of the cut is a sequence of `PieceRef`. What is still is kept as a picture, so that
repainting costs nothing; only in the 160 ms of a transition is every chip drawn again.
"""

from collections.abc import Generator, Sequence
from typing import Final

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRect, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.token_face import TokenFace
from app.widgets.token_layout import Segment, lay_out, line_count, lines_needed, lines_of_bytes
from app.widgets.token_motion import Picture, Transition, still, transition
from app.widgets.token_paint import CHIP, height_of, line_top, paint_current, paint_picture
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.sample_text import PieceRef

MOTION_MS: Final = 160
LEAST_WIDTH: Final = 120
AT_ONCE: Final = 64
"""Bytes for whose forms there is time in a turn."""
ISOLATE: Final = "\u2068{}\u2069"


class TokenText(QWidget):
    """A paragraph of pieces. Hover or the arrow keys tell of one piece: its bytes, its id, its merge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = b""
        self._pieces: tuple[PieceRef, ...] = ()
        self._face, self._factor = TokenFace(), fonts.factor()
        self._segments: list[Segment] = []
        self._transition: Transition | None = None
        self._picture: Picture | None = None
        self._cached: QPixmap | None = None
        self._current: PieceRef | None = None
        self._lines_at: dict[int, int] = {}
        self._reduced_motion = False
        self.motion = self._make_motion()
        self._set_up()

    def _make_motion(self) -> QVariantAnimation:
        motion = QVariantAnimation(self)
        motion.setStartValue(0.0)
        motion.setEndValue(1.0)
        motion.setDuration(MOTION_MS)
        motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        motion.valueChanged.connect(self._move)
        motion.finished.connect(self._rest)
        return motion

    def _set_up(self) -> None:
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("The text so far")

    def measuring(self) -> Generator[None, None, None]:
        """Measure the forms of all bytes, which any layout asks for, before the first does; in turns."""
        for byte in range(256):
            self._face.form(bytes([byte]))
            if byte % AT_ONCE == AT_ONCE - 1:
                yield

    @property
    def pieces(self) -> tuple[PieceRef, ...]:
        """The cut that is shown, or that a transition leads to."""
        return self._pieces

    @property
    def picture(self) -> Picture:
        """What is on the screen now."""
        return self._picture or still(self._segments, Theme.of(self.palette()), self.devicePixelRatioF())

    @property
    def current(self) -> PieceRef | None:
        """The piece that the pointer or the keys are at."""
        return self._current

    @property
    def moving(self) -> bool:
        """Whether a transition is on its way."""
        return self._transition is not None

    def set_reduced_motion(self, reduced: bool) -> None:
        """Whether pieces join at once, without moving."""
        self._reduced_motion = reduced

    def show_text(self, text: bytes, pieces: Sequence[PieceRef], animate: bool = True) -> None:
        """Show a text cut into these pieces, which cover it in order. Another text is there at once."""
        if text == self._text:
            self.set_pieces(pieces, animate)
            return
        self._text = text
        self._lines_at.clear()
        self._current = self._picture = None
        self.set_pieces(pieces, animate=False)
        self.updateGeometry()

    def set_pieces(self, pieces: Sequence[PieceRef], animate: bool = True) -> None:
        """Show the same text cut otherwise. A transition on its way gives way."""
        pieces = tuple(pieces)
        if pieces == self._pieces and self._picture is not None:
            return
        before = self._picture
        self._pieces = pieces
        self._lay_out()
        if animate and not self._reduced_motion and self.isVisible() and before and before.fragments:
            self._start(before)
        else:
            self._rest()

    def _lay_out(self) -> None:
        self._segments = lay_out(self._text, self._pieces, self._face, max(LEAST_WIDTH, self.width()))
        if self._current is not None:
            self._current = self._piece_of_byte(self._current.start)

    def _start(self, before: Picture) -> None:
        self.motion.stop()
        theme, ratio = Theme.of(self.palette()), self.devicePixelRatioF()
        self._transition = transition(before, self._segments, self._face, self._text, theme, ratio)
        self._move(0.0)
        self.motion.start()

    def _move(self, share: float) -> None:
        if self._transition is not None:
            self._picture = self._transition.at(share)
            self._cached = None
            self.update()

    def _rest(self) -> None:
        """The end of a transition, or a state without one."""
        self._transition = None
        self.motion.stop()
        self._picture = still(self._segments, Theme.of(self.palette()), self.devicePixelRatioF())
        self._cached = None
        self.setAccessibleDescription(self._description())
        self.update()

    def _description(self) -> str:
        text = "|".join(plain(self._text[piece.start : piece.end], dots=False) for piece in self._pieces)
        return f"{figures.count(len(self._text))} bytes in {figures.count(len(self._pieces))} tokens: {text}"

    def _refresh(self) -> None:
        """Another width, palette or text size: lay out anew, without motion."""
        if self._factor != fonts.factor():
            self._face, self._factor = TokenFace(), fonts.factor()
            self._lines_at.clear()
        self._lay_out()
        self._rest()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """Room for the text in single bytes, and for the present pieces: the page does not jump as pieces join."""
        width = max(LEAST_WIDTH, width)
        if width == max(LEAST_WIDTH, self.width()):
            present = line_count(self._segments)
        else:
            present = lines_needed(self._text, self._pieces, self._face, width)
        if width not in self._lines_at:
            self._lines_at[width] = lines_of_bytes(self._text, self._face, width)
        return height_of(max(present, self._lines_at[width]))

    def sizeHint(self) -> QSize:
        return QSize(560, self.heightForWidth(560))

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, fonts.scaled(CHIP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._refresh()
        else:
            self._cached = None  # it was as high as there was room

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            if self._transition is not None and self._picture is not None:
                paint_picture(painter, self._picture, self._face, theme)
                return
            painter.drawPixmap(0, 0, self._still_picture(theme))
            for segment in self._segments:
                if segment.piece == self._current:
                    paint_current(painter, segment, self._face, theme, self._text, self.hasFocus())

    def _still_picture(self, theme: Theme) -> QPixmap:
        """The paragraph at rest, painted once for as long as nothing changes."""
        if self._cached is None:
            ratio = self.devicePixelRatioF()
            self._cached = QPixmap(self.size() * ratio)
            self._cached.setDevicePixelRatio(ratio)
            self._cached.fill(Qt.GlobalColor.transparent)
            if self._picture is not None:
                with QPainter(self._cached) as painter:
                    paint_picture(painter, self._picture, self._face, theme)
        return self._cached

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._point_at(self._piece_at(QPointF(event.pos())))
            self._tell()
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._refresh()
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._piece_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._pieces) - 1
        at = self._pieces.index(self._current) if self._current in self._pieces else -1
        step = {Qt.Key.Key_Right: at + 1, Qt.Key.Key_Left: at - 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        wanted = step.get(Qt.Key(event.key()))
        if wanted is None or not self._pieces:
            super().keyPressEvent(event)
            return
        self._point_at(self._pieces[max(0, min(wanted, last))])
        self._tell()

    def _point_at(self, piece: PieceRef | None) -> None:
        if piece != self._current:
            self._current = piece
            self.update()

    def _tell(self) -> None:
        """Show the tooltip of the current piece below it."""
        part = next((part for part in self._segments if part.piece == self._current), None)
        if part is None:
            QToolTip.hideText()
            return
        box = QRect(int(part.x), line_top(part.line), int(part.right - part.x) + 1, fonts.scaled(CHIP))
        QToolTip.showText(self.mapToGlobal(box.bottomLeft()), self.describe(part.piece), self, box)

    def describe(self, piece: PieceRef) -> str:
        """What the tooltip says of a piece."""
        token = self._text[piece.start : piece.end]
        made = (
            f"merge {figures.count(piece.rank)}" if piece.rank else "a byte" if len(token) == 1 else "a special token"
        )
        return f"{ISOLATE.format(plain(token))}\nid {piece.token_id}, {made}\n{hex_bytes(token)}"

    def _piece_at(self, at: QPointF) -> PieceRef | None:
        for part in self._segments:
            top = line_top(part.line)
            if top <= at.y() < top + fonts.scaled(CHIP) and part.x <= at.x() < part.right:
                return part.piece
        return None

    def _piece_of_byte(self, byte: int) -> PieceRef | None:
        return next((piece for piece in self._pieces if piece.start <= byte < piece.end), None)
