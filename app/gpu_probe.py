"""Which GPU has this machine? Asked of NVIDIA’s own tool in a process: nothing waits, and torch is not needed."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QProcess, Signal

QUERY: Final = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
MEBI: Final = 1 << 20


@dataclass(frozen=True)
class FoundGpu:
    """A GPU as its driver names it; `memory` in bytes."""

    name: str
    memory: int


class GpuProbe(QObject):
    """Asks once. `found` comes with a FoundGpu, or with None where there is no such GPU or no such tool."""

    found = Signal(object)

    def __init__(self, parent: QObject, program: str = "nvidia-smi") -> None:
        super().__init__(parent)
        self._program = program
        self._process = QProcess(self)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._not_there)

    def start(self) -> None:
        """Begin to ask."""
        self._process.start(self._program, list(QUERY))

    def close(self) -> None:
        """The window closes."""
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1_000)

    def _ended(self) -> None:
        self.found.emit(gpu_in(bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")))

    def _not_there(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.found.emit(None)


def gpu_in(printed: str) -> FoundGpu | None:
    """The first GPU that the tool printed: gpu_in("NVIDIA A100-SXM4-80GB, 81920") -> FoundGpu(...)."""
    for line in printed.splitlines():
        name, comma, mebibytes = line.rpartition(",")
        if comma and mebibytes.strip().isdecimal():
            return FoundGpu(name.strip(), int(mebibytes) * MEBI)
    return None
