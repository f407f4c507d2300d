"""What do buttons look like? One primary a page, secondary ones, one that destroys, and small and bare variants."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app import fonts
from app.icons import SIZE, paint_icon
from app.theme import Theme

Kind = Literal["primary", "secondary", "destructive", "bare", "quiet"]
GAP = 8


class Button(QPushButton):
    """A button 28 high, or 24 if `small`. With an icon alone it needs `name`, which is also its tooltip.

    A "bare" one has no rim; a "quiet" one is words alone, in a line of other words.
    """

    def __init__(
        self,
        text: str = "",
        *,
        icon: str = "",
        kind: Kind = "secondary",
        small: bool = False,
        trailing: str = "",
        name: str = "",
    ) -> None:
        super().__init__(text)
        self._icon, self._trailing = icon, trailing
        self._kind: Kind = kind
        self._small = small
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name or text)
        if name:
            self.setToolTip(name)

    def set_look(self, text: str, icon: str = "") -> None:
        """Change what it says, as Pause becomes Resume."""
        self._icon = icon
        self.setAccessibleName(text)
        self.setText(text)
        self.updateGeometry()

    def set_icon(self, icon: str, name: str) -> None:
        """Change the icon of a button without words, and its name."""
        self._icon = icon
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.update()

    def sizeHint(self) -> QSize:
        height = fonts.scaled(24 if self._small else 28)
        if not self.text():
            return QSize(height, height)
        width = self._text_width() + 2 * self._padding()
        width += sum(SIZE + self._gap() for name in (self._icon, self._trailing) if name)
        return QSize(width, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_body(painter, theme)
            self._paint_content(painter, theme)

    def _paint_body(self, painter: QPainter, theme: Theme) -> None:
        fill, rim = self._body(theme)
        painter.setPen(QPen(QColor(rim), 1) if rim else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
        inset = 0.5 if rim else 0.0
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 6, 6)

    def _body(self, theme: Theme) -> tuple[str, str]:
        """Fill and rim; nothing where there is none."""
        if not self.isEnabled():
            return (
                theme.sunken if self._kind == "primary" else "",
                "" if self._kind in ("bare", "quiet") else theme.border,
            )
        if self._kind == "primary":
            accent = QColor(theme.accent)
            strength = 125 if self.isDown() else 112 if self.underMouse() else 100
            return accent.darker(strength).name(), ""
        if self._kind == "quiet":
            return "", ""
        fill = theme.border if self.isDown() or self.isChecked() else theme.hover if self.underMouse() else ""
        if self._kind == "bare":
            return fill, ""
        return fill or theme.surface, theme.border

    def _paint_content(self, painter: QPainter, theme: Theme) -> None:
        text_colour, icon_colour = self._colours(theme)
        middle = (self.height() - SIZE) / 2
        if not self.text():
            paint_icon(painter, QPointF((self.width() - SIZE) / 2, middle), self._icon, icon_colour)
            return
        left = (self.width() - self.sizeHint().width()) / 2 + self._padding()
        if self._icon:
            paint_icon(painter, QPointF(left, middle), self._icon, icon_colour)
            left += SIZE + self._gap()
        painter.setFont(self._font())
        painter.setPen(QColor(text_colour))
        area = QRectF(left, 0, self._text_width() + 4, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic, self.text())
        if self._trailing:
            at = QPointF(left + self._text_width() + self._gap(), middle)
            paint_icon(painter, at, self._trailing, icon_colour)

    def _colours(self, theme: Theme) -> tuple[str, str]:
        """Text and icon."""
        if not self.isEnabled():
            return theme.disabled, theme.disabled
        if self._kind == "primary":
            return theme.accent_text, theme.accent_text
        if self._kind == "quiet":
            return (theme.text if self.underMouse() else theme.secondary), theme.secondary
        return theme.error if self._kind == "destructive" else theme.text, theme.secondary

    def _font(self) -> QFont:
        made = (fonts.CAPTION if self._small else fonts.BODY).font()
        if self._kind == "primary":
            made.setWeight(QFont.Weight.Medium)
        return made

    def _text_width(self) -> int:
        return QFontMetrics(self._font()).horizontalAdvance(self.text().replace("&", ""))

    def _padding(self) -> int:
        if self._kind == "quiet":
            return 0
        if self._small:
            return 9
        return 12 if self._icon else 14

    def _gap(self) -> int:
        return GAP - 2 if self._small else GAP
