"""What is done that needs packages which may not be here yet? It is offered to fetch them, and done once they are."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from app import fetching

FETCHING: Final = "Fetching torch. That takes a minute or two, and happens once."


class Needing(QObject):
    """One wish at a time: the newest is done when the packages have come. `what` begins the sentence of what lacks."""

    told = Signal(str, str, list)
    """A tone, a sentence, and what can be done about it: words and what they do."""
    ready = Signal()
    """The packages have come: what was told is over."""

    def __init__(self, what: str, parent: QObject) -> None:
        super().__init__(parent)
        self._what = what
        self._wanted: Callable[[], object] | None = None
        self._complete = False
        self._fetching = fetching.Fetching(self)
        self._fetching.told.connect(lambda words: self.told.emit("info", f"{FETCHING} {words}", []))
        self._fetching.finished.connect(self._fetched)
        self._fetching.failed.connect(lambda why: self.told.emit("error", why, []))

    def do(self, wanted: Callable[[], object]) -> None:
        """Do it, now or when what it needs has been fetched."""
        if self._lacks:
            self._wanted = wanted
            self._offer()
        else:
            wanted()

    def offer(self) -> None:
        """Say where packages are missing; nothing where all are there, or on their way."""
        if self._lacks and not self._fetching.running:
            self._offer()

    def close(self) -> None:
        """The window closes."""
        self._fetching.close()

    @property
    def _lacks(self) -> bool:
        """Whether packages are missing: what was missing is looked for again, what is there is known."""
        self._complete = self._complete or not fetching.missing()
        return not self._complete

    def _offer(self) -> None:
        needs = f"{self._what} torch, which is not here yet; it is some 200 MB to fetch, for a GPU more than 2 GB."
        self.told.emit("warning", needs, [("Fetch torch", self._fetch)])

    def _fetch(self) -> None:
        self.told.emit("info", FETCHING, [])
        self._fetching.start()

    def _fetched(self) -> None:
        self.ready.emit()
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted()
