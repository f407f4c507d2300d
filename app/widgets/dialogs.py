"""What does the user choose from the disk? The questions that several pages ask."""

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QWidget

TOKENIZERS: Final = "Tokenizers (*.json *.tiktoken merges.txt);;All files (*)"


def ask_tokenizer(parent: QWidget) -> Path | None:
    """Ask for a tokenizer's file; None if the user would rather not."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open a tokenizer", "", TOKENIZERS)
    return Path(name) if name else None
