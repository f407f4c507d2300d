"""How does a training treat memory? It keeps what it frees for the next step, and knows when there is no more."""

import ctypes
import re
import sys
from typing import Final

import torch

from lmcore import figures

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
_KEPT: Final = 1 << 30  # bytes at the end of the heap
_WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")

_WANTED: Final = re.compile(r"tried to allocate ([\d.,]*\d) ?([KMGT]?)(i?)B", re.IGNORECASE)  # "bytes" begins so, too
_POWERS: Final = " KMGT"


def out_of_memory(error: BaseException, where: str = "") -> str:
    """What a run says of it, with the amount that was asked for and the remedy; `where` says at what it was asked."""
    wanted = wanted_bytes(error)
    needed = (
        "torch does not say how much was asked for" if wanted is None else f"{figures.size(wanted)} more were asked for"
    )
    return f"Memory ran out{where}: {needed}; take a smaller micro-batch, a shorter context or a smaller model."


def wanted_bytes(error: BaseException) -> int | None:
    """The bytes that torch tried to allocate, as its words say; None where they do not."""
    found = _WANTED.search(str(error))
    if found is None:
        return None
    number, power, binary = found.groups()
    base = 1024.0 if binary or power else 1.0  # torch's MB are MiB, too
    return round(float(number.replace(",", "")) * base ** _POWERS.index(power.upper() or " "))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, or Python, says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error).lower() for words in _WORDS)


def give_back_memory() -> None:
    """Give back to the system what glibc keeps of freed memory: what was done before needed other blocks.

    Those of a probe, or of a corpus that was encoded, leave gaps that the steps of a training never fill. Elsewhere it
    does nothing.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def keep_freed_memory() -> None:
    """Let glibc keep large blocks when they are freed, instead of giving them back and having them zeroed again.

    Every step needs the same ones: without this a tenth of it goes to page faults. Elsewhere it does nothing.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
