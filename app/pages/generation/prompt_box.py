"""Where is the prompt typed, or the text that is to be scored? A box as high as its text, up to some lines."""

from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from app import fonts
from app.widgets.icon_label import IconLabel

LONGEST: Final = 50_000
"""Characters that the box takes: a text of more would hold the window up."""
WORD: Final = 1_000
"""Characters without a blank, from which on a line may break anywhere: Qt takes quadratic time to keep them whole."""
LINES_OF_PROMPT, LINES_OF_TEXT = 4, 8
OTHER_ENDS: Final = ("\r", "\u2028", "\u2029")
BEGINNING: Final = "The beginning, or nothing"
EDGE: Final = 6
ICON_ROOM: Final = 24
LEAST: Final = 30
"""Pixels of its height, at the drawn text size."""


class PromptBox(QPlainTextEdit):
    """Enter asks for what the page does; Shift+Enter, and Enter in a text to be scored, begin a line."""

    asked = Signal()
    shortened = Signal(int)
    """So many characters of what was pasted were left out."""
    unified = Signal()
    """What the box holds had other ends of lines than LF, and has them no longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scoring = False
        self._least = LEAST
        self._icon = IconLabel("message-square-text")
        self._icon.setParent(self)
        self.setAccessibleName("Prompt")
        self.setTabChangesFocus(True)
        self.setViewportMargins(ICON_ROOM, 0, 0, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setPlaceholderText(BEGINNING)
        self._whole: tuple[str, str] | None = None
        self._follow_size()
        self.textChanged.connect(self._fit)
        self.textChanged.connect(self._check_whole)

    @property
    def text(self) -> str:
        """What stands in it; with its own ends of lines, which the box cannot hold, as long as nothing was changed."""
        return self.toPlainText() if self._whole is None else self._whole[1]

    def setPlainText(self, text: str) -> None:  # noqa: N802 - Qt's name
        self._whole = None
        super().setPlainText(text)
        self._keep_whole(text)

    def set_scoring(self, scoring: bool) -> None:
        """Whether it holds a text to be scored."""
        self._scoring = scoring
        self._icon.set_icon("scan-text" if scoring else "message-square-text")
        self.setAccessibleName("Text to be scored" if scoring else "Prompt")
        words = "A text to be scored" if scoring else BEGINNING
        self.setPlaceholderText(words)
        self._fit()

    def insertFromMimeData(self, source: QMimeData) -> None:
        text, before = source.text(), len(self.toPlainText()) - len(self.textCursor().selectedText())
        room = max(0, LONGEST - before - 1)  # Qt counts the end of the last line
        taken, was_whole = text[:room], self._whole is not None
        self._break_words(taken)
        self.insertPlainText(taken)
        if len(text) > room:
            self.shortened.emit(len(text) - room)
        if before == 0:
            self._keep_whole(taken)
        elif not was_whole and any(sign in taken for sign in OTHER_ENDS):  # else it has just been told
            self.unified.emit()

    def _keep_whole(self, text: str) -> None:
        """What is all of the text had other ends of lines: it is what is meant, as long as nothing is changed."""
        self._whole = (self.toPlainText(), text) if any(sign in text for sign in OTHER_ENDS) else None

    def _check_whole(self) -> None:
        if self._whole is not None and self.toPlainText() != self._whole[0]:
            self._whole = None
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
        self._least = fonts.scaled(LEAST)
        self._fit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        most = LINES_OF_TEXT if self._scoring else LINES_OF_PROMPT
        least = 3 if self._scoring else 1
        wanted = int(self.document().size().height())
        lines = max(least, min(most, wanted))
        rim = 2 * EDGE + 2
        height = max(self._least, lines * line + rim)
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
        bar = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(bar.ScrollBarAsNeeded if wanted > most else bar.ScrollBarAlwaysOff)
        self._icon.move(8, EDGE + (line - self._icon.height()) // 2 + 2)
