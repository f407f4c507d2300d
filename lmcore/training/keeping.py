"""How does a run become a folder? Every event of a training is written down, checkpoints are kept, its end is said.

Among several processes all follow the same training; what depends on a clock, a file or a disk is decided by rank 0.
"""

import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final

from lmcore.training.checkpoint_files import DiskFullError, keep_only
from lmcore.training.checkpoints import save
from lmcore.training.endings import ending_of
from lmcore.training.evaluation import Evaluated, Sampled
from lmcore.training.loop import Event, Noticed, Stepped, Trained
from lmcore.training.recording import Recorder
from lmcore.training.run_folder import Reason, State, Status
from lmcore.training.settling import Settled
from lmcore.training.stopping import Stop
from lmcore.training.trainer import DivergedError, StepRow, Trainer

_FLUSH: Final = 0.2  # seconds between two writings of rows: a curve that is watched moves five times a second
_STOP, _LATE, _ROWS = 1, 2, 4  # what rank 0 tells the others after a step


class Keeper:
    """Writes down what a training does, keeps checkpoints, and says how it ended."""

    def __init__(self, trainer: Trainer, recorder: Recorder, settled: Settled) -> None:
        self.trainer, self.recorder = trainer, recorder
        self._settled = settled
        self._run = recorder.run
        self._flushed = self._kept = time.monotonic()
        self._kept_step = trainer.progress.step

    def keep(self, events: Generator[Event, None, None], stop: Stop) -> Generator[Event, None, State]:
        """Follow a training to its end; gives back its last state."""
        try:
            with closing(events):
                status = yield from self._follow(events, stop)
            self._checkpoint()
        except DivergedError as error:
            return self._diverged(error)
        except BaseException as error:
            return self._broken_off(error)
        return self._end(status)

    def _follow(self, events: Iterator[Event], stop: Stop) -> Generator[Event, None, Status]:
        """Write down every event, until the last or until it is asked to stop."""
        for event in events:
            if not isinstance(event, Stepped):
                self._write(event)
                yield event
                continue
            told = self.trainer.world.told(self._decided(stop))
            yield from self._stepped(told)
            yield event
            if told & _STOP and not self.trainer.done:
                return stop.keep
        return "finished"

    def _decided(self, stop: Stop) -> int:
        """What is to be done after this step, by this process's clock and files."""
        minutes, now = self.trainer.config.checkpoint.minutes, time.monotonic()
        decided = _STOP if stop else 0
        if minutes > 0 and now - self._kept >= 60 * minutes:
            decided |= _LATE
        if now - self._flushed >= _FLUSH:
            decided |= _ROWS
        return decided

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
                fitting = self.trainer.micro_batch  # what is noticed is that memory did not hold more
                self.recorder.about(micro_batch_size=fitting, micro_batch_most=fitting)

    def _stepped(self, told: int) -> Iterator[Trained]:
        """After a step: rows now and then, a checkpoint when it is due."""
        progress = self.trainer.progress
        due = (
            told & _LATE
            or progress.step % self.trainer.config.checkpoint.every == 0
            or progress.best_step == progress.step
        )
        if due or told or self.trainer.done:
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
        weights, optimizer = self.trainer.weights(), self.trainer.optimizer_state()
        failure: OSError | DiskFullError | None = None
        if self.trainer.world.writes:
            try:
                self.recorder.saved()
                save(self._run.checkpoints, progress, weights, optimizer, {"digest": self._run.digest()})
                keep_only(self._run.checkpoints, chosen.keep_last, chosen.keep_every, progress.best_step)
            except (OSError, DiskFullError) as error:
                failure = error
        if self.trainer.world.told(failure is not None):
            raise failure or DiskFullError("The first process could not write the checkpoint.")
        self._kept, self._kept_step = time.monotonic(), progress.step
        self.trainer.restart_clock()

    def _diverged(self, error: DivergedError) -> State:
        """A last checkpoint, if the weights are from before the step, and the step as the last row."""
        self._write_rows(error.rows or tuple(self.trainer.take_rows() if error.weights_are_sound else ()))
        self.recorder.diverged(error.step)
        if error.weights_are_sound and self.trainer.is_finite():
            self._checkpoint()
        return self._end("failed", str(error), "diverged")

    def _broken_off(self, error: BaseException) -> State:
        """The end that an error makes, which is raised again where it is not of the machine's limits."""
        ending = ending_of(error, self._run)
        if ending.reason == "error":
            self.recorder.said("".join(traceback.format_exception(error)))
        state = self._end(ending.status, ending.message, ending.reason)
        if ending.reason not in ("disk", "memory"):
            raise error
        return state

    def _end(self, status: Status, message: str = "", reason: Reason = "") -> State:
        return self.recorder.end(status, self.trainer.progress, message, reason)
