"""Which bytes do these ids stand for? Tokens are copied 16 bytes at a time, since hardly any is longer.

What is written too much, the next token writes over. Threads decode stretches of the ids side by side, so the last
tokens of a stretch are written byte by byte.
"""

import operator
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.machine import (
    JIT,
    Bytes,
    Ids,
    Ints,
    Words,
    attached,
    inlined,
    kernel,
    list_number,
    pointer,
    signed,
    store_word,
)
from lmcore.bpe.merge_ranks import Tokens, join_bytes
from lmcore.bpe.ordered_threads import in_order, thread_count
from lmcore.bpe.rows import load_part
from lmcore.errors import TokenizerError

MOST_IDS: Final = 1 << 26  # the tables have a place for every id up to the highest
_IDS_A_CALL: Final = 1 << 20
_HOLE: Final = -1
_HEAD: Final = 15  # bytes of a token that stand in its two words, with the length in the last byte
_LARGEST: Final = 0xFFFFFFFF
_WRITTEN: Final = 16  # bytes written for a token, however short
_LONG: Final = np.uint64(0xFF)  # the length of longer ones
_LAST_BYTE: Final = np.uint64(56)


class Spellings(NamedTuple):
    """The bytes of every id."""

    lengths: Ids  # `_HOLE` where the vocabulary lacks an id
    heads: Words  # two words an id: its first bytes, and in the last byte the length or `_LONG`
    blob: Bytes
    offsets: Ints  # where in `blob` the bytes of an id begin


@kernel
def fill_heads(spellings: Spellings) -> None:
    """Writes the first bytes and the length of every token into its two words."""
    for i in range(len(spellings.lengths)):
        length, start = signed(spellings.lengths[i]), spellings.offsets[i]
        if length >= 0:
            low = load_part(spellings.blob, start, min(length, 8))
            high = load_part(spellings.blob, start + 8, min(max(length - 8, 0), _HEAD - 8))
            spellings.heads[2 * i] = low
            spellings.heads[2 * i + 1] = high | (np.uint64(length) if length <= _HEAD else _LONG) << _LAST_BYTE


@kernel
def measure(ids: Tokens, lengths: Ids) -> tuple[int, int]:
    """How many bytes the ids give, and the place of the first unknown id or -1."""
    total, known, sizes = 0, np.uint32(len(lengths)), pointer(lengths)
    for i in range(len(ids)):
        if ids[i] >= known or sizes[ids[i]] < 0:
            return total, i
        total += signed(sizes[ids[i]])
    return total, -1


@inlined
def spell_bytes(spellings: Spellings, token: int, out: Bytes, place: int) -> int:
    """Writes just the bytes of a token; the place behind them."""
    start, length = spellings.offsets[token], signed(spellings.lengths[token])
    for k in range(length):
        out[place + k] = spellings.blob[start + k]
    return place + length


@kernel
def spell(ids: Tokens, spellings: Spellings, out: Bytes, place: int) -> None:
    """Writes the bytes of known ids from `place` on, and nothing behind them."""
    tables = Spellings(
        pointer(spellings.lengths), pointer(spellings.heads), pointer(spellings.blob), pointer(spellings.offsets)
    )
    target, tokens = pointer(out), pointer(ids)
    last = len(ids)
    spilled = 0
    while last > 0 and spilled < _WRITTEN:  # what is written too much must not reach behind the last token
        last -= 1
        spilled += signed(spellings.lengths[ids[last]])
    for i in range(last):
        token = signed(tokens[i])
        low, high = tables.heads[2 * token], tables.heads[2 * token + 1]
        length = high >> _LAST_BYTE
        if length == _LONG:
            place = spell_bytes(tables, token, target, place)
        else:
            store_word(target, place, low)
            store_word(target, place + 8, high)
            place += signed(length)
    for i in range(last, len(ids)):
        place = spell_bytes(tables, signed(tokens[i]), target, place)


def as_ids(ids: "Iterable[int] | npt.NDArray[np.integer]") -> Tokens:
    """Ids as the kernels want them. Raises `TokenizerError` for what can be no id."""
    if isinstance(ids, np.ndarray):
        if ids.dtype != np.uint32 and len(ids) and (ids.min() < 0 or ids.max() > _LARGEST):
            raise unknown_id(int(ids.min() if ids.min() < 0 else ids.max()))
        found = np.ascontiguousarray(ids, np.uint32).view()
    else:
        numbers = ids if type(ids) is list else list(ids)
        found = np.empty(len(numbers), np.uint32)
        wrong = read_numbers(id(numbers) if JIT else numbers, found)
        if wrong >= 0:
            raise unknown_id(operator.index(numbers[wrong]))
    found.flags.writeable = False
    return found


@attached
def read_numbers(numbers: Any, out: Tokens) -> int:
    """Copies as many numbers of a list (kernels know it by its address) as `out` has places, in half of the time that
    `array.array` takes; gives the place of the first that can be no id, or -1.
    """
    for i in range(len(out)):
        number = list_number(numbers, i)
        if number < 0 or number > _LARGEST:
            return i
        out[i] = number
    return -1


def unknown_id(token_id: int) -> TokenizerError:
    """What is said of an id that a vocabulary lacks."""
    return TokenizerError(f"The vocabulary has no id {token_id}; it was made for other ids.")


class Decoder:
    """The bytes of a vocabulary's ids."""

    def __init__(self, vocab: Mapping[int, bytes]) -> None:
        size = max(vocab, default=-1) + 1
        ids = np.fromiter(vocab, np.int64, len(vocab))
        blob, offsets = join_bytes([*vocab.values()])
        self._spellings = Spellings(
            np.full(size, _HOLE, np.int32), np.zeros(2 * size, np.uint64), blob, np.zeros(size, np.int64)
        )
        self._spellings.lengths[ids] = np.diff(offsets)
        self._spellings.offsets[ids] = offsets[:-1]
        fill_heads(self._spellings)

    def lengths(self, ids: Tokens) -> Ids:
        """The bytes of each id, which the vocabulary has; shape (n,)."""
        return self._spellings.lengths[ids]

    def decode(self, ids: Tokens, threads: int | None) -> Bytes:
        """The bytes of all ids. Raises `TokenizerError` for an id that the vocabulary does not have."""
        starts = range(0, len(ids), _IDS_A_CALL)
        blocks = [ids[start : start + _IDS_A_CALL] for start in starts]
        count = thread_count(threads) if len(blocks) > 1 else 1
        sizes = []
        for start, (size, unknown) in zip(starts, in_order(self._measure, blocks, count), strict=True):
            if unknown >= 0:
                raise unknown_id(int(ids[start + unknown]))
            sizes.append(size)
        out = np.empty(sum(sizes), np.uint8)
        jobs = zip(blocks, accumulate(sizes, initial=0), strict=False)
        for _ in in_order(lambda job: spell(job[0], self._spellings, out, job[1]), jobs, count):
            pass
        return out

    def _measure(self, ids: Tokens) -> tuple[int, int]:
        return measure(ids, self._spellings.lengths)
