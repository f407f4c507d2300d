"""What would be good to begin with on this machine? Settings of a training that suit the device and the corpus.

On a processor: something that is done in about five minutes, with the largest model that learns something in them. On a
GPU: the course's model of TinyStories, or a larger one where memory and corpus allow it.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from lmcore.accounting.shape import Shape
from lmcore.generators import result_of
from lmcore.training.amounts import steps_of_seconds, steps_of_tokens, tokens_of
from lmcore.training.config import TrainConfig
from lmcore.training.machine import Machine
from lmcore.training.planning import Forecast, fits, forecast
from lmcore.training.settings import DataSettings, ModelSettings, TrainingSettings
from lmcore.training.shares import Measured

SECONDS: Final = 300.0
"""What a training on a processor should take."""
SHORTEST: Final = 90.0
"""What it should at least, however small the corpus is."""
HOUR: Final = 3_600.0
"""What a training on a GPU should take at most."""
EPOCHS: Final = 4.0
"""Up to which data that are seen again are nearly as good as new ones (Muennighoff et al. 2023)."""
TOKENS_A_PARAMETER: Final = 20
"""At which a model is about as good as its FLOPs allow (Hoffmann et al. 2022)."""
_LEAST_STEPS: Final = 300  # on a processor
_LEAST_BATCH: Final = 4
_LEAST_TOKENS_A_PARAMETER: Final = 4  # of the layers, on a processor: with fewer most of them stay as they were drawn
_FEW_TOKENS_A_PARAMETER: Final = 2  # the same on a GPU, where it is the corpus that is short, and not the time
_LARGE: Final = 40_000_000  # tokens that are seen of it, for a corpus to be worth a model of the course's size
_AT_ONCE: Final = 8  # sequences that a GPU should hold at once, to be busy
_OF_THE_COURSE: Final = 327_680_000  # tokens of its model of TinyStories
_WARMING_UP: Final = 0.05  # of the steps
_VALIDATION: Final = 0.05  # of the ids, which are kept out of training unless told otherwise
_EVALUATIONS: Final = 20
_CHECKPOINTS: Final = 10
_KEPT: Final = 1 << 30  # bytes on the disk, up to which all checkpoints stay, to be compared
_STATE: Final = 12  # bytes a parameter of a checkpoint: weights and two moments


@dataclass(frozen=True)
class _Model:
    """A size to choose among, with the batch and the learning rate that suit it."""

    d_model: int
    num_layers: int
    num_heads: int
    context_length: int
    batch_size: int
    learning_rate: float


_ON_A_PROCESSOR: Final = (
    _Model(512, 4, 16, 256, 32, 1e-3),
    _Model(384, 4, 12, 256, 32, 1.5e-3),
    _Model(256, 4, 8, 256, 16, 2e-3),
    _Model(192, 4, 6, 128, 16, 3e-3),
    _Model(128, 4, 4, 128, 16, 3e-3),
    _Model(64, 2, 2, 64, 16, 5e-3),
    _Model(32, 2, 2, 64, 8, 5e-3),
)
_ON_A_GPU: Final = (
    _Model(1024, 24, 16, 1024, 256, 3e-4),
    _Model(768, 12, 12, 1024, 256, 6e-4),
    _Model(512, 8, 8, 512, 128, 1e-3),
    _Model(512, 4, 16, 256, 128, 1e-3),  # the course's
)


@dataclass(frozen=True)
class _Candidate:
    """A model on this machine: its forecast is that of one step."""

    model: _Model
    shape: Shape
    step: Forecast

    @property
    def layers(self) -> int:
        """Parameters but for the embedding and the head, which are only looked up or read out."""
        return self.step.parameters - 2 * self.shape.vocab_size * self.shape.d_model

    def tokens(self, steps: int) -> int:
        """What so many steps see."""
        return tokens_of(steps, self.model.batch_size, self.shape.context_length)

    def steps(self, tokens: float) -> int:
        """The steps that see so many."""
        return steps_of_tokens(round(tokens), self.model.batch_size, self.shape.context_length)

    def steps_in(self, seconds: float) -> int:
        """The steps that so many seconds hold."""
        return steps_of_seconds(seconds, self.step.flops_per_step, self.step.rate)


Suits = Callable[[_Candidate, Machine, int], bool]


def suggested(
    machine: Machine, tokens_of_corpus: int, vocab_size: int, known: Sequence[Measured] = ()
) -> dict[str, Any]:
    """Tables of a `TrainConfig` without those of the data. `tokens_of_corpus` is 0 where it is not known yet, `known`
    is what earlier runs have measured.

    Raises `UsageError` for a vocabulary that no model can have.
    """
    return result_of(suggesting(machine, tokens_of_corpus, vocab_size, known))


def suggesting(
    machine: Machine, tokens_of_corpus: int, vocab_size: int, known: Sequence[Measured] = ()
) -> Generator[None, None, dict[str, Any]]:
    """The same with a stop behind each model that is tried, for whoever has other things to do in between."""
    corpus = tokens_of_corpus
    if machine.kind == "cpu":
        chosen = yield from _first(_ON_A_PROCESSOR, machine, corpus, vocab_size, known, _suits_a_processor)
        return _tables(chosen, _steps_on_a_processor(chosen, corpus))
    large = not corpus or corpus * EPOCHS >= _LARGE
    models = _ON_A_GPU if large else _ON_A_PROCESSOR
    chosen = yield from _first(models, machine, corpus, vocab_size, known, _suits_a_gpu)
    return _tables(chosen, _steps_on_a_gpu(chosen, corpus))


def _first(
    models: Sequence[_Model], machine: Machine, corpus: int, vocab_size: int, known: Sequence[Measured], suits: Suits
) -> Generator[None, None, _Candidate]:
    """The first that suits, from large to small, else the smallest."""
    for model in models[:-1]:
        candidate = yield from _candidate(model, machine, corpus, vocab_size, known)
        if suits(candidate, machine, corpus):
            return candidate
    return (yield from _candidate(models[-1], machine, corpus, vocab_size, known))


def _candidate(
    model: _Model, machine: Machine, corpus: int, vocab_size: int, known: Sequence[Measured]
) -> Generator[None, None, _Candidate]:
    """The model with the batch that this machine has time for."""
    yield
    fitted = replace(model, context_length=_context(model.context_length, corpus))
    shape = ModelSettings(**_sizes(fitted)).shape(vocab_size)
    settings = TrainingSettings(steps=1, batch_size=fitted.batch_size)
    one_step = TrainConfig(DataSettings(train="any"), settings)
    found = _Candidate(fitted, shape, forecast(shape, one_step, corpus, machine, known))
    if found.steps_in(SECONDS) < _LEAST_STEPS and fitted.batch_size > _LEAST_BATCH and machine.kind == "cpu":
        smaller = replace(model, batch_size=model.batch_size // 2)
        return (yield from _candidate(smaller, machine, corpus, vocab_size, known))
    return found


def _context(wanted: int, corpus: int) -> int:
    """The context, halved until the part of the corpus that is validated on holds one, where its length is known."""
    while corpus and wanted > 1 and wanted + 1 > int(corpus * _VALIDATION):
        wanted //= 2
    return wanted


def _suits_a_processor(one: _Candidate, machine: Machine, corpus: int) -> bool:
    steps = one.steps_in(SECONDS)
    learns = steps >= _LEAST_STEPS and one.tokens(steps) >= _LEAST_TOKENS_A_PARAMETER * one.layers
    return learns and not fits(one.step, machine)


def _suits_a_gpu(one: _Candidate, machine: Machine, corpus: int) -> bool:
    """With as many tokens as it is worth, or where the corpus is small with a few for each parameter of the layers."""
    tokens = TOKENS_A_PARAMETER * one.step.parameters
    if corpus:
        small = EPOCHS * corpus < _LARGE
        least = _FEW_TOKENS_A_PARAMETER * one.layers if small else tokens
        if least > EPOCHS * corpus:
            return False
        tokens = min(tokens, round(EPOCHS * corpus))
    return one.steps(tokens) <= one.steps_in(HOUR) and one.step.micro_batch >= _AT_ONCE


def _steps_on_a_processor(one: _Candidate, corpus: int) -> int:
    """Five minutes of them, fewer where a small corpus is seen often enough."""
    longest, shortest = one.steps_in(SECONDS), one.steps_in(SHORTEST)
    return min(longest, max(shortest, one.steps(EPOCHS * corpus))) if corpus else longest


def _steps_on_a_gpu(one: _Candidate, corpus: int) -> int:
    """As many tokens as the model is worth, those of the course at least, within an hour."""
    tokens = max(TOKENS_A_PARAMETER * one.step.parameters, _OF_THE_COURSE)
    seen = min(tokens, EPOCHS * corpus) if corpus else tokens
    return min(one.steps(seen), one.steps_in(HOUR))


def _sizes(model: _Model) -> dict[str, Any]:
    return {name: getattr(model, name) for name in ("d_model", "num_layers", "num_heads", "context_length")}


def _tables(chosen: _Candidate, steps: int) -> dict[str, Any]:
    """About 20 looks at unseen text and 10 checkpoints, all of which stay where they are small."""
    every = max(1, steps // _CHECKPOINTS)
    all_stay = _CHECKPOINTS * _STATE * chosen.step.parameters <= _KEPT
    return {
        "model": _sizes(chosen.model),
        "optimizer": {"learning_rate": chosen.model.learning_rate},
        "schedule": {"kind": "cosine", "warmup_steps": max(1, round(_WARMING_UP * steps))},
        "training": {"steps": steps, "batch_size": chosen.model.batch_size},
        "evaluation": {"every": max(1, steps // _EVALUATIONS)},
        "checkpoint": {"every": every, "keep_every": every if all_stay else 0},
    }
