"""Does a tokenizer cut, encode, decode, save and load without losing a byte, and refuse what it cannot represent?"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.bpe.merge_room import hugging_face_order
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS
from lmcore.bpe.spelling import alphabet, spell, unspell
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import TokenizerError, UsageError
from tests import naive
from tests.core.engine import DECLARATION, NAMES, at_most, train_files

_BYTES = {byte: bytes([byte]) for byte in range(256)}
_SPECIALS = ("<|endoftext|>", "<|endoftext|><|pad|>", "<|", "x y")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_bytes(DECLARATION.read_bytes()[: at_most(10**6, 20_000)] + b"It's what they'll say, isn't it? " * 20)
    return train_files([path], Options(at_most(1500, 400), _SPECIALS))[1].tokenizer()


pieces = st.sampled_from(["It's", " they'll", " ", "\n\n", "des droits", "人类", "<|", "|>", *_SPECIALS]).map(
    str.encode
)
texts = st.lists(st.one_of(pieces, st.binary(max_size=6), st.text(max_size=6).map(str.encode)), max_size=20).map(
    b"".join
)


@settings(max_examples=at_most(200, 40))
@given(data=texts)
def test_any_bytes_come_back(trained: Tokenizer, data: bytes) -> None:
    assert trained.decode_bytes(trained.encode_bytes(data)) == data
    assert b"".join(trained.pretokens(data)) == data


@settings(max_examples=at_most(100, 30))
@given(data=texts)
def test_ids_are_those_of_applying_all_merges_in_order(trained: Tokenizer, data: bytes) -> None:
    ids = {token: token_id for token_id, token in trained.vocab.items()}
    wanted, rest = [], data
    parts = naive.split_specials(data, _SPECIALS)
    for number, part in enumerate(parts):
        assert rest.startswith(part)
        rest = rest[len(part) :]
        for pretoken in naive.pretokens(part, EXPRESSIONS["gpt2"]):
            wanted += [ids[piece] for piece in naive.encode(pretoken, trained.merges)]
        if number < len(parts) - 1:
            special = max((token for token in _SPECIALS if rest.startswith(token.encode())), key=len)
            wanted.append(ids[special.encode()])
            rest = rest[len(special.encode()) :]
    assert trained.encode_bytes(data) == wanted


def test_text_that_is_not_utf8_is_replaced_when_shown(trained: Tokenizer) -> None:
    ids = trained.encode_bytes(b"ab\xff")
    assert trained.decode(ids) == "ab\ufffd"
    assert trained.decode(ids, "surrogateescape") == "ab\udcff"
    assert trained.encode("ab\udcff") == ids


def test_nothing_has_no_ids(trained: Tokenizer) -> None:
    assert trained.encode("") == []
    assert trained.decode([]) == ""


def test_an_unknown_id_is_named(trained: Tokenizer) -> None:
    with pytest.raises(TokenizerError, match="no id 99999"):
        trained.decode([65, 99999])


def test_a_pair_listed_twice_keeps_its_first_rank() -> None:
    vocab = _BYTES | {256: b"ab", 257: b"bc"}
    tokenizer = Tokenizer(vocab, [(b"b", b"c"), (b"a", b"b"), (b"b", b"c")])
    assert tokenizer.encode("abc") == [97, 257]
    assert tokenizer.encode("abbc") == [256, 257]


def test_a_pair_that_overlaps_itself_is_joined_from_the_left() -> None:
    tokenizer = Tokenizer(_BYTES | {256: b"aa"}, [(b"a", b"a")])
    assert tokenizer.encode("aaaaa") == [256, 256, 97]


def test_special_tokens_that_the_vocabulary_lacks_get_the_next_ids() -> None:
    tokenizer = Tokenizer(_BYTES, [], ["<|a|>", "<|b|>"])
    assert tokenizer.vocab_size == 258
    assert tokenizer.encode("x<|b|><|a|>") == [120, 257, 256]


@pytest.mark.parametrize("pattern", [*NAMES, r"\p{L}+|[0-9]"])
def test_what_is_saved_is_loaded_alike(tmp_path: Path, trained: Tokenizer, pattern: str) -> None:
    tokenizer = Tokenizer(trained.vocab, trained.merges, trained.special_tokens, pattern)
    tokenizer.save(tmp_path / "new" / "saved")
    for place in (tmp_path / "new" / "saved", tmp_path / "new" / "saved" / "tokenizer.json"):
        loaded = Tokenizer.load(place)
        assert loaded.vocab == tokenizer.vocab
        assert loaded.merges == tokenizer.merges
        assert loaded.special_tokens == tokenizer.special_tokens
        assert loaded.pattern == tokenizer.pattern


@pytest.mark.parametrize("specials", [("a",), (" ",), ("éé",), ("\n", "\r\n"), ("中", "\U0001f600")])
def test_special_tokens_of_any_spelling_survive_saving(tmp_path: Path, specials: tuple[str, ...]) -> None:
    """Some have the bytes of a byte, some look like the spelling of bytes in GPT-2's alphabet."""
    (tmp_path / "corpus.txt").write_bytes("the café and the Ġthe 中 the\r\n\xe9 é\n".encode() * 9 + b"\xe9")
    tokenizer = train_files([tmp_path / "corpus.txt"], Options(275, specials))[1].tokenizer()
    tokenizer.save(tmp_path / "saved")
    loaded = Tokenizer.load(tmp_path / "saved")
    for text in ("the café", "Ġthe 中\r\n", "é\n\xe9 a", "\udce9 \U0001f600"):
        assert loaded.encode(text) == tokenizer.encode(text)
        assert loaded.decode(loaded.encode(text), "surrogateescape") == text


def test_an_older_folder_is_replaced_as_a_whole(tmp_path: Path, trained: Tokenizer) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "merges.csv").write_text("of another training")
    trained.save(folder)
    assert [path.name for path in folder.iterdir()] == ["tokenizer.json"]


def test_the_alphabet_is_the_published_one() -> None:
    """A space is Ġ, a line break Ċ; every byte has its own printable character, in the order of their ids."""
    assert (spell(b" the\n"), spell(b"\x00\xad\xff")) == ("ĠtheĊ", "ĀŃÿ")
    assert len(set(alphabet())) == 256
    assert unspell(spell(bytes(range(256)))) == bytes(range(256))
    order = hugging_face_order()
    assert sorted(range(256), key=order.__getitem__) == sorted(range(256), key=alphabet().__getitem__)


def test_a_vocabulary_without_all_bytes_is_refused() -> None:
    with pytest.raises(TokenizerError, match="256 of the 256 bytes"):
        Tokenizer({}, [])


@pytest.mark.parametrize("token", ["", "\ud800", "a\udcff", "é", "Ġ"])
def test_special_tokens_that_no_file_can_hold_are_refused(token: str) -> None:
    with pytest.raises(UsageError, match="special token"):
        Tokenizer(_BYTES, [], [token])
    with pytest.raises(UsageError, match="special token"):
        Options(special_tokens=(token,))
