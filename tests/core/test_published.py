"""Do published vocabularies give the ids that `tiktoken` and `tokenizers` give, and keep them through every format?

The two peers know Unicode 16, the classes of characters here are those of a later version, and `tokenizers` normalizes
by an older one. So texts have only characters that all of them know alike: of the 1,114,112 code points some 18,000
that were assigned later (and U+0295, which changed its class) are left out, and for NFC 98 marks more.
"""

import random
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
import regex
import tiktoken
import tiktoken_ext.openai_public
import tokenizers

from lmcore.bpe.formats import FOLDER, FORMS, TIKTOKEN, TOKENIZER_JSON, VOCAB_MERGES
from lmcore.bpe.tiktoken_file import read_ranks
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import TokenizerError
from lmcore.paths import resource
from tests.core.engine import DECLARATION
from tests.core.published import JSONS, json_file, ranks_file

pytestmark = pytest.mark.slow
Encode = Callable[[str], list[int]]

_RANDOM: Final = 100_000
_PIECE: Final = 5_000  # characters compared at a time
_TROUBLE: Final = (
    *("'ll", "'S", "'\u017f", "  ", "\r\n", "\n", "\t", "\u3000", "\xa0", "e\u0301", "12", "½", "ǅ", "中文", "/", "_"),
    *("<|endoftext|>", "<|endofprompt|>", "<|im_end|>", "<|begin_of_text|>", "<think>", "</think>"),
    *("<\uff5cUser\uff5c>", "<\uff5cbegin▁of▁sentence\uff5c>"),
)


@pytest.fixture(scope="module")
def known() -> str:
    """Every character but the newest combining marks, which Python's library does not know how to normalize."""
    everything = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    unknown = {c for c in regex.findall(r"\p{M}", everything) if unicodedata.category(c) == "Cn"}
    return "".join([c for c in everything if c not in unknown])


@pytest.fixture(scope="module")
def texts(known: str) -> list[str]:
    """Real text in pieces, and random strings: any characters, ASCII, what makes trouble, and all of these."""
    files = [
        resource("sample/moby-dick-and-speeches.txt"),
        DECLARATION,
        *sorted(Path(random.__file__).parent.glob("*.py")),
    ]
    real = "".join(file.read_text(encoding="utf-8") for file in files)
    chance = random.Random(7)
    makers: Sequence[Callable[[], str]] = (
        lambda: chance.choice(known),
        lambda: chr(chance.randrange(0x250)),
        lambda: chr(chance.randrange(0x20, 0x7F)),
        lambda: chance.choice(_TROUBLE),
    )
    made = []
    for _ in range(_RANDOM):
        weights = [chance.random() ** 2 for _ in makers]
        made.append("".join(make() for make in chance.choices(makers, weights, k=chance.randrange(1, 40))))
    return [real[start : start + _PIECE] for start in range(0, len(real), _PIECE)] + made


def _differences(ours: Encode, theirs: Encode, texts: Sequence[str]) -> list[str]:
    return [text for text in texts if ours(text) != theirs(text)]


@pytest.mark.parametrize("name", ["r50k", "p50k", "cl100k", "o200k"])
def test_ids_are_those_of_tiktoken(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, texts: list[str], name: str
) -> None:
    file = ranks_file(pytestconfig, name)
    published = tiktoken_ext.openai_public
    monkeypatch.setattr(published, "load_tiktoken_bpe", lambda *_, **__: read_ranks(file.read_bytes()))
    peer = tiktoken.Encoding(**getattr(published, f"{name}_base")())
    ours = Tokenizer.load(file)
    assert ours.vocab_size == len(peer._mergeable_ranks) + len(peer._special_tokens)
    assert _differences(ours.encode, lambda text: peer.encode(text, allowed_special="all"), texts) == []


@pytest.mark.parametrize("name", [name for name in JSONS if name != "gemma3"])
def test_ids_are_those_of_tokenizers(pytestconfig: pytest.Config, texts: list[str], name: str) -> None:
    file = json_file(pytestconfig, name)
    peer, ours = tokenizers.Tokenizer.from_file(str(file)), Tokenizer.load(file)
    assert ours.vocab_size == peer.get_vocab_size()
    if ours.normalizer:
        nfc = tokenizers.normalizers.NFC()
        texts = [text for text in texts if nfc.normalize_str(text) == unicodedata.normalize("NFC", text)]
        assert len(texts) > _RANDOM * 0.9
    assert _differences(ours.encode, lambda text: peer.encode(text, add_special_tokens=False).ids, texts) == []


def test_gemma_is_refused_with_the_reason(pytestconfig: pytest.Config) -> None:
    with pytest.raises(TokenizerError, match="byte_fallback"):
        Tokenizer.load(json_file(pytestconfig, "gemma3"))


_NAMES: Final = {FOLDER: "a", TOKENIZER_JSON: "b.json", TIKTOKEN: "c.tiktoken", VOCAB_MERGES: "d"}


@pytest.mark.parametrize("name", ["r50k", "p50k", "cl100k", "o200k", *JSONS[:-1]])
def test_every_format_keeps_every_id(pytestconfig: pytest.Config, tmp_path: Path, texts: list[str], name: str) -> None:
    ours = Tokenizer.load(json_file(pytestconfig, name) if name in JSONS else ranks_file(pytestconfig, name))
    for form in FORMS:
        ours.save(tmp_path / _NAMES[form], form)
        loaded = Tokenizer.load(tmp_path / _NAMES[form])
        assert loaded.vocab == ours.vocab
        assert loaded.pattern == ours.pattern
        assert _differences(loaded.encode, ours.encode, texts[-3000:] + texts[:40]) == []
    peer = tokenizers.Tokenizer.from_file(str(tmp_path / "b.json"))
    stable = [text for text in texts[-3000:] if unicodedata.is_normalized("NFC", text)]
    assert _differences(ours.encode, lambda text: peer.encode(text, add_special_tokens=False).ids, stable) == []
