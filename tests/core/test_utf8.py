"""Are malformed bytes found where Python finds them, and is the rule that they break named?"""

import codecs
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.text.handlers import HANDLERS, handle, parts
from lmcore.text.malformed import explain, reason
from lmcore.text.utf8 import Rule, first_malformed, malformed, prefix_bits, unit_at, unit_start, units

EDGES = (
    *(0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED),
    *(0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFC, 0xFE, 0xFF),
)
BROKEN = st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, 255)), max_size=24).map(bytes)
MIXED = st.lists(st.one_of(BROKEN, st.text(max_size=4).map(str.encode)), max_size=8).map(b"".join)


def python_errors(data: bytes) -> list[tuple[int, int, str]]:
    """Where Python's decoder finds errors, and what it says."""
    found: list[tuple[int, int, str]] = []

    def note(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        found.append((error.start, error.end, error.reason))
        return "\ufffd", error.end

    codecs.register_error("lm-explorer-test", note)
    data.decode("utf-8", "lm-explorer-test")
    return found


def our_errors(data: bytes) -> list[tuple[int, int, str]]:
    return [(unit.start, unit.end, reason(data, unit)) for unit in units(data) if unit.code is None]


def check(data: bytes) -> None:
    found = list(units(data))
    assert [unit.start for unit in found] + [len(data)] == [0] + [unit.end for unit in found]
    assert "".join("\ufffd" if u.code is None else chr(u.code) for u in found) == data.decode("utf-8", "replace")
    assert our_errors(data) == python_errors(data)
    assert malformed(data) == len(our_errors(data))


def test_every_sequence_of_interesting_bytes_is_read_as_python_reads_it() -> None:
    for length in (1, 2, 3):
        for sequence in product(EDGES, repeat=length):
            data = bytes(sequence)
            assert our_errors(data) == python_errors(data), data.hex()


def test_four_bytes_behind_each_lead_are_read_as_python_reads_them() -> None:
    follow = (0x41, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC2)
    for lead in (0xE0, 0xED, 0xEF, 0xF0, 0xF1, 0xF4):
        for rest in product(follow, repeat=3):
            assert our_errors(bytes((lead, *rest))) == python_errors(bytes((lead, *rest)))


@given(MIXED)
def test_any_bytes_are_read_as_python_reads_them(data: bytes) -> None:
    check(data)
    first = first_malformed(data)
    assert (first is None) == (not our_errors(data))
    if first is not None:
        assert (first.start, first.end) == our_errors(data)[0][:2]


@given(MIXED)
def test_the_unit_of_every_byte_is_found_from_that_byte_alone(data: bytes) -> None:
    for unit in units(data):
        for place in range(unit.start, unit.end):
            assert unit_start(data, place) == unit.start


@pytest.mark.parametrize(
    ("data", "rule", "place"),
    [
        ("80", Rule.LONE, 0),
        ("C0 AF", Rule.NEVER, 0),
        ("FE", Rule.NEVER, 0),
        ("F5 80 80 80", Rule.NEVER, 0),
        ("E0 80 AF", Rule.OVERLONG, 1),
        ("F0 8F BF BF", Rule.OVERLONG, 1),
        ("ED A0 80", Rule.SURROGATE, 1),
        ("F4 90 80 80", Rule.TOO_HIGH, 1),
        ("E5 A5 3D", Rule.TRUNCATED, 2),
        ("F0 9F", Rule.TRUNCATED, 2),
        ("C3 C3", Rule.TRUNCATED, 1),
        ("E0 41", Rule.TRUNCATED, 1),
    ],
)
def test_the_broken_rule_and_its_byte_are_named(data: str, rule: Rule, place: int) -> None:
    raw = bytes.fromhex(data)
    case = explain(raw, unit_at(raw, 0))
    assert (case.rule, case.place) == (rule, place)
    broken = [evidence for evidence in case.evidence if evidence.broken]
    assert [(one.place, one.byte) for one in broken] == [(place, raw[place] if place < len(raw) else None)]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("E5 A5 3D", "The sequence E5 A5 is cut off before its third byte: 3D follows."),
        ("F0 9F", "The sequence F0 9F is cut off before its third byte: the text ends."),
        ("E0 80 AF", "E0 80 AF would be U+002F: it fits into one byte, and only the shortest form is valid."),
        ("F0 82 82 AC", "F0 82 82 AC would be U+20AC: it fits into three bytes, and only the shortest form is valid."),
        ("ED B0 80", "ED B0 80 would be U+DC00: a half of a UTF-16 pair, and that has no place in UTF-8."),
        ("F4 90 80 80", "F4 90 80 80 would be U+110000: Unicode ends at U+10FFFF."),
        ("FF", "FF occurs in no version of UTF-8."),
        ("BF", "BF continues a character, but no lead byte asks for it."),
    ],
)  # fmt: skip
def test_the_case_is_put_into_a_sentence(data: str, sentence: str) -> None:
    raw = bytes.fromhex(data)
    assert explain(raw, unit_at(raw, 0)).sentence == sentence


def test_what_is_left_of_a_refused_sequence_names_its_lead() -> None:
    raw = bytes.fromhex("ED A0 80 BF")
    words = [explain(raw, unit).sentence for unit in units(raw)]
    assert words[1] == "A0 is left over: its lead byte, ED at byte 0, was refused before."
    assert words[2].startswith("80 is left over")
    assert "no lead byte asks for it." in words[3]


def test_a_promise_is_counted_and_so_is_what_was_kept() -> None:
    raw = "é=".encode("utf-16-be") + b"\xf0\x9f\x99="
    case = explain(raw, unit_at(raw, 4))
    assert [evidence.words for evidence in case.evidence] == [
        "lead byte, promises three more",
        "continuation, as promised",
        "continuation, as promised",
        "an ASCII “=”, not 10xxxxxx",
    ]


@given(MIXED)
def test_every_malformed_unit_can_be_explained(data: bytes) -> None:
    for unit in units(data):
        if unit.code is None:
            case = explain(data, unit)
            assert [one.byte for one in case.evidence if one.place < unit.end] == list(data[unit.start : unit.end])
            assert case.sentence.endswith(".")
            assert sum(one.broken for one in case.evidence) == 1


def test_the_prefix_of_a_byte_is_what_is_no_payload() -> None:
    assert [prefix_bits(byte) for byte in (0x41, 0xA5, 0xC3, 0xE5, 0xF0, 0xFF, 0xC1)] == [1, 2, 3, 4, 5, 8, 8]


@given(MIXED)
def test_handlers_give_what_python_gives(data: bytes) -> None:
    for handler in HANDLERS:
        try:
            wanted: str | None = data.decode("utf-8", handler)
        except UnicodeDecodeError:
            wanted = None
        assert handle(data, handler).text == wanted
        if handler != "strict":
            pieces = parts(data, handler)
            assert "".join(piece.text for piece in pieces) == wanted
            assert "".join(piece.text for piece in pieces if not piece.made) == data.decode("utf-8", "ignore")
    assert handle(data, "surrogateescape").data == data


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"ab\xe5\xa5=", "UnicodeDecodeError at 2–3"), (b"\x80", "UnicodeDecodeError at 0")],
)
def test_strict_says_where(data: bytes, error: str) -> None:
    assert handle(data, "strict").error == error
