"""How does a training treat memory? It keeps what it frees for the next step, and knows when there is no more."""

import ctypes
import sys
from typing import Final

import torch

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
_KEPT: Final = 1 << 30  # bytes at the end of the heap
_WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, or Python, says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error).lower() for words in _WORDS)


def keep_freed_memory() -> None:
    """Let glibc keep large blocks when they are freed, instead of giving them back and having them zeroed again.

    Every step needs the same ones: without this a tenth of it goes to page faults. Elsewhere it does nothing.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
