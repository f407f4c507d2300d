"""Does the encoder give the ids of its naive twin: short and long, in tables that overflow, in blocks, on threads?"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import tiktoken
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lmcore.bpe import encode_worker, encoding
from lmcore.bpe.id_table import LONGEST, LONGEST_KEPT
from lmcore.bpe.patterns import EXPRESSIONS
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.word_merging import SCANNED
from lmcore.errors import TokenizerError
from tests import naive
from tests.core.engine import DECLARATION, NAMES, at_most
from tests.core.small_tokenizers import BYTES, SPECIALS, any_bytes, made_of, texts, trained

_CUSTOM = r"\p{Lu}?\p{Ll}+|[0-9]{2}| "
Pair = tuple[bytes, bytes]


@st.composite
def merge_lists(draw: st.DrawFn) -> list[Pair]:
    """Merges whose parts exist, in any order, and so also such as no training makes."""
    tokens = [b"a", b"b", b"c"]
    merges: list[Pair] = []
    for _ in range(draw(st.integers(0, 12))):
        pair = draw(st.sampled_from(tokens)), draw(st.sampled_from(tokens))
        merges.append(pair)
        tokens.append(pair[0] + pair[1])
    return draw(st.permutations(merges))


def _spelled(tokenizer: Tokenizer, data: bytes) -> list[bytes]:
    return [tokenizer.vocab[token_id] for token_id in tokenizer.encode_bytes(data)]


@settings(max_examples=at_most(300, 40))
@given(merges=merge_lists(), word=st.text("abc", max_size=20), times=st.integers(1, 8))
@example(merges=[(b"ab", b"a"), (b"a", b"b")], word="abab", times=1)
@example(merges=[(b"b", b"c"), (b"a", b"b"), (b"b", b"c")], word="abbc", times=1)
def test_the_lowest_rank_is_merged_first_and_the_leftmost_of_several(merges: list[Pair], word: str, times: int) -> None:
    """Words of up to 160 letters: those above `SCANNED` go through the heap."""
    data = word.encode() * times
    assert _spelled(made_of(merges), data) == naive.encode_lowest(data, merges)


@pytest.mark.parametrize("length", [SCANNED, SCANNED + 1, LONGEST_KEPT, LONGEST_KEPT + 1, LONGEST, LONGEST + 1])
def test_words_on_both_sides_of_every_limit_are_merged_alike(length: int) -> None:
    merges = [(b"a", b"b"), (b"ab", b"a"), (b"b", b"b"), (b"aba", b"ab"), (b"bb", b"bb"), (b"c", b"c")]
    rng = np.random.default_rng(length)
    word = bytes(rng.choice(np.frombuffer(b"abbc", np.uint8), length).tolist())
    tokenizer = made_of(merges)
    wanted = naive.encode_lowest(word, merges)
    assert _spelled(tokenizer, word) == wanted
    assert _spelled(tokenizer, word + b" " + word) == [*wanted, b" ", *wanted], "met a second time"


@settings(max_examples=at_most(100, 15), deadline=None)
@given(data=any_bytes)
@pytest.mark.parametrize("pattern", [*NAMES, _CUSTOM])
def test_ids_are_those_of_the_twin(pattern: str, data: bytes) -> None:
    tokenizer = trained(pattern)
    ids = {token: token_id for token_id, token in tokenizer.vocab.items()}
    wanted, rest = [], data
    for part in naive.split_specials(data, SPECIALS):
        for pretoken in naive.pretokens(part, tokenizer.pattern.expression):
            wanted += [ids[piece] for piece in naive.encode_lowest(pretoken, tokenizer.merges)]
        rest = rest[len(part) :]
        special = max((token for token in SPECIALS if rest.startswith(token.encode())), key=len, default="")
        wanted += [ids[special.encode()]] if special else []
        rest = rest[len(special.encode()) :]
    assert tokenizer.encode_bytes(data) == wanted
    assert tokenizer.decode_bytes(wanted) == data


def test_a_table_that_overflows_changes_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    text = DECLARATION.read_text(encoding="utf-8")[: at_most(200_000, 3000)]
    wanted = trained().encode(text)
    monkeypatch.setattr(encode_worker, "_FIRST_BITS", 4)
    monkeypatch.setattr(encode_worker, "_LARGE_BITS", 4)
    monkeypatch.setattr(encode_worker, "_MOST_BITS", 7)
    tokenizer = Tokenizer(trained().vocab, trained().merges, SPECIALS)
    assert tokenizer.encode(text) == wanted
    assert tokenizer.encode(text[::-1]) == trained().encode(text[::-1])


@pytest.mark.parametrize("pattern", [*NAMES, _CUSTOM])
def test_blocks_and_threads_change_no_id(monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    declaration = DECLARATION.read_text(encoding="utf-8")
    text = "".join(f"{declaration[i : i + 97]}{SPECIALS[i % 4]}" for i in range(0, at_most(60_000, 2000), 97))
    tokenizer = trained(pattern)
    wanted, bare = tokenizer.encode(text), tokenizer.encode(text, specials=False)
    monkeypatch.setattr(encoding, "_BLOCK", at_most(1000, 300))
    monkeypatch.setattr(encoding, "_SMALL", 10)
    blocks = [*encoding.divide(tokenizer.encoder, np.frombuffer(text.encode(), np.uint8), True)]
    assert len(blocks) > 3, "or nothing was divided"
    for threads in (1, 3):
        assert tokenizer.encode(text, threads=threads) == wanted
        assert tokenizer.encode_array(text, threads=threads).tolist() == wanted
        assert tokenizer.encode(text, threads=threads, specials=False) == bare
    assert tokenizer.encode_array(text.encode()).dtype == np.uint32


def test_a_tokenizer_is_used_by_many_threads_at_once() -> None:
    tokenizer = trained()
    parts = DECLARATION.read_text(encoding="utf-8")[: at_most(100_000, 2000)].split("\n")
    wanted = [tokenizer.encode(part) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(tokenizer.encode, parts)] == wanted


@settings(max_examples=at_most(50, 10))
@given(many=st.lists(texts, max_size=12), threads=st.sampled_from([None, 1, 2]))
def test_a_batch_gives_each_text_its_own_ids(many: list[str], threads: int | None) -> None:
    assert trained().encode_batch(many, threads) == [trained().encode(text) for text in many]


def test_a_batch_larger_than_a_block_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", 50)
    many = [f"text number {number}, and more <|" * (number % 3) for number in range(40)]
    assert trained().encode_batch(iter(many), 2) == [trained().encode(text) for text in many]


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_write_to_a_few_rooms_again_and_again(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(encoding, "_BLOCK", 100)
    data = np.frombuffer(b"the theory of the thing " * 500, np.uint8)
    spans = [*encoding.divide(trained().encoder, data, True)]
    rooms, ids = set[int](), list[int]()
    for block in encoding._blocks(trained().encoder, data, spans, True, threads):
        rooms.add(block.ctypes.data)
        ids += block.tolist()
    assert len(spans) > 100
    assert len(rooms) <= 3 * threads
    assert ids == trained().encode_bytes(data.tobytes())


@pytest.mark.parametrize("piece", ["a", " ", "\n", "1", "!", "中", "\x00", "ab", "a\u0301"])
def test_long_repetitions_are_those_of_tiktoken(piece: str) -> None:
    ours = trained("cl100k", ())
    peer = tiktoken.Encoding(
        "ours",
        pat_str=EXPRESSIONS["cl100k"],
        mergeable_ranks={token: token_id for token_id, token in ours.vocab.items()},
        special_tokens={},
    )
    for size in (1, 47, at_most(200_000, 2500)):
        assert ours.encode(piece * size) == peer.encode(piece * size)


@given(text=st.text(st.one_of(st.characters(), st.characters(categories=["Cs"]), st.just("a")), max_size=12))
@example(text="a\ud83d\ude00b\ud800 \udbff\udfff\udc00\udfff")
def test_surrogates_are_read_as_tiktoken_reads_them(text: str) -> None:
    """Except U+DC80 to U+DCFF behind no other half, which are the bytes of `surrogateescape`."""
    ours = Tokenizer(BYTES, [])
    peer = tiktoken.Encoding(
        "bytes", pat_str=r"[\s\S]", mergeable_ranks={token: rank for rank, token in BYTES.items()}, special_tokens={}
    )
    escaped = ours.decode(ours.encode(text), "surrogateescape")
    assert peer.decode(peer.encode(text)) == "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in escaped)


def test_bytes_that_stand_as_lone_surrogates_stay_bytes_where_tiktoken_replaces_them() -> None:
    ours, text = Tokenizer(BYTES, []), "a\udc80b\udce4\udcbd\udca0"
    peer = tiktoken.Encoding(
        "bytes", pat_str=r"[\s\S]", mergeable_ranks={token: rank for rank, token in BYTES.items()}, special_tokens={}
    )
    expected = [*b"a\x80b", *"你".encode()]
    assert ours.encode(text) == ours.encode_batch([text])[0] == [*ours.encode_iterable(text)] == expected
    assert ours.decode(expected, "surrogateescape") == "a\udc80b你"
    assert peer.encode(text) == [*"a\ufffdb\ufffd\ufffd\ufffd".encode()]


def _with(special: Sequence[str] = (), added: Sequence[str] = (), merges: Sequence[Pair] = ()) -> Tokenizer:
    products = [left + right for left, right in merges]
    return Tokenizer(BYTES | dict(enumerate(products, 256)), merges, special, added_tokens=added)


def test_special_tokens_can_be_switched_off_and_added_tokens_cannot() -> None:
    tokenizer = _with(["<s>"], ["<a>", "<s>>"])
    assert tokenizer.encode("<s><a>") == [256, 257]
    assert tokenizer.encode("<s><a>", specials=False) == [*b"<s>", 257]
    assert tokenizer.encode("<s>>", specials=False) == [258]
    assert [*tokenizer.encode_iterable(["<", "s><", "a>"], specials=False)] == [*b"<s>", 257]
    assert tokenizer.encode_batch(["<s>", "<a>"], specials=False) == [[*b"<s>"], [257]]
    assert tokenizer.special_tokens == ("<s>",)
    assert tokenizer.added_tokens == ("<a>", "<s>>")


def test_the_longest_of_overlapping_special_tokens_wins() -> None:
    tokenizer = _with(["ab", "abcd", "bc"], ["abc"])
    assert tokenizer.encode("abcd") == [tokenizer.special_ids["abcd"]]
    assert tokenizer.encode("abcx") == [tokenizer.added_ids["abc"], 120]
    assert tokenizer.encode("abbc") == [tokenizer.special_ids["ab"], tokenizer.special_ids["bc"]]


def test_special_tokens_of_one_byte_and_at_the_end_are_found() -> None:
    tokenizer = Tokenizer(
        BYTES, [], {"a": 300, "ab": 301, "中": 302, "zz": 303} | {f"zz{i}": 400 + i for i in range(9)}
    )
    for before in ("", " " * 63, "-" * 64, "x" * 200):
        assert tokenizer.encode(f"{before}aba中zz7z")[len(before) :] == [301, 300, 302, 407, 122]


def test_a_special_token_spelled_like_an_ordinary_one_keeps_its_own_id() -> None:
    merges = [(b"h", b"i"), (b"hi", b"hi")]
    vocab = BYTES | {256: b"hi", 257: b"hihi", 300: b"hi"}
    for specials in (["hi"], {"hi": 300}):
        tokenizer = Tokenizer(vocab, merges, specials)
        assert tokenizer.encode("hi") == [300]
        assert tokenizer.encode("hi", specials=False) == [256]
        assert tokenizer.encode("hihi", specials=False) == [257]
        assert tokenizer.decode([256, 300]) == "hihi"
    assert Tokenizer(vocab, merges, {"hi": 256}).encode("hi", specials=False) == [300]


def test_special_tokens_with_impossible_ids_are_refused() -> None:
    with pytest.raises(TokenizerError, match="the id 65, which is that of b'A'"):
        Tokenizer(BYTES, [], {"<s>": 65})
    with pytest.raises(TokenizerError, match="the id -1"):
        Tokenizer(BYTES | {-1: b"x"}, [])


def test_ids_may_have_holes() -> None:
    tokenizer = Tokenizer({byte + 1000: bytes([byte]) for byte in range(256)} | {7: b"ab"}, [(b"a", b"b")], ["<s>"])
    assert tokenizer.encode("abc<s>") == [7, 1099, 1256]
    assert tokenizer.decode([7, 1099, 1256]) == "abc<s>"


def test_pretokens_that_are_tokens_can_be_left_unmerged() -> None:
    """As Llama 3 does: some of its tokens cannot be reached by merges."""
    vocab = BYTES | {256: b"bc", 257: b"abc", 258: b" abc" * 50}
    merging, looking = (Tokenizer(vocab, [(b"b", b"c")], ["<s>"], ignore_merges=ignore) for ignore in (False, True))
    assert merging.encode("abc") == [97, 256]
    assert looking.encode("abc<s>abc xabc") == [257, 259, 257, 32, 120, 97, 256]
    assert Tokenizer(vocab, [], pattern=r"[\s\S]+", ignore_merges=True).encode(" abc" * 50) == [258]


def test_a_prefix_of_the_merges_is_a_smaller_vocabulary() -> None:
    whole, text = trained(), DECLARATION.read_text(encoding="utf-8")[: at_most(20_000, 1500)]
    for count in (0, 1, 57, len(whole.merges), len(whole.merges) + 5):
        smaller = whole.prefix(count)
        kept = {token: token_id for token_id, token in whole.vocab.items() if token_id < 256 + len(SPECIALS) + count}
        other = Tokenizer({token_id: token for token, token_id in kept.items()}, whole.merges[:count], SPECIALS)
        assert smaller.vocab == other.vocab
        assert smaller.merges == other.merges
        assert smaller.encode(text) == other.encode(text)
        assert smaller.decode(smaller.encode(text)) == text
    assert whole.encode(text) == trained().prefix(10**6).encode(text)


def test_a_prefix_forgets_what_it_cannot_make() -> None:
    tokenizer = Tokenizer(BYTES | {256: b"ab", 257: b"abc"}, [(b"a", b"b"), (b"ab", b"c")], ignore_merges=True)
    assert tokenizer.prefix(1).encode("abc") == [256, 99]
    with pytest.raises(TokenizerError, match="no id 257"):
        tokenizer.prefix(1).decode([257])
    assert tokenizer.encode("abc") == [257]


@given(data=any_bytes)
@settings(max_examples=at_most(100, 20))
def test_spans_are_where_the_tokens_stand(data: bytes) -> None:
    spans, ids = trained().token_spans(data), trained().encode_bytes(data)
    assert spans[0] == 0
    assert spans[-1] == len(data)
    assert [data[start:end] for start, end in pairwise(spans)] == [trained().vocab[i] for i in ids]
