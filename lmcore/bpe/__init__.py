"""Byte-level BPE: training, tokenizers, and the files of both. What others use is named here."""

from typing import TYPE_CHECKING

from lmcore.lazy import lazy_names

if TYPE_CHECKING:
    from lmcore.bpe.options import Options
    from lmcore.bpe.tokenizer import Tokenizer
    from lmcore.bpe.training import Training, train, train_bpe

__all__ = ["Options", "Tokenizer", "Training", "train", "train_bpe"]

_HOMES = {
    "Options": "options",
    "Tokenizer": "tokenizer",
    "Training": "training",
    "train": "training",
    "train_bpe": "training",
}

__getattr__ = lazy_names(__name__, _HOMES)
"""Imports a name when it is first used: numba takes a third of a second, which a window cannot wait for."""
