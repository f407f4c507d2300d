"""What is to be remembered of a run? Tags, divided by commas, and a note."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app import fonts
from app.widgets.buttons import Button
from app.widgets.labels import label
from lmcore.training.overview import Overview


class AnnotateDialog(QDialog):
    """Show it with `open`. Ctrl+Enter keeps what is typed, as the button does; Escape does not."""

    def __init__(self, parent: QWidget | None, run: Overview) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Tags and note of {run.name}")
        self.tags_field = QLineEdit(", ".join(run.tags))
        self.note_field = QPlainTextEdit(run.note)
        self._keep = Button("Keep", kind="primary")
        self._leave = Button("Cancel")
        self._build()
        self._keep.clicked.connect(self.accept)
        self._leave.clicked.connect(self.reject)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags as typed, each once."""
        found = (" ".join(tag.split()) for tag in self.tags_field.text().split(","))
        return tuple(dict.fromkeys(tag for tag in found if tag))

    @property
    def note(self) -> str:
        """The note without blanks around it."""
        return self.note_field.toPlainText().strip()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        self.tags_field.setPlaceholderText("baseline, try again")
        self.tags_field.setAccessibleName("Tags")
        self.note_field.setAccessibleName("Note")
        self.note_field.setTabChangesFocus(True)
        self.note_field.setMinimumSize(fonts.scaled(400), fonts.scaled(110))
        self._keep.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(6)
        column.addWidget(label("Tags, divided by commas", "caption", buddy=self.tags_field))
        column.addWidget(self.tags_field)
        column.addSpacing(8)
        column.addWidget(label("Note", "caption", buddy=self.note_field))
        column.addWidget(self.note_field, 1)
        column.addSpacing(10)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._leave)
        line.addWidget(self._keep)
        column.addLayout(line)
