"""How is a shape measured without stopping the window? A worker process is followed, its figures are shown."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from app.pages.shape.measure_pane import MeasurePane, Prediction
from app.processes import Worker


class Measuring(QObject):
    """Runs one measurement at a time. `busy` tells when it begins and ends, `failed` why it came to nothing."""

    busy = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject, pane: MeasurePane) -> None:
        super().__init__(parent)
        self._pane = pane
        self._worker = Worker("measure", self)
        self._worker.line.connect(pane.add)
        self._worker.finished.connect(lambda: self._end("done"))
        self._worker.stopped.connect(lambda: self._end("stopped"))
        self._worker.failed.connect(self._fail)
        pane.stop_asked.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether a measurement is under way."""
        return self._worker.running

    def start(self, prediction: Prediction, request: dict[str, Any]) -> None:
        """Measure, unless that is being done."""
        if not self.running:
            self._pane.begin(prediction)
            self.busy.emit(True)
            self._worker.start(request)

    def stop(self) -> None:
        """Stop measuring; what was found stays."""
        self._worker.stop()

    def close(self) -> None:
        """The window closes."""
        self._worker.close()

    def _end(self, words: str) -> None:
        self._pane.end(words)
        self.busy.emit(False)

    def _fail(self, why: str) -> None:
        self._end("not measured")
        self.failed.emit(why)
