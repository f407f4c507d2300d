"""Which pairs does a vocabulary join, in which order, into what? Tables that the encoder's kernels read.

Inside the encoder tokens have numbers of their own: bytes 0 to 255 first, then all others without holes. So a pair and
its rank fit into one word, and the table of 200,000 pairs stays near the processor.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from operator import add, itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.machine import Bytes, Ids, Ints, Words, bucket, inlined, kernel, pointer, signed
from lmcore.bpe.rows import last_row, long_hash, same_bytes
from lmcore.errors import TokenizerError

Pair = tuple[bytes, bytes]
Tokens = npt.NDArray[np.uint32]

_NUMBER_BITS: Final = 21
_RANK_BITS: Final = 64 - 2 * _NUMBER_BITS
NONE: Final = (1 << _RANK_BITS) - 1  # the rank of pairs that are not joined
_MOST_TOKENS: Final = (1 << _NUMBER_BITS) - 1
_LEFT: Final = np.uint64(_NUMBER_BITS)
_KEY: Final = np.uint64(_RANK_BITS)
_RANK: Final = np.uint64(NONE)
_EMPTY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO: Final = np.uint64(0)
_ONE: Final = np.uint64(1)


class Ranks(NamedTuple):
    """The merges of a vocabulary by token number. Only ranks below `limit` count: a prefix is a smaller vocabulary."""

    ids: Tokens  # of each token number
    joined: Ids  # for each rank the number of the token that it makes
    first: Ids  # the ranks of all pairs of bytes, at left << 8 | right
    pairs: Words  # open addressing: left number, right number, rank
    shift: np.uint64  # gives the buckets of `pairs`
    limit: int
    whole: Ids  # open addressing: token numbers by their bytes, -1 where free; empty unless merges may be ignored
    whole_shift: np.uint64
    made_by: Ids  # for each token number the rank that first makes it, or -1
    blob: Bytes  # all tokens one after another; empty unless merges may be ignored
    offsets: Ints  # token number i is blob[offsets[i] : offsets[i + 1]]


@inlined
def bare_ranks(ranks: Ranks) -> Any:
    """The same tables without their owners, for inner kernels."""
    return Ranks(
        pointer(ranks.ids),
        pointer(ranks.joined),
        pointer(ranks.first),
        pointer(ranks.pairs),
        ranks.shift,
        ranks.limit,
        pointer(ranks.whole),
        ranks.whole_shift,
        pointer(ranks.made_by),
        pointer(ranks.blob),
        pointer(ranks.offsets),
    )


@inlined
def rank_of(ranks: Ranks, left: int, right: int) -> int:
    """The rank of a pair of token numbers, or `NONE`."""
    key = np.uint64(left) << _LEFT | np.uint64(right)
    row, last = bucket(key, _ZERO, ranks.shift), last_row(ranks.shift)
    while True:
        entry = ranks.pairs[row]
        if entry >> _KEY == key:
            rank = signed(entry & _RANK)
            return rank if rank < ranks.limit else NONE
        if entry == _EMPTY:
            return NONE
        row = (row + _ONE) & last


@inlined
def rank_of_bytes(ranks: Ranks, left: int, right: int) -> int:
    """The rank of a pair of bytes, or `NONE`."""
    rank = signed(ranks.first[left << 8 | right])
    return rank if rank < ranks.limit else NONE


@kernel
def whole_token(ranks: Ranks, data: Bytes, position: int, length: int) -> int:
    """The number of the token that has just these bytes, or -1."""
    row = bucket(long_hash(data, position, length), _ZERO, ranks.whole_shift)
    last = last_row(ranks.whole_shift)
    while ranks.whole[row] >= 0:
        number = ranks.whole[row]
        start = ranks.offsets[number]
        if ranks.offsets[number + 1] - start == length and same_bytes(data, position, ranks.blob, start, length):
            return int(number) if ranks.made_by[number] < ranks.limit else -1
        row = (row + _ONE) & last
    return -1


@kernel
def fill_pairs(lefts: Ids, rights: Ids, joined: Ids, pairs: Words, shift: np.uint64, first: Ids, made_by: Ids) -> None:
    """Enters all merges; of a pair listed twice the first counts."""
    last = last_row(shift)
    for rank in range(len(lefts)):
        left, right = signed(lefts[rank]), signed(rights[rank])
        key = np.uint64(left) << _LEFT | np.uint64(right)
        row = bucket(key, _ZERO, shift)
        while pairs[row] != _EMPTY and pairs[row] >> _KEY != key:
            row = (row + _ONE) & last
        if pairs[row] == _EMPTY:
            pairs[row] = key << _KEY | np.uint64(rank)
            if left < 256 and right < 256:
                first[left << 8 | right] = rank
            if made_by[joined[rank]] < 0:
                made_by[joined[rank]] = rank


@kernel
def fill_whole(whole: Ids, shift: np.uint64, blob: Bytes, offsets: Ints) -> None:
    """Enters all tokens by their bytes, which differ."""
    last = last_row(shift)
    for number in range(len(offsets) - 1):
        row = bucket(long_hash(blob, offsets[number], offsets[number + 1] - offsets[number]), _ZERO, shift)
        while whole[row] >= 0:
            row = (row + _ONE) & last
        whole[row] = number


def _bits(entries: int) -> int:
    """A table of 2 to the power of so many rows is at most half full."""
    return max(4, (2 * entries).bit_length())


def _numbers_of(merges: Sequence[Pair], numbers: Mapping[bytes, int]) -> tuple[Ids, Ids, Ids]:
    """The token numbers of every merge's left side, right side and product."""
    lefts, rights = list(map(itemgetter(0), merges)), list(map(itemgetter(1), merges))
    find = numbers.__getitem__
    sides = lefts, rights, map(add, lefts, rights)
    try:
        left, right, joined = (np.fromiter(map(find, side), np.int32, len(merges)) for side in sides)
    except KeyError as error:
        rank = next(rank for rank, pair in enumerate(merges) if not {*pair, pair[0] + pair[1]} <= numbers.keys())
        one, other = merges[rank]
        raise TokenizerError(
            f"Merge {rank + 1:,} ({one!r} + {other!r}) needs a token that the vocabulary lacks: {error}."
        ) from error
    return left, right, joined


def _check_bytes(known: Mapping[bytes, int]) -> None:
    missing = [byte for byte in range(256) if bytes([byte]) not in known]
    if missing:
        raise TokenizerError(
            f"The vocabulary has no token for {len(missing)} of the 256 bytes (the first is 0x{missing[0]:02X}), "
            "so it is not byte-level BPE."
        )


def make_ranks(known: Mapping[bytes, int], merges: Sequence[Pair], ignore_merges: bool) -> Ranks:
    """The tables of a vocabulary: `known` gives the id of each ordinary token.

    Raises `TokenizerError` where a byte has no token or a merge needs bytes that are no token.
    """
    _check_bytes(known)
    tokens = [bytes([byte]) for byte in range(256)] + [token for token in known if len(token) > 1]
    if len(tokens) > _MOST_TOKENS or len(merges) >= NONE:
        raise TokenizerError(f"The vocabulary has more than {_MOST_TOKENS:,} tokens, which is not supported.")
    numbers = dict(zip(tokens, count(), strict=False))
    lefts, rights, joined = _numbers_of(merges, numbers)
    bits = _bits(len(merges))
    pairs, first = np.full(1 << bits, _EMPTY, np.uint64), np.full(1 << 16, NONE, np.int32)
    made_by = np.full(len(tokens), -1, np.int32)
    fill_pairs(lefts, rights, joined, pairs, np.uint64(64 - bits), first, made_by)
    kept = tokens if ignore_merges else []
    blob, offsets = join_bytes(kept)
    whole_bits = _bits(len(kept))
    whole = np.full(1 << whole_bits, -1, np.int32)
    fill_whole(whole, np.uint64(64 - whole_bits), blob, offsets)
    ids = np.fromiter(map(known.__getitem__, tokens), np.uint32, len(tokens))
    return Ranks(
        ids, joined, first, pairs, np.uint64(64 - bits), len(merges),
        whole, np.uint64(64 - whole_bits), made_by, blob, offsets,
    )  # fmt: skip


def join_bytes(tokens: Sequence[bytes]) -> tuple[Bytes, Ints]:
    """Byte strings one after another, with the places where they begin and end; shapes (bytes,), (n + 1,)."""
    offsets = np.zeros(len(tokens) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, tokens), np.int64, len(tokens)), out=offsets[1:])
    return np.frombuffer(b"".join(tokens), np.uint8), offsets
