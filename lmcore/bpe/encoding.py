"""How are large and many texts encoded? In blocks cut where no token is, on all processors."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from lmcore.bpe.encoder import Encoder
from lmcore.bpe.machine import Bytes
from lmcore.bpe.merge_ranks import Tokens, join_bytes
from lmcore.bpe.ordered_threads import in_order, thread_count
from lmcore.bpe.safe_cuts import next_cut

_BLOCK: Final = 1 << 19  # bytes that a thread encodes at a time
_ROOM: Final = _BLOCK + (1 << 16)  # ids of a block that ends a little later; a cut is seldom far
_SMALL: Final = 1 << 18
SPARE: Final = 2  # ids that kernels may write behind the last


def divide(encoder: Encoder, data: Bytes, specials: bool) -> Iterator[tuple[int, int]]:
    """Where the blocks of a text start and end."""
    start = 0
    while start < len(data):
        wanted = encoder.split_off(specials)
        end = next_cut(encoder.pattern.kind, data, start + _BLOCK, wanted) if start + _BLOCK < len(data) else len(data)
        yield start, end
        start = end


def encode_block(encoder: Encoder, data: Bytes, out: Tokens, specials: bool) -> int:
    """Writes the ids of one text to `out`; how many."""
    return encoder.encode(data, np.array([0, len(data)]), out, np.empty(1, np.int64), specials)


def _thread_count(size: int, threads: int | None) -> int:
    return thread_count(threads) if size >= 2 * _BLOCK else 1


def numbers_of(ids: Tokens) -> list[int]:
    """A few ids as Python numbers."""
    numbers: list[int] = ids.tolist()
    return numbers


def encode_list(encoder: Encoder, data: Bytes, specials: bool, threads: int | None) -> list[int]:
    """The ids of a text as Python numbers, collected while other threads encode."""

    def work(span: tuple[int, int]) -> Tokens:
        out = np.empty(span[1] - span[0] + SPARE, np.uint32)
        return out[: encode_block(encoder, data[span[0] : span[1]], out, specials)]

    if len(data) <= _SMALL:
        return numbers_of(work((0, len(data))))
    ids: list[int] = []
    for block in in_order(work, divide(encoder, data, specials), _thread_count(len(data), threads)):
        ids += encoder.numbers[block].tolist()
    return ids


def encode_array(encoder: Encoder, data: Bytes, specials: bool, threads: int | None) -> Tokens:
    """The ids of a text as an array.

    There is room for an id a byte; of that much memory only what is written to is ever used.
    """
    spans = [*divide(encoder, data, specials)]
    out, made = np.empty(len(data) + SPARE, np.uint32), 0
    if _thread_count(len(data), threads) == 1:
        for start, end in spans:
            made += encode_block(encoder, data[start:end], out[made:], specials)
    else:
        for block in _blocks(encoder, data, spans, specials, _thread_count(len(data), threads)):
            out[made : made + len(block)] = block
            made += len(block)
    out.resize(made, refcheck=False)
    return out


def _blocks(
    encoder: Encoder, data: Bytes, spans: list[tuple[int, int]], specials: bool, threads: int
) -> Iterator[Tokens]:
    """The ids of each block in order, which hold until the next is asked for.

    Threads write to a few rooms that are used again and again, so that they stay near the processor. If each block
    were written where it would stand with an id a byte, and moved, twice as much memory would be touched for the first
    time, for which the system took 0.1 to 0.5 s on two threads where encoding 100 MB takes 0.15 s.
    """
    idle: deque[Tokens] = deque()

    def work(span: tuple[int, int]) -> tuple[Tokens, int]:
        start, end = span
        try:
            room = idle.pop()
        except IndexError:
            room = np.empty(_ROOM, np.uint32)
        if len(room) < end - start + SPARE:
            room = np.empty(end - start + SPARE, np.uint32)
        return room, encode_block(encoder, data[start:end], room, specials)

    for room, count in in_order(work, spans, threads):
        yield room[:count]
        idle.append(room)


def _groups(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Texts that are encoded together: a block of them."""
    group: list[bytes] = []
    size = 0
    for text in texts:
        group.append(text)
        size += len(text)
        if size >= _BLOCK:
            yield group
            group, size = [], 0
    if group:
        yield group


def encode_many(encoder: Encoder, texts: Iterable[bytes], specials: bool, threads: int | None) -> Iterator[list[int]]:
    """The ids of each text, in order."""

    def work(group: list[bytes]) -> tuple[Tokens, list[int]]:
        data, bounds = join_bytes(group)
        out, ends = np.empty(len(data) + SPARE, np.uint32), np.zeros(len(group) + 1, np.int64)
        made = encoder.encode(data, bounds, out, ends[1:], specials)
        return out[:made], ends.tolist()

    for block, ends in in_order(work, _groups(texts), thread_count(threads)):
        ids = encoder.numbers[block].tolist()
        for start, end in pairwise(ends):
            yield ids[start:end]
