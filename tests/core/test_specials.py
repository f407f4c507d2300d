"""Are special tokens found where a regular expression of them, longest first, finds them?"""

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.choices import check_specials
from lmcore.bpe.specials import find_special, prepare_specials, special_length
from lmcore.errors import UsageError

_TOKENS = ["<|end|>", "<|end|>x", "<|", "|>", "ab", "abab", "b a", " ", "éé", "<|endoftext|>", "中文", "aa"]
_TEXTS = [*_TOKENS, "<", "|", "a", "b", "end", "x", "\n", "e\u0301", "中", "." * 61]

tokens = st.lists(st.sampled_from(_TOKENS), max_size=5)
texts = st.lists(st.sampled_from(_TEXTS), max_size=40).map(lambda parts: "".join(parts).encode())


def _found(data: bytes, special_tokens: list[str], limit: int) -> list[tuple[int, int]]:
    array, specials = np.frombuffer(data, np.uint8), prepare_specials(special_tokens)
    position, spans = 0, []
    while position < limit:
        start = find_special(array, len(data), position, limit, *specials)
        if start == limit:
            break
        position = start + special_length(array, start, limit, specials.blob, specials.offsets)
        spans.append((start, position))
    return spans


def _wanted(data: bytes, special_tokens: list[str], limit: int) -> list[tuple[int, int]]:
    ordered = sorted((token.encode() for token in special_tokens), key=len, reverse=True)
    if not ordered:
        return []
    return [match.span() for match in regex.finditer(b"|".join(map(regex.escape, ordered)), data[:limit])]


@given(data=texts, special_tokens=tokens, cut=st.integers(0, 200))
def test_the_leftmost_and_of_those_the_longest_is_found(data: bytes, special_tokens: list[str], cut: int) -> None:
    limit = max(0, len(data) - cut)
    assert _found(data, special_tokens, limit) == _wanted(data, special_tokens, limit)


@pytest.mark.parametrize("offset", range(0, 130, 13))
def test_a_token_is_found_across_the_borders_of_blocks(offset: int) -> None:
    data = b"<" * offset + b"<|endoftext|>" + b"|" * 70
    assert _found(data, ["<|endoftext|>"], len(data)) == [(offset, offset + 13)]
    assert _found(data, ["<|endoftext|>"], offset + 12) == [], "a token may not reach past the text's end"


def test_repeated_tokens_are_one_and_keep_their_order() -> None:
    assert check_specials(["b", "a", "b"]) == ("b", "a")


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(UsageError, match="special token is empty"):
        check_specials(["<|endoftext|>", ""])
