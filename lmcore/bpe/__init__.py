"""Byte-level BPE: training, tokenizers, and the files of both. What others use is named here."""

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used: numba takes a third of a second, which a window cannot wait for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
