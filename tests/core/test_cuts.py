"""Do the scanner and the masks cut any bytes exactly where the published expressions cut them?"""

import itertools
import random

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe.characters import class_table
from lmcore.bpe.cuts import BATCH
from lmcore.bpe.machine import Ints
from lmcore.bpe.patterns import EXPRESSIONS
from tests import naive
from tests.core.engine import DECLARATION, NAMES, at_most, cut_ends, scan

_EXAMPLES = at_most(150, 12)

_CONTRACTIONS = "'s 'S 't 'T 're 'RE 'rE 've 'Ve 'm 'M 'll 'LL 'lL 'd 'D '\u017f 'r 'l 'v '' 'x ’s '3 's's 'll's"
_SPACES = " |  |   |\t|\n|\r|\r\n|\n\n| \n|\n |\v|\f|\x1c|\x1f|\x85|\xa0"
_SPACES += "|\u1680|\u2003|\u2028|\u2029|\u202f|\u3000|\u200b|\ufeff"
_LETTERS = "a b S t LL Ab aB AbC ǅ ǅa aǅ ʰ ʰa Aʰ \u017f ß İ é e\u0301 \u0301 A\u0301"
_LETTERS += " \u0627 ש क क् 中 中文 ｱ \U0001d400 𐐀 𐐨 ﬁ Ω ω ა Ა"
_NUMBERS = "0 12 345 6789 ٣ ٣٤٥٦ ² ½ Ⅷ \u3007 一 \U0001d7d8 ๑"
_OTHERS = '. , - _ / // ! ?! " ( ) … — € 😀 👩\u200d👩\u200d👧 🏽 \u200d \ufe0f \0 \x7f \ue000 \U0010ffff'
_INVALID = [
    b"\x80", b"\xbf", b"\xc2", b"\xc3\x28", b"\xe2\x82", b"\xe4\xb8", b"\xed\xa0\x80", b"\xed\xb3\xbf",
    b"\xf0\x9f", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xfe", b"\xff",
]  # fmt: skip
_PIECES = [piece.encode() for text in (_CONTRACTIONS, _LETTERS, _NUMBERS, _OTHERS) for piece in text.split(" ")]
_PIECES += [piece.encode() for piece in _SPACES.split("|")] + [b" "] * 8 + _INVALID
_RUNS = [
    b"a",
    b" ",
    b"\n",
    b"7",
    b"!",
    b"'",
    "é".encode(),
    "中".encode(),
    "٣".encode(),
    "\xa0".encode(),
    b"\xff",
    b"'s",
    b"a ",
    b" \n",
]

pieces = st.sampled_from(_PIECES)
runs = st.builds(
    lambda unit, times: unit * times, st.sampled_from(_RUNS), st.sampled_from([3, 31, 62, 63, 64, 65, 66, 130])
)
texts = st.lists(st.one_of(pieces, pieces, pieces, runs, st.binary(max_size=5)), max_size=50).map(b"".join)


def _wanted(name: str, data: bytes) -> list[int]:
    lengths = [len(pretoken) for pretoken in naive.pretokens(data, EXPRESSIONS[name])]
    return [*itertools.accumulate(lengths)]


def _check(name: str, data: bytes) -> None:
    wanted = _wanted(name, data)
    assert scan(name, data) == wanted
    assert cut_ends(name, data).tolist() == wanted


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=_EXAMPLES)
@given(data=texts)
def test_cuts_equal_the_expression_on_troublesome_text(name: str, data: bytes) -> None:
    _check(name, data)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=_EXAMPLES)
@given(text=st.text(max_size=200))
def test_cuts_equal_the_expression_on_random_unicode(name: str, text: str) -> None:
    _check(name, text.encode())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=_EXAMPLES)
@given(data=st.binary(max_size=300))
def test_cuts_equal_the_expression_on_random_bytes(name: str, data: bytes) -> None:
    _check(name, data)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=_EXAMPLES)
@given(data=texts, before=texts, after=texts, offset=st.integers(0, 70))
def test_what_stands_around_a_text_does_not_change_its_cuts(
    name: str, data: bytes, before: bytes, after: bytes, offset: int
) -> None:
    """Texts are spans of a larger buffer, as between special tokens: neighbours must not be looked at."""
    start = min(len(before), offset)
    buffer, limit = before[len(before) - start :] + data + after, start + len(data)
    wanted = [start + end for end in _wanted(name, data)]
    assert scan(name, buffer, start, limit) == wanted
    assert cut_ends(name, buffer, start, limit).tolist() == wanted


_AROUND_A_BORDER = [
    b"'s ", b"'ll ", "'re中".encode(), b"x's's", b" \n a", "é ".encode(), "a\xa0b".encode(),
    "\u3000 x".encode(), "'\u017ft".encode(), "😀's".encode(), b"12 34", b"'\xff'd",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", _AROUND_A_BORDER)
def test_cuts_are_the_same_at_every_place_in_a_block(name: str, text: bytes) -> None:
    """64 bytes are looked at together: every construct must come out alike wherever the border falls in it."""
    for offset in range(71) if at_most(1, 0) else (0, 1, 2, 30, *range(58, 68)):
        for filler in (b"a", b" ", b".", b"7"):
            data = filler * offset + text + b" tail of the text" * at_most(8, 5)
            assert cut_ends(name, data).tolist() == _wanted(name, data), (offset, filler)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["  ", " \n", "\n\n", "\n \n", " \u3000", "it's", "'", "'l", "é"])
def test_a_text_ends_where_it_ends_though_the_buffer_goes_on(name: str, end: str) -> None:
    """White space at the end of a text is one piece, before a special token as well as at the end of a file."""
    for offset in range(71) if at_most(1, 0) else (0, 1, 30, *range(60, 66)):
        data = b"a" * offset + end.encode()
        wanted = _wanted(name, data)
        for after in (b"l" * 130, b" " * 130, b"<|endoftext|>" * 10, "é".encode() * 70):
            assert cut_ends(name, data + after, 0, len(data)).tolist() == wanted, (offset, after)


@pytest.mark.parametrize("name", NAMES)
def test_the_last_bytes_of_a_buffer_are_cut_exactly(name: str) -> None:
    """Masks may not reach past a buffer, so its tail goes another way, for every length of the tail."""
    data = "It's 12 o'clock, isn't it?\n\n  Né à 中文 \xa0 ".encode() * 6
    for size in range(0, len(data) + 1, at_most(1, 7)):
        assert cut_ends(name, data[:size]).tolist() == _wanted(name, data[:size]), size


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("unit", _RUNS)
def test_runs_longer_than_a_batch_are_one_piece_where_the_expression_says_so(name: str, unit: bytes) -> None:
    most = at_most(3 * BATCH, BATCH + 200)
    data = b"go " + unit * (most // len(unit)) + b" on's"
    _check(name, data)


@pytest.mark.parametrize("name", NAMES)
def test_cuts_go_on_rightly_from_batch_to_batch(name: str) -> None:
    """A batch may end anywhere: in a contraction, in white space, in a character of several bytes."""
    numbers = random.Random(4)
    for shift in range(at_most(40, 2)):
        data = b"x" * shift + b"".join(numbers.choices(_PIECES, k=at_most(3 * BATCH, BATCH) // 2))
        _check(name, data)


@pytest.mark.parametrize("name", NAMES)
def test_cuts_equal_the_expression_on_real_text_in_many_scripts(name: str) -> None:
    _check(name, DECLARATION.read_bytes()[: at_most(10**6, 12_000)])


def test_the_named_expressions_lose_no_byte() -> None:
    """The scanners cover every byte; an expression that left a gap would differ from what is published."""
    text = DECLARATION.read_text(encoding="utf-8")[: at_most(10**6, 20_000)]
    for name, expression in EXPRESSIONS.items():
        assert "".join(regex.findall(expression, text)) == text, name


# Every code point stands at the front of a line, between a digit and a blank, and between a blank and the line's end.
# That is done with all of them; the rest with those where classes change, since a class is all that counts.
_EVERYWHERE = "{0}a1{0} {0}\n"
_CONTEXTS = (
    "{0}", "a{0}b", "A{0}B", "b{0}A", " {0}", "  {0}", "{0} ", "{0}  a", "1{0}2", "'{0}", "'{0}'s", "{0}'s", "{0}'LL",
    "\n{0}\n", " \n{0}\r\n ", "\t{0} {0}", "{0}{0}", "{0}{0}{0}a", ".{0}.", "{0}\n", "{0}/\n", " {0}a", " .{0}",
    "a'{0}e", "\xa0{0}\xa0", "\u0301{0}\u0301", "é{0}é", "中{0}",
)  # fmt: skip


def _ends_in_bytes(name: str, text: str) -> Ints:
    found = regex.findall(EXPRESSIONS[name], text)
    ends = np.cumsum(np.fromiter(map(len, found), np.int64, len(found)))
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    return np.cumsum(sizes)[ends - 1]


def _assert_same_ends(name: str, text: str) -> None:
    found, wanted = cut_ends(name, text.encode()), _ends_in_bytes(name, text)
    size = min(len(found), len(wanted))
    different = np.flatnonzero(found[:size] != wanted[:size])
    place = int(wanted[different[0]]) if len(different) else None
    around = None if place is None else text.encode()[max(0, place - 20) : place + 20].decode(errors="replace")
    assert place is None, around
    assert len(found) == len(wanted)


def _telling_points() -> list[int]:
    """Code points at which the class changes, with their neighbours, and all of the first alphabets."""
    borders = np.flatnonzero(np.diff(class_table().astype(np.int16))).tolist()
    near = {point + step for point in borders for step in (0, 1)}
    points = sorted(near | set(range(0x250)) | {0x10FFFF})
    return [point for point in points if not 0xD800 <= point < 0xE000][:: at_most(1, 29)]


@pytest.mark.parametrize("name", NAMES)
def test_every_code_point_is_cut_as_the_expression_cuts_it(name: str) -> None:
    points = [chr(point) for point in range(0, 0x110000, at_most(1, 997)) if not 0xD800 <= point < 0xE000]
    _assert_same_ends(name, "".join([_EVERYWHERE.format(point) for point in points]))


@pytest.mark.parametrize("name", NAMES)
def test_code_points_of_every_class_are_cut_alike_in_every_position(name: str) -> None:
    points = list(map(chr, _telling_points()))
    for context in _CONTEXTS:
        _assert_same_ends(name, "".join([context.format(point) + "\n|" for point in points]))
        _assert_same_ends(name, "".join([context.format(point) for point in points]))
