"""What does the component sheet show beside controls? Colours, type, chips, a menu and a tooltip, as they look."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.icons import SIZE, paint_icon
from app.theme import DATA, Theme, hue
from app.widgets.chips import ChipStyle, Token, paint_chip
from app.widgets.labels import Role, label
from app.widgets.token_face import TokenFace

INTERFACE: Final = (
    *(("Window", "window"), ("Surface", "surface"), ("Raised", "raised"), ("Sunken", "sunken"), ("Border", "border")),
    *(("Control border", "control"), ("Text", "text"), ("Secondary text", "secondary"), ("Disabled", "disabled")),
    *(("Accent, focus ring", "accent"), ("Selection", "selection")),
    *(("Success", "success"), ("Warning", "warning"), ("Error", "error")),
)
MEANINGS: Final = (
    *("Feed-forward", "Projections", "Attention", "LM head", "Embedding"),
    *("Activations, diverged", "Weights", "Norms, optimizer, neutral"),
)
STEPS: Final = ("≥ 50 %", "20–50", "5–20", "1–5", "< 1 %")
TYPES: Final[tuple[tuple[str, Role, str], ...]] = (
    ("Page title 18/24 semibold", "title", "Vocabulary"),
    ("Figure 22/28 semibold", "figure", "149.5 TFLOP"),
    ("Section 13/20 semibold", "section", "Merge tree"),
    ("Body 13/20", "body", "Each merge joins two tokens into one."),
    ("Table, caption 12/16", "table", "4,513,336,524,800    66.9 %"),
    ("Axis, id 11/14", "axis", "65,536    step 3,000"),
    ("Mono 13 and 12", "mono", "·responsibilities"),
)
PITCH: Final = 24


class ColourList(QWidget):
    """Names, squares and values of colours; those of the interface follow the theme."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._entries = tuple(entries)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @staticmethod
    def of_interface() -> "ColourList":
        """The colours of the theme by their tokens."""
        return ColourList(INTERFACE)

    @staticmethod
    def of_data() -> "ColourList":
        """The colours of data, the same in both themes."""
        return ColourList(zip(MEANINGS, DATA, strict=True))

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(236), fonts.scaled(PITCH) * len(self._entries))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pitch = fonts.scaled(PITCH)
            for place, (name, colour) in enumerate(self._entries):
                code = colour if colour.startswith("#") else str(getattr(theme, colour))
                self._paint_entry(painter, theme, QRectF(0, pitch * place, self.width(), pitch), name, code)

    def _paint_entry(self, painter: QPainter, theme: Theme, area: QRectF, name: str, code: str) -> None:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(code))
        painter.drawRoundedRect(QRectF(0.5, area.center().y() - 6.5, 13, 13), 3, 3)
        painter.setPen(QColor(theme.text))
        painter.setFont(fonts.BODY.font())
        painter.drawText(area.adjusted(22, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(QColor(theme.secondary))
        painter.setFont(fonts.MONO_AXIS.font())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, code.upper())


class ChipSpecimen(QWidget):
    """One chip of each hue, and the five steps of surprise below."""

    def __init__(self) -> None:
        super().__init__()
        self._ids = [next(number for number in range(100) if hue(number) == wanted) for wanted in range(12)]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(516), fonts.scaled(56))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        face, chip = TokenFace(fonts.MONO_TABLE), ChipStyle.on_sheet()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            left = 0.0
            for place, number in enumerate(self._ids):
                token = Token(f"tok{place}".encode(), number)
                left += 3 + paint_chip(painter, face, token, QPointF(left, fonts.scaled(12)), theme, chip)
            self._paint_steps(painter, theme)

    def _paint_steps(self, painter: QPainter, theme: Theme) -> None:
        painter.setFont(fonts.MONO_TABLE.font())
        left = 0.0
        for text, colour in zip(STEPS, theme.surprise, strict=True):
            width = painter.fontMetrics().horizontalAdvance(text) + 16
            box = QRectF(left, fonts.scaled(31), width, fonts.scaled(24))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            painter.setPen(QColor(theme.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            left += width + 4


def type_specimen() -> QGridLayout:
    """The type scale, each line in its own style."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(5)
    grid.setColumnMinimumWidth(0, 146)
    grid.setColumnStretch(1, 1)
    for place, (name, role, sample) in enumerate(TYPES):
        grid.addWidget(label(name, "caption"), place, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(label(sample, role), place, 1, Qt.AlignmentFlag.AlignVCenter)
    return grid


class Raised(QFrame):
    """What floats: the raised colour in a border of one pixel."""

    def __init__(self, radius: float = 8) -> None:
        super().__init__()
        self._radius = radius

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._radius, self._radius)


class MenuLine(QWidget):
    """A line of a menu; the first on the sheet is under the pointer."""

    def __init__(self, icon: str, text: str, keys: str, *, active: bool) -> None:
        super().__init__()
        self._icon, self._text, self._keys, self._active = icon, text, keys, active
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(216), fonts.scaled(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        area = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._active:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.selection))
                painter.drawRoundedRect(area, 5, 5)
            paint_icon(painter, QPointF(8, area.center().y() - SIZE / 2), self._icon, theme.text)
            painter.setPen(QColor(theme.text))
            painter.drawText(area.adjusted(30, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
            painter.setPen(QColor(theme.secondary))
            painter.setFont(fonts.AXIS.font())
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(area.adjusted(0, 0, -8, 0), right, self._keys)


def menu_specimen() -> QWidget:
    """A menu as it stands when it is open."""
    made = Raised()
    column = QVBoxLayout(made)
    column.setContentsMargins(7, 7, 7, 7)
    column.setSpacing(0)
    column.addWidget(MenuLine("copy", "Copy as Markdown", "Ctrl+C", active=True))
    column.addWidget(MenuLine("download", "Export as CSV …", "", active=False))
    column.addWidget(MenuLine("split", "Show in Playground", "Ctrl+4", active=False))
    return made


def tooltip_specimen() -> QWidget:
    """A tooltip: the term, the rule, and the numbers put in."""
    made = Raised(5)
    line = QHBoxLayout(made)
    line.setContentsMargins(13, 9, 13, 9)
    words = label("", "table")
    words.setTextFormat(Qt.TextFormat.RichText)
    rule = "<b style='font-weight:600'>d_ff</b> follows 8/3 · d_model, rounded to 64:"
    words.setText(f"{rule}<br>8/3 · 1,600 = 4,266.7 → 4,288. Unlock to set it.")
    line.addWidget(words)
    return made
