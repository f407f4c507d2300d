"""How is a tokenizer written so that Hugging Face `tokenizers` opens it?

One file, `tokenizer.json`, says everything: tokens in the alphabet of GPT-2, merges, special tokens, pre-tokenizers.
Whatever `tokenizer_json_reader` kept of a file of foreign making, such as its post-processor, is written again.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.atomic import folder_aside, writing_aside
from lmcore.bpe.patterns import reads_otherwise
from lmcore.bpe.pre_tokenizers import BYTE_LEVEL, as_json
from lmcore.bpe.spelling import spell
from lmcore.errors import TokenizerError

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

FILE_NAME: Final = "tokenizer.json"
OURS: Final = (FILE_NAME, "training.json", "merges.csv", "counts.npz")  # what a folder of ours can hold


def to_json(tokenizer: "Tokenizer") -> dict[str, Any]:
    """The content of `tokenizer.json`. Raises `TokenizerError` where it would give other ids."""
    keep = {"truncation": None, "padding": None, "post_processor": None, "decoder": {**BYTE_LEVEL, "use_regex": True}}
    keep |= tokenizer.extras
    return {
        "version": "1.0",
        "truncation": keep["truncation"],
        "padding": keep["padding"],
        "added_tokens": list(added_tokens(tokenizer)),
        "normalizer": {"type": tokenizer.normalizer} if tokenizer.normalizer else None,
        "pre_tokenizer": as_json(tokenizer.pattern),
        "post_processor": keep["post_processor"],
        "decoder": keep["decoder"],
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": tokenizer.ignore_merges,
            "vocab": spelled_vocab(tokenizer),
            "merges": [[spell(left), spell(right)] for left, right in tokenizer.merges],
        },
    }


def whole_ids(tokenizer: "Tokenizer") -> dict[str, int]:
    """The ids of the special and the added tokens, in their order."""
    return dict(sorted((tokenizer.special_ids | tokenizer.added_ids).items(), key=lambda item: item[1]))


def added_tokens(tokenizer: "Tokenizer") -> Iterator[dict[str, Any]]:
    """The special and the added tokens in order of their ids, as `tokenizers` describes them."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    for token, token_id in whole_ids(tokenizer).items():
        yield {"id": token_id, "content": token, **flags, "special": token in tokenizer.special_tokens}


def spelled_vocab(tokenizer: "Tokenizer") -> dict[str, int]:
    """Ids by token, in their order. Tokens are spelled, special and added tokens stand there as they are.

    Of an ordinary and a special token with the same bytes that are spelled alike, only the special one stands there:
    no text gives the other, since special tokens are split off first.
    """
    whole = whole_ids(tokenizer)
    contents = {token_id: token for token, token_id in whole.items()}
    vocab: dict[str, int] = {}
    for token_id, token in sorted(tokenizer.vocab.items()):
        spelled = contents.get(token_id) or spell(token)
        other = whole.get(spelled, token_id)
        if other == token_id:
            vocab[spelled] = token_id
        elif spelled.encode() != token:
            raise TokenizerError(
                f"The tokens {token_id} and {other} are both written {spelled!r} in a tokenizer.json, "
                "so that one of them would be lost; rename the special token."
            )
    return vocab


def notes(tokenizer: "Tokenizer") -> tuple[str, ...]:
    """What the file does not say as it is."""
    if mark := reads_otherwise(tokenizer.pattern):
        return (f"Hugging Face tokenizers may refuse the pattern or cut otherwise: it reads {mark} in another way.",)
    return ()


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file aside and renames it into place."""
    with writing_aside(path) as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


def write_tokenizer(tokenizer: "Tokenizer", folder: Path) -> None:
    """Writes the folder with its `tokenizer.json`; an older folder is replaced as a whole."""
    content = to_json(tokenizer)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(folder, OURS) as aside:
        write_json(aside / FILE_NAME, content)
