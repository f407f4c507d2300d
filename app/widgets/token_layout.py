"""Where do the pieces of a text stand? Lines of chips by their real widths; a piece goes to the next line whole."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.widgets.token_face import Form, TokenFace
from lmcore.bpe.sample_text import PieceRef

GAP: Final = 1.0

ROUNDING: Final = 1e-6  # pixels; what sums of widths may differ by


class Segment(NamedTuple):
    """A piece, or the part of a long piece that stands on one line: bytes `start` to `end`, pixels from `x`.

    `opens` and `closes` say whether the piece begins and ends here, that is, whether its corners are round.
    """

    piece: PieceRef
    start: int
    end: int
    line: int
    x: float
    form: Form
    opens: bool = True
    closes: bool = True

    @property
    def right(self) -> float:
        """Where the chip ends."""
        return self.x + self.form.width + 2 * self.form.pad

    def text_x(self, byte: int) -> float:
        """Where the text from `byte` on begins; inside a character, in proportion."""
        if byte == self.start:
            return self.x + self.form.pad
        edges = self.form.edges
        place = bisect_left(edges, byte - self.start, key=lambda edge: edge.byte)
        edge = edges[place]
        if edge.byte + self.start == byte:
            return self.x + self.form.pad + edge.x
        before = edges[place - 1]
        share = (byte - self.start - before.byte) / (edge.byte - before.byte)
        return self.x + self.form.pad + before.x + (edge.x - before.x) * share

    def cut_x(self, byte: int) -> float:
        """Where a chip that ends or begins at `byte` has its edge."""
        if byte <= self.start:
            return self.x
        return self.right if byte >= self.end else self.text_x(byte)


def lay_out(text: bytes, pieces: Sequence[PieceRef], face: TokenFace, width: float) -> list[Segment]:
    """Set the pieces on lines `width` pixels wide. Only a piece wider than a line is divided."""
    segments: list[Segment] = []
    line, x = 0, 0.0
    for piece in pieces:
        form = face.form(text[piece.start : piece.end])
        outer = form.width + 2 * form.pad
        if x + outer > width and outer <= width:
            line, x = line + 1, 0.0
        if x + outer <= width:
            segments.append(Segment(piece, piece.start, piece.end, line, x, form))
        else:
            segments += _divided(piece, form, face, width, line, x)
            line = segments[-1].line
        x = segments[-1].right + GAP
    return segments


def _divided(piece: PieceRef, form: Form, face: TokenFace, width: float, line: int, x: float) -> list[Segment]:
    """A long piece, cell by cell, on as many lines as it takes; a cell wider than the line has one for itself."""
    segments: list[Segment] = []
    first, start = 0, piece.start
    while first < len(form.cells):
        fitting = sum(edge.x - form.edges[first].x <= width - x - 2 * form.pad for edge in form.edges[first + 1 :])
        if not fitting and x > 0:
            line, x = line + 1, 0.0
            continue
        part = face.form_of(form.cells[first : first + max(1, fitting)])
        end = start + part.edges[-1].byte
        segments.append(Segment(piece, start, end, line, x, part, start == piece.start, end == piece.end))
        first, start, line, x = first + len(part.cells), end, line + 1, 0.0
    return segments


def lines_needed(text: bytes, pieces: Sequence[PieceRef], face: TokenFace, width: float) -> int:
    """How many lines `lay_out` would take, or one more where a line is full to the last pixel; far sooner told."""
    forms = [face.form(text[piece.start : piece.end]) for piece in pieces]
    chips = np.array([form.width + 2 * form.pad for form in forms])
    if len(chips) and chips.max() > width:
        return line_count(lay_out(text, pieces, face, width))
    return _lines_of(chips, width)


def lines_of_bytes(text: bytes, face: TokenFace, width: float) -> int:
    """The same for the text in single bytes, each narrower than a line."""
    forms = [face.form(bytes([byte])) for byte in range(256)]
    chips = np.array([form.width + 2 * form.pad for form in forms])
    return _lines_of(chips[np.frombuffer(text, np.uint8)], width)


def _lines_of(chips: NDArray[np.float64], width: float) -> int:
    """Greedy lines, found by bisection in the running total of the widths: [chip]."""
    ends = np.cumsum(chips + GAP)
    lines, first, begin = 0, 0, 0.0
    while first < len(ends):
        first = max(first + 1, int(np.searchsorted(ends, begin + width + GAP - ROUNDING, "right")))
        begin = float(ends[first - 1])
        lines += 1
    return max(1, lines)


def line_count(segments: Sequence[Segment]) -> int:
    """How many lines a layout takes; an empty one takes one."""
    return segments[-1].line + 1 if segments else 1
