"""When is garbage collected? By a timer on the GUI's thread, in portions too small to be felt.

Python's own collector starts wherever something is allocated. On a job's thread it would delete Qt objects, which only
their own thread may; and each full collection walks over all objects of all modules, which takes 50 to 60 ms once
numba is loaded, and 200 ms once a page or two are. So the automatic one is switched off. What is permanent, modules
above all, is set aside (frozen) as soon as it is loaded, so that a full collection, made while nothing runs, is short.
While a job runs, only the youngest objects are looked at: the tens of thousands of merges that it made would be walked
over for nothing. No collection walks over more than some `LASTING` objects, which takes 20 to 30 ms: where there are
more, they come from a module, a page or long data, and stay.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.jobs import Jobs

SOON: Final = 150
"""Milliseconds after which the first picture of a page is on the screen."""
INTERVAL: Final = 100
"""Milliseconds between two looks."""
YOUNG: Final = 5_000
"""New objects that are worth a collection; Python's own threshold is 700, and later 2,000."""
OLDER: Final = 10
"""Young collections after which the middle generation is collected as well, as Python does."""

LASTING: Final = 20_000
"""Objects which are too many to be walked over: new ones of a moment, or those that outlived a job or collections."""


class Collector(QObject):
    """Takes the place of Python's automatic collector until `remove` gives it back."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._loaded = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(INTERVAL)
        jobs.idle.connect(self._all_ended)
        gc.disable()

    def settle(self) -> None:
        """The window and its first page stand: clear away what was needed for that, and set aside what stays."""
        gc.collect()
        gc.freeze()

    def settle_soon(self) -> None:
        """The same once what is waiting to be painted is."""
        QTimer.singleShot(SOON, self, self.settle)

    def remove(self) -> None:
        """Collect as Python does again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _all_ended(self) -> None:
        """What a job leaves behind stays: the modules that the first imported, and tens of thousands of merges."""
        if not self._loaded or _survivors() > LASTING:
            self._loaded = True
            gc.freeze()

    def _look(self) -> None:
        young, middle, old = gc.get_count()
        if young > LASTING:
            gc.freeze()
        elif self._jobs.running:
            if self._loaded and young > YOUNG:  # before that, what is being imported stays, and is no garbage
                gc.collect(0)
        elif (old > OLDER or middle > OLDER) and _survivors() > LASTING:
            gc.freeze()
        elif old > OLDER:
            gc.collect()
        elif young > YOUNG:
            gc.collect(1 if middle > OLDER else 0)


def _survivors() -> int:
    """How many objects outlived a collection and are not set aside."""
    return len(gc.get_objects(generation=1)) + len(gc.get_objects(generation=2))
