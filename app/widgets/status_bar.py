"""What goes on, and what does it use? The job that runs, then processor and memory, then the way to all commands."""

import os

import psutil
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.labels import ElidedLabel, Hairline, KeyCap, label
from app.widgets.progress import ProgressLine
from lmcore.figures import count, size

HEIGHT = 28
REFRESH = 2000
"""Milliseconds between two looks at the memory in use."""


class StatusBar(QWidget):
    """The line at the foot of the window."""

    commands_asked = Signal()
    view_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._process = psutil.Process()
        self._cores = os.cpu_count() or 1
        self._title = label("", "table")
        self._bar = ProgressLine("Job")
        self._words = ElidedLabel("Ready", "caption")
        self._told = ""
        self._usage = label("", "caption")
        self._view = Button(icon="sliders-horizontal", kind="bare", small=True, name="Theme and text size")
        self._commands = Button("Commands", icon="search", kind="quiet", small=True)
        self._timer = QTimer(self)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setAutoFillBackground(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._build()
        self._connect()
        self.show_activity()
        self._measure()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return hint.expandedTo(QSize(hint.width(), HEIGHT))

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
        self._title.setText(title)
        self._title.setHidden(not title)
        self._bar.setHidden(not title)
        self._bar.show_fraction(fraction)
        if words or self._words.whole_text == self._told:
            self._words.set_text(words)
        self._told = words

    def _build(self) -> None:
        self._bar.setFixedWidth(160)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.setContentsMargins(16, 0, 16, 0)
        line.setSpacing(14)
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
        right.addWidget(KeyCap("Ctrl+Shift+P"))
        return right

    def _connect(self) -> None:
        self._commands.clicked.connect(self.commands_asked)
        self._view.clicked.connect(self.view_asked)
        self._timer.timeout.connect(self._measure)
        self._timer.start(REFRESH)

    def _measure(self) -> None:
        cores = f"{count(self._cores)} {'core' if self._cores == 1 else 'cores'}"
        self._usage.setText(f"CPU, {cores} · {size(self._process.memory_info().rss)} in use")
