"""Which model is the page about? The runs there are, looked for on a thread every few seconds, and what was opened."""

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job
from app.pages.generation import work
from app.pages.generation.work import Model
from app.session import Session

EVERY: Final = 3_000
"""Milliseconds between two looks: a run that trains gets checkpoints, others come and go."""


class Models(QObject):
    """The list, the one that is chosen and its step. While the page is seen it is kept up to date."""

    listed = Signal()
    """The list, or the checkpoints of the chosen one, are known or others; or there are still none."""
    taken = Signal()
    """A model was chosen, and not merely another step of it; `chosen` follows."""
    chosen = Signal(bool)
    """Another model was chosen, or another step of it; whether the user did, who then wants to hear it."""
    gone = Signal(str)
    """The chosen model is no longer there: its name."""
    let_go = Signal(int)
    """The run no longer has the checkpoint of this step; the nearest that it has is the chosen one."""
    failed = Signal(object)

    def __init__(self, parent: QObject, session: Session) -> None:
        super().__init__(parent)
        self._session = session
        self.all: tuple[Model, ...] = ()
        self.current: Model | None = None
        self.step = -1
        self.known = False
        self._job: Job | None = None
        self._fixed = self._opening = False
        self._again = QTimer(self, singleShot=True, interval=EVERY)
        self._again.timeout.connect(self.refresh)

    @property
    def folder(self) -> Path | None:
        """The folder that speaks: a checkpoint's, or a model's."""
        return self.current.folder_at(self.step) if self.current is not None else None

    @property
    def named(self) -> tuple[str, int]:
        """The name of the chosen model, and its step or -1."""
        return ("", -1) if self.current is None else (self.current.name, self.step if self.current.is_run else -1)

    @property
    def name(self) -> str:
        """What the chosen model is called, with its step."""
        if self.current is None:
            return ""
        return f"{self.current.name}, step {self.step:,}" if self.current.is_run else self.current.name

    @property
    def is_fixed(self) -> bool:
        """Whether no others are looked for."""
        return self._fixed

    def start(self) -> None:
        """The page is seen: look now, and then every few seconds."""
        self.refresh()

    def stop(self) -> None:
        """The page is not seen any more."""
        self._again.stop()

    def refresh(self) -> None:
        """Look which there are."""
        if self._job is None and not self._fixed:
            others = self._session.settings.recent("models")
            self._job = Job(partial(work.list_models, others))
            self._job.finished.connect(self._found)
            self._job.failed.connect(self._not_found)
            self._job.cancelled.connect(self._ended)
            self._session.jobs.start(self._job)

    def choose(self, model: Model, step: int | None = None, *, asked: bool = True) -> None:
        """Have a model speak, at its first step unless one is given; the user may have `asked` for it."""
        self.current = model
        self.step = step if step is not None else model.first
        if model not in self.all:
            self.all = (model, *(other for other in self.all if other.path != model.path))
            self.known = True
        self.name_run()
        self.taken.emit()
        self.listed.emit()
        self.chosen.emit(asked)

    def name_run(self) -> None:
        """Have the window name the run that speaks: it names what the page that is seen is about."""
        if self.current is not None and self.current.is_run:
            self._session.set_run(self.current.name)

    def go_to(self, step: int) -> None:
        """Have another checkpoint of the run speak, if it has that one."""
        if step != self.step and self.current is not None and step in dict(self.current.steps):
            self.step = step
            self.chosen.emit(True)

    def open(self, path: Path, *, asked: bool = True) -> None:
        """Take what a folder holds, for which the user may have `asked`; `failed` says why that is nothing."""
        self._opening = True
        job = Job(partial(work.model_at, path))
        job.finished.connect(lambda found: self._opened(*found, asked=asked))
        job.failed.connect(self._not_opened)
        self._session.jobs.start(job)

    def fix(self, model: Model | None, step: int = -1) -> None:
        """Have a model that is on no disk, as the sample's, or none, and look for no others."""
        self._fixed = True
        self._again.stop()
        self.all, self.known, self.current = (), True, None
        if model is not None:
            self.choose(model, step)
        else:
            self.listed.emit()

    def _not_opened(self, error: BaseException) -> None:
        self._opening = False
        self.failed.emit(error)

    def _opened(self, model: Model, step: int | None, *, asked: bool) -> None:
        self._opening = False
        from lmcore.training.run_folder import runs_dir

        if model.path.parent != runs_dir():  # those are listed anyway
            self._session.settings.add_recent("models", [model.path])
        self.choose(model, step, asked=asked)

    def _found(self, found: tuple[Model, ...]) -> None:
        self._ended()
        if self._fixed:
            return
        first, before, seen = not (self.known and self.all), self.current, self._seen
        opened = [model for model in self.all if not model.is_run and model.path.is_dir()]
        self.all = (*found, *(model for model in opened if model.path not in {other.path for other in found}))
        self.known = True
        if before is not None:
            self._follow(before)
        elif first and self.all and not self._opening:
            self.choose(self.all[0], asked=False)
            return
        if self._seen != seen or not self.all:  # where there are none, one may be on its way by now
            self.listed.emit()

    @property
    def _seen(self) -> tuple[object, ...]:
        """What is shown of the models there are."""
        return self.known, self.all, self.current, self.step

    def _follow(self, before: Model) -> None:
        """The chosen model may have other checkpoints by now, or be gone."""
        now = next((model for model in self.all if model.path == before.path), None)
        if now is None:
            self.current, self.step = None, -1
            if before.is_run:
                self._session.set_run("")
            self.gone.emit(before.name)
            return
        self.current = now
        steps = [step for step, _ in now.steps]
        if steps and self.step not in steps:
            before_it, self.step = self.step, min(steps, key=lambda step: abs(step - self.step))
            self.let_go.emit(before_it)

    def _not_found(self, error: BaseException) -> None:
        self._ended()
        self.known = True
        self.failed.emit(error)
        self.listed.emit()

    def _ended(self) -> None:
        self._job = None
        if not self._fixed:
            self._again.start()

    @property
    def settled(self) -> bool:
        """Whether the list is known."""
        return self.known
