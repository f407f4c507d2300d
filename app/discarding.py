"""How does something go to the system's bin, from which it can be taken back?"""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QFile, QStandardPaths


def moved_to_bin(path: Path) -> bool:
    """Move a file or folder there; whether that was done."""
    place = QStandardPaths.StandardLocation.GenericDataLocation  # a new account has no such folder, nor a bin then
    Path(QStandardPaths.writableLocation(place)).mkdir(parents=True, exist_ok=True)
    moved: Any = QFile.moveToTrash(str(path))
    return bool(moved[0] if isinstance(moved, tuple) else moved)
