"""Where is a corpus as ids? In the cache, under a key of its files as they are and of the tokenizer.

No key ever stands for another text. What is encoded is written aside, takes the place that its files had before and
after (`encode_corpus`), and says so itself; what stands in a place and does not say so is encoded anew. A run that goes
on takes only what it began with, by sha256: where that is gone its corpus is encoded again, and compared.
"""

import hashlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore import paths
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.process import resident_memory
from lmcore.bpe.token_file import TokenFile, sidecar, tokenizer_digest
from lmcore.errors import CorpusError
from lmcore.generators import result_of
from lmcore.training.locks import LockedError, holding
from lmcore.training.settings import DataSettings

if TYPE_CHECKING:
    from lmcore.bpe.tokenizer import Tokenizer

PIECE: Final = 1 << 22
"""Bytes that are read and hashed within some 15 ms."""
_RESUME: Final = "then resume the run"
Encoding = Generator[Progress | Notice, None, TokenFile]


@dataclass(frozen=True)
class Corpus:
    """A text and the tokenizer that makes ids of it."""

    files: tuple[Path, ...]
    text_field: str
    tokenizer: "Tokenizer"

    @classmethod
    def of(cls, data: DataSettings, tokenizer: "Tokenizer") -> "Corpus":
        """That of a training."""
        return cls(tuple(map(Path, data.corpus)), data.text_field, tokenizer)

    @property
    def name(self) -> str:
        """The files and folders as the user knows them."""
        more = f" and {len(self.files) - 1:,} more" if len(self.files) > 1 else ""
        return f"{self.files[0]}{more}"


def encoded(corpus: Corpus) -> Encoding:
    """The token file of a corpus: what the cache holds of it, or encoded now. Raises `CorpusError` where it cannot be,
    and where its files change meanwhile.
    """
    from lmcore.bpe.count_store import digest_corpus
    from lmcore.bpe.meter import looked_at
    from lmcore.bpe.options import Options
    from lmcore.bpe.sources import find_files

    sources = yield from looked_at(find_files(corpus.files), "encode")
    reading = Options(text_field=corpus.text_field)
    digest = yield from looked_at(digest_corpus(sources, reading), "encode")
    tokenizer = tokenizer_digest(corpus.tokenizer)
    place = _place(digest, tokenizer)
    with ExitStack() as alone:
        yield from _wait_for(place, alone)
        with suppress(CorpusError):
            file = TokenFile.open(place)
            if (file.corpus_digest, file.tokenizer_sha256) == (digest, tokenizer):
                return file
        made = yield from _encode(corpus, place)
        return made.moved(_place(made.corpus_digest, tokenizer))


def encoded_again(corpus: Corpus, about: Mapping[str, Any]) -> Encoding:
    """The token file that a run began with, as run.json tells `about` it; encoded again where it is gone or has become
    another. Raises `CorpusError` where the corpus is no longer what it was; nothing has taken a place then.
    """
    from lmcore.bpe.meter import looked_at
    from lmcore.bpe.sources import find_files

    place = Path(about["path"])
    with suppress(CorpusError):
        return same(about)
    with ExitStack() as alone:
        yield from _wait_for(place, alone)
        with suppress(CorpusError):
            return same(about)  # someone else has encoded it meanwhile
        for path in corpus.files:
            if not path.exists():
                raise CorpusError(f"{path}: is gone, and so is what was encoded of it; put the text back, {_RESUME}.")
        sources = yield from looked_at(find_files(corpus.files), "encode")
        size = sum(source.size for source in sources)
        if about.get("corpus_bytes", size) != size:
            raise _another(corpus, f" ({size:,} bytes, then {about['corpus_bytes']:,})")
        made = yield from _encode(corpus, place)
        if not _is(made, about):
            made.remove()
            raise _another(corpus)
        return made.moved(place)


def same(about: Mapping[str, Any]) -> TokenFile:
    """The token file that a run began with. Raises `CorpusError` where it is gone or has become another."""
    place = Path(about["path"])
    for path in (place, sidecar(place)):
        if not path.exists():
            raise CorpusError(f"{path}: is gone; put the file back, {_RESUME}.")
    file = TokenFile.open(place)
    if not _is(file, about):
        raise CorpusError(f"{place}: is no longer the file that the run began with; put that one back, {_RESUME}.")
    return file


def hashing(path: Path) -> Generator[int, None, str]:
    """The sha256 of a file; yields the bytes of each piece."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                yield len(piece)
    except OSError as error:
        raise CorpusError(
            f"{path}: cannot be read ({error.strerror}); see that the file is there and may be read."
        ) from error
    return digest.hexdigest()


def _place(corpus_digest: str, tokenizer: str) -> Path:
    key = hashlib.sha256(f"{corpus_digest} {tokenizer}".encode()).hexdigest()
    return paths.cache_dir() / "tokens" / f"{key[:24]}.bin"


def _wait_for(place: Path, alone: ExitStack) -> Iterator[Progress]:
    """Be the only one who encodes to a place, as long as `alone` is open."""
    place.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            alone.enter_context(holding(place.with_name(f".{place.name}.lock")))
        except LockedError:
            yield Progress("encode", 0, 0, 0.0, 0.0, resident_memory())
        else:
            return


def _encode(corpus: Corpus, place: Path) -> Encoding:
    """The corpus as a token file beside a place."""
    from lmcore.bpe.prepare import is_prepared, prepare
    from lmcore.bpe.token_writing import EncodeOptions, encode_corpus  # a worker that finds its tokens needs no kernels

    if not is_prepared():
        yield from prepare()
    options = EncodeOptions(text_field=corpus.text_field)
    return (yield from encode_corpus(corpus.tokenizer, corpus.files, place.with_name(f"new-{place.name}"), options))


def _is(file: TokenFile, about: Mapping[str, Any]) -> bool:
    return bool(file.tokens == about["tokens"] and result_of(hashing(file.path)) == about["sha256"])


def _another(corpus: Corpus, how: str = "") -> CorpusError:
    return CorpusError(
        f"{corpus.name}: is no longer the text that the run began with{how}; put that text back, {_RESUME}."
    )
