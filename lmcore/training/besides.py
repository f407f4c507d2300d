"""How long does a run take besides its steps? Its start, the looks at unseen text, the texts that it writes, and
checkpoints.

Only the start is measured: by the newest run on this machine, else by how long a process took here to have torch. The
rest is reckoned: a validation from the rate of the steps, a text from what one token reads and a price for each layer,
a checkpoint from its bytes. Of the sample (13,700 tokens/s in fp32) a look at unseen text with its three texts and the
checkpoint behind it took 0.63 s, and is reckoned to take 0.61 s.
"""

from dataclasses import dataclass
from math import ceil, lcm
from typing import Final

from lmcore.accounting.memory import decode_reads
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.training.config import TrainConfig

CHECKPOINT: Final = 12
"""Bytes of a checkpoint a parameter: weights and AdamW's two moments in fp32."""
_LAYER: Final = 1e-4  # seconds that a layer takes for a token, however narrow it is
_READS: Final = {"cpu": 1e10}  # bytes a second that come from memory while one token is computed
_READS_OF_A_GPU: Final = 5e11
_CHECKPOINT: Final = 0.015  # seconds of a checkpoint, however small: four files are forced onto the disk
_WRITES: Final = 3e8  # bytes a second of a checkpoint, with its sha256


@dataclass(frozen=True)
class Besides:
    """Seconds; and how many looks at unseen text, texts and checkpoints there are at most."""

    start: float = 0.0
    validation: float = 0.0
    texts: float = 0.0
    checkpoints: float = 0.0
    looks: int = 0
    written: int = 0
    kept: int = 0

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.start + self.validation + self.texts + self.checkpoints

    def __add__(self, other: "Besides") -> "Besides":
        return Besides(*(mine + its for mine, its in zip(vars(self).values(), vars(other).values(), strict=True)))


def besides(
    shape: Shape, config: TrainConfig, kind: str, steps: int, step_seconds: float, parameters: int, start: float
) -> Besides:
    """What so many steps of `step_seconds` are accompanied by on a "cpu", "cuda" or "mps"; `start` in seconds."""
    chosen = config.evaluation
    looks = ceil(steps / chosen.every)
    unseen = bool(config.data.validation or config.data.validation_fraction)
    windows = looks * chosen.windows if unseen else 0
    texts = looks * len(chosen.prompts) if config.data.tokenizer and chosen.sample_tokens else 0
    kept = _checkpoints(config, steps, looks if unseen else 0)
    return Besides(
        start=start,
        validation=windows / config.training.batch_size * step_seconds / 3,  # forward alone is a third of the FLOPs
        texts=texts * chosen.sample_tokens * _token(shape, kind),
        checkpoints=kept * (_CHECKPOINT + CHECKPOINT * parameters / _WRITES),
        looks=looks if unseen else 0,
        written=texts,
        kept=kept,
    )


def _token(shape: Shape, kind: str) -> float:
    """Seconds for one more token of a text: of what is read for it, and of what each layer takes in any case."""
    reads = decode_reads(shape, Setup()) / _READS.get(kind, _READS_OF_A_GPU)
    return _LAYER * (shape.num_layers + 1) + reads


def _checkpoints(config: TrainConfig, steps: int, looks: int) -> int:
    """How many are written, if each look at unseen text finds the best model so far, which is kept at once."""
    looking, keeping = config.evaluation.every if looks else steps + 1, config.checkpoint.every
    at_the_end = bool(steps % looking and steps % keeping)
    return steps // looking + steps // keeping - steps // lcm(looking, keeping) + at_the_end
