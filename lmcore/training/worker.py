"""Who keeps a run? One process that holds its lock, asks the training for events and writes each into the folder.

Everything that can end a training ends here: all steps made, someone asked to stop, a loss that is no number, memory
or disk full. Whatever it is, the state says so, and the last checkpoint is whole.
"""

import signal
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Final, Self

import torch

from lmcore.bpe.events import Notice
from lmcore.bpe.events import Progress as Encoding
from lmcore.model.transformer import TransformerLM
from lmcore.training import locks
from lmcore.training.checkpoint_files import DiskFullError, keep_only
from lmcore.training.checkpoints import load_newest, save
from lmcore.training.creating import Planned, reopen
from lmcore.training.data import Batches, validation_windows
from lmcore.training.evaluation import Evaluated, Sampled
from lmcore.training.loop import Event, Noticed, OutOfMemoryError, Stepped, Trained, training
from lmcore.training.recording import Recorder
from lmcore.training.run_folder import Reason, RunFolder, State, Status
from lmcore.training.settling import Settled, refine, settle
from lmcore.training.trainer import DivergedError, StepRow, Trainer

_FLUSH: Final = 0.2  # seconds between two writings of rows: a curve that is watched moves five times a second

Told = Event | Notice | Encoding


def work(run: RunFolder) -> Generator[Told, None, State]:
    """Train a run to its end, or until `control/stop`, SIGINT or SIGTERM; the result is its last state.

    It begins behind the newest checkpoint that is whole. Raises `LockedError` where another process has the run, and
    whatever else is wrong with it before it starts; what goes wrong later is in the state.
    """
    with locks.holding(run.lock), _Stop(run) as stop:
        plan = yield from reopen(run)
        keeper, notes = _begin(run, plan)
        with closing(keeper.recorder):
            for note in notes:
                keeper.recorder.said(note)
                yield Noticed(note)
            return (yield from keeper.keep(_events(keeper.trainer, plan), stop))


def _events(trainer: Trainer, plan: Planned) -> Generator[Event, None, None]:
    windows = None
    if plan.data.validation is not None:
        windows = validation_windows(plan.data.validation, plan.shape.context_length, plan.config.evaluation.windows)
    return training(trainer, windows, plan.data.tokenizer)


def _begin(run: RunFolder, plan: Planned) -> tuple["_Keeper", list[str]]:
    """The trainer behind the newest whole checkpoint, in the hands of a keeper; and what there is to say."""
    about = run.about()
    settled = settle(plan, about)
    attempt = int(about.get("attempts", 0)) + 1
    trainer = _trainer(plan, settled)
    settled = refine(settled, plan, trainer)
    run.write_about({**about, **settled.about, "attempts": attempt})
    loaded, notes = load_newest(run.checkpoints)
    if loaded:
        trainer.resume(loaded)
        notes.append(f"Attempt {attempt} goes on behind step {loaded.progress.step:,}.")
    recorder = Recorder(run, plan.steps, attempt, trainer.progress)
    return _Keeper(trainer, recorder, settled), [*settled.notes, *notes]


def _trainer(plan: Planned, settled: Settled) -> Trainer:
    """A trainer with new weights, which depend on the seed alone: they are drawn on the processor."""
    config, shape = plan.config, plan.shape
    torch.manual_seed(config.training.seed)
    model = TransformerLM.from_shape(shape)
    batches = Batches(
        plan.data.train, shape.context_length, config.training.batch_size, config.training.seed, config.data.order
    )
    return Trainer(model, config, batches, settled.settings)


class _Stop:
    """Whether someone asked the worker to end: a file, or a signal, of which a second one ends it at once."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._asked = False

    def __enter__(self) -> Self:
        self._run.stop_file.unlink(missing_ok=True)
        self._earlier = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def __bool__(self) -> bool:
        return self._asked or self._run.stop_file.exists()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


class _Keeper:
    """Writes down what a training does, keeps checkpoints, and says how it ended."""

    def __init__(self, trainer: Trainer, recorder: Recorder, settled: Settled) -> None:
        self.trainer, self.recorder = trainer, recorder
        self._settled = settled
        self._run = recorder.run
        self._flushed = self._kept = time.monotonic()
        self._kept_step = trainer.progress.step

    def keep(self, events: Generator[Event, None, None], stop: "_Stop") -> Generator[Event, None, State]:
        """Follow a training to its end; gives back its last state."""
        try:
            with closing(events):
                status = yield from self._follow(events, stop)
            self._checkpoint()
        except DivergedError as error:
            return self._diverged(error)
        except OutOfMemoryError as error:
            return self._end("failed", str(error), "memory")
        except DiskFullError as error:
            return self._end("paused", str(error), "disk")
        except OSError as error:
            return self._end("paused", _disk_sentence(error, self._run.path), "disk")
        return self._end(status)

    def _follow(self, events: Iterator[Event], stop: "_Stop") -> Generator[Event, None, Status]:
        """Write down every event, until the last or until it is asked to stop."""
        for event in events:
            if isinstance(event, Stepped):
                yield from self._stepped()
                if stop and not self.trainer.done:
                    yield from self._flush()
                    return "stopped"
            else:
                self._write(event)
            yield event
        return "finished"

    def _write(self, event: Event) -> None:
        match event:
            case Trained(rows=rows):
                self._write_rows(rows)
            case Evaluated():
                self.recorder.evaluated(event, self.trainer.progress)
            case Sampled():
                self.recorder.sampled(event)
            case Noticed(text=text):
                self.recorder.said(text)
                self._run.write_about({**self._run.about(), "micro_batch_size": self.trainer.micro_batch})

    def _stepped(self) -> Iterator[Trained]:
        """After a step: rows now and then, a checkpoint when it is due."""
        chosen, now = self.trainer.config.checkpoint, time.monotonic()
        late = chosen.minutes > 0 and now - self._kept >= 60 * chosen.minutes
        due = late or self.trainer.progress.step % chosen.every == 0
        if due or self.trainer.done or now - self._flushed >= _FLUSH:
            yield from self._flush()
        if due:
            self._checkpoint()

    def _flush(self) -> Iterator[Trained]:
        rows = tuple(self.trainer.take_rows())
        self._write_rows(rows)
        if rows:
            yield Trained(rows)

    def _write_rows(self, rows: tuple[StepRow, ...]) -> None:
        self._flushed = time.monotonic()
        if rows:
            memory = self.trainer.settings.device.used_memory()
            self.recorder.rows(rows, {"mfu": self._settled.mfu(rows[-1].tokens_per_second), "memory": memory})
            self.recorder.beat(self.trainer.progress)

    def _checkpoint(self) -> None:
        """Keep the training as it is, and of the older checkpoints those that were asked for."""
        progress, chosen = self.trainer.progress, self.trainer.config.checkpoint
        if progress.step == self._kept_step:
            return
        self.recorder.saved()
        save(self._run.checkpoints, self.trainer, {"digest": self._run.digest()})
        keep_only(self._run.checkpoints, chosen.keep_last, chosen.keep_every, progress.best_step)
        self._kept, self._kept_step = time.monotonic(), progress.step
        self.trainer.restart_clock()

    def _diverged(self, error: DivergedError) -> State:
        """A last checkpoint, if the weights are from before the step, and the step as the last row."""
        self.recorder.diverged(error.step)
        if error.weights_are_sound and self.trainer.is_finite():
            self._checkpoint()
        return self._end("failed", str(error), "diverged")

    def _end(self, status: Status, message: str = "", reason: Reason = "") -> State:
        return self.recorder.end(status, self.trainer.progress, message, reason)


def _disk_sentence(error: OSError, path: Path) -> str:
    return (
        f"{error.filename or path}: could not be written ({error.strerror or error}); make room and continue the run."
    )
