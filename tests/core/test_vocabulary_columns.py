"""Do the columns say of each token what Python says of it, one at a time?"""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.vocabulary.characters import decode_tokens
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary, read_vocabulary
from lmcore.bpe.vocabulary.kinds import Kind
from lmcore.bpe.vocabulary.scripts import SCRIPTS, find_scripts, script_table
from lmcore.bpe.vocabulary.views import WORDING, View, Views, script_counts
from lmcore.generators import result_of
from tests.core.sample_vocabularies import of_tokens, sample, sample_tokenizer, tokenizer_of

TOKENS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=6),
        st.text(max_size=5).map(lambda text: text.encode("utf-8", "surrogatepass") or b"x"),
        st.sampled_from(
            [
                b"\0",
                b"\x1b\x7f",
                b"\0a",
                b"\xc2\x80\n",
                b" the",
                b"the",
                b"The",
                b"\xe2\x80",
                b"\x80\x99",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\xc0\x80",
            ]
        ),
    ),
    min_size=1,
    max_size=30,
)


def _kind(token: bytes) -> Kind:
    """The kind of one token, as plainly as Python can say it."""
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return Kind.BROKEN
    if text.isspace():
        return Kind.BLANK
    if all(unicodedata.category(character) == "Cc" for character in text):
        return Kind.CONTROL
    bare = text.lstrip(" ")
    categories = [unicodedata.category(character) for character in bare]
    if all(category[0] == "N" for category in categories):
        return Kind.NUMBER
    if not all(category[0] in "LM" for category in categories) or not any(c[0] == "L" for c in categories):
        return Kind.SIGNS
    upper = sum(category in ("Lu", "Lt") for category in categories)
    lower = sum(category == "Ll" for category in categories)
    if upper == 0:
        return Kind.LOWER if lower else Kind.CASELESS
    if upper == 1 and categories[0] in ("Lu", "Lt"):
        return Kind.CAPITALISED
    return Kind.UPPER if lower == 0 and upper > 1 else Kind.MIXED_CASE


def _is_run(token: bytes) -> bool:
    try:
        text = token.decode()
    except UnicodeDecodeError:
        return False
    return len(text) > 1 and len(set(text)) == 1


def _broken(token: bytes) -> int:
    return sum("\udc80" <= character <= "\udcff" for character in token.decode("utf-8", "surrogateescape"))


@given(TOKENS)
def test_characters_are_those_that_python_decodes(tokens: list[bytes]) -> None:
    data = np.frombuffer(b"".join(tokens), np.uint8)
    found = decode_tokens(data, np.cumsum([0, *map(len, tokens)]))
    assert found.broken.tolist() == [_broken(token) for token in tokens]
    for row, token in enumerate(tokens):
        text = "".join(map(chr, found.points[found.rows == row].tolist()))
        assert text == token.decode("utf-8", "ignore")


@given(TOKENS)
def test_columns_agree_with_python_token_by_token(tokens: list[bytes]) -> None:
    tokens = list(dict.fromkeys(tokens))
    known = of_tokens(tokens)
    assert known.lengths.tolist() == [len(token) for token in tokens]
    assert [Kind(kind) for kind in known.kinds.tolist()] == [_kind(token) for token in tokens]
    assert known.runs.tolist() == [_is_run(token) for token in tokens]
    assert known.characters.tolist() == [len(token.decode("utf-8", "ignore")) for token in tokens]
    pairs = [token[:1] == b" " and token[1:] in tokens or b" " + token in tokens for token in tokens]
    assert known.space_pairs.tolist() == pairs


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=4), min_size=1, max_size=20, unique=True))
def test_case_variants_are_those_that_fold_to_the_same(texts: list[str]) -> None:
    known = of_tokens([text.encode() for text in texts])
    expected = [any(other != text and other.casefold() == text.casefold() for other in texts) for text in texts]
    assert known.case_variants.tolist() == expected


@pytest.mark.parametrize(
    ("token", "script"),
    [("word", "Latin"), (" мир", "Cyrillic"), ("…日本", "Han"), ("12", "Common"), ("👩‍🚀", "Common"), ("-é", "Latin")],
)
def test_a_script_is_that_of_the_first_character_that_has_one(token: str, script: str) -> None:
    known = of_tokens([token.encode(), b"\xe6"])
    assert SCRIPTS[known.scripts[0]] == script
    assert SCRIPTS[known.scripts[1]] == "Partial"


def test_the_recorded_scripts_are_those_of_the_regex_package() -> None:
    assert np.array_equal(script_table(), find_scripts())


def test_parents_are_those_of_the_first_merge_that_makes_a_token() -> None:
    pairs = [(b"a", b"b"), (b"b", b"c"), (b"ab", b"c"), (b"a", b"bc")]
    known = of_tokenizer(pairs)
    row = known.rows_by_token[b"abc"]
    assert (known.tokens[known.left[row]], known.tokens[known.right[row]]) == (b"ab", b"c")
    assert known.ranks[row] == 3
    assert known.ranks[known.rows_by_token[b"a"]] == NONE


def of_tokenizer(pairs: list[tuple[bytes, bytes]]) -> Vocabulary:
    """The columns of a tokenizer with these merges."""
    return result_of(read_vocabulary(tokenizer_of(pairs)))


def test_ids_with_gaps_lead_to_rows() -> None:
    tokenizer = tokenizer_of([(b"a", b"b")])
    moved = type(tokenizer)({i + 5 * (i > 100): token for i, token in tokenizer.vocab.items()}, tokenizer.merges)
    known = result_of(read_vocabulary(moved))
    assert known.row_of_id(101) == NONE
    assert [known.ids[known.row_of_id(i)] for i in (0, 100, 106, 261)] == [0, 100, 106, 261]


def test_every_view_says_why_and_shows_what_it_says() -> None:
    known = sample()
    views = Views(known)
    masks = {view: mask for view in View if (mask := views.mask(view)) is not None}
    shown = {view: {known.tokens[row] for row in np.flatnonzero(mask).tolist()} for view, mask in masks.items()}
    assert set(WORDING) == set(View)
    assert shown[View.SPECIAL] == {b"<|end|>"}
    assert b"<|end|>" not in set().union(*(shown[view] for view in shown if view not in (View.ALL, View.SPECIAL)))
    assert {b"--", b"\xe6\x97\xa5", b"1999"} <= shown[View.ALL]
    assert b"--" in shown[View.RUNS]
    assert b"1999" in shown[View.NUMBERS]
    assert {b"cat", b"Cat"} <= shown[View.CASE_VARIANTS]
    assert "ÃÂÃÂÃÂ".encode() in shown[View.MOJIBAKE]
    assert views.count(View.UNUSED) is None
    views.set_used(np.arange(len(known)))
    assert views.count(View.UNUSED) == 1


def test_scripts_are_counted_the_most_frequent_first() -> None:
    counts = script_counts(sample())
    assert sum(tokens for _, tokens in counts) == len(sample_tokenizer().vocab)
    assert [tokens for _, tokens in counts] == sorted((tokens for _, tokens in counts), reverse=True)


@given(st.text(st.characters(min_codepoint=0x80, max_codepoint=0x24F), min_size=1, max_size=6))
def test_text_that_was_misread_is_found_and_read_again(text: str) -> None:
    misread = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    known = of_tokens([misread.encode()])
    assert known.mojibake.tolist() == [True]


@pytest.mark.parametrize("text", ["Café", "ÇÃO", "naïve", "“quoted”", "É»", "日本", "plain", "Ã", "€"])
def test_text_that_reads_as_it_was_meant_is_left_alone(text: str) -> None:
    assert of_tokens([text.encode()]).mojibake.tolist() == [False]


def test_lost_bytes_and_cut_ends_are_recognised() -> None:
    assert of_tokens(["ÃÂÃÂ".encode(), "€™".encode()]).mojibake.tolist() == [True, True]
