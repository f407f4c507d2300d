"""What does growing look like? The marker goes from one context to another by itself, fast at first."""

from typing import Final

from PySide6.QtCore import QObject, Signal

from app.widgets.motion import easing

PLAY_MS: Final = 3000


class Playing(QObject):
    """One way at a time. `moved(n)` comes with each step, `ended(n)` once, where it came to rest or was stopped."""

    moved = Signal(int)
    ended = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._from, self._to, self._at = 1, 1, 1
        self._running = False
        self.motion = easing(self, PLAY_MS)
        self.motion.valueChanged.connect(self._advance)
        self.motion.finished.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether the marker is under way."""
        return self._running

    def start(self, begin: int, end: int, *, at_once: bool) -> None:
        """Go from one context to another; `at_once` for those who want no motion."""
        self.cancel()
        self._from, self._to, self._at = begin, end, begin
        self._running = True
        self._advance(1.0 if at_once else 0.0)
        if at_once:
            self.stop()
        else:
            self.motion.start()

    def stop(self) -> None:
        """Stay where it is."""
        if self._running:
            self.cancel()
            self.ended.emit(self._at)

    def cancel(self) -> None:
        """Stop without a word: something else moves the marker now."""
        self._running = False
        self.motion.stop()

    def _advance(self, share: float) -> None:
        """Equal times for equal factors, but for the easing."""
        if self._running:
            self._at = round(self._from * (self._to / self._from) ** share)
            self.moved.emit(self._at)
