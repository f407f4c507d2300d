"""Which few machine instructions do the kernels need that numba's Python lacks? Wide loads, bit masks, prefetch.

Each is an LLVM intrinsic, but for one that asks Python itself; `plain.py` has its twin in plain Python, and
`machine.py` chooses between them.
"""

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER_HIGH: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_VECTOR: Final = ir.VectorType(ir.IntType(8), 64)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any, kind: Any) -> Any:
    """The address of element `index` of an array or a pointer, cast to a pointer to `kind`."""
    managed = isinstance(array_type, types.Array)
    data = context.make_array(array_type)(context, builder, array).data if managed else array
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


_pointer_to: Any = types.CPointer


def _splat(value: int) -> Any:
    return ir.Constant(_VECTOR, [value] * 64)


@intrinsic
def pointer(context: Any, array: Any) -> Any:
    """The elements of `array` without its owner: indexed alike, but passing it on counts no references.

    Counting them costs more than many of the small functions here do. The outermost kernel holds the array.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, values[0]).data

    return _pointer_to(array.dtype)(array), generate


@intrinsic
def load_word(context: Any, data: Any, index: Any) -> Any:
    """The 8 bytes at `index`, little-endian, at any alignment; that they exist is the caller's duty."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        return builder.load(_pointer(context, builder, signature.args[0], values[0], values[1], word), align=1)

    return types.uint64(data, types.intp), generate


@intrinsic
def store_word(context: Any, data: Any, index: Any, word: Any) -> Any:
    """Writes a word to the 8 bytes at `index`, little-endian, at any alignment; they must exist."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _pointer(context, builder, signature.args[0], values[0], values[1], ir.IntType(64))
        builder.store(values[2], place, align=1)
        return context.get_dummy_value()

    return types.void(data, types.intp, types.uint64), generate


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
        vector = builder.load(_pointer(context, builder, signature.args[0], values[0], values[1], _VECTOR), align=1)
        vector = builder.or_(vector, _splat(fold.literal_value))
        vector = builder.sub(vector, _splat(low.literal_value))
        hits = builder.icmp_unsigned("<", vector, _splat(span.literal_value))
        return builder.bitcast(hits, ir.IntType(64))

    return types.uint64(data, types.intp, fold, low, span), generate


@intrinsic
def equal_mask(context: Any, data: Any, index: Any, byte: Any) -> Any:
    """Bit i tells whether `data[index + i] == byte`; 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector = builder.load(_pointer(context, builder, signature.args[0], values[0], values[1], _VECTOR), align=1)
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


@intrinsic
def list_number(context: Any, address: Any, index: Any) -> Any:
    """The whole number at `index` of the Python list at `address`; -1 for what is none, or beyond 64 bits.

    The functions are of Python's stable interface. Whoever asks holds the GIL, and the list.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        thing, number = ir.IntType(8).as_pointer(), ir.IntType(64)
        item = _python(builder, "PyList_GetItem", thing, thing, number)
        value = _python(builder, "PyLong_AsLongLong", number, thing)
        forget = _python(builder, "PyErr_Clear", ir.VoidType())
        address, index = values
        found = builder.call(value, [builder.call(item, [builder.inttoptr(address, thing), index])])
        with builder.if_then(builder.icmp_signed("==", found, number(-1)), likely=False):
            builder.call(forget, [])
        return found

    return types.int64(types.int64, types.intp), generate


def _python(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """A function of Python's C interface, found by name when the kernel is loaded."""
    declare: Any = cgutils.get_or_insert_function
    return declare(builder.module, ir.FunctionType(result, arguments), name)


@numba.njit(nogil=True, forceinline=True)
def bucket(low: np.uint64, high: np.uint64, shift: np.uint64) -> np.uint64:
    """A table index: the top `64 - shift` bits of a multiplicative hash of 16 bytes."""
    return ((low ^ (high * _MULTIPLIER_HIGH)) * _MULTIPLIER) >> shift


@numba.njit(nogil=True, forceinline=True)
def mix(state: np.uint64, word: np.uint64) -> np.uint64:
    """One step of the hash of a long byte string."""
    state = (state ^ word) * _MULTIPLIER
    return state ^ (state >> np.uint64(29))


@numba.njit(nogil=True, forceinline=True)
def signed(word: Any) -> Any:
    """A word as a signed number: mixed with signed ones, an unsigned one would become a float."""
    return np.int64(word)
