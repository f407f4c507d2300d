"""What is a token file? The ids of a corpus, ready to be mapped into memory, and a sidecar that says what they are.

tokens.bin        the ids and nothing else, uint16 where they all fit, else uint32; little-endian
tokens.bin.json   dtype, numbers of ids, documents and bytes, the tokenizer's sha256, the files it was made from
"""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from lmcore.atomic import writing_aside
from lmcore.errors import CorpusError

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

IdType = Literal["uint16", "uint32"]
FORMAT: Final = "lm-explorer-tokens"
_IDS_OF_UINT16: Final = 1 << 16


@dataclass(frozen=True)
class TokenFile:
    """A finished token file. `bytes` counts the text that was encoded, without the separators between documents.

    `corpus_digest` is that of the files of the corpus as they were before and after they were encoded
    (`count_store.digest_corpus`), `corpus_bytes` what they took on the disk; both are empty where that is not known.
    """

    path: Path
    dtype: IdType
    tokens: int
    documents: int
    bytes: int
    separator: int | None
    tokenizer_sha256: str
    vocab_size: int
    corpus: tuple[str, ...] = ()
    corpus_digest: str = ""
    corpus_bytes: int = 0

    @classmethod
    def open(cls, path: Path) -> "TokenFile":
        """The file as its sidecar describes it. Raises `CorpusError` where the two do not belong together."""
        found = _read_sidecar(path)
        width = np.dtype(found.dtype).itemsize
        try:
            size = path.stat().st_size
        except OSError as error:
            raise CorpusError(f"{path}: cannot be read ({error.strerror}); check the name.") from error
        if size != found.tokens * width:
            raise CorpusError(
                f"{path}: {size:,} bytes, but {sidecar(path).name} speaks of {found.tokens:,} ids of {width} bytes; "
                "encode the corpus again."
            )
        return found

    def ids(self) -> npt.NDArray[np.unsignedinteger[Any]]:
        """All ids, mapped into memory and read-only: [tokens]."""
        kind = np.dtype(self.dtype).newbyteorder("<")
        return np.memmap(self.path, kind, "r") if self.tokens else np.empty(0, kind)

    def check_tokenizer(self, tokenizer: "Tokenizer") -> None:
        """Raises `CorpusError` unless the ids are this tokenizer's."""
        if self.tokenizer_sha256 != tokenizer_digest(tokenizer):
            raise CorpusError(
                f"{self.path}: encoded with another tokenizer ({self.vocab_size:,} tokens, sha256 "
                f"{self.tokenizer_sha256[:12]}…); use that one, or encode the corpus again."
            )

    def moved(self, place: Path) -> "TokenFile":
        """The same file under another name on the same disk, where it replaces what is there."""
        self.path.replace(place)  # first: what an older description says of it is not believed, the new one would be
        sidecar(self.path).replace(sidecar(place))
        return replace(self, path=place)

    def remove(self) -> None:
        """Remove it from the disk."""
        for path in (self.path, sidecar(self.path)):
            path.unlink(missing_ok=True)

    def write_sidecar(self) -> None:
        """Writes the sidecar aside and renames it into place."""
        about = {name: value for name, value in vars(self).items() if name != "path"}
        with writing_aside(sidecar(self.path)) as file:
            json.dump({"format": FORMAT, "version": 1} | about, file, ensure_ascii=False, indent=1)
            file.write("\n")


def sidecar(path: Path) -> Path:
    """Where the description of a token file is."""
    return path.with_name(f"{path.name}.json")


def is_described(path: Path) -> bool:
    """Whether a sidecar of ours is beside a file, sound or not."""
    try:
        about = json.loads(sidecar(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("format") == FORMAT


def id_type(tokenizer: "Tokenizer") -> IdType:
    """The smaller of the two types that holds every id."""
    return "uint16" if max(tokenizer.vocab, default=0) < _IDS_OF_UINT16 else "uint32"


def tokenizer_digest(tokenizer: "Tokenizer") -> str:
    """The sha256 of all that decides the ids: tokens with ids, merges in order, special tokens, pattern, switches."""
    digest = hashlib.sha256()

    def take(*parts: bytes) -> None:
        for part in parts:
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)

    take(*(expression.encode() for expression in tokenizer.pattern.expressions))
    take(str(tokenizer.normalizer).encode(), bytes([tokenizer.ignore_merges]))
    for token_id, token in sorted(tokenizer.vocab.items()):
        take(token_id.to_bytes(8, "little"), token)
    for left, right in tokenizer.merges:
        take(left, right)
    for name, token_ids in (("special", tokenizer.special_ids), ("added", tokenizer.added_ids)):
        take(name.encode(), *(f"{number} {text}".encode() for text, number in token_ids.items()))
    return digest.hexdigest()


def _read_sidecar(path: Path) -> TokenFile:
    place = sidecar(path)
    try:
        about = json.loads(place.read_text(encoding="utf-8"))
        if about.pop("format") != FORMAT or about.pop("version") != 1:
            raise ValueError("another format")
        found = TokenFile(path=path, **about | {"corpus": tuple(about["corpus"])})
        sound = found.dtype in ("uint16", "uint32") and found.tokens >= 0 and len(found.tokenizer_sha256) == 64
    except FileNotFoundError as error:
        raise CorpusError(
            f"{path}: no {place.name} beside it, which says what the ids are; encode it again."
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorpusError(f"{place}: cannot be used ({error}); encode the corpus again.") from error
    if not sound:
        raise CorpusError(f"{place}: cannot be used (its figures make no sense); encode the corpus again.")
    return found
