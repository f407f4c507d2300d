"""Do the masks cut texts made to deceive them exactly where the published expressions cut them?"""

import itertools
import random

import pytest

from lmcore.bpe.patterns import EXPRESSIONS
from tests import naive
from tests.core.engine import NAMES, at_most, cut_ends
from tests.core.hostile import hostile_text


def _wanted(name: str, data: bytes, start: int = 0) -> list[int]:
    lengths = [len(pretoken) for pretoken in naive.pretokens(data, EXPRESSIONS[name])]
    return [start + end for end in itertools.accumulate(lengths)]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_texts_are_cut_as_the_expression_cuts_them(name: str) -> None:
    numbers = random.Random(name)
    for _ in range(at_most(4000, 60)):
        data = hostile_text(numbers)
        assert cut_ends(name, data).tolist() == _wanted(name, data), data


@pytest.mark.parametrize("name", NAMES)
def test_hostile_neighbours_do_not_change_the_cuts(name: str) -> None:
    """A text may be a span of a buffer; then whole blocks reach over its end."""
    numbers = random.Random(name)
    for _ in range(at_most(4000, 60)):
        data, before, after = (hostile_text(numbers) for _ in range(3))
        before = before[: numbers.randint(0, 20)]
        buffer, limit = before + data + after + b"'ll \n" * 15, len(before) + len(data)
        found = cut_ends(name, buffer, len(before), limit).tolist()
        assert found == _wanted(name, data, len(before)), (before, data, after)


# What each rule is about, so that a rule that is wrong at one place in a block is named.
_RULES = {
    "a letter takes along one character before it, not two": (
        ".a",
        "..a",
        " .a",
        "\t.a",
        "\n.a",
        "“a",
        "““a",
        "\ta",
        "\na",
    ),
    "digits go in threes from the start of the run": ("1234567", "a1234 12", "٣٣٣٣٣", "12٣45½6", "1234.12345"),
    "punctuation takes newlines along": (".\n\na", " .\r\n\r\n  a", "a.\n \n  b", ".\n  \n\n  ", ".\n5", ".\n.\n"),
    "and slashes behind these": (
        ".\n/a",
        ".\n//.b",
        "/\n/\n/x",
        "a\n/b",
        ".\n/ a",
        ".\n/\u0301a",
        ".\n/'s",
        "//\n\n//\n",
    ),
    "white space ends behind its last newline": (
        "\n  \n \n   a",
        " \n\t \r b",
        "a\n    b",
        "\n \u3000\nx",
        "\n  \xa0 7",
    ),
    "its last character goes with what follows": ("   a", "  5", " \xa0b", "\u3000\u3000中", " \u2003.", "\x85\x85"),
    "contractions end, in either case": (
        "'sa",
        "x'LLy",
        "'Re'vE",
        "'\u017ft",
        "' s",
        "''s",
        " 'd",
        "it'sA",
        "'s's's",
        "'lLa",
    ),
    "capitals begin words": ("aBc", "ABcD", "aB'sC", "中B", "中Bc", "ǅa", "éÉ", "ʰAb", "aªB", "e\u0301B", "x'lLy"),
    "marks are letters to some": (
        ".\u0301a",
        "..\u0301a",
        " \u0301b",
        "\n\u0301c",
        "1\u0301",
        "❤\ufe0f a",
        " ❤\ufe0fb",
    ),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", _RULES)
def test_rules_hold_wherever_the_border_of_a_block_falls(name: str, rule: str) -> None:
    offsets = range(71) if at_most(1, 0) else (0, *range(57, 65))
    behind = itertools.cycle([b"\n", b" ", b"a", b"'s", b"/", b"1", b".", b"\xcc\x81"])
    for text, offset in itertools.product(_RULES[rule], offsets):
        for filler in b"a .":
            start = bytes([filler]) * offset + text.encode()
            data = start + b" and more" * 8
            assert cut_ends(name, data).tolist() == _wanted(name, data), (text, offset, filler)
            after = next(behind)
            found = cut_ends(name, start + after * 72, 0, len(start)).tolist()
            assert found == _wanted(name, start), (text, offset, filler, after)
