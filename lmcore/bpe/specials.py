"""Where do special tokens stand in a text? They are split off before anything else, the longest first."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lmcore.bpe.choices import check_specials
from lmcore.bpe.machine import ONE, Bytes, Ints, equal_mask, kernel, lowest_bit

_BLOCK = 64


class Specials(NamedTuple):
    """Special tokens as the kernels want them: all bytes one after another, longest token first."""

    firsts: Bytes  # the different first bytes
    blob: Bytes
    offsets: Ints  # token i is blob[offsets[i] : offsets[i + 1]]

    @property
    def longest(self) -> int:
        """The length of the longest token in bytes; 0 without any."""
        return int(self.offsets[1]) if len(self.offsets) > 1 else 0


def prepare_specials(tokens: Sequence[str]) -> Specials:
    """The tokens for the kernels."""
    encoded = sorted({token.encode("utf-8", "surrogateescape") for token in check_specials(tokens)}, key=len)[::-1]
    firsts = sorted({token[0] for token in encoded})
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return Specials(np.array(firsts, np.uint8), np.array(list(b"".join(encoded)), np.uint8), offsets)


@kernel
def special_length(data: Bytes, position: int, limit: int, blob: Bytes, offsets: Ints) -> int:
    """The length of the longest special token at `position`, or 0."""
    for token in range(len(offsets) - 1):
        start, length = offsets[token], offsets[token + 1] - offsets[token]
        if position + length <= limit:
            matched = 0
            while matched < length and data[position + matched] == blob[start + matched]:
                matched += 1
            if matched == length:
                return int(length)
    return 0


@kernel
def find_special(data: Bytes, size: int, position: int, limit: int, firsts: Bytes, blob: Bytes, offsets: Ints) -> int:
    """The start of the first special token in `data[position:limit]`, or `limit`; `data` has `size` bytes."""
    if len(firsts) == 0:
        return limit
    while position < limit:
        if position + _BLOCK > size:
            if special_length(data, position, limit, blob, offsets):
                return position
            position += 1
            continue
        candidates = np.uint64(0)
        for i in range(len(firsts)):
            candidates |= equal_mask(data, position, firsts[i])
        while candidates:
            found = position + lowest_bit(candidates)
            candidates &= candidates - ONE
            if special_length(data, found, limit, blob, offsets):
                return found
        position += _BLOCK
    return limit
