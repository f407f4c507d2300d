"""Is a text that was edited encoded as if it were new, and is only what may have changed encoded anew?"""

import numpy as np
import pytest
from hypothesis import example, given, settings

from lmcore.bpe.edits import Edit, apply
from lmcore.bpe.live_text import LiveText
from lmcore.bpe.tokenizer import Tokenizer
from tests.core.engine import DECLARATION, NAMES, at_most, finish
from tests.core.live import CUSTOM, SPECIALS, as_bytes, edits, make_tokenizer, pieces, view_of

STORY = b"It was the best of times, it was the worst of times. " * 40


def follow(tokenizer: Tokenizer, text: bytes, changes: list[Edit], specials: bool = True) -> None:
    """Makes the edits one by one, and compares with encoding from scratch after each."""
    live = LiveText(tokenizer, view_of(tokenizer).lengths, specials=specials)
    data = as_bytes(text)
    live.encode(data)
    for edit in changes:
        data = apply(edit, data)
        text = text[: edit.position] + edit.inserted + text[edit.position + edit.removed :]
        assert data.tobytes() == text
        before, key = live.cut.ids.copy(), live.cut.key
        cut = live.edit(edit, data)
        assert cut.change is not None
        assert cut.change.of is key
        first, last, made = cut.change.pieces
        assert [*before[:first], *cut.ids[first : first + made], *before[last:]] == cut.ids.tolist()
        assert cut.ids.tolist() == tokenizer.encode_bytes(text, specials=specials)
        assert cut.starts.tolist() == tokenizer.token_spans(text, specials=specials).tolist()


@pytest.mark.parametrize("pattern", [*NAMES, CUSTOM])
@settings(max_examples=at_most(150, 15))
@given(changed=edits())
@example(changed=(b"a<|endoftext|><|pa b", [Edit(18, 0, b"d|>")]))
@example(changed=(b"word   word", [Edit(5, 0, b"\n"), Edit(7, 1, b"x")]))
@example(changed=("日本ABC def".encode(), [Edit(9, 0, b"d")]))
def test_any_edits_give_what_encoding_anew_gives(pattern: str, changed: tuple[bytes, list[Edit]]) -> None:
    text, changes = changed
    follow(make_tokenizer(pattern), text, changes)
    follow(make_tokenizer(pattern), text, changes, specials=False)
    follow(make_tokenizer(pattern, ()), text, changes)


@pytest.mark.parametrize("pattern", [*NAMES, CUSTOM])
def test_special_tokens_are_typed_character_by_character(pattern: str) -> None:
    text = b"one two, <|end>, three four. Five"
    typed = b"".join(special.encode() for special in SPECIALS)
    places = range(9, 9 + len(typed))
    keys = [Edit(place, 0, typed[n : n + 1]) for n, place in enumerate(places)]
    back = [Edit(place, 1, b"") for place in reversed(places)]
    follow(make_tokenizer(pattern), text, keys + back)


@pytest.mark.parametrize("pattern", NAMES)
def test_any_place_of_any_script_can_be_edited(pattern: str) -> None:
    data = DECLARATION.read_bytes()[: at_most(227_000, 3000)]
    step = at_most(2503, 331)
    changes = [Edit(place, 2, b" x1.") for place in range(len(data) - 9, 0, -step)]
    tokenizer = make_tokenizer(pattern)
    live = LiveText(tokenizer, view_of(tokenizer).lengths)
    text = as_bytes(data)
    live.encode(text)
    for edit in changes:
        text = apply(edit, text)
        live.edit(edit, text)
    assert live.cut.ids.tolist() == tokenizer.encode_bytes(text.tobytes())


@pytest.mark.parametrize("pattern", NAMES)
def test_only_some_words_around_a_key_stroke_are_unsettled(pattern: str) -> None:
    live = LiveText(make_tokenizer(pattern), view_of(make_tokenizer(pattern)).lengths)
    edit = Edit(1000, 0, b"x")
    start, stop = live.unsettled(edit, apply(edit, as_bytes(STORY)))
    assert 1000 - 60 < start <= 1000 < stop < 1000 + 60


def test_a_custom_pattern_is_unsettled_between_special_tokens() -> None:
    tokenizer = make_tokenizer(CUSTOM, ("<|endoftext|>",))
    live = LiveText(tokenizer, view_of(tokenizer).lengths)
    data = as_bytes(b"<|endoftext|>".join([STORY] * 3))
    edit = Edit(len(STORY) + 100, 0, b"x")
    assert live.unsettled(edit, apply(edit, data)) == (len(STORY), 2 * len(STORY) + 13 + 1)
    live.split_specials(False)
    assert live.unsettled(edit, apply(edit, data)) == (0, len(data) + 1)


def test_fewer_merges_are_those_of_the_smaller_vocabulary() -> None:
    tokenizer = make_tokenizer("gpt2")
    for merges in (0, 1, 100, len(tokenizer.merges)):
        live = LiveText(tokenizer, view_of(tokenizer).lengths, merges=merges)
        assert live.encode(as_bytes(STORY)).ids.tolist() == tokenizer.prefix(merges).encode_bytes(STORY)


def test_encoding_slowly_gives_the_same() -> None:
    tokenizer = make_tokenizer("gpt2")
    live = LiveText(tokenizer, view_of(tokenizer).lengths)
    shares, cut = finish(live.encode_slowly(as_bytes(STORY)))
    assert shares[-1] == 1.0
    assert len(live.cut) == 0
    live.keep(cut)
    assert live.cut.ids.tolist() == tokenizer.encode_bytes(STORY)
    assert finish(live.encode_slowly(as_bytes(b"")))[1].starts.tolist() == [0]


def test_a_byte_knows_its_token() -> None:
    tokenizer = make_tokenizer("gpt2")
    cut = LiveText(tokenizer, view_of(tokenizer).lengths).encode(as_bytes(STORY))
    found = [number for number, piece in enumerate(pieces(cut, STORY)) for _ in piece]
    assert [cut.at(byte) for byte in range(len(STORY))] == found


def test_the_tables_of_a_vocabulary() -> None:
    vocab = {**{byte: bytes([byte]) for byte in range(256)}, 300: b"a\nb", 301: "é".encode(), 302: b" the"}
    view = view_of(Tokenizer(vocab, [], {"<|pad|>": 400}))
    assert len(view.lengths) == 401
    assert [int(view.lengths[one]) for one in (65, 256, 300, 301, 400)] == [1, 0, 3, 2, 7]
    assert np.flatnonzero(view.ends_line).tolist() == [10, 300]
    assert set(np.flatnonzero(view.plain).tolist()) == {*range(0x20, 0x7F), 302, 400}
    assert view[301] == "é".encode()
    assert view.ids[b" the"] == 302
