"""What is done with a set-up? A bar with its name, the file's menu, the queue and the start; or how far encoding is."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.labels import Hairline, LiveCaption, label
from app.widgets.progress import ProgressLine

NAME_WIDTH = 220
NEW = "New run"


class SetupBar(QWidget):
    """The bar above the inputs."""

    cancel_asked = Signal()
    name_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.back = Button("Runs", icon="chevron-left", kind="quiet")
        self.name = QLineEdit()
        self.files = Button("TOML", icon="file-text", trailing="chevron-down")
        self.queue = Button("Add to queue", icon="clock")
        self.start = Button("Start", icon="play", kind="primary")
        self.cancel = Button("Cancel", icon="x")
        self._title = label(NEW, "section", buddy=self.name)
        self._words = LiveCaption()
        self._progress = ProgressLine("encoding")
        self._working = QWidget()
        self._build()
        self.name.editingFinished.connect(lambda: self.name_changed.emit(self.name.text().strip()))
        self.cancel.clicked.connect(self._ask)

    @property
    def words(self) -> str:
        """What is said of the work that is under way."""
        return self._words.text

    @property
    def title(self) -> str:
        """What is set up."""
        return self._title.text()

    def show_name(self, name: str) -> None:
        """Show the run's name, unless another is being typed."""
        if not self.name.hasFocus() and self.name.text() != name:
            self.name.setText(name)
            self.name.setCursorPosition(0)

    def show_origin(self, name: str) -> None:
        """Say of which run this is a duplicate; "" for a new one."""
        self._title.setText("Duplicate" if name else NEW)
        self._title.setToolTip(f"Of {name}" if name else "")

    def show_reason(self, reason: str) -> None:
        """Whether it can be started: `reason` is why not."""
        for button, words in (
            (self.start, "Start it now (Ctrl+Return)"),
            (self.queue, "Start it when the others are done"),
        ):
            button.setEnabled(not reason)
            button.setToolTip(reason or words)

    def show_runs(self, runs: int) -> None:
        """How many runs are started."""
        self.start.set_look("Start" if runs == 1 else f"Start {runs:,} runs", "play")

    def show_progress(self, words: str, fraction: float | None) -> None:
        """How far it is."""
        self._words.set_text(words)
        self._progress.show_fraction(fraction)

    def set_busy(self, busy: bool) -> None:
        """Show the work instead of the buttons that begin it."""
        self._working.setVisible(busy)
        for widget in (self.files, self.queue, self.start):
            widget.setVisible(not busy)
        self.name.setEnabled(not busy)
        self.cancel.setEnabled(True)
        self.show_progress("being checked …" if busy else "", None)

    def _ask(self) -> None:
        self.cancel.setEnabled(False)
        self.show_progress("Cancelling …", self._progress.fraction)
        self.cancel_asked.emit()

    def _build(self) -> None:
        self.name.setAccessibleName("Name of the run")
        self.name.setMaximumWidth(NAME_WIDTH)
        self.name.setMinimumWidth(100)
        work = QHBoxLayout(self._working)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(12)
        told = QVBoxLayout()
        told.setSpacing(4)
        told.addWidget(self._words)
        told.addWidget(self._progress)
        work.addLayout(told, 1)
        work.addWidget(self.cancel)
        line = QHBoxLayout()
        line.setContentsMargins(20, 8, 20, 8)
        line.setSpacing(8)
        line.addWidget(self.back)
        line.addSpacing(8)
        line.addWidget(self._title)
        line.addWidget(self.name, 1)
        line.addWidget(self.files)
        line.addStretch(1)
        line.addWidget(self._working, 2)
        line.addWidget(self.queue)
        line.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(Hairline())
        self._working.hide()
