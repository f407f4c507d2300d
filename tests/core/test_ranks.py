"""Do ranks stand for the merges that we read from them, and do merges that are written as ranks keep their ids?"""

from pathlib import Path

import pytest
import tiktoken
from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from lmcore.bpe.ranks import check_ranks, last_pair, merges_of_ranks
from lmcore.bpe.tiktoken_file import read_tiktoken, write_tiktoken
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import TokenizerError
from tests.core.vocabularies import BYTES, merge_lists, real_tiktoken, texts, tokenizers

_words = st.text("ab", min_size=2, max_size=6).map(str.encode)


@given(words=st.lists(_words, unique=True, max_size=12), numbers=st.randoms(use_true_random=False), text=texts)
@example(words=[b"aab", b"ab", b"aa"], numbers=None, text="aab")
def test_merges_from_any_ranks_give_the_ids_of_tiktoken(words: list[bytes], numbers: object, text: str) -> None:
    """Also where no vocabulary was trained: tokens that nothing makes, parts that rank above the whole."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {word: 256 + place for place, word in enumerate(words)}
    peer = tiktoken.Encoding("any", pat_str=r"[\s\S]+", mergeable_ranks=ranks, special_tokens={})
    merges, unmade = merges_of_ranks(ranks)
    ours = Tokenizer(
        {rank: token for token, rank in ranks.items()}, merges, pattern=r"[\s\S]+", ignore_merges=bool(unmade)
    )
    assert ours.encode(text) == peer.encode(text)
    assert len(merges) + len(unmade) == len(words)


@given(merges=merge_lists())
def test_the_quick_way_finds_what_taking_apart_finds(merges: list[tuple[bytes, bytes]]) -> None:
    ranks = {token: byte for byte, token in BYTES.items()}
    ranks |= {left + right: 256 + place for place, (left, right) in enumerate(merges)}
    found, unmade = merges_of_ranks(ranks)
    tokens = [token for token in ranks if len(token) > 1]
    assert found == [pair for token in tokens if (pair := last_pair(token, ranks))]
    assert unmade == [token for token in tokens if last_pair(token, ranks) is None]


@given(tokenizer=tokenizers(in_order=True), text=texts)
def test_what_is_written_as_ranks_keeps_its_ids_in_tiktoken(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer, text: str
) -> None:
    """Whatever is not refused is the same, special tokens in the middle and gaps in the ids included."""
    assume(not tokenizer.pattern.inner)
    path = tmp_path_factory.mktemp("ranks") / "ours.tiktoken"
    try:
        write_tiktoken(tokenizer, path)
    except TokenizerError as error:
        event(f"refused: {str(error)[:20]}")
        return
    event("written")
    assert real_tiktoken(path).encode(text, allowed_special="all") == tokenizer.encode(text)
    assert read_tiktoken(path, path.read_bytes()).encode(text) == tokenizer.encode(text)


def _vocab(*tokens: bytes) -> dict[bytes, int]:
    return {token: place for place, token in enumerate([*BYTES.values(), *tokens])}


def test_merges_in_another_order_than_the_ids_are_refused() -> None:
    """As ranks "abc" would be "a" + "bc"; as merges it is "ab" + "c"."""
    with pytest.raises(TokenizerError, match=r"not in the order of the ids .*256 comes after 257"):
        check_ranks(_vocab(b"bc", b"ab"), [(b"a", b"b"), (b"b", b"c")], ignore_merges=False)
    check_ranks(_vocab(b"ab", b"bc"), [(b"a", b"b"), (b"b", b"c")], ignore_merges=False)


def test_a_token_that_tiktoken_would_make_and_we_do_not_is_refused() -> None:
    with pytest.raises(TokenizerError, match="would join 'a' and 'b', which no merge does"):
        check_ranks(_vocab(b"ab"), [], ignore_merges=True)


def test_a_token_that_only_whole_pretokens_become_needs_ignore_merges() -> None:
    ranks, merges = _vocab(b"ab", b"abcd"), [(b"a", b"b")]
    with pytest.raises(TokenizerError, match=r"no merge makes the token 'abcd' \(1 such\)"):
        check_ranks(ranks, merges, ignore_merges=False)
    check_ranks(ranks, merges, ignore_merges=True)


def test_merges_that_never_come_about_do_no_harm() -> None:
    """As in Llama 3, which lists every way to join two tokens to a third."""
    ranks, merges = _vocab(b"ab", b"bc", b"abc"), [(b"a", b"b"), (b"b", b"c"), (b"a", b"bc"), (b"ab", b"c")]
    check_ranks(ranks, merges, ignore_merges=False)


def test_bytes_with_two_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match="two of its ids mean the same bytes"):
        write_tiktoken(Tokenizer(BYTES | {256: b"a"}, []), tmp_path / "x.tiktoken")
    assert not list(tmp_path.iterdir())


def test_a_special_token_with_the_bytes_of_another_keeps_its_id(tmp_path: Path) -> None:
    tokenizer = Tokenizer(_numbered(b"ab", b"ab"), [(b"a", b"b")], ["ab"])
    path = tmp_path / "x.tiktoken"
    tokenizer.save(path)
    assert Tokenizer.load(path).encode("xab") == real_tiktoken(path).encode("xab", allowed_special="all") == [120, 257]
    assert real_tiktoken(path).encode("xab", disallowed_special=()) == [120, 256]


def _numbered(*tokens: bytes) -> dict[int, bytes]:
    return dict(enumerate([*BYTES.values(), *tokens]))
