"""How does work run that must not be in the window's process? In one that writes JSON lines; here it is followed.

A worker is `lmcore.cli worker NAME`: it reads JSON objects from its standard input and writes one a line to its
standard output. `Worker` does one piece of work and ends, `Dialogue` answers for as long as the window asks.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from PySide6.QtCore import QObject, QProcess, QTimer, Signal

import lmcore

PATIENCE: Final = 5_000
"""Milliseconds that a worker has for ending by itself before it is killed."""
HEARING: Final = 3_000
"""The same for one that stays, in which it has to end what it is at."""
STARTING: Final = 30_000
"""The same while it has not answered anything yet: until it has begun to listen, there is nothing that could stop."""
STOPPED: Final = b'{"event":"stopped"}'
"""What it says when all that a stop ended has been answered."""
FAREWELL: Final = 1_000
"""The same when the window closes: a worker that only measures has nothing to lose."""
NOT_STOPPED: Final = (
    "The model did not stop within 3 seconds, so its process was ended. What it said stays; the next request starts it "
    "anew."
)
KEPT: Final = 4_000
"""Characters of what a worker writes to its standard error that are kept for saying why it failed."""
BUDGET: Final = 0.010
"""Seconds that telling lines may take before the window has its turn."""


class _Process(QObject):
    """What both kinds have in common: starting, reading lines, and the words with which one ends."""

    line = Signal(dict)
    """A JSON object that the worker wrote."""
    failed = Signal(str)
    """It ended by itself, or could not be started; why, in a sentence."""
    guess = ""
    """What is said where it left no words."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._arguments: Sequence[str] = ()
        self._stopping = False
        self._errors = ""
        self._begun = b""
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._not_started)

    @property
    def running(self) -> bool:
        """Whether it works, or has not ended yet."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def close(self) -> None:
        """The window closes: end it now, and wait until it has."""
        if self.running:
            self._stopping = True
            self._process.kill()
            self._process.waitForFinished(FAREWELL)

    def _launch(self) -> None:
        self._stopping, self._errors, self._begun = False, "", b""
        self._process.setWorkingDirectory(str(home()))
        self._process.start(sys.executable, ["-m", "lmcore.cli", "worker", self._name, *self._arguments])

    def _write(self, request: Mapping[str, Any]) -> None:
        self._process.write(json.dumps(request).encode() + b"\n")

    def _read(self) -> None:
        """Do something with the lines that came."""
        raise NotImplementedError

    def _ended(self, status: int, how: QProcess.ExitStatus) -> None:
        """Decide what becomes of its end."""
        raise NotImplementedError

    def _lines(self) -> Iterator[bytes]:
        """What came and is whole, with nothing once it has been told to end."""
        *lines, self._begun = (self._begun + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        return (line for line in lines if line.strip() and not self._stopping)

    def _tell(self, written: bytes) -> None:
        """What is no JSON object is a worker's fault and told as such."""
        try:
            found = orjson.loads(written)
        except ValueError:
            self._errors += f"\nThe worker wrote a line that is no JSON: {written[:80]!r}"
            return
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

    def _why(self, status: int, how: QProcess.ExitStatus) -> str:
        """Why it ended, by its last words where it left some."""
        self._read_errors()
        said = self._said()
        if how is QProcess.ExitStatus.CrashExit:
            return f"The worker was ended from outside{f': {said}' if said else self.guess}"
        return said or f"The worker ended with status {status}."

    def _said(self) -> str:
        """The last line on standard error, without the name that commands put before it."""
        lines = [line.strip() for line in self._errors.splitlines() if line.strip()]
        return lines[-1].removeprefix("lmcore: ") if lines else ""


class Worker(_Process):
    """A process that does one piece of work at a time; the object is used again for the next.

    Its end is exactly one of `finished`, `failed` and `stopped`, after the last line. `arguments`
    stand behind its name.
    """

    finished = Signal()
    stopped = Signal()
    """It has ended because `stop` was called."""
    guess = "; perhaps the memory was full. Try a smaller shape."

    def __init__(self, name: str, parent: QObject | None = None, arguments: Sequence[str] = ()) -> None:
        super().__init__(name, parent)
        self._arguments = arguments
        self._kill = QTimer(self, singleShot=True, interval=PATIENCE)
        self._kill.timeout.connect(self._process.kill)

    def start(self, request: Mapping[str, Any]) -> None:
        """Begin with what `request` says. It must not be running."""
        assert not self.running, "a worker does one piece of work at a time"
        self._launch()
        self._write(request)
        self._process.closeWriteChannel()

    def stop(self) -> None:
        """Ask it to end, and make it end 5 seconds later."""
        if self.running and not self._stopping:
            self._stopping = True
            self._process.terminate()
            self._kill.start()

    def _read(self) -> None:
        for written in self._lines():
            self._tell(written)

    def _ended(self, status: int, how: QProcess.ExitStatus) -> None:
        self._kill.stop()
        self._read()
        if self._stopping:
            self.stopped.emit()
        elif status or how is QProcess.ExitStatus.CrashExit:
            self.failed.emit(self._why(status, how))
        else:
            self.finished.emit()


class Dialogue(_Process):
    """A process that stays and answers what it is asked; `failed` says that it is gone, and the next `ask` starts anew.

    One that is told to stop and does not answer `STOPPED` in time is killed: `killed` says so in place of `failed`, and
    what was asked behind the stop is asked of a new one. However many lines come at once, the window has its turn
    between them. After `close` nothing is told.
    """

    killed = Signal(str)
    """It did not stop and is no more: so in a sentence."""
    guess = "; perhaps the memory was full. Ask again, or choose a smaller model."

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(name, parent)
        self._waiting: deque[bytes] = deque()
        self._end = ""
        self._stops = 0  # that have had no effect yet
        self._behind: list[Mapping[str, Any]] = []  # what was asked since the last of them
        self._spoken = self._given_up = False
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._take_turn)
        self._patience = QTimer(self, singleShot=True, interval=HEARING)
        self._patience.timeout.connect(self._give_up)

    def ask(self, request: Mapping[str, Any]) -> None:
        """Hand it a request; the first starts the process."""
        while not self.running and (self._waiting or self._end):  # of the one before
            self._take_turn()
        if not self.running:
            self._launch()
        if self._stops:
            self._behind.append(request)
        self._write(request)

    def stop(self) -> None:
        """End what is under way, and what waits by then; it says so itself."""
        if self.running:
            self._write({"do": "stop"})
            self._stops += 1
            self._behind.clear()
            if not self._patience.isActive():
                self._wait()

    def close(self) -> None:
        """The window closes: end it now, and wait until it has."""
        super().close()
        self._turn.stop()
        self._patience.stop()
        self._waiting.clear()
        self._end = ""

    def _wait(self) -> None:
        self._patience.start(HEARING if self._spoken else STARTING)

    def _give_up(self) -> None:
        self._given_up = True
        self._process.kill()

    def _launch(self) -> None:
        self._spoken = self._given_up = False
        super()._launch()

    def _read(self) -> None:
        for line in self._lines():
            self._spoken = True
            if line == STOPPED:
                self._hear_stopped()
            else:
                self._waiting.append(line)
        self._turn.start()

    def _hear_stopped(self) -> None:
        """A stop had its effect; for another one that is still to have it, patience begins anew."""
        if self._given_up:
            return
        self._stops -= 1
        if self._stops:
            self._wait()
        else:
            self._patience.stop()
            self._behind.clear()

    def _ended(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read()
        self._patience.stop()
        self._stops = 0
        if not self._stopping:
            self._end = NOT_STOPPED if self._given_up else self._why(status, how)

    def _take_turn(self) -> None:
        """Tell lines for as long as nobody notices, and the end behind the last."""
        until = time.perf_counter() + BUDGET
        while self._waiting and time.perf_counter() < until:
            self._tell(self._waiting.popleft())
        if self._waiting:
            self._turn.start()
        elif self._end:
            self._tell_end()

    def _tell_end(self) -> None:
        why, self._end = self._end, ""
        behind, self._behind = self._behind, []
        if not self._given_up:
            self.failed.emit(why)
            return
        if behind:
            self._launch()
            for request in behind:
                self._write(request)
        self.killed.emit(why)


def home() -> Path:
    """The folder in which `python -m lmcore.cli` finds the package that this process uses."""
    return Path(lmcore.__file__).resolve().parent.parent
