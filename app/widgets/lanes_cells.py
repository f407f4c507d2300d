"""What is written in each cell of the lanes? The window of a text as cells, without a pixel."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from unicodedata import category

from app.widgets.lanes_metrics import Lane
from lmcore.bpe.display import DOT, DOTTED_CIRCLE, INVISIBLE, MARKS, SIGNS, cells
from lmcore.text.lanes import Cluster, Lanes, bits, lanes, utf16
from lmcore.text.utf8 import Unit, prefix_bits

if TYPE_CHECKING:
    from lmcore.bpe.token_window import TokenWindow

Ink = Literal["text", "secondary", "accent", "error"]
Face = Literal["grapheme", "byte", "code", "token", "id"]
Fill = Literal["sunken", "error", "tint"]
HasGlyph = Callable[[str], bool]

OPEN_BOX: Final = "\u2423"
REPLACEMENT: Final = "\ufffd"
JOINERS: Final = frozenset({0x200D, 0xFE0E, 0xFE0F, *range(0xE0020, 0xE0080)})
"""Invisible code points that a font needs to draw one picture for several characters."""
NONE: Final = "none"
DASH: Final = "–"
DRAWN: Final = 64
"""Characters of one cell that are drawn; a cell of more is cut at the edge of the window anyway."""


class Piece(NamedTuple):
    """A stretch of a line in one face and ink."""

    text: str
    face: Face
    ink: Ink = "text"


Line = tuple[Piece, ...]


class LaneCell(NamedTuple):
    """One cell: its bytes, its lines from the top, its ground; `ring` marks the byte that breaks a sequence off."""

    lane: Lane
    start: int
    end: int
    lines: tuple[Line, ...]
    fill: Fill = "sunken"
    token_id: int = 0
    ring: bool = False


def text_cells(data: bytes, found: Lanes, has_glyph: HasGlyph) -> Iterator[LaneCell]:
    """The cells of the lanes above the pre-tokens."""
    for cluster in found.clusters:
        yield _grapheme(cluster, has_glyph)
    breakers = {unit.end for unit in found.units if unit.code is None and _breaks_at_end(data, unit)}
    for unit in found.units:
        yield from _points(unit)
        bad = unit.code is None
        for place in range(unit.start, unit.end):
            yield _byte(data[place], place, bad, place in breakers)


def token_cells(data: bytes, window: "TokenWindow", has_glyph: HasGlyph, start: int, end: int) -> Iterator[LaneCell]:
    """The pre-tokens and tokens that touch bytes `start` to `end`."""
    for span in window.pretokens:
        if span.touches(start, end):
            line = text_line(data[span.start : min(span.end, span.start + 4 * DRAWN)], has_glyph, dots=True)
            yield LaneCell(Lane.PRETOKEN, span.start, span.end, (line,))
    for token in window.tokens:
        if token.start < end and start < token.end:
            name = Piece(str(token.token_id), "id", "secondary")
            lines = (token_line(data[token.start : token.end], has_glyph), (name,))
            yield LaneCell(Lane.TOKEN, token.start, token.end, lines, "tint", token.token_id)


def token_line(raw: bytes, has_glyph: HasGlyph) -> Line:
    """A token as one line: characters, signs for white space, hex for bytes of cut characters."""
    pieces: list[Piece] = []
    hexes = False
    for cell in cells(raw[: 4 * DRAWN], dots=True, has_glyph=has_glyph):
        ink: Ink = "secondary" if cell.kind == "sign" else "text"
        text = f" {cell.text}" if pieces and (hexes or cell.kind == "hex") else cell.text
        hexes = cell.kind == "hex"
        _join(pieces, Piece(text, "token", ink))
    return tuple(pieces)


def text_line(raw: bytes, has_glyph: HasGlyph, *, dots: bool = False) -> Line:
    """A text as one line: graphemes as they are drawn, signs and codes in grey, U+FFFD for malformed bytes in red."""
    pieces: list[Piece] = []
    code = False
    for cluster in lanes(raw).clusters:
        if cluster.text is None or cluster.text == REPLACEMENT:
            found: Line = (Piece(REPLACEMENT, "token", "error"),)
        elif cluster.text == " ":
            found = (Piece(DOT, "token", "secondary") if dots else Piece(" ", "token"),)
        else:
            found = grapheme_line(cluster.text, has_glyph)
        was, code = code, found[0].face == "code"
        for piece in found:
            space = " " if pieces and (code or was) and not pieces[-1].text.endswith(" ") else ""
            _join(pieces, Piece(space + piece.text, "token", piece.ink))
    return tuple(pieces)


def _join(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, or its text to the last one of the same ink."""
    if pieces and pieces[-1].ink == piece.ink:
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + piece.text)
    else:
        pieces.append(piece)


def grapheme_line(text: str, has_glyph: HasGlyph) -> Line:
    """A grapheme as one picture where the fonts have it; signs for white space, codes for what cannot be seen."""
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
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"U+{code:04X}"


def _is_picture(text: str, has_glyph: HasGlyph) -> bool:
    """Whether a grapheme can be drawn as it is: every character seen, or a joiner behind one that is."""
    return all(
        (ord(character) in JOINERS and place > 0) or _is_seen(character, has_glyph)
        for place, character in enumerate(text)
    )


def _is_seen(character: str, has_glyph: HasGlyph) -> bool:
    return category(character)[0] not in "CZ" and ord(character) not in INVISIBLE and has_glyph(character)


def _breaks_at_end(data: bytes, unit: Unit) -> bool:
    """Whether the byte behind a malformed unit is what broke it off."""
    return unit.end < len(data) and data[unit.start] >= 0xC2 and data[unit.start] <= 0xF4


def _grapheme(cluster: Cluster, has_glyph: HasGlyph) -> LaneCell:
    if cluster.text is None:
        line: Line = (Piece(REPLACEMENT, "grapheme", "error"),)
        return LaneCell(Lane.GRAPHEME, cluster.start, cluster.end, (line,), "error")
    return LaneCell(Lane.GRAPHEME, cluster.start, cluster.end, (grapheme_line(cluster.text, has_glyph),))


def _points(unit: Unit) -> Iterator[LaneCell]:
    """A unit as code point, in UTF-16 and in UTF-32."""
    start, end, code = unit.start, unit.end, unit.code
    if code is None:
        for lane, text in ((Lane.POINT, NONE), (Lane.UTF16, DASH), (Lane.UTF32, DASH)):
            yield LaneCell(lane, start, end, ((Piece(text, "code", "error"),),), "error")
        return
    yield LaneCell(Lane.POINT, start, end, ((Piece(f"{code:04X}", "code"),),))
    yield LaneCell(Lane.UTF16, start, end, ((Piece(" ".join(f"{part:04X}" for part in utf16(code)), "code"),),))
    yield LaneCell(Lane.UTF32, start, end, _utf32_lines(f"{code:08X}", narrow=end - start == 1))


def _utf32_lines(digits: str, *, narrow: bool) -> tuple[Line, ...]:
    """Eight hex digits, the zeros before the code in grey; on two lines where the cell is one byte wide."""
    if narrow:
        return (Piece(digits[:4], "code", "secondary"),), (Piece(digits[4:], "code"),)
    zeros = len(digits) - max(1, len(digits.lstrip("0")))
    return ((Piece(digits[:zeros], "code", "secondary"), Piece(digits[zeros:], "code")),)


def _byte(byte: int, place: int, bad: bool, ring: bool) -> LaneCell:
    """A byte in hex, and its bits on two lines: those that say what it is in the accent colour."""
    head: Line = (Piece(f"{byte:02X}", "byte", "error" if bad or ring else "text"),)
    prefix = prefix_bits(byte)
    digits = bits(byte)
    payload: Ink = "error" if bad else "secondary"
    lines = (_bit_line(digits[:4], min(4, prefix), payload), _bit_line(digits[4:], max(0, prefix - 4), payload))
    return LaneCell(Lane.UTF8, place, place + 1, (head, *lines), "error" if bad or ring else "sunken", ring=ring)


def _bit_line(digits: str, prefix: int, payload: Ink) -> Line:
    parts = (Piece(digits[:prefix], "code", "accent"), Piece(digits[prefix:], "code", payload))
    return tuple(part for part in parts if part.text)


def cell_at(found: Sequence[LaneCell], lane: Lane, place: int) -> LaneCell | None:
    """The cell of a lane that holds byte `place`."""
    return next((cell for cell in found if cell.lane is lane and cell.start <= place < cell.end), None)
