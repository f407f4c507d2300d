"""Is a text normalized as Hugging Face `tokenizers` does it, around special tokens too?"""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st

from lmcore.bpe.normalizing import RESOURCE, arises, normalize
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.paths import resource
from tests.core.normalized_characters import POINTS, find_concerned
from tests.core.vocabularies import FLAGS, by_hand, write

_TOKENS = ("<|a|>", "<|a|>=", "x>")
texts = st.lists(
    st.sampled_from(["e\u0301", "\u0338", "\u0301", "a", ">", "=", "\u212a", "\u1100\u1161", " ", *_TOKENS])
).map("".join)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, tokenizers.Tokenizer]:
    added = [{"id": 260 + place, "content": token, **FLAGS} for place, token in enumerate(_TOKENS)]
    file = write(tmp_path_factory.mktemp("nfc"), by_hand() | {"normalizer": {"type": "NFC"}, "added_tokens": added})
    return Tokenizer.load(file), tokenizers.Tokenizer.from_file(str(file))


@given(text=texts)
@example(text="<|a|>\u0338 >\u0338 <|a|>=\u0338")
def test_ids_are_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer], text: str) -> None:
    ours, theirs = both
    assert ours.normalizer == "NFC"
    assert ours.encode(text) == theirs.encode(text, add_special_tokens=False).ids


def test_every_character_is_normalized_as_theirs_or_left_alone() -> None:
    """Each alone, and between marks that it may change places with."""
    theirs = tokenizers.normalizers.NFC().normalize_str
    for frame in ("{}", "e\u0315{}\u0334\u0301", "\u1100{}\u11a8"):
        lines = [frame.format(chr(point)) for point in POINTS if point not in (0x0A, 0x0D)]
        ours = normalize("\n".join(lines), []).split("\n")
        differing = [line for line, found, wanted in zip(lines, ours, theirs("\n".join(lines)).split("\n"), strict=True)
                     if found != wanted]  # fmt: skip
        assert not differing


def test_every_pair_is_put_together_as_theirs() -> None:
    theirs = tokenizers.normalizers.NFC().normalize_str
    compositions = [
        [chr(int(part, 16)) for part in unicodedata.decomposition(chr(point)).split()]
        for point in POINTS
        if unicodedata.decomposition(chr(point))[:1] not in ("", "<")
    ]
    seconds = {parts[1] for parts in compositions if len(parts) == 2}
    marks = {chr(point) for point in POINTS if unicodedata.combining(chr(point))} | seconds
    for first in sorted({parts[0] for parts in compositions if len(parts) == 2}):
        text = "\n".join(f"{first}{mark}" for mark in sorted(marks))
        assert normalize(text, []) == theirs(text)


@given(text=st.lists(st.sampled_from("ea\u0301\u0338\u0327\u1dfa\u0898\U00011935\U00011930\u1100\u1161 \u0334")))
def test_newer_marks_are_no_marks(text: list[str]) -> None:
    theirs = tokenizers.normalizers.NFC().normalize_str
    assert normalize("".join(text), []) == theirs("".join(text))


def test_the_recorded_characters_hold_all_that_they_normalize_and_none_that_is_newer() -> None:
    with np.load(resource(RESOURCE)) as ranges:
        bounds = zip(ranges["first"].tolist(), ranges["last"].tolist(), strict=True)
        recorded = {point for first, last in bounds for point in range(first, last + 1)}
    concerned = find_concerned()
    assert concerned <= recorded
    assert not any(unicodedata.combining(chr(point)) for point in recorded - concerned)


def test_bytes_are_never_normalized(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    decomposed = "e\u0301".encode()
    assert both[0].decode_bytes(both[0].encode_bytes(decomposed)) == decomposed
    assert both[0].decode(both[0].encode("e\u0301")) == "é"


def test_the_normalizer_is_saved_again(both: tuple[Tokenizer, tokenizers.Tokenizer], tmp_path: Path) -> None:
    both[0].save(tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "tokenizer.json").read_text(encoding="utf-8"))["normalizer"] == {
        "type": "NFC"
    }
    assert Tokenizer.load(tmp_path / "saved").normalizer == "NFC"


def test_undecodable_bytes_pass_through() -> None:
    assert normalize("e\u0301\udcff", []) == "é\udcff"


@pytest.mark.parametrize(("token", "wanted"), [("<|a|>", False), ("K>", True), ("a;", True), ("`", True), ("é>", True)])
def test_tokens_that_can_arise_are_known(token: str, wanted: bool) -> None:
    assert arises(token) is wanted
