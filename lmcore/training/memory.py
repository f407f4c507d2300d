"""Is this error the memory's? torch says so in one way on each device."""

from typing import Final

import torch

_WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, or Python, says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error).lower() for words in _WORDS)
