"""Does the pattern that we read from a `tokenizer.json` cut like the pre-tokenizers in it?"""

import json
from typing import Any, Final

import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lmcore.bpe.patterns import EXPRESSIONS, find_pattern, pieces
from lmcore.bpe.pre_tokenizers import as_json, from_json
from lmcore.errors import TokenizerError, UsageError
from tests.core.vocabularies import by_hand

_BYTES: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
_GPT2: Final = {**_BYTES, "use_regex": True}


def _split(expression: str, behavior: str = "Isolated", invert: bool = False, kind: str = "Regex") -> dict[str, Any]:
    return {"type": "Split", "pattern": {kind: expression}, "behavior": behavior, "invert": invert}


def _row(*steps: object) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": list(steps)}


_OPENED: Final = {
    "gpt2": (_GPT2, "gpt2"),
    "default": ({"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}, "gpt2"),
    "uncut": (_BYTES, r"[\s\S]+"),
    "old GPT-2": (
        _row(_split(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), _BYTES),
        "gpt2",
    ),
    "GPT-4o": (_row(_split(EXPRESSIONS["o200k"], "Removed", invert=True), _BYTES), "o200k"),
    "Llama 3": (_row(_split(EXPRESSIONS["llama3"]), _BYTES), "llama3"),
    "Llama 3, shorter": (
        _row(
            _split(
                r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|"
                r"\s*[\r\n]|\s+(?!\S)|\s+"
            ),
            _BYTES,
        ),
        "llama3",
    ),
    "line breaks as they are": (
        _row(_split(EXPRESSIONS["qwen"].replace(r"\r", "\r").replace(r"\n", "\n")), _BYTES),
        "qwen",
    ),
    "cl100k": (as_json(find_pattern("cl100k")), "cl100k"),
    "DeepSeek": (as_json(find_pattern("deepseek")), "deepseek"),
    "digits": (_row({"type": "Digits", "individual_digits": True}, _GPT2), rf"\p{{N}} → {EXPRESSIONS['gpt2']}"),
    "numbers": (_row({"type": "Digits", "individual_digits": False}, _BYTES), r"\p{N}+"),
    "nested": (_row(_row(_split("a", kind="String")), _row(_row(_BYTES))), "a"),
    "a text": (_row(_split("a.b ", kind="String"), _BYTES), r"a\.b\ "),
    "own": (_row(_split(r"[a-c]+|\s"), _split("b"), _BYTES), r"[a-c]+|\s → b"),
}
_REFUSED: Final = {
    "none": (None, "no pre-tokenizer"),
    "WordPiece's": ({"type": "BertPreTokenizer"}, r"\(BertPreTokenizer\) does not turn text into bytes"),
    "empty": (_row(), r"\(none\) does not turn"),
    "prefix space": ({**_GPT2, "add_prefix_space": True}, "puts a space before every text"),
    "unsaid prefix": ({"type": "ByteLevel"}, "pre_tokenizer.add_prefix_space is missing"),
    "behind the bytes": (_row(_GPT2, {"type": "Digits"}), "Digits works on the bytes' spelling"),
    "punctuation": (_row({"type": "Punctuation", "behavior": "Isolated"}, _BYTES), "Punctuation is not supported"),
    "joined": (_row(_split("a", "MergedWithNext"), _BYTES), "behavior MergedWithNext"),
    "dropped": (_row(_split("a", "Removed"), _BYTES), "behavior Removed"),
    "dropped between": (_row(_split("[a-c]+", "Removed", invert=True), _BYTES), "behavior Removed"),
    "ends of lines": (_row(_split(r"\s+$"), _BYTES), "has '\\$', which Hugging Face tokenizers reads in another way"),
    "invalid": (_row(_split("(a"), _BYTES), "missing \\)"),
    "unknown pattern": (_row({**_split("a"), "pattern": {"Glob": "a"}}, _BYTES), "Split.pattern.Regex is missing"),
    "no text": (_row({**_split("a"), "pattern": {"Regex": 5}}, _BYTES), "Regex is not a text"),
    "no list": ({"type": "Sequence", "pretokenizers": 5}, "pretokenizers is not a list"),
    "no type": ({"kind": "ByteLevel"}, "pre_tokenizer.type is missing"),
}
texts = st.text(st.sampled_from("aAbcsSt é中ſ'\n\r\t 12./!"), max_size=20)


def _theirs(step: object, text: str) -> list[str]:
    peer = tokenizers.Tokenizer.from_str(json.dumps(by_hand() | {"pre_tokenizer": step}))
    assert peer.pre_tokenizer is not None
    starts = [span for _, span in peer.pre_tokenizer.pre_tokenize_str(text)]
    return [text[start:end] for start, end in starts]


@pytest.mark.parametrize("kind", _OPENED)
@settings(max_examples=40)
@given(text=texts)
@example(text="  \n It'S  a.b 12345\r\n\n a bc\t \n ")
def test_it_cuts_alike(kind: str, text: str) -> None:
    step, name = _OPENED[kind]
    pattern = from_json(step)
    assert pattern.name == name
    found = [piece for piece in pieces(pattern.compile(), text) if piece]
    assert found == _theirs(step, text)
    assert from_json(as_json(pattern)) == pattern


@pytest.mark.parametrize("kind", _REFUSED)
def test_what_cannot_be_kept_is_refused_with_the_reason(kind: str) -> None:
    step, sentence = _REFUSED[kind]
    with pytest.raises(UsageError, match=sentence):
        from_json(step)


def test_nesting_without_end_is_refused() -> None:
    step: object = _GPT2
    for _ in range(40):
        step = _row(step)
    with pytest.raises(TokenizerError, match="nested more than 16 deep"):
        from_json(step)
