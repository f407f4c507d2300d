"""Where is the prompt typed, or the text that is to be scored? A box as high as its text, up to some lines."""

from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from app import fonts
from app.widgets.icon_label import IconLabel

LONGEST: Final = 50_000
"""Characters that the box takes: a text of more would hold the window up."""
WORD: Final = 1_000
"""Characters without a blank, from which on a line may break anywhere: Qt takes quadratic time to keep them whole."""
LINES_OF_PROMPT, LINES_OF_TEXT = 4, 8
OTHER_ENDS: Final = ("\r", "\u2028", "\u2029")
EDGE: Final = 6
ICON_ROOM: Final = 24


class PromptBox(QPlainTextEdit):
    """Enter asks for what the page does; Shift+Enter, and Enter in a text to be scored, begin a line."""

    asked = Signal()
    shortened = Signal(int)
    """So many characters of what was pasted were left out."""
    unified = Signal()
    """What was pasted had other ends of lines than LF, which is all that the box can hold."""

    def __init__(self) -> None:
        super().__init__()
        self._scoring = False
        self._icon = IconLabel("message-square-text")
        self._icon.setParent(self)
        self.setAccessibleName("Prompt")
        self.setTabChangesFocus(True)
        self.setViewportMargins(ICON_ROOM, 0, 0, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setPlaceholderText("The beginning of a text; empty begins a new one")
        self._follow_size()
        self.textChanged.connect(self._fit)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.toPlainText()

    def set_scoring(self, scoring: bool) -> None:
        """Whether it holds a text to be scored."""
        self._scoring = scoring
        self._icon.set_icon("scan-text" if scoring else "message-square-text")
        self.setAccessibleName("Text to be scored" if scoring else "Prompt")
        words = "A text to be scored" if scoring else "The beginning of a text; empty begins a new one"
        self.setPlaceholderText(words)
        self._fit()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        room = LONGEST - (self.document().characterCount() - 1)  # Qt counts the end of the last line
        self._break_words(text[: max(0, room)])
        self.insertPlainText(text[: max(0, room)])
        if len(text) > room:
            self.shortened.emit(len(text) - max(0, room))
        if any(sign in text for sign in OTHER_ENDS):
            self.unified.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if enter and (control or not (self._scoring or shift)):
            self.asked.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._follow_size()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def _break_words(self, text: str) -> None:
        modes = QTextOption.WrapMode
        if max(map(len, text.split()), default=0) > WORD:
            self.setWordWrapMode(modes.WrapAnywhere)
        elif self.document().isEmpty():
            self.setWordWrapMode(modes.WrapAtWordBoundaryOrAnywhere)

    def _follow_size(self) -> None:
        wanted = fonts.MONO_BODY.font()
        if self.font().pixelSize() != wanted.pixelSize() or self.font().family() != wanted.family():
            self.setFont(wanted)
        self._fit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        most = LINES_OF_TEXT if self._scoring else LINES_OF_PROMPT
        least = 3 if self._scoring else 1
        wanted = int(self.document().size().height())
        lines = max(least, min(most, wanted))
        rim = 2 * EDGE + 2
        height = max(fonts.scaled(30), lines * line + rim)
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
        bar = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(bar.ScrollBarAsNeeded if wanted > most else bar.ScrollBarAlwaysOff)
        self._icon.move(8, EDGE + (line - self._icon.height()) // 2 + 2)
