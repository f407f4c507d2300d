"""How is plain text put on a page? Labels by role, hairlines, key caps, and names too long for their place."""

from collections.abc import Iterable
from html import escape
from typing import Final, Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from app import fonts
from app.theme import Theme

Role = Literal[
    "title",
    "figure",
    "section",
    "body",
    "secondary",
    "strong",
    "table",
    "caption",
    "axis",
    "error",
    "success",
    "warning",
    "mono",
    "code",
]


SMALL: Final = frozenset({"caption", "table", "strong", "error", "success", "warning"})
"""Roles of 12 pixels on lines of 16; the others are 13 on 20."""


class Paragraph(QLabel):
    """Words on several lines, as far apart as the type scale says; `setText` takes plain text."""

    def __init__(self, text: str, role: Role) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self._spacing = 107 if role in SMALL else 125
        self.setContentsMargins(0, 0 if role in SMALL else 2, 0, 0)  # Qt puts what a line gains below its letters
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show plain text."""
        self.show_markup(escape(text))

    def show_markup(self, markup: str) -> None:
        """Show text that is escaped already and may hold <b>."""
        super().setText(f"<div style='line-height:{self._spacing}%'>{markup}</div>")


def label(text: str, role: Role = "body", *, wrap: bool = False, buddy: QWidget | None = None) -> QLabel:
    """A label whose size and colour follow its role in the style sheet; `buddy` is the input that it names."""
    if wrap:
        return Paragraph(text, role)
    made = QLabel(text)
    made.setProperty("role", role)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if buddy is not None:
        made.setBuddy(buddy)
    return made


def set_role(of: QLabel, role: Role) -> None:
    """Change the role of a label that is already shown."""
    if of.property("role") != role:
        of.setProperty("role", role)
        of.style().unpolish(of)
        of.style().polish(of)


class Hairline(QWidget):
    """A line of one pixel in the border colour between two panes or rows."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal) -> None:
        super().__init__()
        self.setBackgroundRole(QPalette.ColorRole.Mid)
        self.setAutoFillBackground(True)
        if orientation is Qt.Orientation.Horizontal:
            self.setFixedHeight(1)
        else:
            self.setFixedWidth(1)


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; the whole text is then in the tooltip."""

    def __init__(
        self, text: str = "", role: Role = "body", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._mode = mode
        self._whole = ""
        self.set_text(text)

    @property
    def whole_text(self) -> str:
        """The text without its …"""
        return self._whole

    def set_text(self, text: str) -> None:
        """Show `text`, as much of it as there is room for."""
        self._whole = text
        self.setAccessibleName(text)
        self._elide()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._whole, self._mode, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class LiveCaption(QWidget):
    """A line of caption text that changes many times a second: other words repaint it, and lay nothing out anew."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The whole line, even where there is no room for it."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show other words."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, fonts.scaled(fonts.CAPTION.line))

    def minimumSizeHint(self) -> QSize:
        return QSize(24, fonts.scaled(fonts.CAPTION.line))

    def paintEvent(self, event: QPaintEvent) -> None:
        font = fonts.CAPTION.font()
        words = QFontMetrics(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        with QPainter(self) as painter:
            painter.setFont(font)
            painter.setPen(QColor(Theme.of(self.palette()).secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


class KeyCap(QLabel):
    """The name of a key or chord in a small frame."""

    def __init__(self, keys: str) -> None:
        super().__init__(keys)
        self.setProperty("role", "axis")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(max(22, width + 12), fonts.scaled(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_key_cap(painter, QRectF(self.rect()), self.text(), Theme.of(self.palette()))


def paint_key_cap(painter: QPainter, rect: QRectF, text: str, theme: Theme) -> None:
    """Paint a key cap that fills `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(QColor(theme.sunken))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(QColor(theme.secondary))
    painter.setFont(fonts.AXIS.font())
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


class Swatch(QWidget):
    """A square of a colour, 12 pixels wide, beside the word that it stands for."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(12, 12)

    def set_colour(self, colour: str) -> None:
        """Show another colour, given as #RRGGBB."""
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(Theme.of(self.palette()).border), 1))
            painter.setBrush(QColor(self._colour))
            painter.drawRoundedRect(QRectF(0.5, 0.5, 11, 11), 2.5, 2.5)


def row(widgets: Iterable[QWidget], spacing: int = 8) -> QHBoxLayout:
    """Widgets beside one another, centred on a line, no margins, room left at the right."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for widget in widgets:
        made.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    made.addStretch(1)
    return made


class Legend(QFrame):
    """What the colours of a chart mean: a square and a word each, in one line."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        lines = [_entry(colour, text) for colour, text in entries]
        self.setLayout(row(lines, 16))


def _entry(colour: str, text: str) -> QWidget:
    made = QWidget()
    made.setLayout(row([Swatch(colour), label(text, "caption")], 6))
    return made
