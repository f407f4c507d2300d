"""How does a corpus become a token file, and a token file text again? In blocks, on all processors, with progress.

Documents are divided by the separator, a special token: the lines of .jsonl, the rows of .parquet, and files.
Special tokens that stand in a text become their ids too, so a text file with `<|endoftext|>` in it is divided by that.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Final

import numpy as np

from lmcore import figures
from lmcore.atomic import check_replaceable_file, writing_aside
from lmcore.bpe.count_store import digest_corpus
from lmcore.bpe.documents import left_out
from lmcore.bpe.events import Notice, PhaseName, Progress
from lmcore.bpe.machine import Ints
from lmcore.bpe.merge_ranks import Tokens
from lmcore.bpe.meter import looked_at
from lmcore.bpe.options import Options
from lmcore.bpe.ordered_threads import in_order, thread_count
from lmcore.bpe.process import resident_memory
from lmcore.bpe.readers import Block, Cutter, blocks, make_cutter
from lmcore.bpe.sources import Source, find_files, named, nothing_in
from lmcore.bpe.specials import prepare_specials
from lmcore.bpe.token_file import TokenFile, id_type, sidecar, tokenizer_digest
from lmcore.bpe.token_part import INTERVAL, Part, PartKey, Reached, check_out
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.errors import CorpusError, LmError, UsageError

USUAL_SEPARATOR: Final = "<|endoftext|>"
_DECODED: Final = 1 << 20  # ids decoded at a time
Told = Progress | Notice


@dataclass(frozen=True)
class EncodeOptions:
    """How a corpus is read. `separator` stands between documents; "" is none, None `<|endoftext|>` if it is known."""

    separator: str | None = None
    text_field: str = "text"
    skip_bad_lines: bool = False
    threads: int | None = None


def encode_corpus(
    tokenizer: Tokenizer,
    paths: Sequence[Path],
    out: Path,
    options: EncodeOptions | None = None,
    interval: float = INTERVAL,
) -> Generator[Told, None, TokenFile]:
    """Encodes a corpus to the token file `out`, going on where an earlier call was broken off.

    A crash costs `interval` seconds of work at the most. Raises `CorpusError` as a training does and where a file has
    changed when all is encoded, which leaves `out` as it was; `UsageError` for a separator that is no special token or
    for an `out` that is something else already, before any work; `LmError` where the disk does not take the ids.
    """
    asked = options or EncodeOptions()
    separator = _separator_id(tokenizer, asked.separator)
    check_out(out, paths)
    sources = yield from looked_at(find_files(paths), "encode")
    check_out(out, [source.path for source in sources])
    corpus = yield from looked_at(digest_corpus(sources, _reading(asked)), "encode")
    key = PartKey(corpus, tokenizer_digest(tokenizer), separator, id_type(tokenizer))
    with Part(out, key, interval) as part:
        if part.reached.tokens:
            done = figures.size(part.reached.text_bytes)
            yield Notice(f"An earlier run was broken off after {done}: encoding goes on from there.")
        yield from _encode(tokenizer, sources, asked, separator, part)
        reached = part.reached
        if not reached.text_bytes:
            raise nothing_in(sources)
        yield from _check_unchanged(sources, asked, corpus, part)
        made = TokenFile(
            path=out,
            dtype=key.dtype,
            tokens=reached.tokens,
            documents=reached.documents,
            bytes=reached.text_bytes,
            separator=separator,
            tokenizer_sha256=key.tokenizer,
            vocab_size=tokenizer.vocab_size,
            corpus=tuple(str(source.path) for source in sources),
            corpus_digest=corpus,
            corpus_bytes=sum(source.size for source in sources),
        )
        part.finish(made)
    yield from left_out(reached.skipped, reached.textless, asked.text_field)
    return made


def decoded(tokenizer: Tokenizer, tokens: TokenFile) -> Iterator[bytes]:
    """The text of a token file in order, piece by piece. Raises `CorpusError` where another tokenizer made it."""
    tokens.check_tokenizer(tokenizer)
    ids = tokens.ids()
    for start in range(0, len(ids), _DECODED):
        yield tokenizer.decode_bytes(np.asarray(ids[start : start + _DECODED], np.uint32))


def decode_corpus(tokenizer: Tokenizer, tokens: TokenFile, out: Path) -> Generator[Progress, None, int]:
    """Writes the text of a token file to `out`, aside and renamed; its size in bytes.

    Raises `UsageError` where `out` is a folder, a device or one of the token file's own files; `LmError` where the disk
    does not take the text.
    """
    check_replaceable_file(out, "text", lambda _: True, (tokens.path, sidecar(tokens.path)))
    written, meter = 0, _Meter("decode", tokens.tokens)
    try:
        with writing_aside(out, "wb") as file:
            for number, text in enumerate(decoded(tokenizer, tokens), 1):
                written += file.write(text)
                yield meter.progress(min(number * _DECODED, tokens.tokens))
    except OSError as error:
        raise LmError(f"{out}: cannot be written ({error.strerror or error}); choose another place.") from error
    yield meter.progress(tokens.tokens, finished=True)
    return written


class _Meter:
    """Progress of one phase."""

    def __init__(self, phase: PhaseName, total: int, known: int = 0) -> None:
        self._phase, self._total, self._known = phase, total, known
        self._started = time.perf_counter()

    def progress(self, done: int, finished: bool = False) -> Progress:
        """An event for this moment."""
        seconds = time.perf_counter() - self._started
        rate = (done - self._known) / seconds if seconds else 0.0
        total = done if finished else max(done, self._total)
        return Progress(self._phase, done, total, rate, seconds, resident_memory(), finished)


def _separator_id(tokenizer: Tokenizer, separator: str | None) -> int | None:
    if separator is None:
        return tokenizer.special_ids.get(USUAL_SEPARATOR)
    if separator and separator not in tokenizer.special_ids:
        known = ", ".join(tokenizer.special_tokens) or "it has none"
        raise UsageError(f"The tokenizer has no special token {separator!r} ({known}); name one of its own, or none.")
    return tokenizer.special_ids[separator] if separator else None


def _check_unchanged(
    sources: Sequence[Source], asked: EncodeOptions, corpus: str, part: Part
) -> Generator[Told, None, None]:
    """Raises `CorpusError` where the files are no longer those of the digest `corpus`."""
    found = yield from looked_at(find_files([source.path for source in sources]), "encode")
    if (yield from looked_at(digest_corpus(found, _reading(asked)), "encode")) != corpus:
        part.drop()
        raise CorpusError(f"{named(sources)}: changed while it was encoded; encode it again once it is whole.")


def _reading(asked: EncodeOptions) -> Options:
    """How the corpus is read, as a training would put it."""
    return Options(text_field=asked.text_field, skip_bad_lines=asked.skip_bad_lines)


def _encode(
    tokenizer: Tokenizer, sources: Sequence[Source], asked: EncodeOptions, separator: int | None, part: Part
) -> Generator[Progress, None, None]:
    start, disk = part.reached, sum(source.size for source in sources)
    meter = _Meter("encode", disk, start.text_bytes)
    cutter = make_cutter(tokenizer.pattern, prepare_specials((*tokenizer.special_tokens, *tokenizer.added_tokens)))
    stream = chain.from_iterable(
        ((start.source + number, block) for block in _blocks(source, start, number, cutter, asked))
        for number, source in enumerate(sources[start.source :])
    )

    def work(item: tuple[int, Block]) -> tuple[int, Block, Tokens, Ints]:
        ids, ends = tokenizer.encode_texts(item[1].data, item[1].bounds)
        return *item, ids, ends

    for number, block, found, ends in in_order(work, stream, thread_count(asked.threads)):
        before = part.reached
        texts = _text_begins(block, ends)
        documents, within = _count_documents(found, texts, separator, before.within)
        between = texts if before.tokens else texts[1:]
        ids = np.insert(found, between, separator) if separator is not None and between else found
        reached = Reached(
            source=number,
            place=block.end,
            tokens=before.tokens + len(ids),
            documents=before.documents + documents,
            text_bytes=before.text_bytes + len(block.data),
            skipped=before.skipped + block.skipped,
            textless=before.textless + block.textless,
            within=within,
        )
        part.add(ids, reached)
        yield meter.progress(reached.text_bytes)
    yield meter.progress(part.reached.text_bytes, finished=True)


def _blocks(source: Source, start: Reached, number: int, cutter: Cutter, asked: EncodeOptions) -> Iterator[Block]:
    """The blocks of a file, of the first from the place reached on."""
    return blocks(source, cutter, asked.text_field, asked.skip_bad_lines, None if number else start.place)


def _text_begins(block: Block, ends: Ints) -> list[int]:
    """At which of the block's ids a text begins: a text file is one, and one of .jsonl or .parquet each document."""
    if block.source.form == "text":
        return [0] if block.offset == 0 and len(block.data) else []
    starts = [0, *ends.tolist()]
    texts = zip(starts, pairwise(block.bounds.tolist()), strict=False)
    return [start for start, (left, right) in texts if right > left]


def _count_documents(ids: Tokens, texts: list[int], separator: int | None, within: bool) -> tuple[int, bool]:
    """How many documents begin among the ids, and whether the last one may go on behind them.

    One begins with each text, and behind each separator that stands in a text where more than separators follows;
    `within` says whether one has begun before the ids.
    """
    if not len(ids):
        return 0, within
    inside = ids != separator if separator is not None else np.ones(len(ids), np.bool_)
    before = np.concatenate([[within], inside[:-1]])
    before[texts] = False
    return int(np.count_nonzero(inside & ~before)), bool(inside[-1])
