"""Is an expression that we call the same cut by Oniguruma as by `regex`, and is every other one named?"""

from typing import Final

import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from lmcore.bpe.expressions import differing_mark
from lmcore.bpe.patterns import EXPRESSIONS, MOST, SEQUENCES, find_pattern, pieces, reads_otherwise
from lmcore.errors import UsageError

_SAME: Final = (
    *(expression for name, expression in EXPRESSIONS.items() if name != "cl100k"),
    *SEQUENCES["deepseek"],
    r"\p{Lu}?\p{Ll}+|[0-9]{2}| ",
    r"[^\P{L}]+|\p{^L}",
    r"[^$^.\w\-\]]+".replace(r"\w", "w"),
    r"(?>\s+)|\S",
    r"a++|b*+c|x?+y",
    r"\p{Han}+|(?<=a)b|(?<!a)c",
    r"(?i:it's|THE)|\u00e9+|.",
    r"[]a]+|[^]a]+",
)
_DIFFERENT: Final = {
    r"\s+$": "$",
    r"^a": "^",
    r"\w+": r"\w",
    r"[\w]+": r"\w",
    r"\h|x": r"\h",
    r"\bx": r"\b",
    r"(?s:.+)": "(?s:",
    r"(?m:.+)": "(?m:",
    r"(?P<n>a)": "(?P<",
    r"a{1,3}+": "}+",
    r"[a[bc]]": "[b",
    r"[a-c&&b]": "&&",
    r"(?i:ss)": "ss",
    r"\p{Alnum}+": r"\p{Alnum}",
    r"\p{Script=Han}": r"\p{Script=Han}",
}
texts = st.text(st.sampled_from("aAbcsStTHExy é中ſß'\n\r\t 12$^]-w.,²"), max_size=20)


def _theirs(expression: str, text: str) -> list[str]:
    split = pre_tokenizers.Split(tokenizers.Regex(expression), "isolated")
    return [piece for piece, _ in split.pre_tokenize_str(text)]


@pytest.mark.parametrize("expression", _SAME)
@given(text=texts)
@example(text="  \n it's THE\r\n\nx12345 6 ")
def test_what_is_called_the_same_is_cut_the_same(expression: str, text: str) -> None:
    assert differing_mark(expression) == ""
    assert list(pieces(find_pattern(expression).compile(), text)) == _theirs(expression, text)


@pytest.mark.parametrize("expression", _DIFFERENT)
def test_what_is_read_otherwise_is_named(expression: str) -> None:
    assert differing_mark(expression) == _DIFFERENT[expression]
    assert reads_otherwise(find_pattern(expression)) == _DIFFERENT[expression]


@pytest.mark.parametrize(
    ("expression", "text"),
    [(r"\s+$", "a  \nb"), ("^b", "a\nb"), (r"\w+", "a²"), ("[a[bc]]", "a[b]"), ("(?i:ss)", "xßy")],
)
def test_these_are_indeed_cut_otherwise(expression: str, text: str) -> None:
    """Or naming them would refuse what could be opened."""
    assert list(pieces(find_pattern(expression).compile(), text)) != _theirs(expression, text)


@given(expression=st.text(st.sampled_from(r"ab[]^$\p{L}(?i:)+*-&|1,"), max_size=12))
def test_looking_at_any_expression_ends_well(expression: str) -> None:
    assert isinstance(differing_mark(expression), str)


@given(text=texts)
@example(text="a1234b中中x, (y) !z")
def test_expressions_in_a_row_cut_one_inside_the_pieces_of_the_other(text: str) -> None:
    pattern = find_pattern("deepseek")
    splits = [pre_tokenizers.Split(tokenizers.Regex(expression), "isolated") for expression in pattern.expressions]
    theirs = [piece for piece, _ in pre_tokenizers.Sequence(splits).pre_tokenize_str(text)]
    assert list(pieces(pattern.compile(), text)) == theirs
    assert find_pattern(pattern.expressions) == pattern == find_pattern(pattern)


def test_only_so_many_expressions_are_taken() -> None:
    assert find_pattern(["a", "b"]).name == "a → b"
    for expressions in ([], ["a"] * (MOST + 1)):
        with pytest.raises(UsageError, match="1 to 16 expressions in a row"):
            find_pattern(expressions)
    with pytest.raises(UsageError, match="neither a name"):
        find_pattern(["a", "("])
