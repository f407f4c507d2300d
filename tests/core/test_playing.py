"""What the Playground asks besides: where cuts differ, where lines end, places in UTF-16, samples, speed, counts."""

from itertools import pairwise
from pathlib import Path
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe.agreement import differing, only_here
from lmcore.bpe.controls import control_characters
from lmcore.bpe.encoder import Encoder
from lmcore.bpe.kinds_of_text import KINDS, bytes_per_token
from lmcore.bpe.line_breaks import Breaking, Replaced, break_again, break_lines, unknown_ids
from lmcore.bpe.live_text import Cut, LiveText
from lmcore.bpe.machine import Bytes, Ints
from lmcore.bpe.merge_ranks import Tokens
from lmcore.bpe.throughput import CORPUS, measure, sample_parts, seconds_for
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.training_counts import read_counts
from lmcore.bpe.utf16 import Places, units
from lmcore.paths import resource
from tests.core.engine import at_most, finish
from tests.core.live import as_bytes, make_tokenizer, view_of

cuts = st.lists(st.lists(st.integers(1, 39), max_size=39), min_size=1, max_size=4)


def cut_at(places: list[int], size: int = 40) -> Cut:
    starts = np.array(sorted({0, *places, size}), np.int64)
    return Cut(np.arange(len(starts) - 1, dtype=np.uint32), starts)


@given(places=cuts)
def test_pieces_differ_where_no_other_cut_has_them(places: list[list[int]]) -> None:
    first, *others = map(cut_at, places)
    spans = [[*pairwise(cut.starts.tolist())] for cut in (first, *others)]
    wanted = [bool(others) and all(span not in other for other in spans[1:]) for span in spans[0]]
    assert differing(first, 0, len(first), others).tolist() == wanted
    assert differing(first, len(first) // 2, len(first), others).tolist() == wanted[len(first) // 2 :]
    for part in (1, 3, 100):
        assert finish(only_here(first, others, part))[1] == (sum(wanted) if others else len(first))


def test_no_text_differs_nowhere() -> None:
    empty = Cut(np.empty(0, np.uint32), np.zeros(1, np.int64))
    assert finish(only_here(empty, [empty]))[1] == 0
    assert len(differing(empty, 0, 0, [empty])) == 0


@given(ids=st.lists(st.integers(0, 5), max_size=60), room=st.sampled_from([1.0, 7.0, 10.0, 33.5]))
def test_lines_are_filled_greedily(ids: list[int], room: float) -> None:
    widths, ends = np.array([1, 2, 3, 5, 40, 2], np.float32), np.array([0, 0, 0, 0, 0, 1], np.bool_)
    lines, right = [], room + 1
    for number, one in enumerate(ids):
        if right + widths[one] > room or number and ends[ids[number - 1]]:
            lines.append(number)
            right = 0.0
        right += float(widths[one]) + 0.5
    assert break_lines(np.array(ids, np.uint32), widths, ends, room, 0.5).tolist() == [*lines, len(ids)]


@given(
    ids=st.lists(st.integers(0, 5), max_size=60),
    parts=st.lists(st.integers(1, 9), max_size=60),
    room=st.sampled_from([1.0, 7.0, 10.0, 33.5]),
)
def test_lines_that_are_broken_part_by_part_are_those_of_breaking_all(
    ids: list[int], parts: list[int], room: float
) -> None:
    widths, ends = np.array([1, 2, 3, 5, 40, 2], np.float32), np.array([0, 0, 0, 0, 0, 1], np.bool_)
    pieces = np.array(ids, np.uint32)
    breaking, known = Breaking(pieces, widths, ends, room, 0.5), 0
    for part in (*parts, len(ids)):
        breaking.go_on(part)
        known = min(len(ids), known + part)
        assert breaking.lines.tolist() == break_lines(pieces[:known], widths, ends, room, 0.5).tolist()
        assert breaking.done == (known == len(ids))


@given(
    ids=st.lists(st.integers(0, 5), min_size=1, max_size=60),
    edits=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 9), st.lists(st.integers(0, 5), max_size=9)), max_size=6
    ),
    room=st.sampled_from([1.0, 7.0, 10.0, 33.5]),
)
def test_lines_that_are_broken_again_are_those_of_breaking_all(
    ids: list[int], edits: list[tuple[int, int, list[int]]], room: float
) -> None:
    widths, ends = np.array([1, 2, 3, 5, 40, 2], np.float32), np.array([0, 0, 0, 0, 0, 1], np.bool_)
    lines = break_lines(np.array(ids, np.uint32), widths, ends, room, 0.5)
    for place, length, made in edits:
        first = place % (len(ids) + 1)
        last = min(len(ids), first + length)
        ids = ids[:first] + made + ids[last:]
        now = np.array(ids, np.uint32)
        lines = break_again(lines, now, Replaced(first, last, len(made)), widths, ends, room, 0.5)
        assert lines.tolist() == break_lines(now, widths, ends, room, 0.5).tolist()


@given(ids=st.lists(st.integers(0, 9), max_size=40), known=st.lists(st.booleans(), min_size=10, max_size=10))
def test_unknown_ids_are_found_once(ids: list[int], known: list[bool]) -> None:
    table = np.array(known)
    found = unknown_ids(np.array(ids, np.uint32), table).tolist()
    assert found == [one for one in dict.fromkeys(ids) if not known[one]]
    assert table.tolist() == known


@given(text=st.text(max_size=30), data=st.data())
def test_places_in_utf16_are_found_in_utf8(text: str, data: st.DataObject) -> None:
    raw, places = as_bytes(text.encode()), Places()
    assert units(raw) == len(text.encode("utf-16-le")) // 2
    for _ in range(4):
        first = data.draw(st.integers(0, len(text)))
        last = data.draw(st.integers(first, len(text)))
        unit, length = (len(part.encode("utf-16-le")) // 2 for part in (text[:first], text[first:last]))
        assert places.span(raw, unit, length) == (len(text[:first].encode()), len(text[:last].encode()))


@given(text=st.text(st.sampled_from("a\0\x1f\t\n\x7f\x80\x9f\xa0é\u00c2人🎉 "), max_size=30))
def test_controls_are_counted(text: str) -> None:
    wanted = sum(category(character) == "Cc" and character not in "\t\n" for character in text)
    assert control_characters(as_bytes(text.encode())) == wanted


@pytest.mark.parametrize("text", ["a" * 20_000, "a🎉é人\n" * 5_000, "🎉" * 9_000, "é" * 3_000 + "人" * 6_000])
def test_places_far_away_are_found(text: str) -> None:
    raw = as_bytes(text.encode())
    for place in (0, 1, 4095, 4096, 4097, 8191, 8192, len(text) - 1, len(text)):
        unit = len(text[:place].encode("utf-16-le")) // 2
        byte = len(text[:place].encode())
        assert Places().span(raw, unit, 0) == (byte, byte)
        assert Places().span(raw, 0, unit) == (0, byte)


def test_a_place_inside_a_character_is_none() -> None:
    data = as_bytes("a🎉b".encode())
    assert Places().span(data, 2, 0) is None
    assert Places().span(data, 1, 1) is None
    assert Places().span(data, 0, 5) is None


def test_each_kind_of_text_is_there_and_compresses() -> None:
    bundled = Tokenizer.load(resource("sample/tokenizer"))
    figures = bytes_per_token(LiveText(bundled, view_of(bundled).lengths))
    by_title = dict(zip((kind.title for kind in KINDS), figures, strict=True))
    for kind in KINDS:
        text = kind.read().decode()
        assert 3000 < len(text.encode()) < 6000
        assert by_title[kind.title] == len(text.encode()) / len(bundled.encode(text))
    assert by_title["Children’s stories"] > by_title["Python code"] > by_title["Chinese"] >= 1.0


def test_speed_is_measured_on_one_thread_and_on_all() -> None:
    part = as_bytes(b"It was the best of times. " * at_most(1000, 4))
    shares, found = finish(measure(make_tokenizer("gpt2"), [part] * 4))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.one > 0 < found.all
    assert seconds_for(825e9, 93e6) == pytest.approx(8870.97, abs=0.01)


def test_what_is_timed_was_not_encoded_before() -> None:
    parts = sample_parts()
    wanted = [resource(CORPUS).read_bytes(), *(kind.read() for kind in KINDS)]
    assert sum(map(len, parts)) == sum(map(len, wanted))
    halves = [b"".join(part.tobytes() for part in half) for half in (parts[:8], parts[8:])]
    for text in wanted:
        begins, ends = text[: text.index(b"\n")], text[text.rstrip().rindex(b"\n") :]
        assert begins in halves[0]
        assert ends in halves[1]


class Watched(Encoder):
    """Keeps what it was asked to encode, and those that it made."""

    def __init__(self, like: Encoder) -> None:
        super().__init__(like.pattern, like.ranks, like.split_off(True), like.split_off(False))
        self.asked: list[bytes] = []
        self.made: list[Watched] = []

    def limited(self, merges: int) -> Encoder:
        self.made.append(Watched(super().limited(merges)))
        return self.made[-1]

    def encode(self, data: Bytes, bounds: Ints, out: Tokens, ends: Ints, specials: bool) -> int:
        self.asked.append(data.tobytes())
        return super().encode(data, bounds, out, ends, specials)


def test_every_round_begins_with_nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    parts, tokenizer = [as_bytes(b"one two"), as_bytes(b"three two")], make_tokenizer("gpt2")
    watched = Watched(tokenizer.encoder)
    monkeypatch.setattr(tokenizer, "encoder", watched)
    finish(measure(tokenizer, parts))
    assert watched.asked == []
    assert len(watched.made) >= 2
    assert all(made.asked == [b"one two", b"three two"] for made in watched.made)


def test_counts_come_from_the_table_beside_our_tokenizers(tmp_path: Path) -> None:
    counts = read_counts(resource("sample/tokenizer"))
    assert len(counts) == len(Tokenizer.load(resource("sample/tokenizer")).merges)
    assert counts[0] == 48464
    assert read_counts(resource("sample/tokenizer") / "tokenizer.json") == counts
    assert read_counts(tmp_path) == {}
    (tmp_path / "merges.csv").write_text("rank,count\n1,many\n", encoding="utf-8")
    assert read_counts(tmp_path) == {}
    (tmp_path / "merges.csv").write_bytes(b"\xff\xfe\x00")
    assert read_counts(tmp_path) == {}


@settings(max_examples=20)
@given(merges=st.integers(0, 300))
def test_a_limited_text_stays_limited_while_it_is_edited(merges: int) -> None:
    tokenizer = make_tokenizer("gpt2")
    live = LiveText(tokenizer, view_of(tokenizer).lengths)
    live.limit(merges)
    live.encode(as_bytes(b"the best of times, the worst"))
    assert live.cut.ids.tolist() == tokenizer.prefix(merges).encode("the best of times, the worst")
