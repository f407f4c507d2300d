"""Is a `tokenizer.json` of foreign making opened with the ids that `tokenizers` gives, or refused with the reason?"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe.spelling import spell
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.tokenizer_json import to_json
from lmcore.bpe.tokenizer_json_reader import read_content
from lmcore.errors import TokenizerError
from tests.core.engine import at_most
from tests.core.vocabularies import FLAGS, by_hand, texts, write


def _added(content: str, token_id: int, **flags: bool) -> dict[str, Any]:
    return {"id": token_id, "content": content, **FLAGS, **flags}


_OPENED: Final = {
    "plain": by_hand(),
    "old": by_hand(merges=["a b", "b c", "Ġ ab"]),
    "with a header": by_hand(merges=["#version: 0.2", "a b"]),
    "a pair twice": by_hand(merges=[["a", "b"], ["b", "c"], ["a", "b"]]),
    "whole words first": by_hand(ignore_merges=True),
    "empty marks": by_hand(continuing_subword_prefix="", end_of_word_suffix="", dropout=0.0, unk_token="a"),
    "another order": by_hand(merges=[["b", "c"], ["a", "bc"], ["a", "b"]]),
    "special tokens": by_hand() | {"added_tokens": [_added("<s>", 260), _added("<think>", 261, special=False)]},
    "a special token that the vocabulary has": by_hand() | {"added_tokens": [_added("abc", 259)]},
    "added tokens with the bytes of others": by_hand()
    | {"added_tokens": [_added(" ", 260), _added(" ab", 261, special=False), _added("  ", 262)]},
    "matched after normalizing": by_hand()
    | {"added_tokens": [_added("<s>", 260), _added("<think>", 261, normalized=True, special=False)]},
    "nothing to normalize": by_hand() | {"normalizer": {"type": "Sequence", "normalizers": []}},
    "framed": by_hand() | {"post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False}},
}


@pytest.mark.parametrize("kind", _OPENED)
@settings(max_examples=at_most(60, 25))
@given(text=texts)
def test_ids_are_theirs(kind: str, text: str) -> None:
    content = _OPENED[kind]
    peer = tokenizers.Tokenizer.from_str(json.dumps(content))
    ours = _open(content)
    for sample in (text, "abc ab abcab", " abc<s>abc"):
        assert ours.encode(sample) == peer.encode(sample, add_special_tokens=False).ids
    assert ours.vocab_size == peer.get_vocab_size()
    again = _theirs(ours)
    assert again.encode(text, add_special_tokens=False).ids == ours.encode(text)


def _theirs(ours: Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer as Hugging Face opens what we would save."""
    return tokenizers.Tokenizer.from_str(json.dumps(to_json(ours)))


def _open(content: dict[str, Any]) -> Tokenizer:
    return read_content(content)


def test_what_has_no_part_in_the_ids_is_kept(tmp_path: Path) -> None:
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [260], "tokens": ["<s>"]}},
    }
    content = by_hand() | {"post_processor": template, "added_tokens": [_added("<s>", 260)]}
    _open(content).save(tmp_path / "saved.json")
    assert tokenizers.Tokenizer.from_file(str(tmp_path / "saved.json")).encode("ab").ids == [260, 256]
    assert Tokenizer.load(tmp_path / "saved.json").encode("ab") == [256]


def _vocab(**tokens: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["model"]["vocab"].update(tokens)


def _whole(**fields: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content.update(fields)


def _model(**fields: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["model"].update(fields)


def _nfc(*added: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return _whole(normalizer={"type": "NFC"}, added_tokens=list(added))


_REFUSED: Final[dict[str, tuple[Callable[[dict[str, Any]], object], str]]] = {
    "unigram": (_whole(model={"type": "Unigram", "vocab": [["a", 0.0]]}), "SentencePiece unigram model"),
    "WordPiece": (_model(type="WordPiece"), "WordPiece model"),
    "WordLevel": (_model(type="WordLevel"), "model of whole words"),
    "another": (_model(type="Gram"), "kind 'Gram'"),
    "no model": (_whole(model=None), "model is not an object"),
    "byte fallback": (_model(byte_fallback=True), "byte_fallback"),
    "prefix": (_model(continuing_subword_prefix="##"), "continuing_subword_prefix"),
    "suffix": (_model(end_of_word_suffix="</w>"), "end_of_word_suffix"),
    "dropout": (_model(dropout=0.1), "at random"),
    "lower case": (_whole(normalizer={"type": "Lowercase"}), r"\(normalizer Lowercase\); only NFC"),
    "two": (
        _whole(normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip"}]}),
        "normalizer Strip",
    ),
    "NFC, then matched": (_nfc(_added("<s>", 260, normalized=True)), "matched in the normalized text"),
    "NFC makes it": (_nfc(_added("<K>", 260)), "can arise from other text"),
    "same id": (_vocab(zz=256), "id 256 to 'ab' and to 'zz'"),
    "negative id": (_vocab(zz=-1), "the id -1, which is not from 0"),
    "huge id": (_vocab(zz=1 << 40), "which is not from 0 to 16,777,215"),
    "true as an id": (_vocab(zz=True), "the id True"),
    "fraction as an id": (_vocab(zz=1.0), "the id 1.0"),
    "empty token": (_vocab(**{"": 260}), "an empty token"),
    "foreign character": (_vocab(x中=260), r"'x中' has a character that stands for no byte \('中'\)"),
    "missing byte": (lambda content: content["model"]["vocab"].pop("x"), "1 of the 256 bytes"),
    "unknown half": (_model(merges=[["a", "q"], ["a", "yy"]]), "merge 2 needs a token .*'yy'"),
    "unknown whole": (_model(merges=[["a", "q"]]), "needs a token that the vocabulary lacks"),
    "three halves": (_model(merges=["a b c"]), "merge 1 is not a pair"),
    "numbers as halves": (_model(merges=[[1, 2]]), "merge 1 is not a pair"),
    "blank at the left": (_whole(added_tokens=[_added("<s>", 260, lstrip=True)]), r"around it \(lstrip\)"),
    "single words": (_whole(added_tokens=[_added("<s>", 260, single_word=True)]), "single_word"),
    "other id than theirs": (_whole(added_tokens=[_added("<s>", 300)]), "would give it 260: the file contradicts"),
    "other id than the vocabulary's": (_whole(added_tokens=[_added("abc", 260)]), "would give it 259"),
    "twice": (_whole(added_tokens=[_added("<s>", 260), _added("<s>", 261)]), "'<s>' is listed twice"),
    "two rounds": (
        _whole(added_tokens=[_added("<x", 260, normalized=True), _added("x>", 261)]),
        "overlap and are matched in two rounds",
    ),
    "no flags": (_whole(added_tokens=[{"id": 260, "content": "<s>"}]), r"added_tokens\[0\].single_word is missing"),
    "a lone character": (_whole(added_tokens=[_added("é", 260)]), "special token 'é'"),
    "vocab as a list": (_model(vocab=["a"]), "model.vocab is not an object"),
    "merges missing": (lambda content: content["model"].pop("merges"), "model.merges is missing"),
}


@pytest.mark.parametrize("kind", _REFUSED)
def test_what_cannot_be_kept_is_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    spoil, sentence = _REFUSED[kind]
    content = copy.deepcopy(by_hand())
    spoil(content)
    file = write(tmp_path, content)
    with pytest.raises(TokenizerError, match=sentence) as caught:
        Tokenizer.load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value; of long objects and lists the first places."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())[-12:]
    elif isinstance(value, list):
        inner = [*enumerate(value[:2])]
    return [path, *(found for key, part in inner for found in _paths(part, (*path, key)))]


_FULL: Final = _OPENED["matched after normalizing"] | {
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}]},
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "a+"}, "behavior": "Isolated", "invert": False},
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        ],
    },
}
_values = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 300), st.just(1 << 63), st.just(1.5), st.text("aĠ(<", max_size=3),
    st.lists(st.one_of(st.integers(0, 3), st.text("ab ", max_size=3)), max_size=3),
    st.dictionaries(st.sampled_from(["type", "Regex", "id"]), st.one_of(st.integers(0, 3), st.text("NFC")), max_size=2),
)  # fmt: skip


def _load(file: Path) -> str:
    """Opens and uses a tokenizer; why it was refused, or ""."""
    try:
        Tokenizer.load(file).encode("ab aab <s><think>12")
    except TokenizerError as error:
        return str(error)
    return ""


@settings(max_examples=at_most(400, 60))
@given(place=st.sampled_from(_paths(_FULL)), value=_values, missing=st.booleans())
def test_no_value_anywhere_makes_more_than_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str | int, ...], value: object, missing: bool
) -> None:
    content: Any = copy.deepcopy(_FULL)
    if place:
        holder = content
        for key in place[:-1]:
            holder = holder[key]
        if missing:
            del holder[place[-1]]
        else:
            holder[place[-1]] = value
    else:
        content = value
    file = write(tmp_path_factory.mktemp("any"), content)
    sentence = _load(file)
    assert sentence == "" or sentence.startswith(f"{file}: ")


@settings(max_examples=at_most(100, 30))
@given(end=st.integers(0, 3000), byte=st.integers(0, 255))
def test_damaged_files_are_refused_or_read(tmp_path_factory: pytest.TempPathFactory, end: int, byte: int) -> None:
    file = write(tmp_path_factory.mktemp("damaged"), _FULL)
    whole = file.read_bytes()
    file.write_bytes(whole[:end])
    with pytest.raises(TokenizerError):
        Tokenizer.load(file)
    file.write_bytes(whole[:end] + bytes([byte]) + whole[end + 1 :])
    sentence = _load(file)
    assert sentence == "" or sentence.startswith(f"{file}: ")


def test_nested_without_end(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"model":' + "[" * 100_000)
    with pytest.raises(TokenizerError, match="not JSON"):
        Tokenizer.load(tmp_path)


def test_spelling_is_exact_for_all_bytes() -> None:
    assert spell(bytes(range(256))) == "".join(by_hand()["model"]["vocab"])[:256]
