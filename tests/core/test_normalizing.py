"""Is a text normalized as Hugging Face `tokenizers` does it, around special tokens too?"""

import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import example, given
from hypothesis import strategies as st

from lmcore.bpe.normalizing import arises, normalize
from lmcore.bpe.tokenizer import Tokenizer
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
