"""Is what is summed up of a text, slice by slice, what the whole text gives?"""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe import Tokenizer
from lmcore.bpe.text_summary import SLICE, Summary, summarize
from lmcore.bpe.token_window import Windows
from lmcore.generators import result_of
from lmcore.paths import resource
from lmcore.text.handlers import HANDLERS
from lmcore.text.normal_forms import FORMS

MIXED = "Cafe\u0301 naïve ﬁ 你好 각 👩\u200d🚀 Å\u0323 ".encode()


@pytest.fixture(scope="module")
def windows() -> Windows:
    return Windows(Tokenizer.load(resource("sample/tokenizer")))


def summed(data: bytes, windows: Windows | None = None) -> Summary:
    return result_of(summarize(data, windows))


def check(data: bytes) -> None:
    found = summed(data)
    text = data.decode("utf-8", "replace")
    for one in found.forms:
        made = unicodedata.normalize(one.form, text)  # type: ignore[arg-type]
        assert (one.points, one.utf8) == (len(made), len(made.encode()))
        assert one.utf16 == len(made.encode("utf-16-le"))
    for result in found.handlers:
        try:
            size = len(data.decode("utf-8", result.handler).encode("utf-8", "surrogateescape"))
        except UnicodeDecodeError:
            assert result.size is None
        else:
            assert result.size == size
    assert [one.handler for one in found.handlers] == list(HANDLERS)
    assert [one.form for one in found.forms] == list(FORMS)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.text(max_size=4).map(str.encode), st.binary(max_size=3)), max_size=8).map(b"".join))
def test_short_texts(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize("end", [b"", b"\xe5\xa5"])
def test_long_texts_are_divided_where_nothing_is_joined(end: bytes) -> None:
    data = (MIXED * 40 + b"\xe5\xa5" + "e\u0301".encode() * 50) * (5 * SLICE // 3000) + end
    assert len(data) > 2 * SLICE
    check(data)


def test_tokens_are_those_of_each_result(windows: Windows) -> None:
    data = MIXED + b"\xe5\xa5= end"
    found = summed(data, windows)
    tokenizer = windows.tokenizer
    assert found.tokens is not None
    assert found.tokens.tokens == len(tokenizer.encode_bytes(data))
    assert found.tokens.pretokens == len(tokenizer.pretokens(data))
    sizes = {one.handler: one.tokens for one in found.handlers}
    for handler in ("replace", "ignore", "backslashreplace"):
        assert sizes[handler] == len(tokenizer.encode_bytes(data.decode("utf-8", handler).encode()))
    assert (sizes["strict"], sizes["surrogateescape"]) == (None, found.tokens.tokens)
    nfd = unicodedata.normalize("NFD", data.decode("utf-8", "replace"))
    assert found.forms[1].tokens == len(tokenizer.encode_bytes(nfd.encode()))


def test_without_a_tokenizer_there_are_no_tokens() -> None:
    found = summed(MIXED)
    assert found.tokens is None
    assert {one.tokens for one in found.forms} == {None}
    assert found.first is None
    assert found.mojibake is None
