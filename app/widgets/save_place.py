"""Where is a file to be saved? The dialog's answer, always with an ending that says what is in the file."""

import re
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QWidget

_ENDINGS: Final = re.compile(r"\*(\.\w+)")


def ask_save_place(parent: QWidget, title: str, first: str, kinds: str) -> Path | None:
    """The file that is named, or None where nothing is. `first` is proposed; `kinds` are filters such as
    "CSV (*.csv);;Markdown (*.md)".
    """
    name, chosen = QFileDialog.getSaveFileName(parent.window(), title, first, kinds)
    return with_ending(Path(name), kinds, chosen) if name else None


def with_ending(path: Path, kinds: str, chosen: str = "") -> Path:
    """The path with the ending of the chosen kind, the first where none is, unless it has that of one of `kinds`.

    A dot in a name ("lr 0.01") begins no ending. The dialog has asked whether the file that was named may be replaced:
    where a longer name is there already, a number is put to it.
    """
    if path.suffix.lower() in _ENDINGS.findall(kinds):
        return path
    ending = _ENDINGS.findall(chosen or kinds)[0]
    found, number = path.with_name(path.name + ending), 2
    while found.exists():
        found, number = path.with_name(f"{path.name} ({number}){ending}"), number + 1
    return found
