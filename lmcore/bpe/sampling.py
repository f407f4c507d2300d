"""Which parts of a corpus stand for the whole? Many small pieces from places all over it.

Pieces, because what is said in one place is said again close by: how fast the vocabulary of a corpus grows shows only
between places that are far from each other. A small corpus is taken whole. Files that can be read only from their
front (compressed ones, Parquet) give their next piece whenever a place in them comes up.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Final, NamedTuple

import numpy as np

from lmcore.bpe.options import Options
from lmcore.bpe.patterns import find_pattern
from lmcore.bpe.readers import Block, Cutter, blocks, make_cutter
from lmcore.bpe.sources import Source
from lmcore.bpe.specials import prepare_specials
from lmcore.bpe.streams import Place

SAMPLE: Final = 8_000_000  # bytes of text
PIECE: Final = 62_500  # bytes of text of a piece: 128 of them are the sample
_MOST: Final = 1024  # pieces, where files are smaller than that
_SEARCH: Final = {"text": 1 << 16, "jsonl": 1 << 20}  # bytes behind a place in which the next beginning is looked for
_GOLDEN: Final = 0.618034  # multiples of the golden section are spread evenly, however many there are


class Piece(NamedTuple):
    """A part of a sample: its text, the bytes of the files that it stands for, and whether its file ends there."""

    block: Block
    disk: int
    last: bool


def pieces(sources: Sequence[Source], options: Options) -> Iterator[Piece]:
    """The sample of a corpus. Raises `LmError` as reading all of it does."""
    size = sum(source.size for source in sources)
    # A custom pattern may be cut at special tokens only, which can be far apart: in a large corpus one cuts elsewhere.
    pattern = options.compiled if size <= SAMPLE else find_pattern("gpt2")
    cutter = make_cutter(pattern, prepare_specials(options.special_tokens))
    return _whole(sources, cutter, options) if size <= SAMPLE else _scattered(sources, cutter, options, size)


def _whole(sources: Sequence[Source], cutter: Cutter, options: Options) -> Iterator[Piece]:
    """All there is; of what is packed so well that it is more than a sample, an equal share of each file."""
    share = SAMPLE // len(sources)
    for source in sources:
        taken = 0
        for piece in _from_front(source, cutter, options):
            taken += len(piece.block.data)
            yield piece
            if taken > share:
                break


def _scattered(sources: Sequence[Source], cutter: Cutter, options: Options, size: int) -> Iterator[Piece]:
    """Pieces at equal distances; of small files each piece is one, and there are more of them.

    They come in an order in which they are all over the corpus however early the sample is full, as where lines are
    long. The first piece of a file of lines is its front: there a wrong field is told.
    """
    ends = list(accumulate(source.size for source in sources))
    number = min(_MOST, max(SAMPLE // PIECE, SAMPLE * len(sources) // size))
    fronts: dict[int, Iterator[Piece]] = {}
    taken = 0
    for step in sorted(range(number), key=lambda step: step * _GOLDEN % 1):
        place = size * (2 * step + 1) // (2 * number)
        index = int(np.searchsorted(ends, place, "right"))
        source = sources[index]
        offset = place - (ends[index] - source.size)
        begin = _beginning(source, cutter, offset)
        if begin is None or (source.form == "jsonl" and index not in fronts):
            found = fronts.setdefault(index, _from_front(source, cutter, options))
        else:
            found = _at(source, cutter, options, begin)
        for piece in islice(found, 1):
            taken += len(piece.block.data)
            yield piece
        if taken >= SAMPLE:
            return


def _from_front(source: Source, cutter: Cutter, options: Options) -> Iterator[Piece]:
    """All pieces of a file, in order."""
    stream = blocks(source, cutter, options.text_field, options.skip_bad_lines, size=PIECE)
    block, disk = next(stream, None), 0
    while block:
        following = next(stream, None)
        reached = source.size
        if following:
            reached = block.end.disk if source.compression else block.end.unpacked  # lines are read ahead
        yield Piece(block, reached - disk, following is None)
        block, disk = following, reached


def _at(source: Source, cutter: Cutter, options: Options, begin: int) -> Iterator[Piece]:
    """The piece that begins so many bytes into a file, if any text is there. What is bad there is told in training."""
    for block in blocks(source, cutter, options.text_field, True, Place(begin, begin), PIECE):
        yield Piece(block, block.end.unpacked - begin, last=False)
        return


def _beginning(source: Source, cutter: Cutter, offset: int) -> int | None:
    """Where the first piece behind `offset` begins; None where the file is read from its front, or has no cut there."""
    if source.compression or source.form == "parquet" or source.size <= PIECE:
        return None
    with source.path.open("rb") as file:
        file.seek(offset)
        data = np.frombuffer(file.read(_SEARCH[source.form]), np.uint8)
    if source.form == "jsonl":
        ends = np.flatnonzero(data == ord("\n"))
        return offset + int(ends[0]) + 1 if len(ends) else None
    place = cutter(data, 1) if len(data) else 0
    return offset + place if place < len(data) else None
