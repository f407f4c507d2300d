"""In which windows is a text read that is longer than a context? Plain numbers; no torch in here.

The first window goes as far as the context does, each further one begins half a context later, and of those only what
the one before did not score counts, so that at least half a context lies in front of each id.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """The model reads ids from number `begin` to before `end`; those from `first` to `end`, inclusive, are scored."""

    begin: int
    first: int
    end: int


def stride_of(context_length: int) -> int:
    """By how many ids windows are apart."""
    return max(1, context_length // 2)


def windows(number: int, context_length: int) -> Iterator[Window]:
    """The windows in which each of so many ids but the first is scored once.

    windows(7, 4) -> (0, 1, 4), (2, 5, 6)
    """
    first = 1
    for begin in range(0, number, stride_of(context_length)):
        end = min(begin + context_length, number - 1)
        if end < first:
            return
        yield Window(begin, first, end)
        first = end + 1


def begin_of(place: int, context_length: int) -> int:
    """Where the window begins in which id number `place` is scored: begin_of(5, 4) -> 2."""
    stride = stride_of(context_length)
    return stride * max(0, -(-(place - context_length) // stride))
