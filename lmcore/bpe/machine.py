"""Which few machine instructions do the kernels need that numba's Python lacks? Wide loads, bit masks, prefetch.

Each is an LLVM intrinsic with a plain Python twin of the same meaning, used when numba is switched off
(`NUMBA_DISABLE_JIT=1`), so that every kernel can also be stepped through as Python. All kernels release the GIL
and are cached on disk, in a folder keyed by their sources: numba itself looks only at the file of the outermost
function, and would run an old kernel after a change in a callee.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lmcore.paths import cache_dir

P = ParamSpec("P")
R = TypeVar("R")

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]


def kernel_folder() -> Path:
    """The folder for the compiled kernels of exactly these sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        text = source.read_bytes()
        if b"lmcore.bpe.machine" in text or source.name == Path(__file__).name:
            digest.update(text)
    return cache_dir() / "kernels" / digest.hexdigest()[:16]


os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_folder()))

import numba  # noqa: E402  (reads NUMBA_CACHE_DIR when it is imported)
from llvmlite import ir  # noqa: E402
from numba import types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

JIT: Final = not numba.config.DISABLE_JIT
ONE: Final = np.uint64(1)
HIGH_BITS: Final = np.uint64(0x8080808080808080)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_HIGH: Final = np.uint64(0xC2B2AE3D27D4EB4F)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles `function` without Python objects and without the GIL; cached on disk."""
    return cast(Callable[P, R], numba.njit(nogil=True, cache=True)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a small function of a hot loop, which LLVM is told to inline."""
    return cast(Callable[P, R], numba.njit(nogil=True, forceinline=True)(function))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, kind: Any) -> Any:
    """The address of element `index` of an array or a pointer, cast to a pointer to `kind`."""
    managed = isinstance(array_type, types.Array)
    data = context.make_array(array_type)(context, builder, array).data if managed else array
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


def _mask_of_bytes(data: Bytes, hits: npt.NDArray[np.bool_]) -> np.uint64:
    """64 truth values as the bits of a word, the first lowest."""
    return np.uint64(int.from_bytes(np.packbits(hits, bitorder="little").tobytes(), "little"))


if JIT:
    _VECTOR: Final = ir.VectorType(ir.IntType(8), 64)

    def _splat(value: int) -> Any:
        return ir.Constant(_VECTOR, [value] * 64)

    @intrinsic
    def pointer(context: Any, array: Any) -> Any:
        """The elements of `array` without its owner: indexed alike, but passing it on counts no references.

        Counting them costs more than many of the small functions here do. The outermost kernel holds the array.
        """

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return context.make_array(signature.args[0])(context, builder, values[0]).data

        return types.CPointer(array.dtype)(array), generate

    @intrinsic
    def load_word(context: Any, data: Any, index: Any) -> Any:
        """The 8 bytes at `index`, little-endian, at any alignment; that they exist is the caller's duty."""

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            word = ir.IntType(64)
            return builder.load(_pointer(context, builder, signature.args[0], values[0], values[1], word), align=1)

        return types.uint64(data, types.intp), generate

    @intrinsic
    def lowest_bit(context: Any, word: Any) -> Any:
        """The index of the lowest set bit of a word that is not zero."""

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.uint64), generate

    @intrinsic
    def range_mask(context: Any, data: Any, index: Any, fold: Any, low: Any, span: Any) -> Any:
        """Bit i tells whether `low <= (data[index + i] | fold) < low + span`; 64 bytes; the last three are literals."""
        if not isinstance(fold, types.IntegerLiteral):
            return None  # numba asks again with the literals

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            vector = builder.load(
                _pointer(context, builder, signature.args[0], values[0], values[1], _VECTOR), align=1
            )
            vector = builder.or_(vector, _splat(fold.literal_value))
            vector = builder.sub(vector, _splat(low.literal_value))
            hits = builder.icmp_unsigned("<", vector, _splat(span.literal_value))
            return builder.bitcast(hits, ir.IntType(64))

        return types.uint64(data, types.intp, fold, low, span), generate

    @intrinsic
    def equal_mask(context: Any, data: Any, index: Any, byte: Any) -> Any:
        """Bit i tells whether `data[index + i] == byte`; 64 bytes."""

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            vector = builder.load(
                _pointer(context, builder, signature.args[0], values[0], values[1], _VECTOR), align=1
            )
            lane = ir.Constant(ir.IntType(32), 0)
            single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), values[2], lane)
            zeros = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
            everywhere = builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), zeros)
            return builder.bitcast(builder.icmp_unsigned("==", vector, everywhere), ir.IntType(64))

        return types.uint64(data, types.intp, types.uint8), generate

    @intrinsic
    def prefetch(context: Any, words: Any, index: Any) -> Any:
        """Asks for the cache line of `words[index]`, soon to be read and written."""

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            address = _pointer(context, builder, signature.args[0], values[0], values[1], ir.IntType(8))
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
            builder.call(hint, [address, number(1), number(3), number(1)])
            return context.get_dummy_value()

        return types.void(words, types.uint64), generate

    @inlined
    def bucket(low: np.uint64, high: np.uint64, shift: np.uint64) -> np.uint64:
        """A table index: the top `64 - shift` bits of a multiplicative hash of 16 bytes."""
        return ((low ^ (high * _MULTIPLIER_HIGH)) * _MULTIPLIER) >> shift

    @inlined
    def mix(state: np.uint64, word: np.uint64) -> np.uint64:
        """One step of the hash of a long byte string."""
        state = (state ^ word) * _MULTIPLIER
        return state ^ (state >> np.uint64(29))

else:
    _MASK64: Final = (1 << 64) - 1

    def pointer(array: Any) -> Any:
        return array

    def load_word(data: Bytes, index: int) -> np.uint64:
        return np.uint64(int.from_bytes(data[index : index + 8].tobytes(), "little"))

    def lowest_bit(word: np.uint64) -> int:
        return (int(word) & -int(word)).bit_length() - 1

    def range_mask(data: Bytes, index: int, fold: int, low: int, span: int) -> np.uint64:
        part = data[index : index + 64] | np.uint8(fold)
        return _mask_of_bytes(part, (part >= low) & (part < low + span))

    def equal_mask(data: Bytes, index: int, byte: int) -> np.uint64:
        part = data[index : index + 64]
        return _mask_of_bytes(part, part == byte)

    def prefetch(words: Words, index: np.uint64) -> None:
        """Nothing to do without a cache to speak of."""

    def bucket(low: np.uint64, high: np.uint64, shift: np.uint64) -> np.uint64:
        folded = int(low) ^ (int(high) * int(_MULTIPLIER_HIGH) & _MASK64)
        return np.uint64((folded * int(_MULTIPLIER) & _MASK64) >> int(shift))

    def mix(state: np.uint64, word: np.uint64) -> np.uint64:
        product = (int(state) ^ int(word)) * int(_MULTIPLIER) & _MASK64
        return np.uint64(product ^ (product >> 29))
