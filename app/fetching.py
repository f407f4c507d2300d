"""How do packages that only training needs come to a window that runs without them? By the set-up that made the window.

`main.py` fetches what a command needs before it runs it, so a command that needs them is asked for with the Python that
set the window up; what it says meanwhile is told line by line.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, Signal

from app.processes import home
from lmcore.packages import REQUIREMENTS

ASKED: Final = ("worker", "machine")
"""A command that needs the packages, and soon ends."""
BY_HAND: Final = "torch is not installed here. Install what pyproject.toml names as the extra “training”."
_FAREWELL: Final = 1_000  # milliseconds that a set-up has to end when the window closes; the next one goes on with it


class Fetching(QObject):
    """Fetches the packages once it is asked to. Its end is exactly one of `finished` and `failed`."""

    told = Signal(str)
    """What the set-up does, in a few words."""
    finished = Signal()
    failed = Signal(str)
    """Why, in a sentence."""

    def __init__(self, parent: QObject | None = None, root: Path | None = None) -> None:
        super().__init__(parent)
        self._main = (root or home()) / "main.py"
        self._said: list[str] = []
        self._begun = b""
        self._process = QProcess(self)
        self._process.readyReadStandardError.connect(self._read)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._not_started)

    @property
    def running(self) -> bool:
        """Whether packages are being fetched."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def possible(self) -> bool:
        """Whether the window was set up by the project's own `main.py`."""
        return self._main.is_file()

    def start(self) -> None:
        """Begin; nothing where that goes on already."""
        if self.running:
            return
        if not self.possible:
            self.failed.emit(BY_HAND)
            return
        self._said, self._begun = [], b""
        self._process.setWorkingDirectory(str(self._main.parent))
        self._process.start(_outer_python(), [str(self._main), *ASKED])

    def close(self) -> None:
        """The window closes."""
        if self.running:
            self._process.kill()
            self._process.waitForFinished(_FAREWELL)

    def _read(self) -> None:
        *written, self._begun = (self._begun + bytes(self._process.readAllStandardError().data())).split(b"\n")
        lines = [line for raw in written if (line := raw.decode(errors="replace").strip())]
        self._said = [*self._said, *lines][-20:]
        if lines:
            self.told.emit(lines[-1])

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"The set-up could not be started: {self._process.errorString()}.")

    def _ended(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read()
        importlib.invalidate_caches()
        if how is QProcess.ExitStatus.CrashExit or status:
            said = [line.removeprefix("lmcore: ") for line in self._said]
            self.failed.emit(" ".join(said[-2:]) or f"The set-up ended with status {status}.")
        elif missing():
            self.failed.emit(BY_HAND)
        else:
            self.finished.emit()


def missing() -> list[str]:
    """The modules that training needs and that cannot be imported here; none is imported for that."""
    return [module for module in REQUIREMENTS if importlib.util.find_spec(module) is None]


def _outer_python() -> str:
    """The Python that made the environment of this one, or this one where there is no environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)
