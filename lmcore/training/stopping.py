"""Was the worker asked to end? By a file in the run's folder, or by a signal."""

import signal
from types import FrameType
from typing import Self

from lmcore.training.run_folder import Kept, RunFolder


class Signals:
    """How often SIGINT and SIGTERM came, while this is a context."""

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> Self:
        self._earlier = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number += 1


class Stop(Signals):
    """True as soon as someone asked; a second signal ends the worker at once.

    Where it `owns` the run's folder, a request that was meant for an earlier worker is taken away. So many signals may
    have come `earlier`.
    """

    def __init__(self, run: RunFolder, owns: bool = True, earlier: int = 0) -> None:
        super().__init__()
        self.number = earlier
        self._run, self._owns = run, owns

    def __enter__(self) -> Self:
        if self._owns:
            self._run.stop_file.unlink(missing_ok=True)
        return super().__enter__()

    def __bool__(self) -> bool:
        return self.number > 0 or self._run.stop_file.exists()

    @property
    def keep(self) -> Kept:
        """What the run's state says when it has ended for this: as the file says, "stopped" where it was a signal."""
        return self._run.asked() or "stopped"

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number:
            raise KeyboardInterrupt
        super()._note(number, frame)
