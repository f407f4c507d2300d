"""Do the machine instructions that the kernels use mean what their plain descriptions say?"""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lmcore.bpe import kernel_cache
from lmcore.bpe.machine import Bytes, bucket, equal_mask, kernel, load_word, lowest_bit, mix, range_mask

_DATA = random.Random(2).randbytes(300)
_ARRAY = np.frombuffer(_DATA, np.uint8)
_MASK = (1 << 64) - 1


@kernel
def letters_at(data: Bytes, index: int) -> np.uint64:
    return range_mask(data, index, 0x20, 0x61, 26)


@kernel
def high_at(data: Bytes, index: int) -> np.uint64:
    return range_mask(data, index, 0, 0x80, 0x80)


@kernel
def equal_at(data: Bytes, index: int) -> np.uint64:
    return equal_mask(data, index, data[index + 3])


@kernel
def word_at(data: Bytes, index: int) -> np.uint64:
    return load_word(data, index)


@kernel
def lowest(word: np.uint64) -> int:
    return lowest_bit(word)


@kernel
def bucket_of(low: np.uint64, high: np.uint64, shift: np.uint64) -> np.uint64:
    return bucket(low, high, shift)


@kernel
def mixed(state: np.uint64, word: np.uint64) -> np.uint64:
    return mix(state, word)


def _bits(wanted: Callable[[int], bool], index: int) -> int:
    return sum(1 << i for i in range(64) if wanted(_DATA[index + i]))


@pytest.mark.parametrize("index", [0, 1, 7, 63, 64, 200, 236])
def test_masks_have_one_bit_for_each_byte_that_is_meant(index: int) -> None:
    third = _DATA[index + 3]
    assert int(letters_at(_ARRAY, index)) == _bits(
        lambda byte: chr(byte) in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", index
    )
    assert int(high_at(_ARRAY, index)) == _bits(lambda byte: byte >= 0x80, index)
    assert int(equal_at(_ARRAY, index)) == _bits(lambda byte: byte == third, index)
    assert int(word_at(_ARRAY, index)) == int.from_bytes(_DATA[index : index + 8], "little")


@pytest.mark.parametrize("bit", [0, 1, 31, 32, 62, 63])
def test_the_lowest_bit_is_found_below_others(bit: int) -> None:
    assert lowest(np.uint64(_MASK << bit & _MASK)) == bit
    assert lowest(np.uint64(1 << bit)) == bit


def test_hashes_are_those_of_64_bit_arithmetic() -> None:
    """Compiled and plain kernels must agree, or tables would depend on how they were made."""
    numbers = random.Random(3)
    for _ in range(50):
        low, high = numbers.getrandbits(64), numbers.getrandbits(64)
        folded = low ^ high * 0xC2B2AE3D27D4EB4F & _MASK
        product = (low ^ high) * 0x9E3779B97F4A7C15 & _MASK
        for shift in (40, 63):
            assert int(bucket_of(*map(np.uint64, (low, high, shift)))) == (folded * 0x9E3779B97F4A7C15 & _MASK) >> shift
        assert int(mixed(np.uint64(low), np.uint64(high))) == product ^ product >> 29


def test_another_source_means_another_folder_of_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Numba looks at the file of the outermost function only; a change in a callee must not go unseen."""

    def key() -> str:
        return kernel_cache.sources_key.__wrapped__()

    for name in ("kernel_cache.py", "callee.py", "other.py"):
        (tmp_path / name).write_text("from lmcore.bpe.machine import kernel\n" if name == "callee.py" else "")
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "kernel_cache.py"))
    before = key()
    (tmp_path / "other.py").write_text("changed = True\n")
    assert key() == before
    (tmp_path / "callee.py").write_text("from lmcore.bpe.machine import kernel  # changed\n")
    assert key() != before
