"""How does a worker take a run before torch is loaded? At once: who looks sees that it begins, and can ask it to end.

No torch in here.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

from lmcore.errors import LmError
from lmcore.training import locks
from lmcore.training.run_folder import RunError, RunFolder, State
from lmcore.training.stopping import Signals

LOADING: Final = "Getting ready: loading torch."


@dataclass(frozen=True)
class Taken:
    """A run that this process holds: its state `before` that, and the signals that come meanwhile.

    `began` is when it took the run, by `perf_counter`.
    """

    before: State
    signals: Signals
    began: float = field(default_factory=perf_counter)


@contextmanager
def taking(run: RunFolder) -> Iterator[Taken]:
    """Hold a run in this block. Raises `LockedError` where another process has it.

    An error that ends the block before anyone else had something to say of the run is in its state.
    """
    with locks.holding(run.lock), Signals() as signals:
        run.stop_file.unlink(missing_ok=True)  # meant for an earlier worker
        before = State("queued")
        with suppress(RunError):  # a state that is damaged is written anew
            before = run.state()
        run.write_state(replace(before, status="running", reason="", message=LOADING))
        try:
            yield Taken(before, signals)
        except BaseException as error:
            with suppress(RunError, OSError):
                if run.state().message == LOADING:
                    run.write_state(_after(before, error))
            raise


def _after(before: State, error: BaseException) -> State:
    """One that was only broken off stays as it was."""
    if not isinstance(error, Exception):
        return before
    words = str(error) if isinstance(error, LmError) else f"{type(error).__name__}: {error}"
    return before.hindered(f"The worker could not begin: {words}")
