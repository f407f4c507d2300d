"""Is every byte the character that Python's decoder and the `regex` package take it for?"""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from lmcore.bpe.characters import (
    INVALID,
    LETTER,
    NUMBER,
    character,
    class_table,
    classify,
    code_point_length,
    count_invalid,
)
from tests import naive
from tests.core.engine import at_most


def _length(data: bytes) -> int:
    """The bytes of the character at the start, by Python's decoder; 0 where it refuses."""
    for length in range(1, min(len(data), 4) + 1):
        try:
            data[:length].decode()
        except UnicodeDecodeError:
            continue
        return length
    return 0


def _measured(data: bytes) -> int:
    return code_point_length(np.frombuffer(data, np.uint8), 0, len(data))


def test_the_recorded_classes_are_those_of_the_regex_package() -> None:
    assert np.array_equal(class_table(), classify())


@pytest.mark.parametrize(("property_", "bit"), [("L", LETTER), ("N", NUMBER)])
def test_the_recorded_classes_are_those_of_published_tokenizers(property_: str, bit: int) -> None:
    """The release of `regex` is held at their version of Unicode."""
    keep = Split(Regex(rf"\p{{{property_}}}"), "removed", invert=True)
    points = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    kept = [piece for piece, _ in keep.pre_tokenize_str("".join(map(chr, points)))]
    assert kept == [chr(point) for point in points if class_table()[point] & bit]


def test_nobody_can_change_the_recorded_classes() -> None:
    with pytest.raises(ValueError, match="read-only"):
        class_table()[65] = 0


@pytest.mark.parametrize("tail", [b"", b"\x80", b"\x80\x80", b"\xbf\xbf", b"\x80a", b"\xc0\x80", b"a"])
def test_lengths_agree_with_the_decoder_for_every_first_and_second_byte(tail: bytes) -> None:
    firsts = range(256) if at_most(1, 0) else [0, 0x7F, 0x80, 0xC1, *range(0xC2, 0x100)]
    wrong = []
    for first in firsts:
        for second in range(256):
            data = bytes([first, second]) + tail
            if _measured(data) != _length(data):
                wrong.append(data)
    assert wrong == []


@given(st.binary(min_size=1, max_size=6))
def test_lengths_agree_with_the_decoder_on_any_bytes(data: bytes) -> None:
    assert _measured(data) == _length(data)


def test_a_character_is_not_read_past_the_limit() -> None:
    euro = np.frombuffer("€".encode(), np.uint8)
    assert [code_point_length(euro, 0, limit) for limit in (1, 2, 3)] == [0, 0, 3]
    assert character(euro, 0, 2, class_table()) == INVALID | 256


def test_every_code_point_is_decoded_to_its_own_class() -> None:
    points = [point for point in range(0, 0x110000, at_most(1, 61)) if not 0xD800 <= point < 0xE000]
    text = np.frombuffer("".join(map(chr, points)).encode(), np.uint8)
    place, classes, wrong = 0, class_table(), []
    for point in points:
        found = character(text, place, len(text), classes)
        length = 1 + (point >= 0x80) + (point >= 0x800) + (point >= 0x10000)
        if found != int(classes[point]) | length << 8:
            wrong.append(point)
        place += length
    assert wrong == []


@given(st.lists(st.one_of(st.binary(max_size=4), st.text(max_size=4).map(str.encode)), max_size=20).map(b"".join))
def test_bytes_that_are_not_utf8_are_counted_as_the_decoder_escapes_them(data: bytes) -> None:
    assert count_invalid(np.frombuffer(data, np.uint8), 0, len(data)) == len(naive.invalid_bytes(data))


def test_random_bytes_are_counted_likewise() -> None:
    data = random.Random(1).randbytes(at_most(100_000, 5_000))
    assert count_invalid(np.frombuffer(data, np.uint8), 0, len(data)) == len(naive.invalid_bytes(data))
