"""How does text come out of the files? As blocks of a few megabytes, cut where no pre-token is cut.

Files are read, not mapped: memory does not grow with the corpus, and a file that shrinks meanwhile does no harm.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from lmcore.bpe.characters import LETTER, NUMBER, character, class_table
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.machine import Bytes, Ints, kernel
from lmcore.bpe.patterns import Pattern
from lmcore.bpe.sources import Source
from lmcore.bpe.specials import Specials, special_length
from lmcore.bpe.streams import DAMAGE, Stream, damaged, open_stream
from lmcore.errors import CorpusError

BLOCK: Final = 2_000_000
_SEARCH: Final = 4096  # bytes at the end of a block in which a cut is looked for first
_BLANK: Final = 0x20
_NEWLINE: Final = 0x0A


@dataclass(frozen=True, eq=False)
class Block:
    """Texts of one source: text i is `data[bounds[i] : bounds[i + 1]]`; `data` is read-only.

    `offset` is where `data` starts in the file's text (for documents: in all texts before), `disk` how many bytes of
    the file had been read when the block was made.
    """

    source: Source
    data: Bytes
    bounds: Ints
    offset: int
    disk: int


Cutter = Callable[[Bytes, int], int]  # data, from where on -> a cut behind that, or len(data) where there is none


@kernel
def overlaps_special(data: Bytes, position: int, limit: int, blob: Bytes, offsets: Ints) -> bool:
    """Whether some special token begins before `position` and ends behind it."""
    longest = offsets[1] if len(offsets) > 1 else 0
    for start in range(max(0, position - longest + 1), position):
        if start + special_length(data, start, limit, blob, offsets) > position:
            return True
    return False


@kernel
def last_whole(limit: int, offsets: Ints) -> int:
    """Up to where (exclusive) every special token that begins before a place would be seen whole: text may follow."""
    longest = offsets[1] if len(offsets) > 1 else 0
    return int(min(limit, limit - longest + 2))


@kernel
def cut_after_word(data: Bytes, position: int, classes: Bytes, blob: Bytes, offsets: Ints) -> int:
    """The first place behind `position` that every named pattern cuts: a letter or digit, then white space.

    No named pattern joins the two, whatever stands around them. `len(data)` where there is no such place.
    """
    limit = len(data)
    for place in range(max(position, 1), last_whole(limit, offsets)):
        if data[place] != _BLANK and data[place] != _NEWLINE:
            continue
        start = place - 1
        while start > 0 and place - start < 4 and data[start] & 0xC0 == 0x80:
            start -= 1
        found = character(data, start, place, classes)
        whole = start + (found >> 8) == place and found & (LETTER | NUMBER)
        if whole and not overlaps_special(data, place, limit, blob, offsets):
            return place
    return limit


@kernel
def cut_before_special(data: Bytes, position: int, blob: Bytes, offsets: Ints) -> int:
    """The first start of a special token behind `position` that lies in no other one, or `len(data)`."""
    limit = len(data)
    for place in range(max(position, 1), last_whole(limit, offsets)):
        if special_length(data, place, limit, blob, offsets):
            if not overlaps_special(data, place, limit, blob, offsets):
                return place
    return limit


def make_cutter(pattern: Pattern, specials: Specials) -> Cutter:
    """Where blocks may be cut. A custom pattern may look anywhere in a text, so only special tokens divide it."""
    if pattern.kind == CUSTOM:
        return lambda data, position: cut_before_special(data, position, specials.blob, specials.offsets)
    classes = class_table()
    return lambda data, position: cut_after_word(data, position, classes, specials.blob, specials.offsets)


def read_only(data: Bytes) -> Bytes:
    """The same bytes as the kernels want them."""
    data.flags.writeable = False
    return data


def last_cut(data: Bytes, cutter: Cutter) -> int:
    """A cut near the end of `data`, or `len(data)` where there is none at all."""
    search = _SEARCH
    while True:
        start = max(0, len(data) - search)
        place = cutter(data, start)
        if place < len(data) or start == 0:
            return place
        search *= 16


def fill(stream: Stream, buffer: Bytes, start: int) -> int:
    """Reads into `buffer[start:]` until it is full or the text ends; how far it is filled."""
    view = memoryview(buffer)  # type: ignore[arg-type]  # numpy arrays are buffers
    while start < len(buffer):
        count = stream.readinto(view[start:])
        if not count:
            break
        start += count
    return start


def text_blocks(source: Source, cutter: Cutter) -> Generator[Block, None, None]:
    """The blocks of a text file, in order."""
    with source.path.open("rb", buffering=0) as file:
        stream = open_stream(source, file)
        tail, offset, size = np.empty(0, np.uint8), 0, BLOCK
        while True:
            buffer = np.empty(size, np.uint8)
            buffer[: len(tail)] = tail
            filled = fill(stream, buffer, len(tail))
            data = read_only(buffer[:filled])
            ended = filled < size
            end = filled if ended else last_cut(data, cutter)
            if end == filled and not ended:
                tail, size = data, 2 * size  # no cut in all of it
                continue
            if end:
                yield Block(source, data[:end], np.array([0, end]), offset, file.tell())
            if ended:
                return
            tail, offset, size = data[end:], offset + end, max(BLOCK, 2 * (filled - end))


def document_blocks(source: Source, documents: Iterator[tuple[bytes, int]]) -> Generator[Block, None, None]:
    """Blocks of whole documents; each comes with the bytes of the file read so far."""
    parts: list[bytes] = []
    size = offset = disk = 0
    for text, disk in documents:
        parts.append(text)
        size += len(text)
        if size >= BLOCK:
            yield _join(source, parts, offset, disk)
            parts, offset, size = [], offset + size, 0
    if size:
        yield _join(source, parts, offset, disk)


def _join(source: Source, parts: list[bytes], offset: int, disk: int) -> Block:
    bounds = np.cumsum([0, *map(len, parts)])
    return Block(source, np.frombuffer(b"".join(parts), np.uint8), bounds, offset, disk)


def blocks(source: Source, cutter: Cutter, text_field: str, skip_bad_lines: bool) -> Generator[Block, None, None]:
    """The blocks of any source. Damaged files raise `CorpusError` with the place."""
    from lmcore.bpe import documents

    try:
        if source.form == "text":
            yield from text_blocks(source, cutter)
        elif source.form == "jsonl":
            yield from document_blocks(source, documents.jsonl_texts(source, text_field, skip_bad_lines))
        else:
            yield from document_blocks(source, documents.parquet_texts(source, text_field))
    except DAMAGE as error:
        raise damaged(source, error) from error
    except OSError as error:
        raise CorpusError(
            f"{source.path}: cannot be read ({error.strerror or error}); copy it to another place."
        ) from error
