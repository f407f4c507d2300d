"""How does the window talk to a model? `lmcore.cli worker generate`: a line of JSON a request, a line an answer.

Requests; `model` is a folder (a run stands for its best checkpoint), `id` is whatever the asker calls a request:

    {"do": "open", "id", "model"}
    {"do": "generate", "id", "model", "prompt": TEXT, "continuation": [ids], "drawn": [ids], "max_new_tokens": N,
     "alternatives": K, "sampling": {"temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed"}}
    {"do": "score", "id", "model", "text": TEXT}
    {"do": "look", "id", "model", "ids": [ids], "places": [numbers from 1], "sampling", "alternatives": K}
    {"do": "speed", "id", "model"}
    {"do": "stop"}

Everything has its default but `do`, `model`, `prompt`, `text` and `ids`. `continuation` are ids behind the prompt that
are taken as they are, as a branch wants them; `drawn` are those that the same request drew behind them before, where
its text is to go on: `max_new_tokens` and `index` count them as well. Special tokens in `prompt` and `text` are read as
such.

Answers have "event", and "id"; `answers` says what their fields mean:

    open      opened: model, what, vocab_size, context_length, parameters, flops_cached, flops_uncached, device,
              precision, eos, lacking (why there is no tokenizer, or "")
    generate  prompt: tokens [{token, bytes}]; token: index, token, bytes, log_probability, entropy, remaining,
              alternatives [[id, bytes, score, probability, tempered, kept]], own (its own such row, or null), ended;
              done: tokens, seconds, ended
    score     part: tokens [{token, bytes, log_probability, entropy, rank}] (null for the first; 500 at most, 10,000 in
              all); scored: number, nats_per_token, perplexity, bits_per_byte, bytes, windows, context, stride
    look      look: positions [{place, token, bytes, log_probability, entropy, remaining, alternatives, own}]
    speed     speed: cached, uncached (tokens a second), position, flops_cached, flops_uncached (there)

`generate` (while the prompt is read), `score` and `speed` say "working": done, total (in tokens; 0 where that is open),
at most 20 times a second. What cannot be done is "refused": do, model, why (a sentence), and the next request can be
another.

Requests wait for those before them. "stop" ends what is under way, between two pieces of the work, and all that waits
by then: each is answered by "done" with `ended` "asked", and behind them "stopped" says that the stop has had its
effect. The process ends when its standard input does.
"""

import json
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from math import inf
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, BinaryIO, Final

from lmcore.errors import UsageError
from lmcore.interop.talking.answers import UNDER_WAY, Answer, Done, Refused, Stopped, Token, Working, as_line
from lmcore.interop.talking.conversation import answer
from lmcore.interop.talking.opened_models import OpenedModels
from lmcore.interop.talking.requests import Id, request_of
from lmcore.training.devices import choose_device, prepare_device

_CHUNK: Final = 1 << 16
_FRAME: Final = 1 / 60  # seconds: tokens that come quicker than anybody sees leave together
_STEP: Final = 0.05  # seconds between two words of how far something is


def run_generate_worker() -> None:
    """Answer standard input on standard output until the former ends."""
    device = choose_device("auto")
    prepare_device(device, None)
    serve(Inbox(_lines(sys.stdin.fileno())), Pen(sys.stdout.buffer), OpenedModels(device))


def serve(inbox: "Inbox", pen: "Pen", models: OpenedModels) -> None:
    """Answer all that comes in, one request after another."""
    for number, line in inbox:
        if line is None:
            pen.write(Stopped())
            continue
        try:
            found = object_in(line)
            request = request_of(found)
        except UsageError as error:
            pen.write(_refused(line, str(error)))
            continue
        for said in until_stopped(answer(request, models), request.id, partial(inbox.is_stopped, number)):
            pen.write(said)


def until_stopped(
    answering: Generator[Answer | None, None, None], id_: Id, is_stopped: Callable[[], bool]
) -> Iterator[Answer]:
    """The answers to one request; once it is stopped, "done" comes in place of all that were to come.

    What was computed by then and is not told yet is not told any more.
    """
    begun, made = perf_counter(), 0
    while not is_stopped():
        said = next(answering)
        if said is None:
            continue
        if is_stopped():
            break
        yield said
        made += isinstance(said, Token)
        if not isinstance(said, UNDER_WAY):
            return
    answering.close()
    yield Done(id_, made, perf_counter() - begun, "asked")


def object_in(line: bytes) -> Mapping[str, Any]:
    """The JSON object in a line. Raises `UsageError`."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"A request is a JSON object on a line of its own: {error}.") from error
    if not isinstance(found, dict):
        raise UsageError("A request is a JSON object; this is another kind of value.")
    return found


def _refused(line: bytes, why: str) -> Refused:
    """What is said of a line that is no request, by its names as far as it has them."""
    try:
        found = object_in(line)
    except UsageError:
        found = {}
    return Refused(found.get("id"), str(found.get("do", "")), str(found.get("model", "")), why)


class Inbox:
    """Requests by number, read on a thread of their own so that a stop is seen while an answer is under way.

    A stop comes as None behind the requests that it ends.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._waiting: SimpleQueue[tuple[int, bytes | None] | None] = SimpleQueue()
        self._read, self._stopped = 0, 0
        Thread(target=self._fill, args=(lines,), name="inbox", daemon=True).start()

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        return iter(self._waiting.get, None)

    def is_stopped(self, number: int) -> bool:
        """Whether a stop came behind this request, or nobody is there any more."""
        return number <= self._stopped

    def _fill(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if _is_stop(line):
                self._stopped = self._read
                self._waiting.put((self._read, None))
            elif line.strip():
                self._read += 1
                self._waiting.put((self._read, line))
        self._stopped = self._read
        self._waiting.put(None)


def _is_stop(line: bytes) -> bool:
    try:
        return object_in(line).get("do") == "stop"
    except UsageError:
        return False


def _lines(descriptor: int) -> Iterator[bytes]:
    """Whole lines as they come. A file object's lock would be held by the reading thread when the process ends."""
    begun = b""
    while chunk := os.read(descriptor, _CHUNK):
        *lines, begun = (begun + chunk).split(b"\n")
        yield from lines


class Pen:
    """Writes answers at once, but tokens that come quicker than anybody sees a few at a time. `clock` is in seconds."""

    def __init__(self, stream: BinaryIO, clock: Callable[[], float] = perf_counter) -> None:
        self._stream, self._clock = stream, clock
        self._flushed = self._told = -inf

    def write(self, said: Answer) -> None:
        """A line; a word of how far something is may be left out."""
        now = self._clock()
        if isinstance(said, Working):
            if now - self._told < _STEP:
                return
            self._told = now
        self._stream.write(as_line(said))
        if not isinstance(said, Token) or now - self._flushed >= _FRAME:
            self._stream.flush()
            self._flushed = now
