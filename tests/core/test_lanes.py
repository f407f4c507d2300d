"""Do the lanes lie above one another, and does a window show what the whole text would?"""

import regex
from hypothesis import given
from hypothesis import strategies as st

from lmcore.text import characters
from lmcore.text.counts import Counts, count, count_slices
from lmcore.text.lanes import BEHIND, PLAIN, is_plain, lanes, utf16

SAMPLE = "Café 你".encode() + b"\xe5\xa5= " + "👩\u200d🚀 e\u0301\r\n".encode()
ODD = st.sampled_from(
    ["\r", "\n", "\u0301", "\u200d", "👩", "🚀", "🇩", "🇪", "\u0e33", "\u0915", "\u094d", "\u1100", "\u1161", "각"]
)
TEXT = st.lists(st.one_of(st.text(max_size=3), ODD), max_size=30).map("".join)
DATA = st.lists(st.one_of(TEXT.map(str.encode), st.binary(max_size=3)), max_size=6).map(b"".join)


def test_the_lanes_of_the_sample() -> None:
    found = lanes(SAMPLE)
    assert [cluster.text for cluster in found.clusters] == [
        *"Café 你",
        None,
        "=",
        " ",
        "👩\u200d🚀",
        " ",
        "e\u0301",
        "\r\n",
    ]
    assert [(c.start, c.end) for c in found.clusters[6:10]] == [(9, 11), (11, 12), (12, 13), (13, 24)]
    assert [unit.code for unit in found.units[8:13]] == [0x20, 0x1F469, 0x200D, 0x1F680, 0x20]
    assert count(SAMPLE) == Counts(13, 16, 30, 1)


@given(DATA)
def test_every_lane_covers_every_byte_once(data: bytes) -> None:
    found = lanes(data)
    for cells in (found.clusters, found.units):
        assert [0, *[cell.end for cell in cells]] == [*[cell.start for cell in cells], len(data)]


@given(TEXT)
def test_graphemes_are_those_of_the_regex_package(text: str) -> None:
    assert [cluster.text for cluster in lanes(text.encode()).clusters] == regex.findall(r"\X", text)


@given(DATA, st.integers(0, 60), st.integers(0, 60))
def test_a_window_shows_what_the_whole_shows(data: bytes, start: int, size: int) -> None:
    start, end = min(start, len(data)), min(start + size, len(data))
    whole, part = lanes(data), lanes(data, start, end)
    assert part.units == tuple(unit for unit in whole.units if unit.end > start and unit.start < end)
    assert part.clusters == tuple(c for c in whole.clusters if c.end > start and c.start < end)


def test_a_window_far_inside_shows_what_the_whole_shows() -> None:
    data = ("word and 你好 и ещё " * 300 + "🇩🇪🇫🇷 👩\u200d🚀").encode() * 3
    whole = lanes(data)
    for start in range(0, len(data), 997):
        part = lanes(data, start, start + 40)
        assert part.clusters == tuple(c for c in whole.clusters if c.end > start and c.start < start + 40)


def test_a_grapheme_longer_than_a_window_reaches_is_cut_and_not_lost() -> None:
    data = ("a" + "\u0301" * 4000).encode()
    found = lanes(data, 5000, 5010)
    assert found.clusters[0].start <= 5000
    assert found.clusters[-1].end >= 5010
    assert sum(len(cluster.text or "") for cluster in found.clusters) < 3000 + BEHIND


@given(st.data())
def test_a_grapheme_ends_between_any_two_plain_characters(data: st.DataObject) -> None:
    plain = st.sampled_from(PLAIN).flatmap(lambda bounds: st.integers(*bounds))
    one, other = data.draw(plain), data.draw(plain)
    assert is_plain(one)
    assert len(regex.findall(r"\X", chr(one) + chr(other))) == 2


def test_every_plain_character_is_a_grapheme_before_and_behind_a_letter() -> None:
    text = "".join(f"a{chr(code)}" for first, last in PLAIN for code in range(first, last + 1))
    assert len(regex.findall(r"\X", text)) == len(text)
    assert not any(is_plain(code) for code in (0x0A, 0x0D, 0xAD, 0x300, 0x200D, 0x1F680, 0x1F1E9, 0x915, None))


@given(DATA)
def test_counts_are_those_of_the_lanes(data: bytes) -> None:
    found = lanes(data)
    points = [unit for unit in found.units if unit.code is not None]
    assert count(data) == Counts(len(found.clusters), len(points), len(data), len(found.units) - len(points))


def test_counts_in_slices_are_those_of_the_whole() -> None:
    data = ("naïve 你好 👩\u200d🚀 e\u0301 " * 4000).encode() + b"\xe5\xa5" * 7000
    shares = list(count_slices(data))
    assert len(shares) > 5
    assert shares == sorted(shares)
    text = data.decode("utf-8", "surrogateescape")
    assert count(data) == Counts(4000 * 13 + 7000, 4000 * 16, len(data), 7000)
    assert len(regex.findall(r"\X", text)) == 4000 * 13 + 14_000


@given(st.integers(0, 0x10FFFF).filter(lambda code: not 0xD800 <= code < 0xE000))
def test_code_units_of_utf16_are_pythons(code: int) -> None:
    raw = b"".join(part.to_bytes(2, "big") for part in utf16(code))
    assert raw == chr(code).encode("utf-16-be")


def test_every_code_point_has_a_name_and_a_category() -> None:
    names = {code: characters.name(code) for code in (*range(0x300), *range(0xD7F0, 0xE010), 0xFFFF, 0x10FFFE, 0xE0080)}
    assert all(names.values())
    assert (names[0], names[10], names[0x7F], names[0x85], names[0x9F], names[0xE9]) == (
        *("NULL", "LINE FEED", "DELETE", "NEXT LINE", "APPLICATION PROGRAM COMMAND"),
        "LATIN SMALL LETTER E WITH ACUTE",
    )
    assert names[0xD800] == "high surrogate, half of a UTF-16 pair"
    assert names[0xDFFF].startswith("low surrogate")
    assert names[0xE000].startswith("private use")
    assert names[0xFFFF] == names[0x10FFFE] == "noncharacter, never to be assigned"
    assert names[0xE0080].startswith("not assigned in Unicode")
    assert [characters.category(code) for code in (0x41, 0x301, 0xFFFF, 0xD800, 0x0A)] == [
        *("uppercase letter", "nonspacing mark", "noncharacter", "surrogate", "control character")
    ]


def test_only_what_can_stand_in_a_sentence_is_put_there() -> None:
    assert [characters.shown(text) for text in ("é", "e\u0301", "\u0301", "\u202e", " ", "\0")] == [
        *("é", "e\u0301", "U+0301", "U+202E", "U+0020", "U+0000")
    ]
