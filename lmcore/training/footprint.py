"""How much memory does a training hold on its device? What the accounting counts, and on a processor the process.

The accounting counts tensors: weights, gradients, optimizer, and what the backward pass needs. On a processor three
things differ from that list, each of them measured on Linux with glibc (`tests/benchmarks/training_memory.py`):

- The scores of the head are never held for all positions: the loss takes 512 at a time (`losses`), and holds for these
  the scores, their log-softmax, and the error of those before, besides the head's gradient in fp32.
- The process itself: Python, torch and its libraries, the modules of an optimizer, what reads and writes text, and
  what the libraries of products keep for each thread.
- The heap between the tensors: blocks of many sizes leave gaps which the next ones do not fill, and freed memory is
  kept for the next step (`memory.keep_freed_memory`).
"""

from dataclasses import dataclass
from typing import Final

from lmcore.accounting.account import account
from lmcore.accounting.kinds import Activations, Attention, AttentionCount
from lmcore.accounting.kinds import Precision as Products
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.training.machine import Precision

LOSS_CHUNK: Final = 512
"""Positions that are scored at a time on a processor: what stays in its caches is faster than all at once."""
_PROCESS: Final = 390_000_000
"""Bytes of a worker before there is a model, where the device shares its memory."""
_A_THREAD: Final = 15_000_000
"""Bytes that products keep for each thread from the first one on."""
_TEXT: Final = 100_000_000
"""Bytes of a tokenizer, and of what looks at the text again and encodes: numba with its kernels, mostly."""
_GAPS: Final = 0.2
"""Of the heap beyond what its tensors take at most."""
_SCORES: Final[dict[Precision, int]] = {"fp32": 12, "bf16": 14}
"""Bytes a score: in bf16 the product's and the error's own copies come on top."""


@dataclass(frozen=True)
class Footprint:
    """Bytes. `activations` are those that are held at once, `process` all that is no tensor of the model."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    process: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.process


def footprint(
    shape: Shape, sequences: int, precision: Precision, kind: str, threads: int, *, with_text: bool
) -> Footprint:
    """What a training holds while so many sequences go through the model at once on a "cuda", "mps" or "cpu".

    `with_text` says whether it knows a tokenizer.
    """
    setup = Setup(
        batch=sequences,
        precision=Products.AUTOCAST if precision == "bf16" else Products.FP32,
        attention=Attention.FLASH,
        activations=Activations.MEASURED,
        attention_count=AttentionCount.FULL,
    )
    counted = account(shape, setup).training_memory
    kept = counted.child("activations")
    weights, gradients, optimizer = (counted.child(name).amount for name in ("weights", "gradients", "optimizer"))
    if kind == "cuda":
        return Footprint(weights, gradients, optimizer, kept.amount)
    itself = _PROCESS + (_TEXT if with_text else 0)
    if kind != "cpu":
        return Footprint(weights, gradients, optimizer, kept.amount, itself)
    itself += _A_THREAD * threads
    activations = kept.amount - kept.child("logits").amount + _loss(shape, sequences, precision)
    gaps = round(_GAPS * (weights + gradients + optimizer + activations))
    return Footprint(weights, gradients, optimizer, activations, itself + gaps)


def _loss(shape: Shape, sequences: int, precision: Precision) -> int:
    """Bytes of the loss on a processor: of the scores of a piece, and the head's gradient until it is given on."""
    positions = min(LOSS_CHUNK, sequences * shape.context_length)
    return shape.vocab_size * (_SCORES[precision] * positions + 4 * shape.d_model)
