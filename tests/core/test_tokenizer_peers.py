"""Do the tokenizers that we save give the same ids in Hugging Face `tokenizers` and in `tiktoken`?"""

import unicodedata
from pathlib import Path

import pytest
import tiktoken
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.paths import resource
from tests.core.engine import DECLARATION, NAMES, at_most, train_files

_SPECIALS = ("<|endoftext|>", "<|endoftext|><|pad|>", "<|fim|>")
_CUSTOM = r"\p{Lu}?\p{Ll}+|[0-9]{2}| "

# Ids show where a text is cut only where the vocabulary has tokens that reach across: of white space, digits, marks.
_TROUBLE = (
    "a \n b\r\n\r\nc  \n\n   d 1234567 it's they'LL Éa ǅa e\u0301e\u0301 !!/\n//\n \n \u3000\u3000 \xa0x\t\tif 中文。\n"
)

# Of characters that were assigned long ago: the newest are not known to every library's tables.
characters = st.characters(codec="utf-8", exclude_categories=["Cn", "Cs", "Co"]).filter(
    lambda character: unicodedata.ucd_3_2_0.category(character) == unicodedata.category(character)
)
_PIECES = ["It's", "they'LL", "'s", " ", "  ", "\n", "\r\n", "\t", "\u3000", "\xa0", "123456", "Éa", "ǅa", "e\u0301"]
pieces = st.sampled_from([*_PIECES, "中文", "!!/", *_SPECIALS])
texts = st.lists(st.one_of(pieces, pieces, characters), max_size=30).map("".join)


@pytest.fixture(scope="module", params=[*NAMES, _CUSTOM])
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    sample = resource("sample/moby-dick-and-speeches.txt").read_bytes()[: at_most(300_000, 12_000)]
    path.write_bytes(sample + DECLARATION.read_bytes()[: at_most(10**6, 12_000)] + _TROUBLE.encode() * 60)
    return train_files([path], Options(at_most(3000, 400), _SPECIALS, str(request.param)))[1].tokenizer()


@pytest.fixture(scope="module")
def theirs(ours: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> tokenizers.Tokenizer:
    folder = tmp_path_factory.mktemp("saved")
    ours.save(folder)
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@settings(max_examples=at_most(200, 40))
@given(text=texts)
@example(text="a \n  b \r\n\r\n c \n\n")
@example(text="x\n \n <|endoftext|> \n y  ")
def test_hugging_face_gives_the_same_ids_for_troublesome_text(
    ours: Tokenizer, theirs: tokenizers.Tokenizer, text: str
) -> None:
    assert ours.encode(text) == theirs.encode(text).ids


def test_hugging_face_gives_the_same_ids_for_real_text(ours: Tokenizer, theirs: tokenizers.Tokenizer) -> None:
    text = DECLARATION.read_text(encoding="utf-8") + resource("sample/moby-dick-and-speeches.txt").read_text(
        encoding="utf-8"
    )
    text = (
        text[-at_most(400_000, 15_000) :] + text[: at_most(200_000, 10_000)] + "<|endoftext|><|pad|> end<|fim|>  \n\n"
    )
    ids = theirs.encode(text).ids
    assert ours.encode(text) == ids
    assert theirs.decode(ids, skip_special_tokens=False) == text
    assert len(set(ids)) > at_most(1000, 100), "or hardly anything was compared"


def test_hugging_face_knows_the_special_tokens(ours: Tokenizer, theirs: tokenizers.Tokenizer) -> None:
    assert theirs.get_vocab_size() == ours.vocab_size
    assert {theirs.token_to_id(token) for token in _SPECIALS} == {256, 257, 258}
    assert theirs.decode([256, 258], skip_special_tokens=True) == ""


@settings(max_examples=at_most(200, 40))
@given(text=texts)
@example(text="a \n  b \r\n\r\n c \n\n")
@example(text="x\n \n <|endoftext|> \n y  ")
def test_tiktoken_gives_the_same_ids_from_our_vocabulary(ours: Tokenizer, text: str) -> None:
    """Special tokens aside, ids in the order of the merges are what `tiktoken` calls ranks."""
    specials = {token: token_id for token_id, token in enumerate(_SPECIALS, 256)}
    ranks = {
        token: token_id for token_id, token in ours.vocab.items() if token.decode(errors="replace") not in specials
    }
    expression = EXPRESSIONS.get(ours.pattern.name, f"{_CUSTOM}|(?s:(?:(?!{_CUSTOM}).)+)")  # what lies between, too
    peer = tiktoken.Encoding("ours", pat_str=expression, mergeable_ranks=ranks, special_tokens=specials)
    assert peer.encode(text, allowed_special="all") == ours.encode(text)


def test_a_course_style_tokenizer_is_the_same_thing(tmp_path: Path) -> None:
    """Built from vocabulary and merges alone, with the special tokens named again."""
    from lmcore.bpe import train_bpe

    path = tmp_path / "corpus.txt"
    path.write_text("low lower lowest<|endoftext|>new newer newest " * 9)
    vocab, merges = train_bpe(path, 270, ["<|endoftext|>"])
    assert len(vocab) == 270
    assert len(merges) == 13
    tokenizer = Tokenizer(vocab, merges, special_tokens=["<|endoftext|>"])
    assert tokenizer.encode("<|endoftext|>") == [256]
    assert [*map(vocab.get, tokenizer.encode("lower newest"))] == [
        *map(vocab.get, tokenizer.encode("lower")),
        *map(vocab.get, tokenizer.encode(" newest")),
    ]
