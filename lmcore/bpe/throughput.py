"""How fast does a tokenizer encode text that it has not met before, on this machine? On one thread, and on all.

A tokenizer remembers the pre-tokens that it met, so a text that is encoded again says nothing of a corpus. Each round
begins with nothing remembered and reads the bundled sample once: the first half fills what a long corpus would have
filled soon, the second half, which is new to it, is timed. A long corpus of prose repeats itself more and is up to
twice as fast; one in many scripts is several times as slow.
"""

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.encoding import SPARE, encode_block
from lmcore.bpe.kinds_of_text import KINDS
from lmcore.bpe.machine import Bytes
from lmcore.bpe.process import processors
from lmcore.paths import resource

if TYPE_CHECKING:
    from lmcore.bpe.encoder import Encoder
    from lmcore.bpe.tokenizer import Tokenizer

CORPUS: Final = "sample/moby-dick-and-speeches.txt"
_PARTS: Final = 16
_ROUNDS: Final = 5
_ENOUGH: Final = 1.0  # seconds, after which no other round begins
_TURN: Final = 0.03  # seconds between two signs of life


@dataclass(frozen=True)
class Throughput:
    """Bytes a second on one thread and on `threads`."""

    one: float
    all: float
    threads: int


def seconds_for(size: float, rate: float) -> float:
    """The time that so many bytes take at a rate in bytes a second: size ÷ rate."""
    return size / rate


def sample_parts() -> list[Bytes]:
    """The bundled corpus in parts, each with a part of the sample of every kind of text."""
    texts = [resource(CORPUS).read_bytes(), *(kind.read() for kind in KINDS)]
    return [np.frombuffer(b"".join(one), np.uint8) for one in zip(*map(_divided, texts), strict=True)]


def measure(tokenizer: "Tokenizer", parts: Sequence[Bytes] | None = None) -> Generator[float, None, Throughput]:
    """Encodes `parts` (the bundled sample unless given) on one thread and on all in turns; yields the share done.

    The best of some rounds counts, since whatever else the machine does can only make a round slower. On all threads
    each reads everything by itself; from the first that begins with the second half to the last that ends it is timed.
    """
    began, texts, threads = time.perf_counter(), parts or sample_parts(), processors()
    rates: dict[int, list[float]] = {1: [], threads: []}
    for number in range(_ROUNDS):
        for count, found in rates.items():
            found.append((yield from _round(tokenizer, texts, count, number / _ROUNDS)))
        if time.perf_counter() - began > _ENOUGH:
            break
    yield 1.0
    return Throughput(max(rates[1]), max(rates[threads]), threads)


def _round(tokenizer: "Tokenizer", parts: Sequence[Bytes], threads: int, share: float) -> Generator[float, None, float]:
    """Bytes a second of so many threads together."""
    encoders = [tokenizer.encoder.limited(len(tokenizer.merges)) for _ in range(threads)]
    with ThreadPoolExecutor(threads, thread_name_prefix="measure") as pool:
        running = [pool.submit(_read, encoder, parts) for encoder in encoders]
        while wait(running, _TURN).not_done:
            yield share
    spans = [one.result() for one in running]
    size = sum(map(len, parts[len(parts) // 2 :])) * threads
    return size / (max(end for _, end in spans) - min(start for start, _ in spans))


def _read(encoder: "Encoder", parts: Sequence[Bytes]) -> tuple[float, float]:
    """Encodes all parts; when the second half began and when it ended."""
    out, half = np.empty(max(map(len, parts)) + SPARE, np.uint32), len(parts) // 2
    for part in parts[:half]:
        encode_block(encoder, part, out, specials=True)
    began = time.perf_counter()
    for part in parts[half:]:
        encode_block(encoder, part, out, specials=True)
    return began, time.perf_counter()


def _divided(text: bytes) -> list[bytes]:
    """Parts of about one size, cut behind line ends."""
    wanted = (len(text) * place // _PARTS for place in range(1, _PARTS))
    cuts = [0, *(text.find(b"\n", place) + 1 or len(text) for place in wanted), len(text)]
    return [text[cuts[place] : cuts[place + 1]] for place in range(_PARTS)]
