"""How does one go from page to page? The rail: pages in groups, a dot on those that work, what is current below."""

from collections.abc import Sequence
from typing import Final, Protocol

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.icons import SIZE, paint_icon
from app.theme import DATA, Theme
from app.widgets.labels import ElidedLabel, Hairline, label

WIDTH: Final = 183
COLLAPSED: Final = 55
"""With the hairline beside it, 184 and 56."""
SPREAD: Final = (8, 11, 8, 3)
"""The margins of a group's heading, in pixels: left, top, right, bottom."""
GROUPS: Final = ("Text", "Tokenizer", "Model")


class Destination(Protocol):
    """What the rail needs to know of a page."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def shortcut(self) -> str: ...


class RailItem(QAbstractButton):
    """A page in the rail: 30 high with its title, 36 high as an icon alone."""

    def __init__(self, destination: Destination) -> None:
        super().__init__()
        self.destination = destination
        self._busy = False
        self._collapsed = False
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def set_busy(self, busy: bool) -> None:
        """Show or take away the dot."""
        self._busy = busy
        self._describe()
        self.update()

    def set_collapsed(self, collapsed: bool) -> None:
        """The icon alone, its title in the tooltip."""
        self._collapsed = collapsed
        self._describe()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(40, 36) if self._collapsed else QSize(WIDTH - 16, fonts.scaled(30))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        fill = theme.selection if self.isChecked() else theme.hover if self.underMouse() else ""
        middle = self.height() / 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            if fill:
                painter.setBrush(QColor(fill))
                painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            left = (self.width() - SIZE) / 2 if self._collapsed else 8
            colour = theme.accent if self.isChecked() else theme.secondary
            paint_icon(painter, QPointF(left, middle - SIZE / 2), self.destination.icon, colour)
            if self._busy:
                painter.setBrush(QColor(theme.accent))
                at = QPointF(self.width() - 7, 8) if self._collapsed else QPointF(self.width() - 11, middle)
                painter.drawEllipse(at, 3, 3)
            if not self._collapsed:
                painter.setPen(QColor(theme.text))
                area = QRectF(34, 0, self.width() - 52, self.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self.destination.title)

    def _describe(self) -> None:
        title = self.destination.title
        self.setAccessibleName(f"{title}, working" if self._busy else title)
        keys = f"  {self.destination.shortcut}" if self.destination.shortcut else ""
        self.setToolTip(f"{title}{keys}" if self._collapsed else "")


class Logo(QWidget):
    """Three tokens over the word that they make, and the name."""

    def __init__(self) -> None:
        super().__init__()
        self._collapsed = False
        self.setFixedHeight(36)
        self.setAccessibleName("LM Explorer")

    def set_collapsed(self, collapsed: bool) -> None:
        """The drawing alone."""
        self._collapsed = collapsed
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        left = 7.0 if self._collapsed else 8.0
        top = self.height() / 2 - 7
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for place, colour in enumerate((DATA[1], DATA[2], DATA[3])):
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(left + 6.5 * place, top, 5, 6), 1.2, 1.2)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(left, top + 8, 18, 6), 1.5, 1.5)
            if not self._collapsed:
                painter.setFont(fonts.SECTION.font())
                painter.setPen(QColor(theme.text))
                area = QRectF(36, 0, self.width() - 36, self.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, "LM Explorer")


class Rail(QWidget):
    """The rail at the left of the window, for the `destinations` that have a group."""

    chosen = Signal(str)
    """The key of the page that the user wants."""

    def __init__(self, destinations: Sequence[Destination]) -> None:
        super().__init__()
        self.items = {page.key: RailItem(page) for page in destinations if page.group}
        self._logo = Logo()
        self._headings: list[QLabel] = []
        self._lines: list[QWidget] = []
        self._dividers: list[QVBoxLayout] = []
        self._foot = RailFoot()
        self._collapsed = False
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setAutoFillBackground(True)
        self.setFixedWidth(WIDTH)
        self._build()
        for item in self.items.values():
            item.clicked.connect(lambda _checked=False, key=item.destination.key: self._choose(key))

    @property
    def foot(self) -> "RailFoot":
        """What is current."""
        return self._foot

    def set_current(self, key: str) -> None:
        """Mark the page that is shown."""
        for item in self.items.values():
            item.setChecked(item.destination.key == key)

    def set_busy(self, key: str, busy: bool) -> None:
        """Show or take away a page's dot."""
        if key in self.items:
            self.items[key].set_busy(busy)

    def set_collapsed(self, collapsed: bool) -> None:
        """56 wide with icons alone, or 184 with words."""
        self.setFixedWidth(COLLAPSED if collapsed else fonts.scaled(WIDTH))
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self._logo.set_collapsed(collapsed)
        self._foot.setHidden(collapsed)
        for item in self.items.values():
            item.set_collapsed(collapsed)
        for heading in self._headings:
            heading.setHidden(collapsed)
        for line in self._lines:
            line.setVisible(collapsed)
        for place, divider in enumerate(self._dividers):
            divider.setContentsMargins(*((8, 8 if place else 0, 8, 10) if collapsed else SPREAD))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(0)
        column.addWidget(self._logo)
        column.addSpacing(4)
        items = tuple(self.items.values())
        groups = [name for name in GROUPS if any(item.destination.group == name for item in items)]
        for name in groups:
            column.addWidget(self._divider(name, first=name == groups[0]))
            for item in items:
                if item.destination.group == name:
                    column.addWidget(item)
        column.addStretch(1)
        column.addWidget(self._foot)

    def _divider(self, name: str, *, first: bool) -> QWidget:
        """The heading of a group, which a line replaces where there is no room for words."""
        made = QWidget()
        heading = label(name, "caption")
        line = Hairline()
        line.hide()
        column = QVBoxLayout(made)
        column.setContentsMargins(*SPREAD)
        column.setSpacing(0)
        column.addWidget(heading)
        self._dividers.append(column)
        if not first:
            column.addWidget(line)
            self._lines.append(line)
        self._headings.append(heading)
        return made

    def _choose(self, key: str) -> None:
        self.items[key].setChecked(True)
        self.chosen.emit(key)


class RailFoot(QWidget):
    """The current tokenizer, shape and run, each shown once it is known."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, FootLine] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._column.setSpacing(0)
        self._column.addWidget(Hairline())

    def set_line(self, name: str, value: str, amount: str = "") -> None:
        """Say what `name` is at present, and how large; nothing takes the line away."""
        if name not in self._lines:
            self._lines[name] = FootLine(name)
            self._column.addWidget(self._lines[name])
        self._lines[name].show_value(value, amount)


class FootLine(QWidget):
    """One thing that is current: what it is and how large, and below that which one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._value = ElidedLabel(role="table", mode=Qt.TextElideMode.ElideMiddle)
        self._amount = label("", "axis")
        head = QHBoxLayout()
        head.addWidget(label(name, "axis"), 1)
        head.addWidget(self._amount)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 9, 8, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._value)

    def show_value(self, value: str, amount: str) -> None:
        """Show these words; no value hides the line."""
        self._value.set_text(value)
        self._amount.setText(amount)
        self.setHidden(not value)
