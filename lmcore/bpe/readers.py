"""How does text come out of the files? As blocks of a few megabytes, cut where no pre-token is cut.

Files are read, not mapped: memory does not grow with the corpus, and a file that shrinks meanwhile does no harm.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from lmcore.bpe.characters import LETTER, NUMBER, character, class_table
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.documents import Batch, jsonl_batches, parquet_batches
from lmcore.bpe.machine import Bytes, Ints, kernel
from lmcore.bpe.patterns import Pattern
from lmcore.bpe.sources import Source
from lmcore.bpe.specials import Specials, special_length
from lmcore.bpe.streams import DAMAGE, Place, Stream, damaged, open_stream, pass_over
from lmcore.errors import CorpusError

BLOCK: Final = 2_000_000
_SEARCH: Final = 4096  # bytes at the end of a block in which a cut is looked for first
_BLANK: Final = 0x20
_NEWLINE: Final = 0x0A


@dataclass(frozen=True, eq=False)
class Block:
    """Texts of one source: text i is `data[bounds[i] : bounds[i + 1]]`; `data` is read-only.

    `offset` is where `data` starts in the file's text (for documents: in all texts before), `end` where reading goes on
    behind it, `skipped` how many bad lines were left out on the way, `textless` how many documents without text. A
    block may be empty: then only reading went on.
    """

    source: Source
    data: Bytes
    bounds: Ints
    offset: int
    end: Place
    skipped: int = 0
    textless: int = 0


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
    """Where blocks may be cut.

    A custom pattern may look anywhere in a text (look-arounds and anchors know no limit), so only special tokens divide
    it, and a file without any is one block. More blocks would hardly be faster: `regex` holds Python's lock between
    matches, and two threads count such a pattern in about the time of one.
    """
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


def text_blocks(source: Source, cutter: Cutter, start: Place, usual: int) -> Generator[Block, None, None]:
    """The blocks of a text file from `start` on, in order, of `usual` bytes where they can be cut so."""
    with source.path.open("rb", buffering=0) as file:
        stream = open_stream(source, file)
        for _ in pass_over(source, file, stream, start.unpacked):
            yield join(source, Batch([], start), start.text)
        tail, offset, size = np.empty(0, np.uint8), start.text, usual
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
                place = offset + end
                yield Block(source, data[:end], np.array([0, end]), offset, Place(place, place, 0, file.tell()))
            if ended:
                return
            tail, offset, size = data[end:], offset + end, max(usual, 2 * (filled - end))


def join(source: Source, batch: Batch, offset: int) -> Block:
    """A block of whole documents."""
    bounds = np.cumsum([0, *map(len, batch.texts)])
    data = np.frombuffer(b"".join(batch.texts), np.uint8)
    return Block(source, data, bounds, offset, batch.end, batch.skipped, batch.textless)


def document_blocks(source: Source, batches: Iterator[Batch], start: Place) -> Generator[Block, None, None]:
    """The batches as blocks."""
    offset = start.text
    for batch in batches:
        yield join(source, batch, offset)
        offset = batch.end.text


def blocks(
    source: Source,
    cutter: Cutter,
    text_field: str,
    skip_bad_lines: bool,
    start: Place | None = None,
    size: int | None = None,
) -> Generator[Block, None, None]:
    """The blocks of any source, from the end of an earlier one on, `size` bytes each or `BLOCK`.

    Damaged files raise `CorpusError` with the place.
    """
    start, size = start or Place(), size or BLOCK
    try:
        if source.form == "text":
            yield from text_blocks(source, cutter, start, size)
        elif source.form == "jsonl":
            batches = jsonl_batches(source, text_field, skip_bad_lines, size, start)
            yield from document_blocks(source, batches, start)
        else:
            yield from document_blocks(source, parquet_batches(source, text_field, size, start), start)
    except DAMAGE as error:
        raise damaged(source, error) from error
    except OSError as error:
        raise CorpusError(
            f"{source.path}: cannot be read ({error.strerror or error}); copy it to another place."
        ) from error
