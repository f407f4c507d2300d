"""Which special token stands here, and which id has it? Special and added tokens as the encoder's kernels want them.

Published vocabularies have hundreds of special tokens that begin alike, so their first two bytes are looked at before
any of them is compared.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.machine import ONE, Bytes, Ints, Words, equal_mask, inlined, kernel, lowest_bit, signed
from lmcore.bpe.merge_ranks import Tokens, join_bytes
from lmcore.bpe.specials import prepare_specials

_BLOCK: Final = 64
_SIX: Final = np.uint64(6)
_LOW_SIX: Final = np.uint64(63)


class SpecialIds(NamedTuple):
    """Tokens that are split off before anything else, the longest first."""

    firsts: Bytes  # the different first bytes
    beginnings: Words  # one bit for each two bytes that a token may begin with, at first | second << 8
    blob: Bytes
    offsets: Ints  # token i is blob[offsets[i] : offsets[i + 1]]
    ids: Tokens


def make_special_ids(ids: Mapping[str, int]) -> SpecialIds:
    """The tables of these tokens."""
    plain = prepare_specials(tuple(ids))
    by_bytes = {token.encode(): token_id for token, token_id in ids.items()}
    raw, bounds = plain.blob.tobytes(), plain.offsets.tolist()
    tokens = [raw[start:end] for start, end in pairwise(bounds)]
    allowed = np.zeros((256, 256), np.uint8)  # second byte, first byte
    for token in tokens:
        allowed[token[1] if len(token) > 1 else slice(None), token[0]] = 1
    beginnings = np.packbits(allowed, bitorder="little").view(np.uint64)
    blob, offsets = join_bytes(tokens)
    return SpecialIds(
        plain.firsts, beginnings, blob, offsets, np.array([by_bytes[token] for token in tokens], np.uint32)
    )


@inlined
def may_begin(data: Bytes, position: int, limit: int, specials: SpecialIds) -> bool:
    """Whether some token begins with the two bytes at `position`; true where there is only one."""
    if position + 1 >= limit:
        return True
    key = np.uint64(signed(data[position]) | signed(data[position + 1]) << 8)
    return bool(specials.beginnings[key >> _SIX] >> (key & _LOW_SIX) & ONE)


@kernel
def special_at(data: Bytes, position: int, limit: int, specials: SpecialIds) -> int:
    """The number of the longest token at `position`, or -1."""
    if not may_begin(data, position, limit, specials):
        return -1
    for token in range(len(specials.ids)):
        start, length = specials.offsets[token], specials.offsets[token + 1] - specials.offsets[token]
        if position + length <= limit:
            matched = 0
            while matched < length and data[position + matched] == specials.blob[start + matched]:
                matched += 1
            if matched == length:
                return token
    return -1


@kernel
def next_special(data: Bytes, size: int, position: int, limit: int, specials: SpecialIds) -> int:
    """The start of the first token in `data[position:limit]`, or `limit`; `data` has `size` bytes."""
    if len(specials.firsts) == 0:
        return limit
    while position < limit:
        if position + _BLOCK > size:
            if special_at(data, position, limit, specials) >= 0:
                return position
            position += 1
            continue
        candidates = np.uint64(0)
        for i in range(len(specials.firsts)):
            candidates |= equal_mask(data, position, specials.firsts[i])
        while candidates:
            found = position + lowest_bit(candidates)
            candidates &= candidates - ONE
            if special_at(data, found, limit, specials) >= 0:
                return found
        position += _BLOCK
    return limit
