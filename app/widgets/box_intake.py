"""When has a text been looked through, so that a box can take it? A small one at once, a large one after some turns."""

from collections.abc import Callable, Generator

from PySide6.QtCore import QObject, QTimer, Signal

from app.widgets.taken_text import PART, Taken, take_in, taken


class Intake(QObject):
    """Looks through one text at a time; another one takes the place of the one before."""

    ended = Signal()
    """A large text has been looked through; it is used next."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._taking: tuple[Generator[None, None, Taken], Callable[[Taken], None]] | None = None
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._turn)

    @property
    def running(self) -> bool:
        """Whether a text is being looked through."""
        return self._taking is not None

    def start(self, text: str, use: Callable[[Taken], None]) -> None:
        """Look through a text and hand it to `use`: at once, or in the turns to come if it is large."""
        if len(text) <= PART:
            self._stop()
            use(taken(text))
            return
        self._taking = take_in(text), use
        self._turns.start()

    def _stop(self) -> None:
        self._turns.stop()
        self._taking = None

    def _turn(self) -> None:
        assert self._taking is not None
        steps, use = self._taking
        try:
            next(steps)
        except StopIteration as end:
            self._stop()
            self.ended.emit()
            use(end.value)
