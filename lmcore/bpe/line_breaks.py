"""Where do lines end when pieces of given widths are set one behind another? For millions of pieces at a time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lmcore.bpe.machine import Ids, kernel
from lmcore.bpe.merge_ranks import Tokens
from lmcore.bpe.vocab_view import Flags

Widths = npt.NDArray[np.float32]


@kernel
def fill_lines(ids: Tokens, widths: Widths, ends_line: Flags, room: float, gap: float, starts: Ids) -> int:
    """Writes the number of the first piece of each line to `starts`; how many lines."""
    count, right = 0, 0.0
    fresh = True
    for i in range(len(ids)):
        width = widths[ids[i]]
        if fresh or right + width > room:
            starts[count] = i
            count += 1
            right = 0.0
        right += width + gap
        fresh = ends_line[ids[i]]
    return count


class Replaced(NamedTuple):
    """Pieces `first` to `last` (exclusive) gave way to `made` others."""

    first: int
    last: int
    made: int


@kernel
def fill_again(
    ids: Tokens, widths: Widths, ends_line: Flags, room: float, gap: float, start: int, settled: int, by: int,
    before: Ids, line: int, starts: Ids,
) -> tuple[int, int]:  # fmt: skip
    """Breaks lines from piece `start` on, until one begins with a piece with which one began before.

    Pieces from `settled` on are those of before, `by` places further on. Writes the first pieces of the new lines to
    `starts`; how many, and the number of the line of `before`, `line` or behind it, from which all are as they were.
    """
    count, right = 0, 0.0
    fresh = True
    for i in range(start, len(ids)):
        width = widths[ids[i]]
        if fresh or right + width > room:
            if i >= settled:
                while before[line] < i - by:
                    line += 1
                if before[line] == i - by:
                    return count, line
            starts[count] = i
            count += 1
            right = 0.0
        right += width + gap
        fresh = ends_line[ids[i]]
    return count, len(before) - 1


@kernel
def collect_unknown(ids: Tokens, known: Flags, found: Tokens) -> int:
    """Writes the ids that are not `known` to `found`, each once, and makes them known; how many."""
    count = 0
    for i in range(len(ids)):
        if not known[ids[i]]:
            known[ids[i]] = True
            found[count] = ids[i]
            count += 1
    return count


def unknown_ids(ids: Tokens, known: Flags) -> Tokens:
    """The ids that are not `known` (by id), each once; shape (n,)."""
    found = np.empty(min(len(ids), len(known)), np.uint32)
    return found[: collect_unknown(ids, known.copy(), found)]


def break_lines(ids: Tokens, widths: Widths, ends_line: Flags, room: float, gap: float = 0.0) -> Ids:
    """The number of the first piece of each line, and behind them that of all pieces; shape (lines + 1,).

    `widths` and `ends_line` (a line ends behind it) are by id, in pixels; pieces stand `gap` apart. A piece wider than
    the room has a line for itself.
    """
    whole = Breaking(ids, widths, ends_line, room, gap)
    whole.go_on(len(ids))
    return whole.lines.copy()


class Breaking:
    """The same part by part, so that lines can be seen before all of them are known."""

    def __init__(self, ids: Tokens, widths: Widths, ends_line: Flags, room: float, gap: float = 0.0) -> None:
        self._ids, self._looks, self._sizes = ids, (widths, ends_line), (room, gap)
        self._starts = np.empty(len(ids) + 1, np.int32)  # of which only what is written to is ever touched
        self._starts[0] = 0
        self._count = 0

    @property
    def lines(self) -> Ids:
        """The lines of what is broken by now, as `break_lines` gives them; pieces to come may stand on the last one."""
        return self._starts[: self._count + 1]

    @property
    def done(self) -> bool:
        """Whether these are the lines of all pieces."""
        return int(self.lines[-1]) == len(self._ids)

    def go_on(self, pieces: int) -> None:
        """Break so many pieces more, and the last line anew, which had not ended."""
        kept = max(0, self._count - 1)
        start, stop = int(self._starts[kept]), min(len(self._ids), int(self.lines[-1]) + pieces)
        starts = self._starts[kept:]
        made = fill_lines(self._ids[start:stop], *self._looks, *self._sizes, starts)
        starts[:made] += start
        self._count = kept + made
        self._starts[self._count] = stop


def break_again(
    before: Ids, ids: Tokens, replaced: Replaced, widths: Widths, ends_line: Flags, room: float, gap: float = 0.0
) -> Ids:
    """What `break_lines` gives for `ids`, where `before` are the lines of the pieces before some were replaced.

    Lines are broken from the one before the first other piece, which it may now hold, until one begins where one did.
    """
    first, last, made = replaced
    by, lines = made - (last - first), before[:-1]
    line = max(0, int(np.searchsorted(lines, first - 1, "right")) - 1) if first else 0
    start = int(before[line]) if first else 0
    starts = np.empty(len(ids) - start + 1, np.int32)
    count, kept = fill_again(ids, widths, ends_line, room, gap, start, first + made, by, before, line, starts)
    return np.concatenate([before[:line], starts[:count], before[kept:] + np.int32(by)])
