"""Does a window show the tokens of the whole text, and do counts in parts give those of the whole?"""

import pytest

from lmcore.bpe import Tokenizer
from lmcore.bpe.token_window import SLICE, TokenCounts, Windows
from lmcore.generators import result_of
from lmcore.paths import resource

TEXT = ("It was 1,234 words, isn't it? <|endoftext|> naïve 你好世界。\n\n" * 40).encode() + b"\xe5\xa5= end"


@pytest.fixture(scope="module")
def bundled() -> Tokenizer:
    return Tokenizer.load(resource("sample/tokenizer"))


def counted(windows: Windows, data: bytes) -> TokenCounts | None:
    return result_of(windows.count(data))


def test_a_whole_text_is_covered(bundled: Tokenizer) -> None:
    found = Windows(bundled).window(TEXT, 0, len(TEXT))
    assert found is not None
    assert [token.token_id for token in found.tokens] == bundled.encode_bytes(TEXT)
    assert [TEXT[span.start : span.end] for span in found.pretokens] == bundled.pretokens(TEXT)
    assert [TEXT[token.start : token.end] for token in found.tokens] == [
        bundled.vocab[t.token_id] for t in found.tokens
    ]


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k"])
def test_a_window_shows_what_the_whole_shows(bundled: Tokenizer, pattern: str) -> None:
    tokenizer = Tokenizer(bundled.vocab, bundled.merges, ["<|endoftext|>", "d of<|endoftext|> x"], pattern)
    windows = Windows(tokenizer)
    whole = windows.cut(TEXT)
    for start in range(0, len(TEXT), 97):
        part = windows.window(TEXT, start, start + 30)
        assert part is not None
        assert part.start <= start
        assert part.end >= min(start + 30, len(TEXT))
        assert part.tokens == tuple(token for token in whole.tokens if part.start <= token.start < part.end)
        assert part.pretokens == tuple(span for span in whole.pretokens if part.start <= span.start < part.end)


def test_text_without_blanks_has_windows_too(bundled: Tokenizer) -> None:
    data = "你好世界。".encode() * 3000
    part = Windows(bundled).window(data, 30_000, 30_030)
    assert part is not None
    assert part.end - part.start < 1000
    whole = bundled.token_spans(data).tolist()
    assert [token.start for token in part.tokens] == [start for start in whole if part.start <= start < part.end]


def test_without_a_safe_cut_there_is_no_window(bundled: Tokenizer) -> None:
    windows = Windows(bundled)
    assert windows.window(b"a" * 100_000, 50_000, 50_040) is None
    assert windows.window(b"a" * 1000, 500, 540) is not None


def test_counts_in_parts_are_those_of_the_whole(bundled: Tokenizer) -> None:
    data = TEXT * 8
    windows = Windows(bundled)
    assert len(data) > 2 * SLICE
    assert counted(windows, data) == TokenCounts(len(bundled.pretokens(data)), len(bundled.encode_bytes(data)))
    assert counted(windows, b"") == TokenCounts(0, 0)


def test_a_text_that_cannot_be_divided_is_not_counted_for_ever(
    bundled: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lmcore.bpe.token_window.UNCUT", 20_000)
    assert counted(Windows(bundled), b"a" * 100_000) is None
