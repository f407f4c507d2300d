"""How many tokens are the data? Exact for a token file, of text estimated by encoding a part of it; work of a job."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.errors import LmError
from lmcore.training.settings import DataSettings

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

ENCODED: Final = 600_000
"""Bytes of text that are encoded for an estimate."""


@dataclass(frozen=True)
class Facts:
    """What is known of the data: `tokens` (an estimate unless `exact`), `bytes` of the files or of the text that was
    encoded, the vocabulary's size, and the tokens of a validation file, 0 where there is none.
    """

    tokens: int
    exact: bool
    bytes: int
    vocab_size: int
    validation_tokens: int = 0
    bytes_a_token: float = 0.0


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer was read, whose vocabulary has this size."""

    size: int


def tokenizer_of(path: Path, known: Sequence[str]) -> Generator[None, None, str]:
    """Where that of the `known` tokenizers is which a token file was encoded with; "" where it is none of them.

    Raises `LmError` where it is no token file.
    """
    from lmcore.bpe.token_file import TokenFile, tokenizer_digest
    from lmcore.bpe.tokenizer import Tokenizer

    file = TokenFile.open(path)
    for place in known:
        yield
        try:
            found = tokenizer_digest(Tokenizer.load(place))
        except LmError:
            continue  # one that cannot be read is not the one
        if found == file.tokenizer_sha256:
            return place
    return ""


def count(data: DataSettings) -> Generator[Vocabulary | None, None, Facts]:
    """Looks at the data, the tokenizer first. Raises `LmError` where they cannot be used."""
    from lmcore.bpe.token_file import TokenFile
    from lmcore.bpe.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(data.tokenizer) if data.tokenizer else None
    yield Vocabulary(tokenizer.vocab_size) if tokenizer is not None else None
    validation = TokenFile.open(Path(data.validation)) if data.validation else None
    if validation is not None and tokenizer is not None:
        validation.check_tokenizer(tokenizer)
    unseen = validation.tokens if validation else 0
    if data.train:
        file = TokenFile.open(Path(data.train))
        if tokenizer is not None:
            file.check_tokenizer(tokenizer)
        known = tokenizer.vocab_size if tokenizer else 0
        ratio = file.bytes / file.tokens if file.tokens else 0.0
        return Facts(file.tokens, True, file.bytes, max(known, file.vocab_size), unseen, ratio)
    assert tokenizer is not None, "a corpus comes with a tokenizer"
    return (yield from _estimated(data, tokenizer, unseen))


def _estimated(data: DataSettings, tokenizer: "Tokenizer", unseen: int) -> Generator[Any, None, Facts]:
    from lmcore.bpe.options import Options
    from lmcore.bpe.sampling import SAMPLE, pieces
    from lmcore.bpe.sources import find_files, nothing_in

    sources = yield from find_files([Path(name) for name in data.corpus])
    size = sum(source.size for source in sources)
    tokens = disk = text = 0
    # The pieces of a small corpus come in their order, so some of them are passed over; those of a large one do not.
    apart = max(1, size // ENCODED) if size <= SAMPLE else 1
    for place, piece in enumerate(pieces(sources, Options(text_field=data.text_field))):
        yield
        if place % apart:
            continue
        tokens += len(tokenizer.encode_array(bytes(piece.block.data)))
        disk += piece.disk
        text += len(piece.block.data)
        if size > SAMPLE and text >= ENCODED:
            break
    if not tokens or not disk:
        raise nothing_in(sources)
    return Facts(round(tokens * size / disk), False, size, tokenizer.vocab_size, unseen, text / tokens)
