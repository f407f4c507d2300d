"""How is work started that outlives the window? As a process of its own that nobody follows by its pipes.

What it does is in the folders that it writes; it is found again by the locks that it holds.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QProcess

from app.processes import home


def start_detached(arguments: Sequence[str], log: Path) -> bool:
    """Start `lmcore.cli` with these arguments, its output appended to `log`; whether the system could start it."""
    process = QProcess()
    process.setProgram(sys.executable)
    process.setArguments(["-m", "lmcore.cli", *arguments])
    process.setWorkingDirectory(str(home()))
    process.setStandardInputFile(os.devnull)
    for redirect in (process.setStandardOutputFile, process.setStandardErrorFile):
        redirect(str(log), QProcess.OpenModeFlag.Append)
    started: tuple[bool, int] | bool = process.startDetached()
    return started[0] if isinstance(started, tuple) else started
