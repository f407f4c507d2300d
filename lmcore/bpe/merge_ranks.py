"""Which pairs does a vocabulary join, in which order, into what? Tables that the encoder's kernels read.

Inside the encoder tokens have numbers of their own: bytes 0 to 255 first, then all others without holes. So a pair and
its rank fit into one word, and the table of 200,000 pairs stays near the processor.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
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
_JOINED: Final = 1 << 15  # byte strings that are joined in about two milliseconds
_LEFT: Final = np.uint64(_NUMBER_BITS)
_KEY: Final = np.uint64(_RANK_BITS)
_RANK: Final = np.uint64(NONE)
_EMPTY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO: Final = np.uint64(0)
_ONE: Final = np.uint64(1)


class TokenTable(NamedTuple):
    """Token numbers by their bytes: open addressing, -1 where free."""

    rows: Ids
    shift: np.uint64  # gives the buckets of `rows`
    blob: Bytes  # all tokens one after another
    offsets: Ints  # token number i is blob[offsets[i] : offsets[i + 1]]


class Ranks(NamedTuple):
    """The merges of a vocabulary by token number. Only ranks below `limit` count: a prefix is a smaller vocabulary."""

    ids: Tokens  # of each token number
    joined: Ids  # for each rank the number of the token that it makes
    first: Ids  # the ranks of all pairs of bytes, at left << 8 | right
    pairs: Words  # open addressing: left number, right number, rank
    shift: np.uint64  # gives the buckets of `pairs`
    limit: int
    longest_whole: int  # bytes of pre-tokens that may be tokens without merging; 0 where all are merged
    words: TokenTable  # of all tokens, for those; empty where all are merged
    made_by: Ids  # for each token number the rank that first makes it, or -1


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
        ranks.longest_whole,
        TokenTable(
            pointer(ranks.words.rows), ranks.words.shift, pointer(ranks.words.blob), pointer(ranks.words.offsets)
        ),
        pointer(ranks.made_by),
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


@inlined
def find_token(words: TokenTable, data: Bytes, position: int, length: int) -> int:
    """The number of the token that has just these bytes, or -1."""
    row, last = bucket(long_hash(data, position, length), _ZERO, words.shift), last_row(words.shift)
    while words.rows[row] >= 0:
        number = words.rows[row]
        start = words.offsets[number]
        if words.offsets[number + 1] - start == length and same_bytes(data, position, words.blob, start, length):
            return int(number)
        row = (row + _ONE) & last
    return -1


@kernel
def whole_token(ranks: Ranks, data: Bytes, position: int, length: int) -> int:
    """The number of the token that a whole pre-token becomes without merging, or -1."""
    if length > ranks.longest_whole:
        return -1
    number = find_token(ranks.words, data, position, length)
    return number if number >= 0 and ranks.made_by[number] < ranks.limit else -1


@kernel
def enter_tokens(words: TokenTable) -> None:
    """Enters all tokens by their bytes, which differ."""
    last = last_row(words.shift)
    for number in range(len(words.offsets) - 1):
        start = words.offsets[number]
        row = bucket(long_hash(words.blob, start, words.offsets[number + 1] - start), _ZERO, words.shift)
        while words.rows[row] >= 0:
            row = (row + _ONE) & last
        words.rows[row] = number


@kernel
def find_sides(words: TokenTable, blob: Bytes, offsets: Ints, lefts: Ids, rights: Ids, joined: Ids) -> int:
    """The numbers of each merge's tokens, whose sides stand side by side; the first merge that lacks one, or -1."""
    for rank in range(len(lefts)):
        start, middle, end = offsets[2 * rank], offsets[2 * rank + 1], offsets[2 * rank + 2]
        lefts[rank] = find_token(words, blob, start, middle - start)
        rights[rank] = find_token(words, blob, middle, end - middle)
        joined[rank] = find_token(words, blob, start, end - start)
        if lefts[rank] < 0 or rights[rank] < 0 or joined[rank] < 0:
            return rank
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


def _bits(entries: int) -> int:
    """A table of 2 to the power of so many rows is at most half full."""
    return max(4, (2 * entries).bit_length())


def _numbers_of(merges: Sequence[Pair], words: TokenTable) -> tuple[Ids, Ids, Ids]:
    """The token numbers of every merge's left side, right side and product."""
    blob, offsets = join_bytes([*chain.from_iterable(merges)])
    lefts, rights, joined = (np.empty(len(merges), np.int32) for _ in range(3))
    rank = find_sides(words, blob, offsets, lefts, rights, joined)
    if rank >= 0:
        left, right = merges[rank]
        lacking = left if lefts[rank] < 0 else right if rights[rank] < 0 else left + right
        raise TokenizerError(
            f"Merge {rank + 1:,} ({left!r} + {right!r}) needs a token that the vocabulary lacks: {lacking!r}."
        )
    return lefts, rights, joined


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
    single = [bytes([byte]) for byte in range(256)]
    longer = [token for token in known if len(token) > 1]
    if len(longer) + 256 > _MOST_TOKENS or len(merges) >= NONE:
        raise TokenizerError(f"The vocabulary has more than {_MOST_TOKENS:,} tokens, which is not supported.")
    ids = [known[token] for token in single] + [token_id for token, token_id in known.items() if len(token) > 1]
    words = token_table(single + longer)
    lefts, rights, joined = _numbers_of(merges, words)
    bits = _bits(len(merges))
    pairs, first = np.full(1 << bits, _EMPTY, np.uint64), np.full(1 << 16, NONE, np.int32)
    made_by = np.full(len(ids), -1, np.int32)
    fill_pairs(lefts, rights, joined, pairs, np.uint64(64 - bits), first, made_by)
    longest = int(np.diff(words.offsets).max()) if ignore_merges else 0
    kept = words if ignore_merges else token_table([])
    return Ranks(
        np.array(ids, np.uint32), joined, first, pairs, np.uint64(64 - bits), len(merges), longest, kept, made_by
    )


def token_table(tokens: Sequence[bytes]) -> TokenTable:
    """The table of these tokens, numbered in order."""
    bits = _bits(len(tokens))
    blob, offsets = join_bytes(tokens)
    table = TokenTable(np.full(1 << bits, -1, np.int32), np.uint64(64 - bits), blob, offsets)
    enter_tokens(table)
    return table


def first_merges(ranks: Ranks) -> tuple[Ints, Tokens, Tokens, Tokens]:
    """The merge that first makes each token that merges make: its rank, and the ids of the product and of both sides.

    By rising rank; a fortieth of the time that it takes to look up the bytes.
    """
    entries = ranks.pairs[ranks.pairs != _EMPTY]
    numbers = np.argsort(entries & _RANK)
    entries = entries[numbers]
    rank = (entries & _RANK).astype(np.int64)
    made = ranks.joined[rank]
    first = (rank < ranks.limit) & (ranks.made_by[made] == rank)
    keys = entries[first] >> _KEY
    left, right = (keys >> _LEFT).astype(np.int64), (keys & np.uint64(_MOST_TOKENS)).astype(np.int64)
    return rank[first], ranks.ids[made[first]], ranks.ids[left], ranks.ids[right]


def join_bytes(tokens: Sequence[bytes]) -> tuple[Bytes, Ints]:
    """Byte strings one after another, with the places where they begin and end; shapes (bytes,), (n + 1,).

    Many are joined in parts, between which another thread gets a turn.
    """
    offsets, parts = np.zeros(len(tokens) + 1, np.int64), []
    for start in range(0, len(tokens), _JOINED):
        part = tokens[start : start + _JOINED]
        offsets[start + 1 : start + len(part) + 1] = np.fromiter(map(len, part), np.int64, len(part))
        parts.append(b"".join(part))
    np.cumsum(offsets, out=offsets)
    return np.frombuffer(parts[0] if len(parts) == 1 else b"".join(parts), np.uint8), offsets
