"""In which order does a training go? Step after step, and at times a look at unseen text; a generator of events.

It writes nothing: whoever asks for the next event has kept what the last one said, and stops asking to stop.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lmcore.errors import LmError
from lmcore.training.evaluation import Evaluated, Sampled, evaluate, samples, token_bytes
from lmcore.training.memory import is_out_of_memory, out_of_memory
from lmcore.training.trainer import StepRow, Trainer

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer


@dataclass(frozen=True)
class Stepped:
    """A step was made; its figures wait in the trainer."""

    step: int


@dataclass(frozen=True)
class Trained:
    """What steps measured."""

    rows: tuple[StepRow, ...]


@dataclass(frozen=True)
class Noticed:
    """A sentence that whoever looks at the run should read."""

    text: str


Event = Stepped | Trained | Evaluated | Sampled | Noticed


class OutOfMemoryError(LmError):
    """Even a smaller micro-batch does not fit."""


def training(
    trainer: Trainer, validation: npt.NDArray[np.int64] | None, tokenizer: "Tokenizer | None"
) -> Generator[Event, None, None]:
    """All steps that are left. At each evaluation its events come before its step's `Stepped`.

    Raises `DivergedError`, and `OutOfMemoryError` where halving the micro-batch once did not help.
    """
    every, halved = trainer.config.evaluation.every, False
    trainer.restart_clock()  # what it took to get ready is no part of a step
    while not trainer.done:
        try:
            trainer.advance()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if halved or trainer.micro_batch == 1 or not trainer.world.is_alone:
                raise OutOfMemoryError(_needed(trainer, error)) from error
            halved = True
            yield Noticed(_halved(trainer))
            continue
        if trainer.progress.step % every == 0 or trainer.done:
            yield Trained(tuple(trainer.take_rows()))
            yield from _look(trainer, validation, tokenizer)
            trainer.restart_clock()
        yield Stepped(trainer.progress.step)


def _look(
    trainer: Trainer, validation: npt.NDArray[np.int64] | None, tokenizer: "Tokenizer | None"
) -> Iterator[Evaluated | Sampled]:
    """The loss on unseen text, then texts; each where there is what it needs."""
    if validation is not None:
        vocab_size = trainer.model.architecture.vocab_size
        found = evaluate(trainer, validation, None if tokenizer is None else token_bytes(tokenizer, vocab_size))
        trainer.note_best(found.loss)
        yield found
    if tokenizer is not None:
        yield from samples(trainer, tokenizer, trainer.config.evaluation, trainer.settings.separator)


def _halved(trainer: Trainer) -> str:
    before = trainer.micro_batch
    now = trainer.halve_micro_batch()
    if trainer.settings.device.kind == "cuda":
        torch.cuda.empty_cache()
    return f"Memory ran out with {before} sequences at once; {now} are taken from now on, the batch stays the same."


def _needed(trainer: Trainer, error: BaseException) -> str:
    at_once = f"{trainer.micro_batch} {'sequence' if trainer.micro_batch == 1 else 'sequences'} at once"
    return out_of_memory(error, f" at step {trainer.progress.step + 1:,} with {at_once}")
