"""What would be good to begin with on this machine? Settings of a training that suit the device and the corpus.

On a processor: something that is done in about five minutes, with the largest model that learns something in them. On a
GPU: the course's model of TinyStories, or a larger one where memory and corpus allow it.
"""

from dataclasses import dataclass
from math import log2
from typing import Any, Final

from lmcore.accounting.account import account
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.training.amounts import steps_of_seconds, steps_of_tokens, tokens_of_epochs
from lmcore.training.config import config_of
from lmcore.training.machine import Machine
from lmcore.training.planning import Forecast, forecast
from lmcore.training.settings import ModelSettings

SECONDS: Final = 300.0
"""What a training on a processor should take."""
SHORTEST: Final = 90.0
"""What it should at least, however small the corpus is."""
EPOCHS: Final = 4.0
"""Up to which data that are seen again are nearly as good as new ones (Muennighoff et al. 2023)."""
TOKENS_A_PARAMETER: Final = 20
"""At which a model is about as good as its FLOPs allow (Hoffmann et al. 2022)."""
_LEAST_STEPS: Final = 300  # on a processor: with fewer, a smaller model learns more
_VALIDATION: Final = 0.05  # of the ids, which are kept out of training unless told otherwise
_EVALUATIONS, _CHECKPOINTS: Final = 20, 10
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


def suggested(machine: Machine, tokens_of_corpus: int, vocab_size: int) -> dict[str, Any]:
    """Tables of a `TrainConfig` without those of the data. `tokens_of_corpus` is 0 where it is not known yet.

    Everything in it can be trained: its forecast fits into the free memory as far as any model does.
    """
    known = ModelSettings().shape(vocab_size)  # raises `UsageError` for a vocabulary that is none
    if machine.kind == "cpu":
        return _on_a_processor(machine, tokens_of_corpus, known.vocab_size)
    return _on_a_gpu(machine, tokens_of_corpus, known.vocab_size)
