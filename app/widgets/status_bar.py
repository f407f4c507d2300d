"""What goes on, and what does it use? The job that runs, then processor and memory, then the way to all commands."""

import os

import psutil
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import fonts
from app.widgets.buttons import Button
from app.widgets.labels import ElidedLabel, Hairline, KeyCap, label
from app.widgets.progress import ProgressLine
from lmcore.figures import count, size

HEIGHT = 28
REFRESH = 2000
"""Milliseconds between two looks at the memory in use."""
MARGIN, GAP = 16, 14
TITLE, WORDS = 240, 140
"""Pixels that a job's name may take, and that are kept for the words behind it before others are left out."""


class StatusBar(QWidget):
    """The line at the foot of the window."""

    commands_asked = Signal()
    view_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._process = psutil.Process()
        self._cores = os.cpu_count() or 1
        self._title = ElidedLabel("", "table", Qt.TextElideMode.ElideMiddle)
        self._bar = ProgressLine("Job")
        self._words = ElidedLabel("Ready", "caption")
        self._told = ""
        self._usage = label("", "caption")
        self._view = Button(icon="sliders-horizontal", kind="bare", small=True, name="Theme and text size")
        self._commands = Button("Commands", icon="search", kind="quiet", small=True)
        self._keys = KeyCap("Ctrl+Shift+P")
        self._timer = QTimer(self)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setAutoFillBackground(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._build()
        self._connect()
        self.show_activity()
        self._measure()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return hint.expandedTo(QSize(hint.width(), HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a part has other words, or larger ones
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Where there is little room, leave out what is used, then the keys, rather than cut what goes on."""
        going_on = [] if self._title.isHidden() else [self._bar.width(), self._title_width()]
        words = min(fonts.scaled(WORDS), self._words.sizeHint().width())
        always = [*going_on, words, *(part.sizeHint().width() for part in (self._view, self._commands))]
        room = self.width() - 2 * MARGIN - sum(always) - GAP * (len(always) - 1)
        for part in (self._keys, self._usage):
            room -= part.sizeHint().width() + GAP
            part.setVisible(room >= 0)
        self._title.setMaximumWidth(max(1, self._title_width()))

    def _title_width(self) -> int:
        return min(fonts.scaled(TITLE), self._title.sizeHint().width())

    @property
    def view_button(self) -> Button:
        """Where the view menu opens."""
        return self._view

    @property
    def words(self) -> str:
        """What the left of the bar says."""
        return self._words.whole_text

    def say(self, text: str) -> None:
        """Show a message; it stands until the next one."""
        self._words.set_text(text)

    def show_activity(self, title: str = "", words: str = "", fraction: float | None = None) -> None:
        """A running job: its name, how far, and in words; no title when it has ended.

        Its words go with it, or with what it does next.
        """
        self._title.set_text(title)
        self._title.setHidden(not title)
        self._bar.setHidden(not title)
        self._bar.show_fraction(fraction)
        if words or self._words.whole_text == self._told:
            self._words.set_text(words)
        self._told = words

    def _build(self) -> None:
        self._bar.setFixedWidth(160)
        self._title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.setContentsMargins(MARGIN, 0, MARGIN, 0)
        line.setSpacing(GAP)
        line.addWidget(self._title)
        line.addWidget(self._bar)
        line.addWidget(self._words, 1)
        line.addWidget(self._usage)
        line.addLayout(self._right())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline())
        column.addLayout(line, 1)

    def _right(self) -> QHBoxLayout:
        self._commands.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._view.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        right = QHBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._view)
        right.addWidget(self._commands)
        right.addWidget(self._keys)
        return right

    def _connect(self) -> None:
        self._commands.clicked.connect(self.commands_asked)
        self._view.clicked.connect(self.view_asked)
        self._timer.timeout.connect(self._measure)
        self._timer.start(REFRESH)

    def _measure(self) -> None:
        cores = f"{count(self._cores)} {'core' if self._cores == 1 else 'cores'}"
        self._usage.setText(f"CPU, {cores} · {size(self._process.memory_info().rss)} in use")
