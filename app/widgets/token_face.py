"""What does a token look like, in glyphs and pixels? Its text in mono, its signs and hex bytes in a second colour.

A `TokenFace` is made for one text size and keeps the form of every token it was asked for, so that layouts and
repaints only look things up.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

from PySide6.QtGui import QColor

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch, GlyphCache
from lmcore.bpe.display import Cell, Kind, cells, spans

HEX_SPACE: Final = 3.0
PAD: Final = 0.5  # of tokens of several characters; single ones stand as close as in a line of type
HEX_PAD: Final = 2.0  # of tokens with hex bytes, so that neighbours do not read as one number
FORMS_KEPT: Final = 20_000


class Run(NamedTuple):
    """Neighbouring cells of one kind, drawn as one text `dx` pixels from the token's first."""

    text: str
    kind: Kind
    dx: float


class Edge(NamedTuple):
    """Where a cell begins, in bytes and in pixels from the token's first; the last edge is the token's end."""

    byte: int
    x: float


class Form(NamedTuple):
    """A token as drawn: its cells, runs and edges, its width in pixels, and the room it wants at both its ends."""

    cells: tuple[Cell, ...]
    runs: tuple[Run, ...]
    edges: tuple[Edge, ...]
    width: float
    pad: float = 0.0


class TokenFace:
    """The glyphs of tokens at one size. Hex bytes and codes are smaller than text, but never below 11 pixels."""

    def __init__(self, text: fonts.TypeStyle = fonts.TOKEN, hexes: fonts.TypeStyle = fonts.MONO_AXIS) -> None:
        self.text = GlyphCache(text.font())
        self.hex = GlyphCache(hexes.font())
        self._forms: dict[tuple[bytes, bool], Form] = {}

    def form(self, token: bytes, *, dots: bool = False) -> Form:
        """The form of a token; `dots` shows spaces as signs."""
        key = (token, dots)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= FORMS_KEPT:
                self._forms.clear()
            form = self._forms[key] = self.form_of(cells(token, dots=dots, has_glyph=self.text.has_glyph))
        return form

    def form_of(self, shown: tuple[Cell, ...]) -> Form:
        """The form of some cells: a part of a token that a line break cut in two."""
        runs: list[Run] = []
        edges: list[Edge] = []
        byte, x = 0, 0.0
        for kind, group in groupby(shown, key=lambda cell: cell.kind):
            part = tuple(group)
            x += HEX_SPACE if runs and "hex" in (kind, runs[-1].kind) else 0.0
            run = Run(spans(part)[0].text, kind, x)
            width = self.cache(kind).width(run.text)
            edges += self._edges(part, byte, x, width)
            runs.append(run)
            byte, x = byte + sum(cell.size for cell in part), x + width
        pad = HEX_PAD if any(run.kind == "hex" for run in runs) else PAD if len(shown) > 1 else 0.0
        return Form(shown, tuple(runs), (*edges, Edge(byte, x)), x, pad)

    def _edges(self, part: tuple[Cell, ...], byte: int, x: float, width: float) -> list[Edge]:
        """Cells share the width of their run, each by its own: shaping may join or space them."""
        own = [self.cache(cell.kind).width(cell.text) for cell in part]
        scale = width / sum(own) if sum(own) else 0.0
        edges = []
        for cell, cell_width in zip(part, own, strict=True):
            edges.append(Edge(byte, x))
            byte, x = byte + cell.size, x + cell_width * scale
        return edges

    def cache(self, kind: Kind) -> GlyphCache:
        """The glyphs that cells of this kind are drawn with."""
        return self.hex if kind == "hex" else self.text

    def add(self, batch: GlyphBatch, form: Form, x: float, baseline: float, inks: "Inks") -> None:
        """Put a token's text into a batch, its first pixel at `x`."""
        for run in form.runs:
            batch.add(self.cache(run.kind), run.text, x + run.dx, baseline, inks.of(run.kind))

    def baseline(self, top: float, height: float) -> float:
        """The baseline that centres capital letters a little above the middle of a box, as lines of type sit."""
        return round(top + (height + self.text.cap_height) / 2)


@dataclass(frozen=True, slots=True)
class Inks:
    """The two colours of a token's text."""

    text: QColor
    secondary: QColor

    @classmethod
    def of_theme(cls, theme: Theme) -> "Inks":
        """The inks of a theme."""
        return cls(QColor(theme.text), QColor(theme.secondary))

    def of(self, kind: Kind) -> QColor:
        """Text in the first colour, signs and hex in the second."""
        return self.text if kind == "text" else self.secondary
