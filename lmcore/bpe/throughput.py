"""How fast does a tokenizer encode on this machine? Measured on the bundled corpus, on one thread and on all."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.encoding import SPARE, divide, encode_block
from lmcore.bpe.machine import Bytes
from lmcore.bpe.merge_ranks import Tokens
from lmcore.bpe.ordered_threads import in_order
from lmcore.bpe.process import processors
from lmcore.paths import resource

if TYPE_CHECKING:
    from lmcore.bpe.encoder import Encoder
    from lmcore.bpe.tokenizer import Tokenizer

CORPUS: Final = "sample/moby-dick-and-speeches.txt"
_REPEATED: Final = 8  # times the corpus, which makes 14 MB


@dataclass(frozen=True)
class Throughput:
    """Bytes a second on one thread and on `threads`."""

    one: float
    all: float
    threads: int


def seconds_for(size: float, rate: float) -> float:
    """The time that so many bytes take at a rate in bytes a second: size ÷ rate."""
    return size / rate


def measure(tokenizer: "Tokenizer", data: Bytes | None = None) -> Generator[float, None, Throughput]:
    """Encodes the corpus eight times over (or `data` once) each way; yields the share that is done.

    What is timed is encoding alone, with the pre-tokens of the corpus already met: a long corpus consists of those.
    """
    corpus = text = data
    if corpus is None or text is None:
        raw = resource(CORPUS).read_bytes()
        corpus, text = np.frombuffer(raw, np.uint8), np.frombuffer(raw * _REPEATED, np.uint8)
    encoder, threads = tokenizer.encoder, processors()
    for _ in _encode(encoder, corpus, 1):
        yield 0.0
    one = yield from _timed(encoder, text, 1, 0.0)
    every = yield from _timed(encoder, text, threads, 0.5) if threads > 1 else _same(one)
    return Throughput(one, every, threads)


def _same(rate: float) -> Generator[float, None, float]:
    yield 1.0
    return rate


def _timed(encoder: "Encoder", data: Bytes, threads: int, done: float) -> Generator[float, None, float]:
    """Bytes a second; the time that whoever asks takes between two blocks does not count."""
    spent, reached = 0.0, 0
    began = time.perf_counter()
    for size in _encode(encoder, data, threads):
        spent += time.perf_counter() - began
        reached += size
        yield done + reached / len(data) / 2
        began = time.perf_counter()
    return len(data) / spent


def _encode(encoder: "Encoder", data: Bytes, threads: int) -> Iterator[int]:
    """Encodes block by block; the bytes of each."""

    def work(span: tuple[int, int]) -> int:
        start, end = span
        out: Tokens = np.empty(end - start + SPARE, np.uint32)
        encode_block(encoder, data[start:end], out, specials=True)
        return end - start

    return in_order(work, divide(encoder, data, specials=True), threads)
