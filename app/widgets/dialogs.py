"""What does the user choose from the disk, or about it? The questions that several pages ask."""

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

TOKENIZERS: Final = "Tokenizers (*.json *.tiktoken merges.txt);;All files (*)"


def ask_tokenizer(parent: QWidget) -> Path | None:
    """Ask for a tokenizer's file; None if the user would rather not."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open a tokenizer", "", TOKENIZERS)
    return Path(name) if name else None


class SaveQuestion(QMessageBox):
    """Save it, discard it, or stay? With the buttons in the order and the words of the system; show it with `open`."""

    def __init__(self, parent: QWidget, unsaved: str) -> None:
        super().__init__(QMessageBox.Icon.Warning, "", unsaved, parent=parent)
        buttons = QMessageBox.StandardButton
        self.setInformativeText("It is lost when the window closes, unless you save it first.")
        self.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        self.button(buttons.Save).setText("Save …")
        self.setDefaultButton(buttons.Save)
        self.setEscapeButton(buttons.Cancel)


class RunningQuestion(QMessageBox):
    """Leave what goes on without the window, stop it, or stay? Show it with `open`."""

    def __init__(self, parent: QWidget, running: str) -> None:
        super().__init__(QMessageBox.Icon.Question, "", running, parent=parent)
        self.setInformativeText("It needs no window: it can be left to run, and is found again at the next start.")
        self.leave = self.addButton("Leave it running", QMessageBox.ButtonRole.AcceptRole)
        self.stop = self.addButton("Stop and keep it", QMessageBox.ButtonRole.DestructiveRole)
        self.stay = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.leave)
        self.setEscapeButton(self.stay)
