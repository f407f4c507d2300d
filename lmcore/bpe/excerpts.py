"""Which passages of a corpus show best how it is cut? The beginnings of its first documents, a few lines each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from lmcore.bpe import documents
from lmcore.bpe.options import Options
from lmcore.bpe.sources import Source
from lmcore.bpe.streams import DAMAGE, Place, damaged, open_stream

LENGTH: Final = 600  # bytes of a passage at the most
_COUNT: Final = 8
_HEAD: Final = 262_144  # bytes of a text file that are looked at


@dataclass(frozen=True)
class Excerpts:
    """The files of a corpus and the first passages in them; passage i is the beginning of document i."""

    sources: tuple[Source, ...]
    passages: tuple[str, ...]


def read_excerpts(sources: Sequence[Source], options: Options) -> Excerpts:
    """Up to eight passages. What is not UTF-8 is kept as `surrogateescape` keeps it."""
    texts = (text for source in sources if source.size for text in _whole(source, options))
    passages = islice((passage for passage in map(passage_of, texts) if passage), _COUNT)
    return Excerpts(tuple(sources), tuple(passages))


def passage_of(text: str) -> str:
    """The beginning of a document up to the end of a sentence, or at least of a word, within `LENGTH` bytes."""
    text = text.strip()
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) <= LENGTH:
        return text
    head = raw[:LENGTH].decode("utf-8", "ignore" if raw[:LENGTH].isascii() else "surrogateescape")
    head = head.rstrip("".join(map(chr, range(0xDC80, 0xDD00))))  # a character cut at the end
    for marks in ((". ", ".\n", "! ", "? ", "。"), (" ", "\n")):
        end = max(head.rfind(mark) for mark in marks)
        if end > len(head) // 3:
            return head[: end + 1].rstrip()
    return head


def _texts(source: Source, options: Options) -> Iterator[str]:
    raw: Iterator[bytes]
    if source.form == "jsonl":
        batches = documents.jsonl_batches(source, options.text_field, options.skip_bad_lines, 1, Place())
        raw = chain.from_iterable(batch.texts for batch in batches)
    elif source.form == "parquet":
        batches = documents.parquet_batches(source, options.text_field, 1, Place())
        raw = chain.from_iterable(batch.texts for batch in batches)
    else:
        with source.path.open("rb") as file:
            head = open_stream(source, file).read(_HEAD)
        raw = iter([head])
    for part in raw:
        yield from _split(part.decode("utf-8", "surrogateescape"), options.special_tokens)


def _whole(source: Source, options: Options) -> Iterator[str]:
    """The texts of a source; a damaged file raises `CorpusError`, as when it is counted."""
    try:
        yield from _texts(source, options)
    except DAMAGE as error:
        raise damaged(source, error) from error


def _split(text: str, special_tokens: Sequence[str]) -> list[str]:
    """The texts between special tokens."""
    parts = [text]
    for token in special_tokens:
        parts = [piece for part in parts for piece in part.split(token)]
    return parts
