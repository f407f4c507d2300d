"""How do pieces join and part? Between two layouts every chip moves, closes its gaps and fades to its new tint.

A picture is a table with one row a fragment: the parts into which the pieces before and after divide the text. A
transition is two such tables; a state between is their mean, and can itself be where the next transition begins.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from app.theme import Theme, hue
from app.widgets.token_face import Form, TokenFace
from app.widgets.token_layout import Segment

LEFT, RIGHT, TEXT, ROUND_LEFT, ROUND_RIGHT, RED, GREEN, BLUE = range(8)
NO_FORM: Final = Form((), (), (), 0.0)

NEARLY_CLOSED: Final = 0.35  # pixels

Places = NDArray[np.float64]
Tints = tuple[tuple[float, float, float], ...]


class Fragment(NamedTuple):
    """Bytes `start` to `end` on a line, with the text drawn for them."""

    start: int
    end: int
    line: int
    form: Form


class Picture(NamedTuple):
    """Fragments in the order of the text, and a row of the eight numbers above for each: [fragment, 8]."""

    fragments: tuple[Fragment, ...]
    places: Places


class Transition(NamedTuple):
    """From one table of places to another, of the same fragments."""

    fragments: tuple[Fragment, ...]
    begin: Places
    end: Places

    def at(self, share: float) -> Picture:
        """The picture after a share of the way, 0 to 1."""
        return Picture(self.fragments, self.begin + (self.end - self.begin) * share)


def still(segments: Sequence[Segment], theme: Theme, ratio: float) -> Picture:
    """A layout at rest, its chips on whole pixels of a screen with `ratio` of them a unit."""
    fragments = tuple(Fragment(part.start, part.end, part.line, part.form) for part in segments)
    tints = _tints(theme)
    rows = [_rest(part, part.start, part.end, tints, ratio) for part in segments]
    return Picture(fragments, np.array(rows, dtype=np.float64).reshape(len(rows), 8))


def transition(
    before: Picture, segments: Sequence[Segment], face: TokenFace, text: bytes, theme: Theme, ratio: float
) -> Transition:
    """From the picture now on the screen to a layout of the same text."""
    fragments: list[Fragment] = []
    begin: list[list[float]] = []
    end: list[list[float]] = []
    before = _settled(before)
    rows, tints = before.places.tolist(), _tints(theme)
    for segment, overlapping in _overlaps(before.fragments, segments):
        for row, start, stop, form in _parts(segment, overlapping, before.fragments, face, text):
            goal = _rest(segment, start, stop, tints, ratio)
            old = before.fragments[row]
            fragments.append(Fragment(start, stop, segment.line, form))
            end.append(goal)
            begin.append(_cut(rows[row], old, start, stop) if old.line == segment.line else [])
    _bring_in(fragments, begin, end)
    shape = (len(fragments), 8)
    return Transition(tuple(fragments), np.array(begin).reshape(shape), np.array(end).reshape(shape))


def _settled(picture: Picture) -> Picture:
    """The picture with fragments joined whose gap has all but closed.

    Batches come faster than a transition takes. Were every boundary kept until a transition has ended, the pieces of
    a growing vocabulary would stay divided into single bytes.
    """
    fragments, places = picture.fragments, picture.places
    lines = np.array([fragment.line for fragment in fragments])
    closed = (places[1:, LEFT] - places[:-1, RIGHT] < NEARLY_CLOSED) & (lines[1:] == lines[:-1])
    firsts = np.flatnonzero(np.concatenate([[True], ~closed]))[: len(fragments)]
    lasts = np.append(firsts[1:], len(fragments)) - 1
    joined = places[firsts]
    for column in (RIGHT, ROUND_RIGHT):
        joined[:, column] = places[lasts, column]
    pairs = ((fragments[first], fragments[last]) for first, last in zip(firsts, lasts, strict=True))
    return Picture(tuple(Fragment(a.start, b.end, a.line, NO_FORM) for a, b in pairs), joined)


def _bring_in(fragments: Sequence[Fragment], begin: list[list[float]], end: list[list[float]]) -> None:
    """Fragments that come from another line have no place to begin; they slide in beside the neighbour they meet."""
    for step in (1, -1):
        shift, line = 0.0, -1
        for place in range(len(fragments))[::step]:
            if begin[place]:
                shift, line = begin[place][LEFT] - end[place][LEFT], fragments[place].line
            elif line == fragments[place].line:
                begin[place] = [*(x + shift for x in end[place][: TEXT + 1]), *end[place][TEXT + 1 :]]
    for place, row in enumerate(begin):
        begin[place] = row or end[place]


def _overlaps(before: Sequence[Fragment], segments: Sequence[Segment]) -> Iterator[tuple[Segment, list[int]]]:
    """Each segment with the earlier fragments that share bytes with it; both are in the order of the text."""
    first = 0
    for segment in segments:
        while before[first].end <= segment.start:
            first += 1
        last = first
        while before[last].end < segment.end:
            last += 1
        yield segment, list(range(first, last + 1))


def _parts(
    segment: Segment, overlapping: list[int], before: Sequence[Fragment], face: TokenFace, text: bytes
) -> Iterator[tuple[int, int, int, Form]]:
    """The fragments of a segment with the earlier one of each. Text is divided with them where it can be.

    Where a character was in two pieces and now is whole, all of the text goes with the first fragment.
    """
    if len(overlapping) == 1:
        yield overlapping[0], segment.start, segment.end, segment.form
        return
    cuts = [max(segment.start, before[row].start) for row in overlapping] + [segment.end]
    whole = {edge.byte + segment.start for edge in segment.form.edges}
    divided = all(cut in whole for cut in cuts)
    for place, row in enumerate(overlapping):
        start, stop = cuts[place], cuts[place + 1]
        undivided = segment.form if place == 0 else NO_FORM
        yield row, start, stop, face.form(text[start:stop]) if divided else undivided


def _tints(theme: Theme) -> Tints:
    """The twelve tints as numbers, by hue."""
    colours = [QColor(tint) for tint in theme.token_tints]
    return tuple((float(c.red()), float(c.green()), float(c.blue())) for c in colours)


def _rest(segment: Segment, start: int, end: int, tints: Tints, ratio: float) -> list[float]:
    """The eight numbers of a part of a segment, at rest."""
    left = round(segment.cut_x(start) * ratio) / ratio
    right = round(segment.cut_x(end) * ratio) / ratio
    opens = float(segment.opens and start == segment.start)
    closes = float(segment.closes and end == segment.end)
    return [left, right, segment.text_x(start), opens, closes, *tints[hue(segment.piece.token_id)]]


def _cut(row: list[float], old: Fragment, start: int, stop: int) -> list[float]:
    """The part of an earlier fragment that lies between two bytes, as it is on the screen now."""
    length = old.end - old.start
    width = row[RIGHT] - row[LEFT]
    left = row[LEFT] + width * (start - old.start) / length
    right = row[LEFT] + width * (stop - old.start) / length
    text = row[TEXT] if start == old.start else left
    opens = row[ROUND_LEFT] if start == old.start else 0.0
    closes = row[ROUND_RIGHT] if stop == old.end else 0.0
    return [left, right, text, opens, closes, *row[RED:]]
