"""Which bytes do these ids stand for? Tokens are copied 16 bytes at a time, since hardly any is longer."""

from array import array
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.machine import Bytes, Ids, Ints, Words, kernel, pointer, signed, store_word
from lmcore.bpe.merge_ranks import Tokens, join_bytes
from lmcore.bpe.rows import load_part
from lmcore.errors import TokenizerError

MOST_IDS: Final = 1 << 26  # the tables have a place for every id up to the highest
_HEAD: Final = 16
_IDS_A_CALL: Final = 1 << 21
_HOLE: Final = -1


class Spellings(NamedTuple):
    """The bytes of every id."""

    lengths: Ids  # `_HOLE` where the vocabulary lacks an id
    heads: Words  # two words an id: its first 16 bytes
    blob: Bytes
    offsets: Ints  # where in `blob` the bytes of an id begin


@kernel
def fill_heads(spellings: Spellings) -> None:
    """Writes the first 16 bytes of every token into its two words."""
    for i in range(len(spellings.lengths)):
        length, start = signed(spellings.lengths[i]), spellings.offsets[i]
        if length > 0:
            spellings.heads[2 * i] = load_part(spellings.blob, start, min(length, 8))
            spellings.heads[2 * i + 1] = load_part(spellings.blob, start + 8, min(max(length - 8, 0), 8))


@kernel
def measure(ids: Tokens, lengths: Ids) -> tuple[int, int]:
    """How many bytes the ids give, and the place of the first unknown id or -1."""
    total, known = 0, np.uint32(len(lengths))
    for i in range(len(ids)):
        if ids[i] >= known or lengths[ids[i]] < 0:
            return total, i
        total += signed(lengths[ids[i]])
    return total, -1


@kernel
def spell(ids: Tokens, spellings: Spellings, out: Bytes, place: int) -> int:
    """Writes the bytes of known ids from `place` on, behind which 16 more are spoiled; the place behind them."""
    lengths, heads, blob, offsets = (
        pointer(spellings.lengths),
        pointer(spellings.heads),
        pointer(spellings.blob),
        pointer(spellings.offsets),
    )
    target = pointer(out)
    for i in range(len(ids)):
        token = signed(ids[i])
        length = signed(lengths[token])
        if length <= _HEAD:
            store_word(target, place, heads[2 * token])
            store_word(target, place + 8, heads[2 * token + 1])
        else:
            for k in range(length):
                target[place + k] = blob[offsets[token] + k]
        place += length
    return place


def as_ids(ids: "Iterable[int] | npt.NDArray[np.integer]") -> Tokens:
    """Ids as the kernels want them. Raises `TokenizerError` for what can be no id."""
    if isinstance(ids, np.ndarray):
        if ids.dtype != np.uint32 and len(ids) and (ids.min() < 0 or ids.max() > 0xFFFFFFFF):
            raise unknown_id(int(ids.min() if ids.min() < 0 else ids.max()))
        found = np.ascontiguousarray(ids, np.uint32).view()
    else:
        numbers = ids if isinstance(ids, list | tuple) else list(ids)
        try:
            found = np.frombuffer(array("I", numbers), np.uint32)
        except OverflowError as error:
            raise unknown_id(next(one for one in numbers if not 0 <= one <= 0xFFFFFFFF)) from error
    found.flags.writeable = False
    return found


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

    def decode(self, ids: Tokens) -> Bytes:
        """The bytes of all ids. Raises `TokenizerError` for an id that the vocabulary does not have."""
        total = 0
        for start in range(0, len(ids), _IDS_A_CALL):
            size, unknown = measure(ids[start : start + _IDS_A_CALL], self._spellings.lengths)
            if unknown >= 0:
                raise unknown_id(int(ids[start + unknown]))
            total += size
        out, place = np.empty(total + _HEAD, np.uint8), 0
        for start in range(0, len(ids), _IDS_A_CALL):
            place = spell(ids[start : start + _IDS_A_CALL], self._spellings, out, place)
        return out[:total]
