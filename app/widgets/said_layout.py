"""Where do the tokens of a text stand that grows at its end? On lines that never change once they are full."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.widgets.chips import fitted
from app.widgets.token_face import Form, TokenFace

LEAST_ROOM: Final = 40.0
SLIVER: Final = 6.0
"""Pixels of a token that has nothing to show: it can be pointed at even so."""


class Word(NamedTuple):
    """A token: its bytes, and how surprising it is, from 0 to 4; -1 is one that was given, -2 one without a figure.

    One has no bytes whose character is shown with the token before.
    """

    raw: bytes
    level: int


class Place(NamedTuple):
    """A token on its line, in pixels from the left."""

    line: int
    x: float
    width: float
    form: Form

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width


class SaidLayout:
    """The places of some words in lines `room` pixels wide; words are added at the end a part at a time."""

    def __init__(self, face: TokenFace, room: float) -> None:
        self.face, self.room = face, max(LEAST_ROOM, room)
        self.words: list[Word] = []
        self.places: list[Place] = []
        self._starts = [0]  # the number of each line's first word

    @property
    def lines(self) -> int:
        """How many lines there are; one where there is nothing."""
        return len(self._starts)

    def on_line(self, line: int) -> range:
        """The numbers of the words on a line."""
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.places)
        return range(self._starts[line], end)

    def keep(self, words: Sequence[Word]) -> None:
        """Forget what stands behind the first word that is another in `words`."""
        same = next((n for n, (old, new) in enumerate(zip(self.words, words, strict=False)) if old != new), None)
        kept = min(len(self.words), len(words)) if same is None else same
        del self.words[kept:], self.places[kept:]
        last = self.places[-1].line if self.places else 0
        del self._starts[last + 1 :]
        if self.places and ends_line(self.words[-1].raw):
            self._starts.append(kept)

    def add(self, words: Sequence[Word]) -> None:
        """Set these behind the others."""
        x, line = (self.places[-1].right, self.lines - 1) if self.places else (0.0, 0)
        if self.places and self.places[-1].line < line:
            x = 0.0
        for word in words:
            form = fitted(self.face, self.face.form(word.raw), self.room)
            width = form.width if word.raw else SLIVER
            if x > 0 and x + width > self.room:
                line, x = line + 1, 0.0
                self._starts.append(len(self.places))
            self.places.append(Place(line, x, width, form))
            self.words.append(word)
            x += width
            if ends_line(word.raw):
                line, x = line + 1, 0.0
                self._starts.append(len(self.places))

    def at(self, line: int, x: float) -> int:
        """The number of the word at a place, or -1."""
        if not 0 <= line < self.lines:
            return -1
        return next((n for n in self.on_line(line) if self.places[n].x <= x < self.places[n].right), -1)

    def beside(self, number: int, lines: int) -> int:
        """The word so many lines below another that stands nearest to it; that itself where there is no such line."""
        place = self.places[number]
        line = place.line + lines
        if not 0 <= line < self.lines or not self.on_line(line):
            return number
        middle = place.x + place.width / 2
        return min(self.on_line(line), key=lambda n: abs(self.places[n].x + self.places[n].width / 2 - middle))


def ends_line(raw: bytes) -> bool:
    """Whether a token ends the line that it stands on."""
    return raw.endswith(b"\n")
