"""What are the data and the machine? A job counts the data, a worker looks at the machine; the state is told."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app import fetching
from app.jobs import Job
from app.pages.training.setup.counting import Facts, count
from app.pages.training.setup.state import SetupState
from app.processes import Worker
from app.session import Session
from lmcore.errors import LmError
from lmcore.training.machine import Machine, machine_from


class Looking(QObject):
    """Looks anew whenever the data or the device are others; what is under way for those before is given up."""

    data_failed = Signal(str)
    """Why the data cannot be used."""
    machine_failed = Signal(str)
    """Why nothing can be trained on the device; "" when it is being asked anew."""

    def __init__(self, session: Session, state: SetupState) -> None:
        super().__init__()
        self._session, self._state = session, state
        self._job: Job | None = None
        self._worker: Worker | None = None
        self._machine_waits = False
        self._device = ""
        state.data_changed.connect(self.count)
        state.device_changed.connect(self.ask)

    @property
    def rests(self) -> bool:
        """Whether nothing is being looked at."""
        return self._job is None and self._worker is None

    def begin(self) -> None:
        """Look at both for the first time: at the machine, whose speed is measured, once nothing is counted on it."""
        self._machine_waits = True
        self.count()

    def count(self) -> None:
        """Count the data that are chosen now."""
        if self._job is not None:
            self._job.cancel()
        job = self._job = Job(partial(count, self._state.now.config.data))
        job.finished.connect(lambda facts: self._counted(job, facts))
        job.failed.connect(lambda error: self._not_counted(job, error))
        self._session.jobs.start(job)

    def ask(self) -> None:
        """Ask about the device that is chosen now; what was found at an earlier start is taken until then."""
        self._machine_waits = False
        self.machine_failed.emit("")
        self._give_up()
        self._device = self._state.now.config.training.device
        if (known := _read(self._session.settings.machine(self._device))) is not None:
            self._state.know_machine(known)
        if fetching.missing():
            self.machine_failed.emit("Training needs torch, which is not here yet; fetch it first.")
            return
        worker = self._worker = Worker("machine", self, ("--device", self._device))
        worker.line.connect(self._found)
        worker.failed.connect(self._not_found)
        worker.finished.connect(self._asked)
        worker.start({})

    def close(self) -> None:
        """The window closes: nothing is told any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._give_up()

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
        machine = machine_from(line)
        self._session.settings.set_machine(self._device, json.dumps(asdict(machine)))
        self._state.know_machine(machine)

    def _not_found(self, why: str) -> None:
        self._asked()
        self.machine_failed.emit(why)

    def _asked(self) -> None:
        if self._worker is not None:
            self._worker.deleteLater()
            self._worker = None

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
