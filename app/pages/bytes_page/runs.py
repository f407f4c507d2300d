"""How is a text shown in one line of a table? By the rules of the lanes: nothing invisible, nothing that rearranges."""

from typing import Final

from app import fonts
from app.widgets.fact_table import Cell, Run
from app.widgets.glyphs import GlyphCache
from app.widgets.lines import Lines
from lmcore.text.handlers import Part

SHOWN: Final = 100
"""Bytes of a text that one line can hold at most."""
KNOWN: Final = 64
BEFORE: Final = Run("… ", "secondary", "mono")


class TextRuns:
    """Makes cells of texts, with what this system's fonts can draw."""

    def __init__(self) -> None:
        self._lines = Lines(GlyphCache(fonts.MONO_TABLE.font()).has_glyph)
        self._known: dict[str, tuple[Run, ...]] = {}

    def text(self, text: str, *, before: bool = False) -> Cell:
        """A text in one line. `before` says that more of it stands before."""
        return Cell((*((BEFORE,) if before else ()), *self._runs(text)))

    def parts(self, found: tuple[Part, ...], *, before: bool = False) -> Cell:
        """A handler's result; what it made in red."""
        runs: list[Run] = [BEFORE] if before else []
        for part in found:
            runs += [Run(_made(part.text), "error", "mono")] if part.made else self._runs(part.text)
        return Cell(tuple(runs))

    def _runs(self, text: str) -> tuple[Run, ...]:
        """The runs of a text; four of five handlers leave the same text between what they make."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            raw = text.encode("utf-8", "surrogatepass")[: 4 * SHOWN]
            line = self._lines.text(raw)
            found = self._known[text] = tuple(Run(piece.text, piece.ink, "mono") for piece in line)
        return found


def _made(text: str) -> str:
    """What a handler made; lone surrogates as Python writes them."""
    return "".join(f"\\u{ord(c):04x}" if 0xD800 <= ord(c) < 0xE000 else c for c in text)
