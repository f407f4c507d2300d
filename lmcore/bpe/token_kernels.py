"""Which token has these bytes, and which of two sorts first? The vocabulary as the merge loop knows it."""

from typing import Final

import numpy as np

from lmcore.bpe.machine import Ints, bucket, kernel, signed
from lmcore.bpe.merge_state import TOKEN_BYTES, TOKENS, Tokens

_NONE: Final = np.uint64(0)


@kernel
def compare_tokens(tokens: Tokens, first: int, second: int) -> int:
    """Below, equal to or above 0 as the bytes of the first token sort before, like or after those of the second."""
    if first == second:
        return 0
    if tokens.prefixes[first] != tokens.prefixes[second]:
        return 1 if tokens.prefixes[first] > tokens.prefixes[second] else -1
    first_start, second_start = tokens.offsets[first], tokens.offsets[second]
    first_size = tokens.offsets[first + 1] - first_start
    second_size = tokens.offsets[second + 1] - second_start
    for i in range(min(first_size, second_size)):
        difference = signed(tokens.blob[first_start + i]) - signed(tokens.blob[second_start + i])
        if difference != 0:
            return int(difference)
    return int(first_size - second_size)


@kernel
def find_bytes(tokens: Tokens, start: int, size: int) -> int:
    """The place in `by_bytes` of the token whose bytes are `blob[start : start + size]`, or the free one for it."""
    digest = np.uint64(14695981039346656037)
    for i in range(size):
        digest = bucket(digest ^ np.uint64(tokens.blob[start + i]), _NONE, _NONE)
    last = len(tokens.by_bytes) - 1
    place = signed(digest >> np.uint64(20)) & last
    while True:
        token = tokens.by_bytes[place]
        if token < 0:
            return int(place)
        held = tokens.offsets[token]
        if tokens.offsets[token + 1] - held == size:
            same = 0
            while same < size and tokens.blob[held + same] == tokens.blob[start + same]:
                same += 1
            if same == size:
                return int(place)
        place = (place + 1) & last


@kernel
def add_token(tokens: Tokens, state: Ints, size: int) -> int:
    """Gives an id to the bytes behind those used in `blob`, unless a token has them; that token's id."""
    start = state[TOKEN_BYTES]
    place = find_bytes(tokens, start, size)
    if tokens.by_bytes[place] >= 0:
        return int(tokens.by_bytes[place])
    token = int(state[TOKENS])
    prefix = _NONE
    for i in range(8):
        prefix = prefix << np.uint64(8) | np.uint64(tokens.blob[start + i] if i < size else 0)
    tokens.prefixes[token] = prefix
    tokens.offsets[token + 1] = start + size
    tokens.by_bytes[place] = token
    state[TOKENS] += 1
    state[TOKEN_BYTES] += size
    return token


@kernel
def join(tokens: Tokens, state: Ints, left: int, right: int) -> int:
    """The token that `left` and `right` make; new unless one with these bytes is there."""
    used = state[TOKEN_BYTES]
    for token in (left, right):
        start, size = tokens.offsets[token], tokens.offsets[token + 1] - tokens.offsets[token]
        tokens.blob[used : used + size] = tokens.blob[start : start + size]
        used += size
    return add_token(tokens, state, used - state[TOKEN_BYTES])
