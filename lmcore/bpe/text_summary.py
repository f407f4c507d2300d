"""What is true of the whole text? Counts, what each handler gives, normal forms, in tokens too: in slices, for a job.

A short text is summed up at once; of a long one every slice takes some milliseconds, so that a job that does it can
be stopped by the next key stroke and never holds up the window.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from lmcore.text.counts import Counts, count_slices
from lmcore.text.handlers import HANDLERS
from lmcore.text.lanes import is_plain
from lmcore.text.mojibake import Mojibake, find_mojibake
from lmcore.text.normal_forms import FORMS, Form, describe, normalized, sizes
from lmcore.text.utf8 import Unit, first_malformed, unit_start, units

if TYPE_CHECKING:
    from lmcore.bpe.token_window import TokenCounts, Windows

SLICE: Final = 32_768
SEARCHED: Final = 65_536
"""Bytes in which wrong decodings are looked for."""
TOKENS_LIMIT: Final = 4_000_000
"""Bytes up to which the tokens of results and normal forms are counted, too."""

Events = Generator[float, None, "Summary"]


@dataclass(frozen=True)
class HandlerSize:
    """What a handler's result takes: bytes and tokens; None where there is no result, or it was not counted."""

    handler: str
    size: int | None
    tokens: int | None


@dataclass(frozen=True)
class FormSize:
    """What a normal form takes."""

    form: str
    points: int
    utf8: int
    utf16: int
    tokens: int | None


@dataclass(frozen=True)
class Summary:
    """All of it. `tokens` is None without a tokenizer, or where a text that cannot be divided is too long."""

    counts: Counts
    tokens: "TokenCounts | None"
    first: Unit | None
    handlers: tuple[HandlerSize, ...]
    forms: tuple[FormSize, ...]
    sentence: str
    mojibake: Mojibake | None


def summarize(data: bytes, windows: "Windows | None") -> Events:
    """Sum up a text; yields between slices."""
    first = yield from _first_malformed(data)
    counts = yield from count_slices(data)
    counted = _TokenCounter(windows, len(data))
    tokens = yield from counted.count(data)
    handlers = yield from _all_handled(data, counted, broken=first is not None)
    replaced = yield from _sliced(data, lambda part: part.decode("utf-8", "replace").encode())
    forms = yield from _all_forms(replaced, counted)
    head = replaced[:SEARCHED].decode("utf-8", "ignore")
    sentence = describe(head)
    yield 1.0
    return Summary(counts, tokens, first, handlers, forms, sentence, find_mojibake(data[:SEARCHED]))


def _first_malformed(data: bytes) -> Generator[float, None, Unit | None]:
    """The first unit that is no character, looked for part by part."""
    for start, end in _parts(data):
        yield 0.0
        if first_malformed(data[start:end]) is not None:
            return next(unit for unit in units(data, start, end) if unit.code is None)
    return None


class _TokenCounter:
    """Counts the tokens of several texts, of equal ones once."""

    def __init__(self, windows: "Windows | None", size: int) -> None:
        self._windows = windows if size <= TOKENS_LIMIT else None
        self._of_text = windows
        self._known: dict[bytes, TokenCounts | None] = {}

    def count(self, data: bytes) -> Generator[float, None, "TokenCounts | None"]:
        """The counts of the text itself, whatever its size."""
        if self._of_text is None:
            return None
        found = yield from self._of_text.count(data)
        self._known[data] = found
        return found

    def tokens(self, data: bytes) -> Generator[float, None, int | None]:
        """The tokens of something made of it."""
        if data not in self._known and self._windows is not None:
            self._known[data] = yield from self._windows.count(data)
        found = self._known.get(data)
        return found.tokens if found is not None else None


def _all_handled(
    data: bytes, counter: _TokenCounter, *, broken: bool
) -> Generator[float, None, tuple[HandlerSize, ...]]:
    found: list[HandlerSize] = []
    for handler in HANDLERS:
        one = yield from _handled(data, handler, counter, broken=broken)
        found.append(one)
    return tuple(found)


def _all_forms(replaced: bytes, counter: _TokenCounter) -> Generator[float, None, tuple[FormSize, ...]]:
    found: list[FormSize] = []
    for form in FORMS:
        made = yield from _sliced(replaced, partial(_normalized, form=form))
        one = yield from _form_size(form, made, counter)
        found.append(one)
    return tuple(found)


def _normalized(part: bytes, form: Form) -> bytes:
    return normalized(part.decode(), form).encode()


def _handled(data: bytes, handler: str, counter: _TokenCounter, *, broken: bool) -> Generator[float, None, HandlerSize]:
    if not broken:
        return HandlerSize(handler, len(data), (yield from counter.tokens(data)))
    if handler == "strict":
        return HandlerSize(handler, None, None)
    made = yield from _sliced(data, lambda part: part.decode("utf-8", handler).encode("utf-8", "surrogateescape"))
    return HandlerSize(handler, len(made), (yield from counter.tokens(made)))


def _form_size(form: str, made: bytes, counter: _TokenCounter) -> Generator[float, None, FormSize]:
    points = utf16 = 0
    for start, end in _parts(made):
        found = sizes(made[start:end].decode())
        points, utf16 = points + found.points, utf16 + found.utf16
        yield end / len(made)
    return FormSize(form, points, len(made), utf16, (yield from counter.tokens(made)))


def _sliced(data: bytes, make: Callable[[bytes], bytes]) -> Generator[float, None, bytes]:
    """Make something of a text part by part."""
    made = []
    for start, end in _parts(data):
        made.append(make(data[start:end]))
        yield end / len(data)
    return b"".join(made)


def _parts(data: bytes) -> Iterator[tuple[int, int]]:
    """Parts that end before an ASCII letter or blank, with which nothing before it is ever joined; or else before a
    character.
    """
    start = 0
    while start < len(data):
        end = min(start + SLICE, len(data))
        last = min(end + 1024, len(data))
        while end < last and not is_plain(data[end] if data[end] < 0x80 else None):
            end += 1
        if end < len(data) and data[end] >= 0x80:
            end = max(unit_start(data, end), start + 1)
        yield start, end
        start = end
