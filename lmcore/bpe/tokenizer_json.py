"""How is a tokenizer written so that Hugging Face `tokenizers` opens it, and read again?

`tokenizer.json` spells tokens in the alphabet of GPT-2, in which each byte is a printable character.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.atomic import folder_aside, writing_aside
from lmcore.bpe.merge_room import hugging_face_order
from lmcore.bpe.patterns import EXPRESSIONS, Pattern
from lmcore.errors import TokenizerError

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

FILE_NAME: Final = "tokenizer.json"
OURS: Final = (FILE_NAME, "training.json", "merges.csv", "counts.npz")  # what a folder of ours can hold
_BYTE_LEVEL: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
# Oniguruma, which `tokenizers` uses, has no possessive counts and means the end of a line by `$`.
_ONIGURUMA: Final = {
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s+\z|\s*[\r\n]|\s+(?!\S)|\s"
}


@functools.cache
def alphabet() -> tuple[str, ...]:
    """The character that stands for each byte: itself where that is printable, else one from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    order = hugging_face_order()
    return tuple(chr(byte) if byte in printable else chr(0x100 + order[byte] - len(printable)) for byte in range(256))


def spell(token: bytes) -> str:
    """A token in GPT-2's alphabet. b" the" -> "Ġthe" """
    characters = alphabet()
    return "".join([characters[byte] for byte in token])


@functools.cache
def _bytes_of_characters() -> Mapping[str, int]:
    return {character: byte for byte, character in enumerate(alphabet())}


def unspell(spelled: str) -> bytes:
    """The bytes of a token spelled in GPT-2's alphabet. Raises `TokenizerError` for any other character."""
    table = _bytes_of_characters()
    try:
        return bytes([table[character] for character in spelled])
    except KeyError as error:
        raise TokenizerError(
            f"The token {spelled!r} has a character that stands for no byte ({error}): not a byte-level vocabulary."
        ) from error


def _pre_tokenizer(pattern: Pattern) -> dict[str, Any]:
    if pattern.name == "gpt2":
        return {**_BYTE_LEVEL, "use_regex": True}
    expression = _ONIGURUMA.get(pattern.name, pattern.expression)
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, {**_BYTE_LEVEL, "use_regex": False}]}


def to_json(tokenizer: "Tokenizer") -> dict[str, Any]:
    """The content of `tokenizer.json`."""
    specials = {token.encode() for token in tokenizer.special_tokens}
    ids = {token: token_id for token_id, token in tokenizer.vocab.items() if token in specials}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": i, "content": token.decode(), **flags} for token, i in sorted(ids.items(), key=lambda item: item[1])
        ],
        "normalizer": None,
        "pre_tokenizer": _pre_tokenizer(tokenizer.pattern),
        "post_processor": None,
        "decoder": {**_BYTE_LEVEL, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {
                token.decode() if token in specials else spell(token): token_id
                for token_id, token in sorted(tokenizer.vocab.items())
            },
            "merges": [[spell(left), spell(right)] for left, right in tokenizer.merges],
        },
    }


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file aside and renames it into place."""
    with writing_aside(path) as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


def write_tokenizer(tokenizer: "Tokenizer", folder: Path) -> None:
    """Writes the folder with its `tokenizer.json`; an older folder is replaced as a whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(folder, OURS) as aside:
        write_json(aside / FILE_NAME, to_json(tokenizer))


def read_tokenizer(path: Path) -> "Tokenizer":
    """The tokenizer of a `tokenizer.json` or of the folder with one."""
    from lmcore.bpe.tokenizer import Tokenizer

    file = path / FILE_NAME if path.is_dir() else path
    content = _read_json(file)
    model = content.get("model")
    _refuse_foreign(file, content, model)
    assert isinstance(model, dict)
    specials = [token["content"] for token in content.get("added_tokens", []) if token.get("special")]
    others = [token["content"] for token in content.get("added_tokens", []) if not token.get("special")]
    if others:
        raise TokenizerError(f"{file}: the added token {others[0]!r} is not a special token, which is not supported.")
    special_ids = {token["id"]: token["content"].encode() for token in content.get("added_tokens", [])}
    vocab = {i: unspell(token) for token, i in model["vocab"].items() if i not in special_ids} | special_ids
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    pattern = _read_pattern(file, content.get("pre_tokenizer"))
    return Tokenizer(vocab, [(unspell(left), unspell(right)) for left, right in merges], specials, pattern)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TokenizerError(f"{file}: no such file; choose a tokenizer.json or the folder with one.") from error
    except OSError as error:
        raise TokenizerError(f"{file}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise TokenizerError(f"{file}: not JSON ({error}); choose a tokenizer.json.") from error
    if not isinstance(content, dict):
        raise TokenizerError(f"{file}: not a tokenizer.json (its outermost value is not an object).")
    return content


def _refuse_foreign(file: Path, content: Mapping[str, Any], model: object) -> None:
    kind = model.get("type") if isinstance(model, dict) else None
    if not isinstance(model, dict) or kind != "BPE":
        raise TokenizerError(f"{file}: a model of the kind {kind!r}; only byte-level BPE can be opened.")
    if content.get("normalizer"):
        raise TokenizerError(f"{file}: it changes the text before cutting it (a normalizer), which is not supported.")
    if model.get("byte_fallback") or model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        raise TokenizerError(f"{file}: its tokens are characters, not bytes; only byte-level BPE can be opened.")
    if model.get("ignore_merges"):
        raise TokenizerError(f"{file}: it looks words up before merging (ignore_merges), which is not supported.")


def _read_pattern(file: Path, step: Any) -> str:
    """The pattern of the pre-tokenizers that `_pre_tokenizer` writes; others are refused by name."""
    steps = step.get("pretokenizers", []) if isinstance(step, dict) and step.get("type") == "Sequence" else [step]
    kinds = [one.get("type") if isinstance(one, dict) else None for one in steps]
    if kinds == ["ByteLevel"] and steps[0].get("use_regex", True) and not steps[0].get("add_prefix_space"):
        return "gpt2"
    if kinds == ["Split", "ByteLevel"] and steps[0].get("behavior") == "Isolated" and "Regex" in steps[0]["pattern"]:
        expression = str(steps[0]["pattern"]["Regex"])
        names = {known: name for name, known in {**EXPRESSIONS, **_ONIGURUMA}.items()}
        return names.get(expression, expression)
    raise TokenizerError(f"{file}: its pre-tokenizer ({', '.join(map(str, kinds))}) is not supported.")
