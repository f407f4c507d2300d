"""How is a block of rows read at the speed of the disk? A kernel for lines that differ in their numbers alone.

A training writes the same keys in the same order, row after row, so that all between the numbers is known. A line that
is not exactly so, or has a number whose nearest float is not found at once, ends the kernel: whoever called it reads
that line as any JSON. Numbers become floats as by Lemire, "Number Parsing at a Gigabyte per Second" (2021), to the bit.
"""

import functools
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lmcore.bpe.machine import Bytes, Ints, Words, inlined, kernel, load_word, pointer, signed

Floats = npt.NDArray[np.float64]
Layout = tuple[Bytes, Ints, Ints]
"""What stands before each number and behind the last (and 8 bytes that can be read), where each of these parts ends in
it, and the column of the number behind each: of whole numbers from 0 up, of floats from −1 down."""
Part = tuple[Layout, tuple[Ints, Words], int]
"""How the lines of a kind are, the columns that they are read into, of whole numbers and of the bits of floats, each
[columns, rows], and the first row that is free; none is, where it is not known how they are."""
Tables = tuple[Words, Floats]
"""Powers of five, and of ten as floats."""

_intrinsic: Any = intrinsic
_POWERS: Final = 64  # of ten, up and down, that are in the table: what a training measures is far within
_EXACT: Final = 22  # the largest power of ten that a float holds exactly
_DIGITS: Final = 19  # that always fit into a word
_U: Final = np.uint64
_NAN: Final = np.uint64(0x7FF8000000000000)
_ONE, _TWO, _TEN = np.uint64(1), np.uint64(2), np.uint64(10)


@_intrinsic
def _high_product(context: Any, one: Any, other: Any) -> Any:
    """The upper 64 of the 128 bits of a product of two words."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(value, wide) for value in values))
        return builder.trunc(builder.lshr(product, wide(64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@_intrinsic
def _leading_zeros(context: Any, word: Any) -> Any:
    """How many bits above the highest set one, in a word that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctlz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@_intrinsic
def _bits(context: Any, number: Any) -> Any:
    """The word that a float is."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@functools.cache
def powers() -> Words:
    """128 bits of each power of five from −64 to 64, the highest set, upper word first: [129 · 2]."""
    found = []
    for power in range(-_POWERS, _POWERS + 1):
        five = 5 ** abs(power)
        if power >= 0:
            bits = five << 128
        elif power >= -27:  # rounded up: then a product that is exact is seen to be
            bits = (1 << (five - 1).bit_length() + 127) // five + 1
        else:
            bits = (1 << 2 * five.bit_length() + 128) // five + 1
        bits = bits >> bits.bit_length() - 128
        found += [bits >> 64, bits & (1 << 64) - 1]
    return np.array(found, np.uint64)


@inlined
def _eight(word: np.uint64) -> bool:
    """Whether all bytes of a word are digits."""
    high = _U(0xF0F0F0F0F0F0F0F0)
    return bool((word & high) | (((word + _U(0x0606060606060606)) & high) >> _U(4)) == _U(0x3333333333333333))


@inlined
def _value(word: np.uint64) -> np.uint64:
    """What eight digits stand for, the first in the lowest byte."""
    word = (word & _U(0x0F0F0F0F0F0F0F0F)) * _U(2561) >> _U(8)
    word = (word & _U(0x00FF00FF00FF00FF)) * _U(6553601) >> _U(16)
    return (word & _U(0x0000FFFF0000FFFF)) * _U(42949672960001) >> _U(32)


@inlined
def _digits(data: Bytes, at: int, word: np.uint64) -> tuple[int, np.uint64]:
    """Behind all digits from `at` on, and what they make behind those of `word`; 8 bytes beyond them can be read."""
    while True:
        eight = load_word(data, at)
        if not _eight(eight):
            break
        word = word * _U(100_000_000) + _value(eight)
        at += 8
    digit = data[at] - 48
    while 0 <= digit <= 9:
        word = word * _TEN + _U(digit)
        at += 1
        digit = data[at] - 48
    return at, word


@inlined
def _nearest(word: np.uint64, power: int, fives: Words) -> np.uint64:
    """The float nearest to word · 10^power, as a word; 0 where that is not found at once."""
    zeros = _leading_zeros(word)
    word <<= zeros
    place = 2 * (power + _POWERS)
    high, low = _high_product(word, fives[place]), word * fives[place]
    if high & _U(0x1FF) == _U(0x1FF):
        more = _high_product(word, fives[place + 1])
        low += more
        if more > low:
            high += _ONE
    if low == _U(0xFFFFFFFFFFFFFFFF) or (low <= _ONE and -4 <= power <= 23):
        return _U(0)
    upper = high >> _U(63)
    mantissa = high >> (upper + _U(9))
    mantissa = (mantissa + (mantissa & _ONE)) >> _ONE
    exponent = ((217_706 * power) >> 16) + 63 + 1023 + signed(upper) - signed(zeros)
    if mantissa >= _U(1 << 53):
        mantissa, exponent = _U(1 << 52), exponent + 1
    return _U((mantissa & _U((1 << 52) - 1)) | (_U(exponent) << _U(52)))


@inlined
def _exponent(data: Bytes, at: int) -> tuple[int, int]:
    """Behind an exponent, if one stands there, and what it is; −1 where it is none."""
    if data[at] | 32 != 101:
        return at, 0
    at += 1
    down = data[at] == 45
    at += down or data[at] == 43
    begin = at
    at, word = _digits(data, at, _U(0))
    if at == begin or at - begin > 4:
        return -1, 0
    return at, -signed(word) if down else signed(word)


@inlined
def _float(data: Bytes, at: int, fives: Words, tens: Floats) -> tuple[int, np.uint64]:
    """Behind a number, or −1 where it is none that is found at once, and the number as a word."""
    negative = data[at] == 45
    at += negative
    begin, word = at, _U(0)
    at, word = _digits(data, at, word)
    below_one = data[begin] == 48
    if at == begin or (below_one and at - begin > 1):
        return -1, _U(0)
    count, power = (0 if below_one else at - begin), 0
    if data[at] == 46:
        at += 1
        begin = at
        while below_one and data[at] == 48:
            at += 1
        first = at
        at, word = _digits(data, at, word)
        if at == begin:
            return -1, _U(0)
        count, power = count + at - first, begin - at
    at, exponent = _exponent(data, at)
    power += exponent
    if at < 0 or count > _DIGITS:
        return -1, _U(0)
    if word == _U(0):
        bits = word
    elif word < _U(1 << 53) and -_EXACT <= power <= _EXACT:
        bits = _bits(np.float64(word) / tens[-power] if power < 0 else np.float64(word) * tens[power])
    elif -_POWERS <= power <= _POWERS:
        bits = _nearest(word, power, fives)
        if bits == _U(0):
            return -1, bits
    else:
        return -1, _U(0)
    return at, bits | (_U(1 << 63) if negative else _U(0))


@inlined
def _int(data: Bytes, at: int) -> tuple[int, int]:
    """Behind a whole number, or −1 where it is none from 0 to 10^18, and the number."""
    begin = at
    at, word = _digits(data, at, _U(0))
    if at == begin or at - begin > _DIGITS - 1 or (at - begin > 1 and data[begin] == 48):
        return -1, 0
    return at, signed(word)


@inlined
def _begins(data: Bytes, at: int, text: Bytes, begin: int, end: int) -> bool:
    """Whether `data` at `at` goes on as `text` from `begin` to `end`; 8 bytes beyond both can be read."""
    while end - begin >= 8:
        if load_word(data, at) != load_word(text, begin):
            return False
        at, begin = at + 8, begin + 8
    rest = _U(64 - 8 * (end - begin))
    return begin == end or (load_word(data, at) ^ load_word(text, begin)) << rest == _U(0)


@kernel
def read_lines(
    data: Bytes, begin: int, end: int, layout: Layout, columns: tuple[Ints, Words], row: int, tables: Tables
) -> tuple[int, int]:
    """Reads lines from `begin` to `end`, where one ends, into row `row` and those behind it.

    See `Layout` and `Tables`; `columns` are whole numbers and the bits of floats, each [columns, rows]. Gives back
    where it ended, which is `end`, or before the first line that is not so or has no room, and the row behind the
    last. 8 bytes behind `end` can be read.
    """
    (between, ends, slots), (wholes, floats), (fives, tens) = layout, columns, tables
    numbers, room = len(slots), wholes.shape[1]
    text, known, column = pointer(data), pointer(between), pointer(slots)
    whole, real, five, ten = pointer(wholes), pointer(floats), pointer(fives), pointer(tens)
    while begin < end and row < room:
        at, part = begin, 0
        for number in range(numbers):
            if not _begins(text, at, known, part, ends[number]):
                return begin, row
            at += ends[number] - part
            part = ends[number]
            slot = column[number]
            nothing = text[at] == 110 and text[at + 1] == 117 and text[at + 2] == 108 and text[at + 3] == 108
            if slot >= 0:
                at, value = (at + 4, -1) if nothing and slot else _int(text, at)
                whole[slot * room + row] = value
            else:
                at, bits = (at + 4, _NAN) if nothing else _float(text, at, five, ten)
                real[(-1 - slot) * room + row] = bits
            if at < 0:
                return begin, row
        if not _begins(text, at, known, part, ends[numbers]):
            return begin, row
        begin, row = at + ends[numbers] - part, row + 1
    return begin, row


@kernel
def read_rows(data: Bytes, begin: int, end: int, train: Part, validation: Part, tables: Tables) -> tuple[int, int, int]:
    """Reads lines of two kinds as they follow each other, each into its own columns; see `read_lines`.

    Gives back where it ended and, for each kind, the row behind the last.
    """
    row, other = train[2], validation[2]
    while True:
        before = begin
        begin, row = read_lines(data, begin, end, train[0], train[1], row, tables)
        begin, other = read_lines(data, begin, end, validation[0], validation[1], other, tables)
        if begin == before:
            return begin, row, other


class Kernels:
    """The kernels with their tables, compiled."""

    def __init__(self) -> None:
        self._tables = powers(), np.array([10.0**power for power in range(_EXACT + 1)])
        none, ints, table = np.zeros(16, np.uint8), np.zeros(1, np.int64), np.zeros((1, 0), np.int64)
        part = (none, ints, ints[1:]), (table, table.view(np.uint64)), 0
        self.read(none, 0, 0, part, part)

    def read(self, data: Bytes, begin: int, end: int, train: Part, validation: Part) -> tuple[int, int, int]:
        """See `read_rows`."""
        return read_rows(data, begin, end, train, validation, self._tables)
