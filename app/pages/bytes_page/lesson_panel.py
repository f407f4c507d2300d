"""What is to be learned from a classic case? Its title, a sentence, a table whose rows lead on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.bytes_page.lessons import Lesson
from app.theme import DATA
from app.widgets.buttons import Button
from app.widgets.fact_table import FactTable
from app.widgets.labels import Legend, Paragraph, label, row


class LessonPanel(QWidget):
    """A block across the page, hidden until a case is tried."""

    data_asked = Signal(bytes)
    span_asked = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lesson: Lesson | None = None
        self._title = label("", "section")
        self._words = Paragraph("", "secondary")
        self._close = Button(icon="x", kind="bare", small=True, name="Close this lesson")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 16)
        self._column.setSpacing(6)
        head = row([self._title])
        head.addWidget(self._close)
        self._column.addLayout(head)
        self._column.addWidget(self._words)
        self._parts: list[QWidget] = []
        self._close.clicked.connect(self.close_lesson)
        self.hide()

    @property
    def lesson(self) -> Lesson | None:
        """The case that is shown."""
        return self._lesson

    @property
    def table(self) -> FactTable | None:
        """Its table."""
        return next((part for part in self._parts if isinstance(part, FactTable)), None)

    def show_lesson(self, lesson: Lesson) -> None:
        """Show a case."""
        self._clear()
        self._lesson = lesson
        self._title.setText(lesson.title)
        self._words.setText(lesson.sentence)
        self._words.setAccessibleName(lesson.sentence)
        table = FactTable(lesson.columns, lesson.title, leads=True)
        table.show_rows(lesson.rows)
        table.chosen.connect(self._follow)
        self._parts.append(table)
        if lesson.legend:
            self._parts.append(Legend(zip(DATA, lesson.legend, strict=False)))
        for part in self._parts:
            self._column.addWidget(part)
        self.show()

    def close_lesson(self) -> None:
        """Take it away."""
        if self._lesson is not None:
            self._clear()
            self.hide()
            self.closed.emit()

    def _clear(self) -> None:
        self._lesson = None
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts = []

    def _follow(self, place: int) -> None:
        if self._lesson is not None:
            lead = self._lesson.leads[place]
            if isinstance(lead, bytes):
                self.data_asked.emit(lead)
            else:
                self.span_asked.emit(lead)
