"""How does work run that must not be in the window's process? In a worker that writes JSON lines; here it is followed.

A worker is `lmcore.cli worker NAME`: it reads one JSON object from its standard input and writes one a line to its
standard output. What becomes of it is decided in one place, `Worker._ended`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

import lmcore

PATIENCE: Final = 5_000
"""Milliseconds that a worker has for ending by itself before it is killed."""
FAREWELL: Final = 1_000
"""The same when the window closes: a worker that only measures has nothing to lose."""
KEPT: Final = 4_000
"""Characters of what a worker writes to its standard error that are kept for saying why it failed."""


class Worker(QObject):
    """A process that does one piece of work at a time; the object is used again for the next.

    Its end is exactly one of `finished`, `failed` and `stopped`, after the last line.
    """

    line = Signal(dict)
    """A JSON object that the worker wrote."""
    finished = Signal()
    failed = Signal(str)
    """Why, in a sentence."""
    stopped = Signal()
    """It has ended because `stop` was called."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._stopping = False
        self._errors = ""
        self._begun = b""
        self._process = QProcess(self)
        self._kill = QTimer(self, singleShot=True, interval=PATIENCE)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._not_started)
        self._kill.timeout.connect(self._process.kill)

    @property
    def running(self) -> bool:
        """Whether it works, or has not ended yet."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, request: Mapping[str, Any]) -> None:
        """Begin with what `request` says. It must not be running."""
        assert not self.running, "a worker does one piece of work at a time"
        self._stopping, self._errors, self._begun = False, "", b""
        self._process.setWorkingDirectory(str(home()))
        self._process.start(sys.executable, ["-m", "lmcore.cli", "worker", self._name])
        self._process.write(json.dumps(request).encode() + b"\n")
        self._process.closeWriteChannel()

    def stop(self) -> None:
        """Ask it to end, and make it end 5 seconds later."""
        if self.running and not self._stopping:
            self._stopping = True
            self._process.terminate()
            self._kill.start()

    def close(self) -> None:
        """The window closes: end it now, and wait until it has."""
        if self.running:
            self._stopping = True
            self._process.kill()
            self._process.waitForFinished(FAREWELL)

    def _read(self) -> None:
        """Tell of every whole line; what is no JSON object is a worker's fault and told as such."""
        *lines, self._begun = (self._begun + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for written in lines:
            if self._stopping or not written.strip():
                continue
            try:
                found = json.loads(written)
            except ValueError:
                self._errors += f"\nThe worker wrote a line that is no JSON: {written[:80]!r}"
                continue
            if isinstance(found, dict):
                self.line.emit(found)

    def _read_errors(self) -> None:
        self._errors = (self._errors + bytes(self._process.readAllStandardError().data()).decode(errors="replace"))[
            -KEPT:
        ]

    def _not_started(self, error: QProcess.ProcessError) -> None:
        """Every other error comes with an end of its own."""
        if error is QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"The worker could not be started: {self._process.errorString()}.")

    def _ended(self, status: int, how: QProcess.ExitStatus) -> None:
        self._kill.stop()
        self._read()
        self._read_errors()
        if self._stopping:
            self.stopped.emit()
        elif how is QProcess.ExitStatus.CrashExit:
            self.failed.emit(f"The worker was ended from outside{self._last_words()}")
        elif status:
            self.failed.emit(self._said() or f"The worker ended with status {status}.")
        else:
            self.finished.emit()

    def _last_words(self) -> str:
        return f": {words}" if (words := self._said()) else "; perhaps the memory was full. Try a smaller shape."

    def _said(self) -> str:
        """The last line on standard error, without the name that commands put before it."""
        lines = [line.strip() for line in self._errors.splitlines() if line.strip()]
        return lines[-1].removeprefix("lmcore: ") if lines else ""


def home() -> Path:
    """The folder in which `python -m lmcore.cli` finds the package that this process uses."""
    return Path(lmcore.__file__).resolve().parent.parent
