"""Which format is this file or folder, and how is a tokenizer opened from or saved to any of them?

The content decides, not the name. What is no byte-level BPE is refused in one sentence with the reason.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.atomic import check_replaceable, check_replaceable_file
from lmcore.bpe import tiktoken_file, tokenizer_json, vocab_merges
from lmcore.bpe.json_fields import parse_object, read_bytes
from lmcore.bpe.tokenizer_json_reader import read_content
from lmcore.errors import LmError, TokenizerError, UnknownPatternError, UsageError

if TYPE_CHECKING:
    from lmcore.bpe.patterns import Pattern
    from lmcore.bpe.tokenizer import Tokenizer

TOKENIZER_JSON: Final = "tokenizer.json"
TIKTOKEN: Final = "tiktoken"
VOCAB_MERGES: Final = "vocab-merges"
FOLDER: Final = "folder"
FORMS: Final = (FOLDER, TOKENIZER_JSON, TIKTOKEN, VOCAB_MERGES)
"""What `save` can write."""

_SUPPORTED: Final = "a tokenizer.json, a .tiktoken, or vocab.json with merges.txt"
_FOREIGN_NAMES: Final = {
    "tokenizer.model": "a SentencePiece model",
    "spiece.model": "a SentencePiece model",
    "sentencepiece.bpe.model": "a SentencePiece model",
    "vocab.txt": "a WordPiece vocabulary (as of BERT)",
}
_BEGINNING: Final = 4096  # bytes that tell what a file is
_BINARY: Final = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"GGUF": "a GGUF model",
    b"\x80": "a Python pickle, which could run any program",
}


def open_tokenizer(path: Path, pattern: "str | Pattern | None" = None) -> "Tokenizer":
    """The tokenizer of a file or folder; `pattern` stands in for what the files say of the cut, if given.

    Raises `TokenizerError` with the file and the reason for whatever cannot be kept exactly.
    """
    file = choose_file(path) if path.is_dir() else path
    try:
        return _open(file, pattern)
    except UsageError as error:
        sentence = str(error) if str(error).startswith(str(file)) else f"{file}: {error}"
        if isinstance(error, UnknownPatternError):
            raise UnknownPatternError(sentence, file) from error
        raise TokenizerError(sentence) from error
    except RecursionError as error:
        raise TokenizerError(f"{file}: it is nested too deep; the file is damaged.") from error


def choose_file(folder: Path) -> Path:
    """The file of a folder that says the most about its tokenizer."""
    for name in (tokenizer_json.FILE_NAME, vocab_merges.VOCAB):
        if (folder / name).is_file():
            return folder / name
    ranks = sorted(folder.glob(f"*{tiktoken_file.ENDING}"))
    if len(ranks) == 1:
        return ranks[0]
    if ranks:
        raise TokenizerError(f"{folder}: it holds several .tiktoken files ({ranks[0].name}, ...); choose one.")
    foreign = next((name for name in _FOREIGN_NAMES if (folder / name).is_file()), None)
    if foreign:
        return folder / foreign
    raise TokenizerError(f"{folder}: no tokenizer is in this folder; choose one with {_SUPPORTED}.")


def _open(file: Path, pattern: "str | Pattern | None") -> "Tokenizer":
    content = read_bytes(file)
    start = content[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
    if file.name.endswith(vocab_merges.MERGES):
        return _open_merges(file, pattern)
    if start[:1] == b"{" or (start[:1] == b"[" and file.suffix == ".json"):
        return _open_json(file, content, pattern)
    if _looks_like_ranks(start):
        return tiktoken_file.read_tiktoken(file, content, pattern)
    raise TokenizerError(_foreign(file, content))


def _open_merges(file: Path, pattern: "str | Pattern | None") -> "Tokenizer":
    vocab = vocab_merges.other_file(file)
    if not vocab.exists():
        raise TokenizerError(f"there is no {vocab.name} beside it, which has the ids; add it.")
    return vocab_merges.read_vocab_merges(vocab, pattern)


def _open_json(file: Path, content: bytes, pattern: "str | Pattern | None") -> "Tokenizer":
    found = parse_object(content)
    if "model" in found and isinstance(found["model"], (dict, type(None))):
        return read_content(found, pattern or _own_pattern(file, found))
    if file.name.endswith(vocab_merges.VOCAB):
        return vocab_merges.read_vocab_merges(file, pattern)
    raise TokenizerError(f"it is JSON, but no tokenizer; choose {_SUPPORTED}.")


def _own_pattern(file: Path, content: Mapping[str, Any]) -> str | None:
    """The custom pattern of a training of ours, beside whose `training.json` it needs not be read as others read it."""
    try:
        own = json.loads(file.with_name("training.json").read_text(encoding="utf-8"))["options"]["pattern"]
        written = content["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return None
    return str(own) if own == written else None


def _looks_like_ranks(start: bytes) -> bool:
    """Whether the first line is a token in base64 and a number."""
    first = start.split(b"\n", 1)[0].split()
    return len(first) == 2 and first[1].isdigit() and len(first[0]) % 4 == 0 and first[0].isascii()


def _foreign(file: Path, content: bytes) -> str:
    """What a file is that cannot be opened, as a sentence."""
    kind = next((kind for magic, kind in _BINARY.items() if content.startswith(magic)), None)
    if file.suffix == tiktoken_file.ENDING and not kind:
        return "line 1 is not a token in base64 with its rank; the file is damaged or no .tiktoken."
    if content.startswith(b"\n") and b"\x00" in content[:_BEGINNING] or file.name.endswith(".model"):
        kind = "a SentencePiece model"
    kind = kind or _FOREIGN_NAMES.get(file.name) or ("a vocabulary of WordPiece" if b"\n[CLS]" in content else None)
    if kind:
        return f"it is {kind}, not byte-level BPE; choose {_SUPPORTED}."
    if not content.strip():
        return f"it is empty; choose {_SUPPORTED}."
    return f"not JSON, nor another file of a tokenizer; choose {_SUPPORTED}."


def check_out(path: Path, form: str, opened: Path) -> None:
    """Raises `UsageError` where a file of that form at `path` would replace what is none, or a file of `opened`.

    `opened` is the file or folder of the tokenizer that is to be saved.
    """
    read = tuple(opened.iterdir()) if opened.is_dir() else (opened,)
    if form == VOCAB_MERGES:
        folder, source = _folder_of(path), opened if opened.is_dir() else opened.parent
        if folder.exists() and source.exists() and source.samefile(folder):
            raise UsageError(f"{folder} is the folder that is read; choose another one.")
        check_replaceable(folder, vocab_merges.FILES)
    elif form == TIKTOKEN:
        check_replaceable_file(path, ".tiktoken", lambda file: _looks_like_ranks(_beginning(file)), read)
        check_replaceable_file(tiktoken_file.beside(path), "description of a .tiktoken", _has("pat_str"), read)
    else:
        check_replaceable_file(path, "tokenizer.json", _has("model"), read)


def _has(key: str) -> Callable[[Path], bool]:
    """Whether a file is a JSON object with that key."""

    def look(file: Path) -> bool:
        try:
            return key in parse_object(read_bytes(file))
        except TokenizerError:
            return False

    return look


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_BEGINNING)


def save_tokenizer(tokenizer: "Tokenizer", path: Path, form: str | None = None) -> tuple[str, ...]:
    """Writes the tokenizer in one of `FORMS`, by default as the name of `path` has it.

    Gives back sentences on what other programs will not find in the files. Raises `LmError` where the form cannot
    hold the tokenizer exactly, or where the disk does not take it; then nothing is left behind.
    """
    form = form or _form_of(path)
    writers: dict[str, Callable[[], tuple[str, ...]]] = {
        FOLDER: lambda: _write_folder(tokenizer, path),
        TOKENIZER_JSON: lambda: _write_file(tokenizer, path),
        TIKTOKEN: lambda: tiktoken_file.write_tiktoken(tokenizer, path),
        VOCAB_MERGES: lambda: vocab_merges.write_vocab_merges(tokenizer, _folder_of(path)),
    }
    if form not in writers:
        raise UsageError(f"There is no form {form!r}; choose one of {', '.join(FORMS)}.")
    try:
        return writers[form]()
    except OSError as error:
        raise LmError(f"{path}: cannot be written ({error.strerror or error}); choose another place.") from error
    except TokenizerError as error:
        raise TokenizerError(f"{path}: {error}") from error


def _form_of(path: Path) -> str:
    if path.suffix == tiktoken_file.ENDING:
        return TIKTOKEN
    if path.name in vocab_merges.FILES:
        return VOCAB_MERGES
    return TOKENIZER_JSON if path.suffix == ".json" and not path.is_dir() else FOLDER


def _folder_of(path: Path) -> Path:
    """Where `vocab.json` goes with the others: the folder, or that of the file named."""
    return path.parent if path.name in vocab_merges.FILES else path


def _write_folder(tokenizer: "Tokenizer", folder: Path) -> tuple[str, ...]:
    tokenizer_json.write_tokenizer(tokenizer, folder)
    return tokenizer_json.notes(tokenizer)


def _write_file(tokenizer: "Tokenizer", path: Path) -> tuple[str, ...]:
    tokenizer_json.write_json(path, tokenizer_json.to_json(tokenizer))
    return tokenizer_json.notes(tokenizer)
