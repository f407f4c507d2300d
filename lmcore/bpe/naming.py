"""What is a tokenizer called that was opened from here? By the nearest part of its path that says something.

Most files are called tokenizer.json, in folders such as `models` or, in the cache of Hugging Face, a hash.
"""

import re
from collections.abc import Collection, Iterator
from itertools import count
from pathlib import PurePath
from typing import Final

_ENDINGS: Final = frozenset({".json", ".tiktoken", ".txt", ".model", ".bpe"})
_PLAIN_FILE: Final = re.compile(r"[-._]?(tokenizer|tokenizer_config|vocab|merges|training|encoder|ranks)$")
_GENERIC: Final = re.compile(
    r"(hf|huggingface|pretrained|original)?[-_ ]?(models?|tokenizers?|tokenization|vocab(ulary)?|bpe|hub|cache)?",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(
    r"packages?|main|master|latest|snapshots|blobs|refs|resolve|data|dist|src|lib|resources|assets|static|public|files"
    r"|outputs?|out|export",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r"(?=.*\d)[0-9a-f]{12,}")
_VERSION: Final = re.compile(r"v?\d+(\.\d+)*", re.IGNORECASE)
_CACHED: Final = "models--"


def name_of_path(path: PurePath, taken: Collection[str] = ()) -> str:
    """The name of a tokenizer at an absolute path; another one than those `taken`, for which more of the path is said.

    .../llama3-3.7.2/package/models/tokenizer.json -> "llama3-3.7.2"
    .../hub/models--openai--gpt2/snapshots/607a30d783df/vocab.json -> "gpt2", or "openai/gpt2" if that is taken
    """
    parts = [*_telling(path)]
    first = parts[0] if parts else path.stem or path.name or "tokenizer"
    longer = [f"{part}/{first}" for part in parts[1:2]]
    return next((name for name in (first, *longer) if name not in taken), "") or _numbered(first, taken)


def told_apart(name: str, path: PurePath | None, taken: Collection[str]) -> str:
    """A given name, with the folder that it is in where it is taken, or else with a number."""
    if name not in taken:
        return name
    around = next((part for part in _telling(path.parent) if part != name), "") if path else ""
    longer = f"{around}/{name}"
    return longer if around and longer not in taken else _numbered(name, taken)


def _numbered(name: str, taken: Collection[str]) -> str:
    return next(numbered for number in count(2) if (numbered := f"{name} ({number})") not in taken)


def _telling(path: PurePath) -> Iterator[str]:
    """The parts of a path that say something, from its end."""
    folders = [part for part in path.parts if part != path.anchor]
    if folders and PurePath(folders[-1]).suffix in _ENDINGS:
        yield from _unless_generic(_PLAIN_FILE.sub("", PurePath(folders.pop()).stem))
    for part in reversed(folders):
        if part.startswith(_CACHED):
            yield from reversed(part.removeprefix(_CACHED).split("--"))
        else:
            yield from _unless_generic(part)


def _unless_generic(part: str) -> Iterator[str]:
    if not any(generic.fullmatch(part) for generic in (_GENERIC, _PLACE, _HASH, _VERSION)):
        yield part
