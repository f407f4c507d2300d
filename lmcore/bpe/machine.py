"""What are the kernels written in? Python that numba compiles, and a few instructions of the machine by name.

Without numba (`NUMBA_DISABLE_JIT=1`) every kernel can also be stepped through as Python. All kernels but
the `attached` ones release the GIL; all are cached on disk (`kernel_cache`).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lmcore.bpe.kernel_cache import use_kernel_cache

P = ParamSpec("P")
R = TypeVar("R")

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]


use_kernel_cache()

import numba  # noqa: E402  (reads NUMBA_CACHE_DIR when it is imported)

JIT: Final = not getattr(numba.config, "DISABLE_JIT", 0)
ONE: Final = np.uint64(1)
HIGH_BITS: Final = np.uint64(0x8080808080808080)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles `function` without Python objects and without the GIL; cached on disk."""
    return cast(Callable[P, R], numba.njit(nogil=True, cache=True)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a small function of a hot loop, which LLVM is told to inline."""
    return cast(Callable[P, R], numba.njit(nogil=True, forceinline=True)(function))


def attached(function: Callable[P, R]) -> Callable[P, R]:
    """The same as a kernel, but with the GIL: for what looks into Python's own objects."""
    return cast(Callable[P, R], numba.njit(cache=True)(function))


_native: Any = import_module("lmcore.bpe.intrinsics" if JIT else "lmcore.bpe.plain")

pointer: Final[Callable[[Any], Any]] = _native.pointer
load_word: Final[Callable[[Bytes, int], np.uint64]] = _native.load_word
store_word: Final[Callable[[Bytes, int, np.uint64], None]] = _native.store_word
lowest_bit: Final[Callable[[np.uint64], int]] = _native.lowest_bit
range_mask: Final[Callable[[Bytes, int, int, int, int], np.uint64]] = _native.range_mask
equal_mask: Final[Callable[[Bytes, int, int], np.uint64]] = _native.equal_mask
prefetch: Final[Callable[[Any, np.uint64], None]] = _native.prefetch
list_number: Final[Callable[[Any, int], int]] = _native.list_number
bucket: Final[Callable[[np.uint64, np.uint64, np.uint64], np.uint64]] = _native.bucket
mix: Final[Callable[[np.uint64, np.uint64], np.uint64]] = _native.mix
signed: Final[Callable[[Any], int]] = _native.signed
