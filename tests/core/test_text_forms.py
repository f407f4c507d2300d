"""Are typed forms read without running anything, and what do normal forms and wrong decodings say of themselves?"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.text.languages import SENTENCES, all_sizes, whole_text
from lmcore.text.literals import LiteralError, read_hex, read_python, write_hex, write_python
from lmcore.text.mojibake import Mojibake, Round, explain, find_mojibake, misread
from lmcore.text.normal_forms import FORMS, describe, normalized, sizes


@given(st.binary())
def test_what_is_written_is_read_again(data: bytes) -> None:
    assert read_hex(write_hex(data)) == data
    assert read_python(write_python(data)) == data


@given(st.text())
def test_a_text_is_its_utf8(text: str) -> None:
    assert read_python(write_python(text.encode())) == text.encode()


@pytest.mark.parametrize("typed", ["E5 A5 3D", "e5a53d", "0xE5, 0xA5, 0x3d", r"\xe5\xa5\x3D", "E5\n A5:3D ;"])
def test_hex_is_read_however_it_is_divided(typed: str) -> None:
    assert read_hex(typed) == b"\xe5\xa5="


@pytest.mark.parametrize(("typed", "place"), [("E5 A", 3), ("E5 G1", 3), ("E5 1G", 4), ("你", 0), ("E5 A5 3 4", 7)])
def test_hex_that_is_none_says_where(typed: str, place: int) -> None:
    with pytest.raises(LiteralError) as error:
        read_hex(typed)
    assert error.value.place == place


@pytest.mark.parametrize(
    ("typed", "data"),
    [
        (r"'caf\xe9'", "café".encode()),
        (r"b'caf\xe9'", b"caf\xe9"),
        (r"'\N{SNOWMAN}'", "☃".encode()),
        (r"'\ud800'", b"\xed\xa0\x80"),
        (r"'\x80'", b"\xc2\x80"),
        (r"'\d'", rb"\d"),
        ("'a' + chr(0) + 'b'", b"a\0b"),
        ("'a' 'b'", b"ab"),
        (" '''two\nlines''' ", b"two\nlines"),
        ("", b""),
    ],
)
def test_python_literals_are_read(typed: str, data: bytes) -> None:
    assert read_python(typed) == data


@pytest.mark.parametrize(
    "typed",
    [
        *("caf", "'a", "1", "f'{1}'", "__import__('os').getcwd()", "chr(-1)", "chr(1114112)", "chr(10**9)", "'a' * 10"),
        *(
            "'a' + b'b'",
            r"'\N{NO SUCH NAME}'",
            r"'\x1'",
            "'\0'",
            "(" * 5000,
            "'a'+" * 20_000 + "'a'",
            "chr(x)",
            "'é'.encode()",
        ),
        *("b'é'", "chr(1e9)", "'a' - 'b'", "['a']", r"'\U00110000'"),
    ],
)
def test_nothing_else_is_read_and_nothing_is_run(typed: str) -> None:
    with pytest.raises(LiteralError) as error:
        read_python(typed)
    assert len(str(error.value)) < 300
    assert 0 <= error.value.place <= len(typed)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Cafe\u0301 é", "NFC joins e + U+0301 into é (U+00E9); the two é look alike and are different bytes."),
        ("é", "NFD splits é (U+00E9) into e + U+0301."),
        ("ﬁn", "NFKC replaces ﬁ (U+FB01) by f + i."),
        ("\u212b", "NFC replaces \u212b (U+212B) by Å (U+00C5)."),
        ("plain", "All four forms leave the text as it is."),
        ("각", "NFD splits 각 (U+AC01) into ᄀ + ᅡ + ᆨ."),
        ("q\u0307\u0323", "NFC puts the marks of q\u0307\u0323 into their canonical order."),
        ("e\u0301 ²", "NFC joins e + U+0301 into é (U+00E9). NFKC replaces ² (U+00B2) by 2 (U+0032)."),
    ],
)
def test_what_normalizing_changes_is_named(text: str, sentence: str) -> None:
    assert describe(text) == sentence


@given(st.text())
def test_a_sentence_says_nothing_changes_only_where_nothing_does(text: str) -> None:
    changes = any(unicodedata.normalize(form, text) != text for form in FORMS)
    assert (describe(text) == "All four forms leave the text as it is.") == (not changes)
    assert [normalized(text, form) for form in FORMS] == [unicodedata.normalize(form, text) for form in FORMS]


def test_sizes_are_without_a_byte_order_mark() -> None:
    found = sizes("aé👩")
    assert (found.points, found.utf8, found.utf16, found.utf32) == (3, 7, 8, 12)


def test_seven_languages() -> None:
    assert len(all_sizes()) == len({sentence.language for sentence in SENTENCES}) == 7
    assert whole_text().count("\n") == 6
    for sentence, found in all_sizes():
        assert (found.utf8, found.utf16) == (len(sentence.text.encode()), len(sentence.text.encode("utf-16-be")))


def read_wrongly(text: str, codec: str) -> str:
    """UTF-8 read with the wrong codec; windows-1252 as browsers read it."""
    raw = text.encode()
    return "".join(
        bytes([byte]).decode(codec) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte) for byte in raw
    )


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", ["Café", "“quoted” – dash…", "你好, wörld", "naïve 👩\u200d🚀", "Привет", "à"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_wrong_decoding_is_undone(text: str, codec: str, times: int) -> None:
    broken = text
    for _ in range(times):
        broken = read_wrongly(broken, codec)
    found = find_mojibake(broken.encode())
    assert found is not None
    assert found.original == text
    assert len(found.rounds) == times


def test_the_first_run_is_the_example() -> None:
    found = find_mojibake("Das CafÃ© und 你".encode() + b"\xff")
    assert found is not None
    assert explain(found) == (
        "These bytes decode twice: “Ã©” was “é” before its UTF-8 bytes were read as windows-1252 and saved as UTF-8 "
        "again. It happened once."
    )
    assert found.original.startswith("Das Café und 你")


@pytest.mark.parametrize("text", ["Café", "São Tomé", "你好", "ÃO", "", "a", "£5 © 2020", "Â", "Ãœber? no: Ü"[:0]])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert find_mojibake(text.encode()) is None


def test_remains_are_named_as_such() -> None:
    assert find_mojibake(" ÃÂÃÂ".encode()) == Mojibake(()) == misread(" ÃÂÃÂ")
    assert "lost" in explain(Mojibake(()))


@given(
    st.text(st.characters(min_codepoint=0x80, max_codepoint=0x24F), min_size=1, max_size=6), st.text("ab ", max_size=3)
)
def test_what_is_misread_from_end_to_end_is_found_alike_as_text_and_as_token(text: str, plain: str) -> None:
    broken = plain + "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    whole, found = misread(broken), find_mojibake(broken.encode())
    assert whole is not None
    assert found is not None
    assert whole.rounds[0] == found.rounds[0]  # a part of what comes out may be misread again
    assert whole.rounds[0].after == plain + text


@pytest.mark.parametrize("text", ["Café", "ÇÃO", "É»", "«CAFÉ» ", "日本", "plain", "Ã", "€", "ÃÃ", "Ã©Ã"])
def test_what_is_not_misread_from_end_to_end_is_left_alone(text: str) -> None:
    assert misread(text) is None


def test_the_end_of_what_was_misread_is_told_from_the_whole() -> None:
    found = misread("€™")
    assert found is not None
    assert (found.original, found.tail) == ("’", True)
    assert misread("â€™") == Mojibake((Round("windows-1252", "â€™", "’"),), Round("windows-1252", "â€™", "’"))
    assert find_mojibake("«CAFÉ» in quotation marks".encode()) is None
    phonetic = find_mojibake("ˈəɛ".encode().decode("cp1252").encode())
    assert phonetic is not None
    assert phonetic.original == "ˈəɛ"


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    found = find_mojibake(text.encode())
    if found is not None and found.rounds:
        assert found.rounds[0].before == text
        assert found.original != text
