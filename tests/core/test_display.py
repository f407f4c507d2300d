"""Is every byte of a token visible in what is shown, and can none of it rearrange a line?"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.bpe.display import Cell, Span, cells, hex_bytes, plain, show


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (b"", ()),
        (b"low", (Span("low", "text"),)),
        (b" low", (Span("·", "sign"), Span("low", "text"))),
        (b"a\n\t\r", (Span("a", "text"), Span("⏎⇥", "sign"), Span("0D", "hex"))),
        (b"\x00\x1b\x7f", (Span("00 1B 7F", "hex"),)),
        ("é".encode(), (Span("é", "text"),)),
        (b"\xe2\x80", (Span("E2 80", "hex"),)),
        (b"\xa9caf\xc3", (Span("A9", "hex"), Span("caf", "text"), Span("C3", "hex"))),
        (b"\xed\xa0\x80", (Span("ED A0 80", "hex"),)),
        (b"\xc0\xaf", (Span("C0 AF", "hex"),)),
        (b"\xf4\x90\x80\x80", (Span("F4 90 80 80", "hex"),)),
        ("\u202eabc".encode(), (Span("U+202E", "hex"), Span("abc", "text"))),
        ("\u00a0\u200b".encode(), (Span("U+00A0 U+200B", "hex"),)),
        ("\u0085".encode(), (Span("U+0085", "hex"),)),
        ("\ufe0f".encode(), (Span("U+FE0F", "hex"),)),
        ("\u0301".encode(), (Span("\u25cc\u0301", "text"),)),
        (" \u0301".encode(), (Span("·", "sign"), Span("\u25cc\u0301", "text"))),
        ("e\u0301\u0323x".encode(), (Span("e\u0301\u0323x", "text"),)),
        ("日本".encode(), (Span("日本", "text"),)),
    ],
)
def test_show(token: bytes, shown: tuple[Span, ...]) -> None:
    assert show(token, dots=True) == shown


def test_spaces_are_dots_only_when_asked() -> None:
    assert show(b" a b") == (Span(" a b", "text"),)
    assert [span.kind for span in show(b" a b", dots=True)] == ["sign", "text", "sign", "text"]


def test_a_mark_makes_one_cell_with_its_base() -> None:
    assert cells("ae\u0301".encode()) == (Cell("a", "text", 1), Cell("e\u0301", "text", 3))


def test_a_mark_does_not_join_a_space_without_dots() -> None:
    assert cells(" \u0301".encode()) == (Cell(" ", "text", 1), Cell("\u25cc\u0301", "text", 2))


def test_a_character_without_a_glyph_shows_its_bytes() -> None:
    shown = cells("a日".encode(), has_glyph=lambda character: character == "a")
    assert shown == (Cell("a", "text", 1), Cell("E6", "hex", 1), Cell("97", "hex", 1), Cell("A5", "hex", 1))


def test_plain_text_sets_hex_apart() -> None:
    assert plain(b" caf\xc3") == "·caf<C3>"
    assert plain(b" a\xe2\x80", dots=False) == " a<E2 80>"
    assert hex_bytes(b"he\xff") == "68 65 FF"


@given(st.binary(max_size=24) | st.text(max_size=12).map(lambda text: text.encode(errors="surrogatepass")))
def test_every_byte_is_shown_once(token: bytes) -> None:
    for dots in (False, True):
        shown = cells(token, dots=dots)
        assert sum(cell.size for cell in shown) == len(token)
        assert all(cell.text and cell.size > 0 for cell in shown)


@given(st.text(max_size=12))
def test_nothing_invisible_or_reordering_is_left_in_the_shown_text(text: str) -> None:
    shown = plain(text.encode(), dots=True)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")]
    assert all(c == " " for c in shown if unicodedata.category(c) == "Zs")


@given(st.binary(max_size=12))
def test_bytes_are_hex_exactly_where_python_cannot_decode_and_for_controls(token: bytes) -> None:
    broken = "\ufffd" in token.decode(errors="replace").replace("\ufffd", "", token.count("\ufffd".encode()))
    control = any(byte < 0x20 and byte not in b"\n\t" or byte == 0x7F for byte in token)
    assert (broken or control) == any(cell.kind == "hex" and not cell.text.startswith("U+") for cell in cells(token))
