"""What does the user choose from the disk, or about it? The questions that several pages ask."""

from collections.abc import Sequence
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
        self.setInformativeText(
            "Trainings need no window: they can be left to run, and are found again at the next start. If they are "
            "stopped, what they learned is kept, and what waits goes on waiting."
        )
        self.leave = self.addButton("Leave it running", QMessageBox.ButtonRole.AcceptRole)
        self.stop = self.addButton("Stop and keep it", QMessageBox.ButtonRole.DestructiveRole)
        self.stay = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.leave)
        self.setEscapeButton(self.stay)


class RemoveQuestion(QMessageBox):
    """Remove something for good, or stay? Show it with `open`; `accepted` when it is to go."""

    def __init__(self, parent: QWidget, what: str, lost: str) -> None:
        super().__init__(QMessageBox.Icon.Warning, "", f"Remove {what}?", parent=parent)
        self.setInformativeText(f"{lost} Nothing can bring it back.")
        self.go = self.addButton("Remove", QMessageBox.ButtonRole.AcceptRole)
        self.stay = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)


class DeleteQuestion(QMessageBox):
    """Move runs to the system's bin, or stay? Show it with `open`; `accepted` when they are to go."""

    def __init__(self, parent: QWidget, names: Sequence[str]) -> None:
        what = f"“{names[0]}”" if len(names) == 1 else f"these {len(names)} runs"
        super().__init__(QMessageBox.Icon.Warning, "", f"Move {what} to the bin?", parent=parent)
        self.setInformativeText("Rows, texts and checkpoints go with it; the system's bin can give them back.")
        self.go = self.addButton("Move to the bin", QMessageBox.ButtonRole.AcceptRole)
        self.stay = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(self.stay)
        self.setEscapeButton(self.stay)
