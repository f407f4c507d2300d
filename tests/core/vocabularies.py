"""Small vocabularies for tests of the formats, made at random or by hand; nothing published is needed."""

import json
from pathlib import Path
from typing import Any, Final

import tiktoken
from hypothesis import strategies as st

from lmcore.bpe.merge_ranks import Pair
from lmcore.bpe.spelling import alphabet
from lmcore.bpe.tiktoken_file import beside, read_ranks
from lmcore.bpe.tokenizer import Tokenizer

BYTES: Final = {byte: bytes([byte]) for byte in range(256)}
SPECIALS: Final = ("<|end|>", "<|end|><|of|>", "<s>")
ADDED: Final = ("<think>", "  x  ")
FLAGS: Final = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}

_LETTERS: Final = [b"a", b"b", b"c", b" ", "é".encode()[:1], "é".encode()[1:]]
_PIECES: Final = ["a", "b", "c", "ab", "ba", " ", "  ", "é", "e\u0301", "\n", "'s", "12", "x", "中", *SPECIALS, *ADDED]

texts = st.lists(st.one_of(st.sampled_from(_PIECES), st.sampled_from("abc ")), max_size=24).map("".join)


@st.composite
def merge_lists(draw: st.DrawFn, most: int = 10) -> list[Pair]:
    """Merges of tokens that earlier merges made, in any order that has a meaning; some can never come about."""
    tokens = list(_LETTERS)
    merges: list[Pair] = []
    for _ in range(draw(st.integers(0, most))):
        left, right = draw(st.sampled_from(tokens)), draw(st.sampled_from(tokens))
        if left + right not in tokens and len(left + right) < 9:
            tokens.append(left + right)
            merges.append((left, right))
    return merges


@st.composite
def tokenizers(draw: st.DrawFn, in_order: bool = False) -> Tokenizer:
    """Tokenizers whose ids are in any order or in that of the merges, special tokens before or behind the merges."""
    merges = draw(merge_lists())
    turned = draw(st.integers(0, 255))
    special, added = draw(st.sampled_from([(), SPECIALS])), draw(st.sampled_from([(), ADDED]))
    whole = [token.encode() for token in (*special, *added)]
    made = [left + right for left, right in merges]
    others = [*whole, *made] if draw(st.booleans()) else [*made, *whole]
    if not in_order:
        others = draw(st.permutations(others))
    gap = draw(st.integers(0, 5))
    vocab = {(byte + turned) % 256: token for byte, token in BYTES.items()}
    vocab |= {256 + gap + place: token for place, token in enumerate(others)}
    pattern = draw(st.sampled_from(["gpt2", "llama3", "deepseek", r"[a-c]+|\s"]))
    return Tokenizer(vocab, merges, special, pattern, ignore_merges=draw(st.booleans()), added_tokens=added)


def by_hand(**model: object) -> dict[str, Any]:
    """The content of a small `tokenizer.json`: "ab", "bc", " ab" and "abc", of which no merge makes the last."""
    vocab = {character: byte for byte, character in enumerate(alphabet())}
    vocab |= {"ab": 256, "bc": 257, "Ġab": 258, "abc": 259}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [["a", "b"], ["b", "c"], ["Ġ", "ab"]],
        }
        | model,
    }


def write(folder: Path, content: object, name: str = "tokenizer.json") -> Path:
    """Writes a JSON file for a test to open."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


def real_tiktoken(path: Path) -> tiktoken.Encoding:
    """What `tiktoken` makes of a `.tiktoken` of ours and the file beside it."""
    about = json.loads(beside(path).read_text(encoding="utf-8"))
    special = about["special_tokens"] | about["added_tokens"]
    return tiktoken.Encoding(
        about["name"], pat_str=about["pat_str"], mergeable_ranks=read_ranks(path.read_bytes()), special_tokens=special
    )
