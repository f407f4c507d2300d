"""Who works on a run? One process that holds its lock, or those that torchrun started, of which the first holds it.

What can end a training ends in its `Keeper`: all steps made, someone asked to stop, a loss that is no number,
memory or disk full. Whatever it is, the state says so, and the last checkpoint is whole.
"""

from collections.abc import Generator
from contextlib import closing, nullcontext
from dataclasses import replace
from time import perf_counter

import torch

from lmcore.bpe.events import Notice
from lmcore.bpe.events import Progress as Encoding
from lmcore.model.transformer import TransformerLM
from lmcore.training import locks
from lmcore.training.checkpoint_files import tidy
from lmcore.training.checkpoints import load_newest
from lmcore.training.creating import Planned, reopen
from lmcore.training.data import Batches, validation_windows
from lmcore.training.endings import Beginning
from lmcore.training.keeping import Keeper
from lmcore.training.loop import Event, Noticed, training
from lmcore.training.memory import give_back_memory
from lmcore.training.recording import Recorder, Unrecorded
from lmcore.training.run_folder import RunFolder, State
from lmcore.training.settling import Settled, refine, settle
from lmcore.training.stopping import Stop
from lmcore.training.taking import Taken
from lmcore.training.trainer import Trainer
from lmcore.training.world import World

Told = Event | Notice | Encoding


def work(run: RunFolder, taken: Taken | None = None) -> Generator[Told, None, State]:
    """Train a run to its end, or until `control/stop`, SIGINT or SIGTERM; the result is its last state.

    It begins behind the newest checkpoint that is whole. Raises `LockedError` where another process has the run, and
    `LmError` for what is wrong with it before it starts, which is in the state as well, as all that goes wrong later.
    This process may have `taken` the run already.
    """
    began = taken.began if taken else perf_counter()
    with World.joined() as world:
        takes = world.writes and taken is None
        lock = locks.holding(run.lock) if takes else nullcontext()
        stopping = Stop(run, owns=takes, earlier=taken.signals.number if taken else 0)
        beginning = Beginning(run, writes=world.writes, before=taken.before if taken else None)
        with lock, stopping as stop, beginning:
            return (yield from _work(run, world, stop, beginning, began))


def _work(run: RunFolder, world: World, stop: Stop, beginning: Beginning, began: float) -> Generator[Told, None, State]:
    if not world.writes:
        world.wait()  # for what the first encodes, finds out and writes
    with closing(reopen(run)) as reading:
        plan = yield from _read(reading, stop if world.is_alone else False, beginning)
    if plan is None:
        return beginning.stopped(stop.keep)
    beginning.doing("trying out the model on this machine")
    trainer, settled = _settled_trainer(run, plan, world)
    notes = _resumed(run, trainer)
    if settled.settings.device.kind == "cpu":
        give_back_memory()
    recorder = Recorder(run, plan.steps, trainer.progress) if world.writes else Unrecorded(run, trainer.progress)
    with closing(recorder):
        recorder.about(start_seconds=round(perf_counter() - began, 2))
        for note in [*settled.notes, *notes]:
            recorder.said(note)
            yield Noticed(note)
        return (yield from Keeper(trainer, recorder, settled).keep(_events(trainer, plan), stop))


def _resumed(run: RunFolder, trainer: Trainer) -> list[str]:
    """Let the trainer become what the newest whole checkpoint holds; what is to be said of that."""
    loaded, notes = load_newest(run.checkpoints)
    world = trainer.world
    world.wait()  # until all have read them
    if world.writes:
        aside = tidy(run.checkpoints, beyond=loaded.progress.step if loaded else 0)
        notes += [f"{path}: the damaged checkpoint is kept under this name." for path in aside]
    if loaded:
        trainer.resume(loaded)
        notes.append(f"Goes on behind step {loaded.progress.step:,}.")
    return notes


def _read(
    reading: Generator[Encoding | Notice, None, Planned], stop: Stop | bool, beginning: Beginning
) -> Generator[Told, None, Planned | None]:
    """The plan, or None where someone asked to stop while a corpus was encoded for it."""
    while not stop:
        try:
            event = next(reading)
        except StopIteration as end:
            plan: Planned = end.value
            return plan
        beginning.doing("encoding the corpus")
        yield event
    return None


def _events(trainer: Trainer, plan: Planned) -> Generator[Event, None, None]:
    windows = None
    if plan.data.validation is not None:
        windows = validation_windows(plan.data.validation, plan.shape.context_length, plan.config.evaluation.windows)
    return training(trainer, windows, plan.data.tokenizer)


def _settled_trainer(run: RunFolder, plan: Planned, world: World) -> tuple[Trainer, Settled]:
    """A trainer with new weights; what the first process finds out about the machine, the others read."""
    about = run.about()
    settled = settle(plan, about, world)
    trainer = new_trainer(plan, settled)
    if world.writes:
        settled = refine(settled, plan, trainer)
        run.write_about({**about, **settled.about, "attempts": int(about.get("attempts", 0)) + 1})
        world.wait()
    trainer.join(world)
    wanted = plan.config.training.compile
    if wanted == "on" or (wanted == "auto" and settled.settings.device.kind == "cuda"):
        settled = replace(settled, compiled=trainer.compile())
    return trainer, settled


def new_trainer(plan: Planned, settled: Settled) -> Trainer:
    """Its weights depend on the seed alone: they are drawn on the processor."""
    config, shape = plan.config, plan.shape
    torch.manual_seed(config.training.seed)
    model = TransformerLM.from_shape(shape)
    batches = Batches(
        plan.data.train, shape.context_length, config.training.batch_size, config.training.seed, config.data.order
    )
    return Trainer(model, config, batches, settled.settings)
