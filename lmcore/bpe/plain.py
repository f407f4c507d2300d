"""What do the intrinsics mean? The same in plain Python, for when numba is switched off."""

import operator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_MULTIPLIER: Final = 0x9E3779B97F4A7C15
_MULTIPLIER_HIGH: Final = 0xC2B2AE3D27D4EB4F
_MASK64: Final = (1 << 64) - 1


def _mask_of_bytes(hits: npt.NDArray[np.bool_]) -> np.uint64:
    """64 truth values as the bits of a word, the first lowest."""
    return np.uint64(int.from_bytes(np.packbits(hits, bitorder="little").tobytes(), "little"))


def pointer(array: Any) -> Any:
    """The array itself."""
    return array


def load_word(data: npt.NDArray[np.uint8], index: int) -> np.uint64:
    """The 8 bytes at `index`, little-endian."""
    return np.uint64(int.from_bytes(data[index : index + 8].tobytes(), "little"))


def store_word(data: npt.NDArray[np.uint8], index: int, word: np.uint64) -> None:
    """Writes a word to the 8 bytes at `index`, little-endian."""
    data[index : index + 8] = np.frombuffer(int(word).to_bytes(8, "little"), np.uint8)


def lowest_bit(word: np.uint64) -> int:
    """The index of the lowest set bit."""
    return (int(word) & -int(word)).bit_length() - 1


def range_mask(data: npt.NDArray[np.uint8], index: int, fold: int, low: int, span: int) -> np.uint64:
    """Bit i: whether `low <= (data[index + i] | fold) < low + span`."""
    part = data[index : index + 64] | np.uint8(fold)
    return _mask_of_bytes((part >= low) & (part < low + span))


def equal_mask(data: npt.NDArray[np.uint8], index: int, byte: int) -> np.uint64:
    """Bit i: whether `data[index + i] == byte`."""
    part = data[index : index + 64]
    return _mask_of_bytes(part == byte)


def prefetch(words: npt.NDArray[np.uint64], index: np.uint64) -> None:
    """Nothing to do without a cache to speak of."""


def list_number(numbers: list[Any], index: int) -> int:
    """The whole number at `index`; -1 for what is none, or beyond 64 bits."""
    try:
        number = operator.index(numbers[index])
    except (TypeError, IndexError):
        return -1
    return number if abs(number) < 1 << 63 else -1


def bucket(low: np.uint64, high: np.uint64, shift: np.uint64) -> np.uint64:
    """A table index: the top `64 - shift` bits of a multiplicative hash of 16 bytes."""
    folded = int(low) ^ (int(high) * _MULTIPLIER_HIGH & _MASK64)
    return np.uint64((folded * _MULTIPLIER & _MASK64) >> int(shift))


def mix(state: np.uint64, word: np.uint64) -> np.uint64:
    """One step of the hash of a long byte string."""
    product = (int(state) ^ int(word)) * _MULTIPLIER & _MASK64
    return np.uint64(product ^ (product >> 29))


def signed(word: Any) -> int:
    """A word as a signed number."""
    return int(word)
