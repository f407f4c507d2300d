"""What are the bytes of a new token, and which of two tokens sorts first? The vocabulary of the merge loop."""

import numpy as np

from lmcore.bpe.machine import Ints, kernel, signed
from lmcore.bpe.merge_state import TOKEN_BYTES, TOKENS, Tokens


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
def add_token(tokens: Tokens, state: Ints, size: int) -> int:
    """Gives an id to the `size` bytes behind those used in `blob`."""
    start, token = state[TOKEN_BYTES], int(state[TOKENS])
    prefix = np.uint64(0)
    for i in range(8):
        prefix = prefix << np.uint64(8) | np.uint64(tokens.blob[start + i] if i < size else 0)
    tokens.prefixes[token] = prefix
    tokens.offsets[token + 1] = start + size
    state[TOKENS] += 1
    state[TOKEN_BYTES] += size
    return token


@kernel
def join(tokens: Tokens, state: Ints, left: int, right: int) -> int:
    """The new token that `left` and `right` make."""
    used = state[TOKEN_BYTES]
    for token in (left, right):
        start, size = tokens.offsets[token], tokens.offsets[token + 1] - tokens.offsets[token]
        tokens.blob[used : used + size] = tokens.blob[start : start + size]
        used += size
    return add_token(tokens, state, used - state[TOKEN_BYTES])
