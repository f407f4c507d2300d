"""How are graphemes, tokens and texts written in one line? In pieces of an ink: as drawn, as signs, as codes.

Nothing invisible and nothing that rearranges a line is ever drawn as it is.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple
from unicodedata import category

from lmcore.bpe.display import DOT, DOTTED_CIRCLE, INVISIBLE, MARKS, SIGNS, cells
from lmcore.text.abbreviations import ABBREVIATIONS
from lmcore.text.lanes import lanes

Ink = Literal["text", "secondary", "accent", "error"]
Face = Literal["grapheme", "byte", "code", "token", "id"]
HasGlyph = Callable[[str], bool]

OPEN_BOX: Final = "\u2423"
REPLACEMENT: Final = "\ufffd"
JOINERS: Final = frozenset({0x200D, 0xFE0E, 0xFE0F, *range(0xE0020, 0xE0080)})
"""Invisible code points that a font needs to draw one picture for several characters."""
DRAWN: Final = 64
"""Characters of one line that are drawn; a line of more is cut at the edge of the window anyway."""
KEPT: Final = 4000
"""Lines that are kept of each sort."""


class Piece(NamedTuple):
    """A stretch of a line in one face and ink."""

    text: str
    face: Face
    ink: Ink = "text"


Line = tuple[Piece, ...]


class Lines:
    """Writes graphemes, tokens and texts as lines, with what `has_glyph` says can be drawn, and keeps what it wrote."""

    def __init__(self, has_glyph: HasGlyph) -> None:
        self.has_glyph = has_glyph
        self._tokens: dict[bytes, Line] = {}
        self._graphemes: dict[str, Line] = {}

    def token(self, raw: bytes) -> Line:
        """A token as one line: characters, signs for white space, hex for bytes of cut characters."""
        found = self._tokens.get(raw)
        if found is None:
            _make_room(self._tokens)
            found = self._tokens[raw] = _token_line(raw, self.has_glyph)
        return found

    def grapheme(self, text: str) -> Line:
        """A grapheme as one picture where the fonts have it; signs for white space, codes for what cannot be seen."""
        found = self._graphemes.get(text)
        if found is None:
            _make_room(self._graphemes)
            found = self._graphemes[text] = _grapheme_line(text, self.has_glyph)
        return found

    def text(self, raw: bytes, *, dots: bool = False) -> Line:
        """A text as one line: graphemes as drawn, signs and codes in grey, U+FFFD for malformed bytes in red."""
        pieces: list[Piece] = []
        code = False
        for cluster in lanes(raw).clusters:
            if cluster.text is None or cluster.text == REPLACEMENT:
                found: Line = (Piece(REPLACEMENT, "token", "error"),)
            elif cluster.text == " ":
                found = (Piece(DOT, "token", "secondary") if dots else Piece(" ", "token"),)
            else:
                found = self.grapheme(cluster.text)
            was, code = code, found[0].face == "code"
            for piece in found:
                space = " " if pieces and (code or was) and not pieces[-1].text.endswith(" ") else ""
                _join(pieces, Piece(space + piece.text, "token", piece.ink))
        return tuple(pieces)


def _make_room(kept: dict[Any, Line]) -> None:
    if len(kept) >= KEPT:
        kept.clear()


def _token_line(raw: bytes, has_glyph: HasGlyph) -> Line:
    pieces: list[Piece] = []
    hexes = False
    for cell in cells(raw[: 4 * DRAWN], dots=True, has_glyph=has_glyph):
        ink: Ink = "secondary" if cell.kind == "sign" else "text"
        text = f" {cell.text}" if pieces and (hexes or cell.kind == "hex") else cell.text
        hexes = cell.kind == "hex"
        _join(pieces, Piece(text, "token", ink))
    return tuple(pieces)


def _join(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, or its text to the last one of the same ink."""
    if pieces and pieces[-1].ink == piece.ink:
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + piece.text)
    else:
        pieces.append(piece)


def _grapheme_line(text: str, has_glyph: HasGlyph) -> Line:
    if text == " ":
        return (Piece(OPEN_BOX, "grapheme", "secondary"),)
    sign = "".join(SIGNS.get(character, "") for character in text)
    if len(sign) == len(text):
        return (Piece(sign, "grapheme", "secondary"),)
    part = text[:DRAWN]
    if _is_picture(part, has_glyph):
        lead = DOTTED_CIRCLE if category(part[0]) in MARKS else ""
        return (Piece(lead + part, "grapheme"),)
    pieces = [Piece(_code(character), "code", "secondary") for character in part]
    return (Piece(" ".join(piece.text for piece in pieces), "code", "secondary"),)


def _code(character: str) -> str:
    """What is written for a character that cannot be seen: its abbreviation; fonts' pictures of it are too small."""
    return ABBREVIATIONS.get(ord(character), f"U+{ord(character):04X}")


def _is_picture(text: str, has_glyph: HasGlyph) -> bool:
    """Whether a grapheme can be drawn as it is: every character seen, or a joiner behind one that is."""
    return all(
        (ord(character) in JOINERS and place > 0) or _is_seen(character, has_glyph)
        for place, character in enumerate(text)
    )


def _is_seen(character: str, has_glyph: HasGlyph) -> bool:
    return category(character)[0] not in "CZ" and ord(character) not in INVISIBLE and has_glyph(character)
