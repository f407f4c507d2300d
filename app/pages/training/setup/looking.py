"""What are the data and the machine? Jobs count the data and look around, a worker looks at the machine; the state is
told.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from app import fetching
from app.jobs import Job
from app.pages.training.setup.counting import Facts, Vocabulary, count
from app.pages.training.setup.state import SetupState
from app.pages.training.setup.surroundings import Around, at_rest, look_around
from app.processes import Worker
from app.session import Session
from lmcore.errors import LmError
from lmcore.training.machine import Machine, machine_from
from lmcore.training.run_folder import runs_dir

MEASURING: Final = "Being measured …"
REMEMBERED: Final = "Measured at an earlier start."
MEASURED: Final = "Measured now."
KEPT: Final = "A run is training here, so the peaks are those of an earlier measurement."
DISTURBED: Final = "Measured while a run was training here: the peaks may be too low. Measure again when it is done."


class Looking(QObject):
    """Looks anew whenever the data or the device are others; what is under way for those before is given up."""

    data_failed = Signal(str)
    """Why the data cannot be used."""
    machine_failed = Signal(str)
    """Why nothing can be trained on the device; "" when it is being asked anew."""
    machine_told = Signal(str)
    """Where the figures of the machine come from; also told when it is not measured any more."""

    def __init__(self, session: Session, state: SetupState) -> None:
        super().__init__()
        self._session, self._state = session, state
        self._job: Job | None = None
        self._around: Job | None = None
        self._worker: Worker | None = None
        self._machine_waits = self._is_disturbed = False
        self._device = self._told = ""
        state.data_changed.connect(self.count)
        state.device_changed.connect(self.ask)

    @property
    def rests(self) -> bool:
        """Whether nothing is being looked at."""
        return self._job is None and self._worker is None and self._around is None

    @property
    def measures(self) -> bool:
        """Whether the machine is being looked at."""
        return self._worker is not None

    def begin(self) -> None:
        """Look at all for the first time: at the machine, whose speed is measured, once nothing is counted on it."""
        self._machine_waits = True
        self._look_around(self._state.know_around)
        self.count()

    def again(self) -> None:
        """Look at what changes by itself: runs, what is free; and at the machine where a run was in the way."""
        self._look_around(self._refresh)

    def measure(self) -> None:
        """Measure the machine anew."""
        if not self.measures:
            self._look_around(self._measure_beside)

    def count(self) -> None:
        """Count the data that are chosen now."""
        if self._job is not None:
            self._job.cancel()
        data = self._state.now.config.data
        job = self._job = Job(partial(count, data))
        job.events.connect(lambda events: self._heard(job, data.tokenizer, events))
        job.finished.connect(lambda facts: self._counted(job, facts))
        job.failed.connect(lambda error: self._not_counted(job, error))
        self._session.jobs.start(job)

    def ask(self) -> None:
        """Ask about the device that is chosen now; what was found at an earlier start is taken until then."""
        self._machine_waits = False
        self.machine_failed.emit("")
        self._give_up()
        self._device = self._state.now.config.training.device
        known = _read(self._session.settings.machine(self._device))
        if self._state.machine is None and known is not None:
            self._state.know_machine(known)
        if fetching.missing():
            self.machine_failed.emit("Training needs torch, which is not here yet; fetch it first.")
            return
        worker = self._worker = Worker("machine", self, ("--device", self._device))
        worker.line.connect(self._found)
        worker.failed.connect(self._not_found)
        worker.finished.connect(self._asked)
        worker.start({})
        self._tell(MEASURING if known is None else f"{REMEMBERED} {MEASURING}")

    def close(self) -> None:
        """The window closes: nothing is told any more."""
        for job in (self._job, self._around):
            if job is not None:
                job.cancel()
        self._job = self._around = None
        self._give_up()

    def _look_around(self, then: Callable[[Around], object]) -> None:
        """Look at the runs and at what is free, and go on with that; the last one who wants it is told."""
        if self._around is not None:
            self._around.cancel()
        job = self._around = Job(partial(look_around, runs_dir()))
        job.finished.connect(lambda around: self._looked_around(job, around, then))
        job.failed.connect(lambda error: self._looked_around(job, Around(), then, error))
        self._session.jobs.start(job)

    def _looked_around(
        self, job: Job, around: Around, then: Callable[[Around], object], error: BaseException | None = None
    ) -> None:
        if job is not self._around:
            return
        self._around = None
        if error is not None and not isinstance(error, LmError | OSError):
            raise error
        then(around)

    def _refresh(self, around: Around) -> None:
        """Runs and free memory are as they are now."""
        self._state.know_around(around)
        machine = self._state.machine
        if machine is None or self.measures:
            return
        if machine.kind == "cuda" or (self._is_disturbed and not around.alive):
            self.ask()
        elif around.memory:
            self._state.know_machine(replace(machine, free=around.memory))

    def _measure_beside(self, around: Around) -> None:
        self._state.know_around(around)
        self.ask()

    def _heard(self, job: Job, tokenizer: str, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, Vocabulary) and job is self._job:
                self._state.know_vocabulary(tokenizer, event.size)

    def _counted(self, job: Job, facts: Facts) -> None:
        if job is self._job:
            self._data_seen()
            self._state.know_data(facts)

    def _not_counted(self, job: Job, error: BaseException) -> None:
        if job is not self._job:
            return
        self._data_seen()
        if not isinstance(error, LmError):
            raise error
        self.data_failed.emit(str(error))

    def _data_seen(self) -> None:
        """The data are counted, or cannot be."""
        self._job = None
        if self._machine_waits:
            self.ask()

    def _found(self, line: Mapping[str, Any]) -> None:
        """The machine was looked at; whether a run was in the way is seen before it is believed."""
        before = self._state.around is not None and self._state.around.alive
        self._look_around(partial(self._believe, self._device, machine_from(line), before))

    def _believe(self, device: str, found: Machine, before: bool, around: Around) -> None:
        """Take the machine as it was found, but no peaks that were measured beside a run."""
        self._state.know_around(around)
        if device != self._state.now.config.training.device:
            return
        self._is_disturbed = found.kind == "cpu" and (before or around.alive)
        if self._is_disturbed:
            known = _read(self._session.settings.machine(device))
            machine = at_rest(found, known, around)
            self._tell(DISTURBED if known is None else KEPT)
        else:
            machine = found
            self._session.settings.set_machine(device, json.dumps(asdict(machine)))
            self._tell(MEASURED if found.kind == "cpu" else "")
        self._state.know_machine(machine)

    def _not_found(self, why: str) -> None:
        self._asked()
        self._tell("")
        self.machine_failed.emit(why)

    def _asked(self) -> None:
        if self._worker is not None:
            self._worker.deleteLater()
            self._worker = None
            self._tell(self._told)

    def _tell(self, words: str) -> None:
        self._told = words
        self.machine_told.emit(words)

    def _give_up(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._asked()


def _read(written: str) -> Machine | None:
    """The machine of an earlier start."""
    try:
        return machine_from(json.loads(written))
    except (ValueError, TypeError, LmError):
        return None
