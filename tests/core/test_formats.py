"""Does every format keep every id, is each recognised by its content, and is everything else refused by name?"""

import base64
import gzip
import json
from pathlib import Path
from typing import Final

import pytest
import tokenizers as peers
from hypothesis import given, settings

from lmcore.bpe import json_fields
from lmcore.bpe.formats import FOLDER, FORMS, TIKTOKEN, TOKENIZER_JSON, VOCAB_MERGES
from lmcore.bpe.options import Options
from lmcore.bpe.result_files import save_training
from lmcore.bpe.tiktoken_file import beside, lines
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import LmError, TokenizerError, UsageError
from tests.core.engine import at_most, train_files
from tests.core.vocabularies import BYTES, by_hand, texts, tokenizers, write

_NAMES: Final = {FOLDER: "one", TOKENIZER_JSON: "two.json", TIKTOKEN: "three.tiktoken", VOCAB_MERGES: "four"}
_SMALL: Final = Tokenizer(BYTES | {256: b"<s>", 257: b"ab"}, [(b"a", b"b")], ["<s>"])


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=at_most(40, 12))
@given(tokenizer=tokenizers(in_order=True), text=texts)
def test_each_round_trip_keeps_every_id(
    tmp_path_factory: pytest.TempPathFactory, form: str, tokenizer: Tokenizer, text: str
) -> None:
    path = tmp_path_factory.mktemp("saved") / _NAMES[form]
    try:
        tokenizer.save(path, form)
    except TokenizerError:
        assert form == TIKTOKEN
        return
    loaded = Tokenizer.load(path)
    assert loaded.vocab == tokenizer.vocab
    assert (set(loaded.special_tokens), set(loaded.added_tokens)) == (
        set(tokenizer.special_tokens),
        set(tokenizer.added_tokens),
    )
    assert loaded.pattern == tokenizer.pattern
    assert loaded.encode(text) == tokenizer.encode(text)


@settings(max_examples=at_most(40, 12))
@given(tokenizer=tokenizers(), text=texts)
def test_tokenizer_json_is_the_same_to_hugging_face(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer, text: str
) -> None:
    path = tmp_path_factory.mktemp("saved") / "tokenizer.json"
    assert tokenizer.save(path) == ()
    assert peers.Tokenizer.from_file(str(path)).encode(text).ids == tokenizer.encode(text)


@settings(max_examples=at_most(40, 12))
@given(tokenizer=tokenizers(), text=texts)
def test_vocab_and_merges_are_the_same_to_hugging_face(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: Tokenizer, text: str
) -> None:
    """What the two files hold: the model. The rest is put in by hand, as every program does."""
    folder = tmp_path_factory.mktemp("saved") / "both"
    tokenizer.save(folder, VOCAB_MERGES)
    model = peers.models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt"))
    peer = peers.Tokenizer(model)
    peer.pre_tokenizer = peers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    ours = Tokenizer(tokenizer.vocab, tokenizer.merges)
    assert ours.encode(text) == peer.encode(text).ids


def test_names_and_forms(tmp_path: Path) -> None:
    _SMALL.save(tmp_path / "a")
    _SMALL.save(tmp_path / "b.json")
    _SMALL.save(tmp_path / "c.tiktoken")
    _SMALL.save(tmp_path / "d" / "vocab.json")
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == [
        "a/tokenizer.json", "b.json", "c.tiktoken", "c.tiktoken.json",
        "d/merges.txt", "d/tokenizer_config.json", "d/vocab.json",
    ]  # fmt: skip
    places = ("a", "a/tokenizer.json", "b.json", "c.tiktoken", "d", "d/vocab.json", "d/merges.txt")
    for place in places:
        assert Tokenizer.load(tmp_path / place).encode("ab<s>") == [257, 256]
    with pytest.raises(UsageError, match=r"no form 'gguf'; choose one of folder, tokenizer.json"):
        _SMALL.save(tmp_path / "e", "gguf")


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    _SMALL.save(tmp_path / "a.json")
    (tmp_path / "a.json").rename(tmp_path / "a.tiktoken")
    assert Tokenizer.load(tmp_path / "a.tiktoken").encode("ab") == [257]


def test_what_a_format_cannot_say_is_said(tmp_path: Path) -> None:
    content = by_hand() | {
        "normalizer": {"type": "NFC"},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False},
    }
    content["model"]["vocab"].pop("abc")
    tokenizer = Tokenizer.load(write(tmp_path, content))
    ranks = " ".join(tokenizer.save(tmp_path / "x.tiktoken"))
    assert "x.tiktoken.json has them" in ranks
    assert "give it text in NFC" in ranks
    assert "Left out, having no part in the ids: post_processor." in ranks
    both = " ".join(tokenizer.save(tmp_path / "y", VOCAB_MERGES))
    assert "others cut as GPT-2 does and may give other ids" in both
    assert Tokenizer.load(tmp_path / "y").normalizer == Tokenizer.load(tmp_path / "x.tiktoken").normalizer == "NFC"
    (note,) = Tokenizer(BYTES, [], pattern=r"\w+").save(tmp_path / "z")
    assert r"reads \w in another way" in note


def test_a_pattern_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "x.tiktoken").write_bytes(lines({token: byte for byte, token in BYTES.items()}))
    with pytest.raises(TokenizerError, match=r"none of the published ones .*give the pattern, such as cl100k"):
        Tokenizer.load(tmp_path / "x.tiktoken")
    assert Tokenizer.load(tmp_path / "x.tiktoken", "llama3").pattern.name == "llama3"
    _SMALL.save(tmp_path / "y")
    assert Tokenizer.load(tmp_path / "y", "whitespace").pattern.name == "whitespace"


def test_ranks_and_what_is_beside_them_belong_together(tmp_path: Path) -> None:
    file = tmp_path / "x.tiktoken"
    _SMALL.save(file)
    file.write_bytes(file.read_bytes() + base64.b64encode(b"abc") + b" 300\n")
    with pytest.raises(TokenizerError, match=r"x\.tiktoken\.json beside it: it belongs to other ranks"):
        Tokenizer.load(file)
    beside(file).write_text("{}")
    with pytest.raises(TokenizerError, match="sha256 is missing"):
        Tokenizer.load(file)


def _damage(old: bytes, new: bytes) -> bytes:
    good = lines({token: byte for byte, token in BYTES.items()})
    assert old in good
    return good.replace(old, new, 1)


_FOREIGN: Final[dict[str, tuple[str, bytes, str]]] = {
    "SentencePiece": ("tokenizer.model", b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02", "a SentencePiece model"),
    "unnamed SentencePiece": ("x", b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02", "a SentencePiece model"),
    "WordPiece": ("vocab.txt", b"[PAD]\n[UNK]\n[CLS]\nthe\n", "a WordPiece vocabulary"),
    "pickle": ("tokenizer.pkl", b"\x80\x04\x95", "a Python pickle"),
    "zip": ("tokenizer.json", b"PK\x03\x04....", "a zip archive"),
    "gzip": ("tokenizer.json.gz", gzip.compress(b"{}"), "a gzip archive"),
    "empty": ("tokenizer.json", b" \n", "it is empty"),
    "binary": ("tokenizer.json", bytes(range(255, 0, -1)), "not JSON"),
    "a list": ("tokenizer.json", b"[]", "the outermost value is not an object"),
    "other JSON": ("config.json", b'{"a": 1}', "no tokenizer"),
    "half": ("tokenizer.json", b'{"model": {"type": "BPE"', "not JSON, or only a part"),
    "vocabulary alone": ("vocab.json", b'{"a": 0}', "no merges.txt beside it"),
    "merges alone": ("merges.txt", b"#version: 0.2\na b\n", "no vocab.json beside it"),
    "no base64": ("x.tiktoken", _damage(b"QQ== 65", b"Q?== 65"), "line 66 is not a token in base64"),
    "no number": ("x.tiktoken", _damage(b"QQ== 65", b"QQ== -65"), "line 66 is not"),
    "no token": ("x.tiktoken", _damage(b"QQ== 65", b"65"), "line 66 is not"),
    "text": ("x.tiktoken", b"hello\nworld\n", "line 1 is not a token"),
    "same rank": ("x.tiktoken", _damage(b"QQ== 65", b"QQ== 64"), "line 66 repeats"),
    "same token": ("x.tiktoken", _damage(b"QQ== 65", b"QA== 65"), "line 66 repeats"),
}


@pytest.mark.parametrize("kind", _FOREIGN)
def test_other_files_are_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    name, content, sentence = _FOREIGN[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TokenizerError, match=sentence) as caught:
        Tokenizer.load(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)


def test_a_truncated_list_of_ranks_lacks_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.tiktoken").write_bytes(lines({token: byte for byte, token in BYTES.items() if byte < 200}))
    with pytest.raises(TokenizerError, match="no token for 56 of the 256 bytes"):
        Tokenizer.load(tmp_path / "x.tiktoken", "gpt2")


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match=r"no tokenizer is in this folder; choose one with a tokenizer.json"):
        Tokenizer.load(tmp_path)
    (tmp_path / "tokenizer.model").write_bytes(b"\n\x0e\x00")
    with pytest.raises(TokenizerError, match="a SentencePiece model"):
        Tokenizer.load(tmp_path)
    for name in ("a.tiktoken", "b.tiktoken"):
        _SMALL.save(tmp_path / name)
    with pytest.raises(TokenizerError, match=r"several .tiktoken files \(a.tiktoken"):
        Tokenizer.load(tmp_path)
    (tmp_path / "b.tiktoken").unlink()
    assert Tokenizer.load(tmp_path).vocab == _SMALL.vocab


def test_a_file_too_large_for_a_vocabulary_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_fields, "LARGEST_FILE", 100)
    with pytest.raises(TokenizerError, match="bytes are too many for a tokenizer"):
        Tokenizer.load(write(tmp_path, by_hand()))


def test_nothing_is_left_where_saving_is_refused(tmp_path: Path) -> None:
    """A special token that reads like the spelling of another cannot be in a tokenizer.json."""
    tokenizer = Tokenizer(BYTES | {256: b" t", 257: "Ġt".encode()}, [(b" ", b"t")], ["Ġt"])
    for name in ("x", "x.json", "x/vocab.json"):
        with pytest.raises(TokenizerError, match="The tokens 256 and 257 are both written 'Ġt'"):
            tokenizer.save(tmp_path / name)
    backwards = Tokenizer(BYTES | {256: b"bc", 257: b"ab"}, [(b"a", b"b"), (b"b", b"c")])
    with pytest.raises(TokenizerError, match=r"y.tiktoken: its merges are not in the order of the ids"):
        backwards.save(tmp_path / "y.tiktoken")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LmError, match=r"x.json: cannot be written"):
        _SMALL.save(tmp_path / "file" / "x.json")


def _published(tmp_path: Path, config: object | None) -> Path:
    content = by_hand()["model"]
    write(tmp_path, content["vocab"] | {"<|end|>": 260}, "gpt2-vocab.json")
    (tmp_path / "gpt2-merges.txt").write_text("#version: 0.2\na b\nb c\nĠ ab\n", encoding="utf-8")
    if config is not None:
        write(tmp_path, config, "tokenizer_config.json")
    return tmp_path / "gpt2-merges.txt"


def test_special_tokens_of_a_bare_vocabulary_are_known_by_their_look(tmp_path: Path) -> None:
    tokenizer = Tokenizer.load(_published(tmp_path, None))
    assert tokenizer.special_tokens == ("<|end|>",)
    assert tokenizer.encode("abc<|end|> ab") == [256, ord("c"), 260, 258]
    assert tokenizer.decode(tokenizer.encode("abc<|end|> ab")) == "abc<|end|> ab"


def test_the_configuration_beside_it_counts(tmp_path: Path) -> None:
    config = {"tokenizer_class": "Qwen2TokenizerFast", "added_tokens_decoder": {}}
    tokenizer = Tokenizer.load(_published(tmp_path, config))
    assert (tokenizer.pattern.name, tokenizer.normalizer, tokenizer.special_tokens) == ("qwen", "NFC", ())
    _published(tmp_path, {"tokenizer_class": "LlamaTokenizer"})
    with pytest.raises(TokenizerError, match="names the class LlamaTokenizer, whose pattern is not known"):
        Tokenizer.load(tmp_path / "gpt2-vocab.json")
    assert Tokenizer.load(tmp_path / "gpt2-vocab.json", "llama3").pattern.name == "llama3"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ([], "outermost value is not an object"),
        ({"tokenizer_class": 5}, "tokenizer_class is not a text"),
        ({"added_tokens_decoder": {"x": {}}}, "the id 'x', which is no number"),
        ({"added_tokens_decoder": {"260": []}}, "added_tokens_decoder is not an object"),
        ({"add_prefix_space": True}, "puts a space before every text"),
        ({"lm_explorer": {}}, "no pre-tokenizer"),
    ],
)
def test_a_damaged_configuration_is_refused(tmp_path: Path, config: object, sentence: str) -> None:
    with pytest.raises(TokenizerError, match=sentence):
        Tokenizer.load(_published(tmp_path, config))


def test_what_is_saved_is_json_that_others_read(tmp_path: Path) -> None:
    _SMALL.save(tmp_path / "x", VOCAB_MERGES)
    config = json.loads((tmp_path / "x" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["tokenizer_class"] == "GPT2Tokenizer"
    assert config["added_tokens_decoder"]["256"]["content"] == "<s>"
    assert (tmp_path / "x" / "merges.txt").read_text(encoding="utf-8") == "#version: 0.2\na b\n"


def test_a_custom_pattern_of_a_training_of_ours_opens_again(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("the cat and the hat and the bat " * 20, encoding="utf-8")
    pattern = r"\w+|\s+|[^\w\s]+"
    training = train_files([tmp_path / "corpus.txt"], Options(vocab_size=270, pattern=pattern))[1]
    save_training(training, tmp_path / "made")
    assert Tokenizer.load(tmp_path / "made").pattern.name == pattern
    (tmp_path / "made" / "training.json").unlink()
    with pytest.raises(TokenizerError, match="reads in another way"):
        Tokenizer.load(tmp_path / "made")
