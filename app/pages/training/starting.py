"""When does a run begin that the user asked for? Once what training needs is there, which is fetched if he wants it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app import fetching
from app.pages.training.acting import Acting

FETCHING: Final = "Fetching torch. That takes a minute or two, and happens once; then the run begins."
MAKING: Final = "Making the run. The text is encoded first."


class Starting(QObject):
    """Has runs made, or go on, as `Acting` does it."""

    told = Signal(str, str, list)
    """A tone, a sentence, and what can be done about it: words and what they do."""
    ready = Signal()
    """What was told is over."""
    begun = Signal()
    """Runs are being made."""

    def __init__(self, acting: Acting, parent: QObject) -> None:
        super().__init__(parent)
        self._acting = acting
        self._fetching = fetching.Fetching(self)
        self._wanted: Callable[[], object] | None = None
        self._fetching.told.connect(lambda words: self._tell("info", f"{FETCHING} {words}"))
        self._fetching.finished.connect(self._fetched)
        self._fetching.failed.connect(lambda why: self._tell("error", why))

    def start(self, tables: Mapping[str, Any], *, queue: bool, parent: str = "") -> None:
        """Make the runs of a set-up; `parent` is the name of the run that it was made from."""
        if fetching.missing():
            self._offer(lambda: self.start(tables, queue=queue, parent=parent))
        elif not self._acting.making:
            self.tell_making()
            self.begun.emit()
            self._acting.start(tables, parent=parent, at_once=not queue)

    def resume(self, paths: Sequence[Path]) -> None:
        """Let runs go on."""
        if fetching.missing():
            self._offer(lambda: self.resume(paths))
        else:
            self._acting.resume(paths)

    def go_on(self) -> None:
        """Let what waits be trained."""
        if fetching.missing():
            self._offer(self.go_on)
        else:
            self._acting.work_off()

    def tell_making(self) -> None:
        """Say that runs are being made, which can be given up."""
        self._tell("info", MAKING, [("Cancel", self._acting.cancel)])

    def offer(self) -> None:
        """Say where packages are missing, and fetch them if that is wanted; nothing where all are there."""
        if fetching.missing() and not self._fetching.running:
            self._offer(None)

    def close(self) -> None:
        """The window closes."""
        self._fetching.close()

    def _offer(self, wanted: Callable[[], object] | None) -> None:
        """Say that packages are missing, and do what was wanted once they are there."""
        self._wanted = wanted
        self._tell("warning", fetching.NEEDS, [("Fetch torch", self._fetch)])

    def _fetch(self) -> None:
        self._tell("info", FETCHING)
        self._fetching.start()

    def _fetched(self) -> None:
        self.ready.emit()
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted()

    def _tell(self, tone: str, sentence: str, ways: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        self.told.emit(tone, sentence, list(ways))
