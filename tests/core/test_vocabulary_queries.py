"""Are the rows that sorting, searching and filtering give those that one would find by hand?"""

from functools import cmp_to_key

import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.vocabulary import filters
from lmcore.bpe.vocabulary.characters import Bools
from lmcore.bpe.vocabulary.filters import read_hex, rows_matching, rows_with_hex, rows_with_text
from lmcore.bpe.vocabulary.line_search import line_search
from lmcore.bpe.vocabulary.ordering import Column, Ordering, byte_ranks, stable_order
from lmcore.bpe.vocabulary.searching import Haystack
from lmcore.errors import UsageError
from lmcore.generators import result_of
from tests.core.sample_vocabularies import of_tokens, sample

BYTES = st.binary(max_size=20) | st.text("ab\0", max_size=24).map(str.encode)
EXPRESSIONS = [
    "a",
    "^a",
    "a$",
    "a+b?",
    r"\s",
    r"[^a]",
    "^$",
    "",
    ".",
    "a|b$",
    r"\n",
    r"(a)\1",
    r"a(?=b)",
    r"\Aa",
    r"(?i)A",
    "b++a",
    r"\Bb",
    r"[^\s]b",
    r"[\sab]+",
    r"\W",
    r"\D+$",
    r"a\s*b",
    r"(?:a|\s)+b",
    r"(?i)[^A]$",
    "$",
    "^",
    ".?b",
    "a{2}",
    "[a-c]+.",
    r"\p{L}+\W",
    r"\.",
    "[^a]{2,}",
    "\ufffd",
    "é",
]


def _tokens_with(found: Bools) -> set[bytes]:
    return {sample().tokens[row] for row in np.flatnonzero(found).tolist()}


@given(st.lists(st.integers(-1, 5) | st.integers(0, 1 << 62), max_size=40), st.booleans())
def test_orders_are_stable_and_what_is_unknown_comes_last(keys: list[int], descending: bool) -> None:
    found = stable_order(np.array(keys, np.int64), descending).tolist()
    expected = sorted(range(len(keys)), key=lambda row: (keys[row] < 0, -keys[row] if descending else keys[row]))
    unknown = [row for row in range(len(keys)) if keys[row] < 0]
    assert found[: len(keys) - len(unknown)] == [row for row in expected if keys[row] >= 0]
    assert found[len(keys) - len(unknown) :] == unknown


@given(st.lists(BYTES, min_size=1, max_size=30))
def test_byte_ranks_order_as_bytes_do(strings: list[bytes]) -> None:
    data = np.frombuffer(b"".join(strings), np.uint8)
    ranks = byte_ranks(data, np.cumsum([0, *map(len, strings)])).tolist()

    def by_rank(one: int, other: int) -> int:
        return int(ranks[one]) - int(ranks[other])

    order = sorted(range(len(strings)), key=cmp_to_key(by_rank))
    assert [strings[row] for row in order] == sorted(strings)
    assert len(set(ranks)) == len(set(strings))


@pytest.mark.parametrize("column", list(Column))
def test_sorting_twice_keeps_the_first_order_among_equals(column: Column) -> None:
    known, ordering = sample(), Ordering(sample())
    ordering.used = np.arange(len(known)) % 7
    by_token = ordering.sorted_rows(np.arange(len(known)), Column.TOKEN, descending=True)
    both = ordering.sorted_rows(ordering.sorted_rows(by_token, column), column)
    assert sorted(both.tolist()) == list(range(len(known)))
    if column is Column.BYTES:
        expected = sorted(by_token.tolist(), key=lambda row: len(known.tokens[row]))
        assert both.tolist() == expected
    if column is Column.PARENTS:
        merged = [row for row in both.tolist() if known.left[row] >= 0]
        pairs = [(known.tokens[known.left[row]], known.tokens[known.right[row]]) for row in merged]
        assert pairs == sorted(pairs)


@given(st.lists(BYTES, max_size=20), BYTES, st.none() | st.integers(0, 15))
def test_a_search_finds_what_python_finds(strings: list[bytes], needle: bytes, half: int | None) -> None:
    found = Haystack.of(strings).rows_with(needle, half).tolist()
    needles = [needle] if half is None else [needle + bytes([half << 4 | low]) for low in range(16)]
    assert found == [any(wanted in string for wanted in needles) for string in strings]


def test_text_is_found_whatever_its_case_and_by_the_signs_it_is_shown_with() -> None:
    assert {b"cat", b"Cat"} <= _tokens_with(rows_with_text(sample(), "CAT"))
    assert b"    " in _tokens_with(rows_with_text(sample(), "··"))
    assert b"\n\n" in _tokens_with(rows_with_text(sample(), "⏎"))
    assert _tokens_with(rows_with_text(sample(), "zzzz")) == set()


def test_hex_is_read_in_every_usual_form() -> None:
    forms = ["E2 80", "e280", "0xE2 0x80", r"\xe2\x80", "e2,80"]
    assert {read_hex(form).raw for form in forms} == {b"\xe2\x80"}
    assert read_hex("e2 8").high_half == 8
    found = _tokens_with(rows_with_hex(sample(), "C3 8"))
    assert "ÃÂ".encode() in found
    assert all(b"\xc3" in token for token in found)
    with pytest.raises(UsageError, match="“g”"):
        read_hex("0g")


@pytest.mark.parametrize("expression", EXPRESSIONS)
@given(texts=st.lists(st.text("aAb \n", min_size=1, max_size=5), min_size=1, max_size=12, unique=True))
def test_an_expression_matches_token_by_token(expression: str, texts: list[str]) -> None:
    known = of_tokens([text.encode() for text in texts])
    found = result_of(rows_matching(known, expression)).tolist()
    compiled = regex.compile(expression)
    assert found == [compiled.search(text) is not None for text in texts]


@pytest.mark.parametrize("expression", ["é", "\ufffd", "ab", "[^a]$", r"\w", ".", "(?i)B", "a(?=é)", r"\P{L}"])
@given(tokens=st.lists(BYTES | st.text("aBé\n", min_size=1).map(str.encode), min_size=1, max_size=20, unique=True))
def test_an_expression_matches_broken_tokens_in_parts_too(expression: str, tokens: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filters, "_LINES", 3)
        found = result_of(rows_matching(of_tokens(tokens), expression)).tolist()
    compiled = regex.compile(expression)
    assert found == [compiled.search(token.decode(errors="replace")) is not None for token in tokens]


@pytest.mark.parametrize(
    ("expression", "apart", "calm"),
    [
        ("^[A-Z]+$", True, True),
        (r"\s", True, True),
        (r"[^a]*", True, True),
        (r"a+b+", True, False),
        (r"(a+)+", True, False),
        (r"[\s]", False, False),
        (r"\n", False, False),
        (r"(a)\1", False, False),
        ("[]a]", False, False),
    ],
)
def test_what_an_expression_may_do_in_a_line_is_known(expression: str, apart: bool, calm: bool) -> None:
    found = line_search(expression)
    assert (found.apart, found.calm) == (apart, calm)


def test_a_search_that_takes_long_says_so_before_it_does() -> None:
    slow = of_tokens([b"a" * 5000 + b"b", b"ab" * 18 + b"d", b"abc"])
    for expression in ("(a|b|ab)+c", "(a|b|ab)+(?=c)"):
        work = rows_matching(slow, expression, seconds=0.01)
        assert 0 <= next(work).share < 1
        with pytest.raises(UsageError, match="nested repetitions"):
            next(work)


def test_an_expression_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(UsageError, match="position 2"):
        result_of(rows_matching(sample(), "a("))


def test_an_expression_that_takes_too_long_is_stopped() -> None:
    slow = of_tokens([b"a" * 60, b"b"])
    with pytest.raises(UsageError, match="nested repetitions"):
        result_of(rows_matching(slow, r"(a|a)+$(?<!a)", seconds=0.05))
