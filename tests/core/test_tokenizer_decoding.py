"""Are ids the bytes that they stand for, from lists and arrays, on threads, and is an unknown one named?"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe import decoding
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import TokenizerError
from tests.core.engine import at_most
from tests.core.small_tokenizers import BYTES

_WORDS = {
    256 + length: bytes(i % 251 for i in range(length)) for length in (0, 2, 7, 8, 9, 14, 15, 16, 17, 31, 255, 256, 600)
}
_TOKENIZER = Tokenizer(BYTES | _WORDS, [])


@settings(max_examples=at_most(200, 50))
@given(ids=st.lists(st.sampled_from([*_WORDS, 0, 1, 255]), max_size=60))
def test_tokens_of_every_length_come_back(ids: list[int]) -> None:
    wanted = b"".join(_TOKENIZER.vocab[token_id] for token_id in ids)
    assert _TOKENIZER.decode_bytes(ids) == wanted
    assert _TOKENIZER.decode_bytes(np.array(ids, np.uint16)) == wanted
    assert _TOKENIZER.decode_bytes(iter(ids)) == wanted
    assert _TOKENIZER.decode(ids, "surrogateescape") == wanted.decode("utf-8", "surrogateescape")


def test_blocks_and_threads_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = np.random.default_rng(0).choice([*_WORDS, *range(256)], at_most(20_000, 300)).astype(np.uint32)
    wanted = b"".join(_TOKENIZER.vocab[token_id] for token_id in ids.tolist())
    monkeypatch.setattr(decoding, "_IDS_A_CALL", 7)
    for threads in (1, 3):
        assert _TOKENIZER.decode_bytes(ids, threads=threads) == wanted
    ids[-2] = 9999
    with pytest.raises(TokenizerError, match="no id 9999"):
        _TOKENIZER.decode_bytes(ids, threads=2)


@pytest.mark.parametrize("wrong", [-1, 257, 9999, 1 << 32, 1 << 70])
def test_ids_that_are_none_are_named(wrong: int) -> None:
    with pytest.raises(TokenizerError, match=f"no id {wrong};"):
        _TOKENIZER.decode([65, wrong])


def test_whatever_is_a_whole_number_is_an_id() -> None:
    class Sixty:
        def __index__(self) -> int:
            return 60

    ids: list[Any] = [np.uint16(65), True, 256 + 600, Sixty()]
    assert _TOKENIZER.decode_bytes(ids) == b"A\x01" + _WORDS[856] + b"<"
    assert _TOKENIZER.decode_bytes(tuple(ids[:1])) == b"A"


def test_a_list_that_shrinks_while_it_is_read_is_an_error_and_no_crash() -> None:
    class Thief:
        def __index__(self) -> int:
            ids.clear()
            return 65

    ids: list[Any] = [Thief(), *range(1000)]
    with pytest.raises(IndexError):
        _TOKENIZER.decode_bytes(ids)


@pytest.mark.parametrize("wrong", [-1, 9999, 1 << 32])
def test_ids_that_are_none_are_named_in_arrays(wrong: int) -> None:
    with pytest.raises(TokenizerError, match=f"no id {wrong};"):
        _TOKENIZER.decode(np.array([65, wrong]))


def test_an_array_of_numbers_that_are_no_ids_is_no_array_of_ids() -> None:
    with pytest.raises(TypeError):
        _TOKENIZER.decode([1.5])  # type: ignore[list-item]


def test_an_array_is_left_as_it_was() -> None:
    ids = np.array([65, 66], np.uint32)
    assert _TOKENIZER.decode(ids[::-1]) == "BA"
    ids[0] = 67
    assert _TOKENIZER.decode(ids) == "CB"
