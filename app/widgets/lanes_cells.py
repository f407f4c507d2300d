"""What is written in each cell of the lanes? The window of a text as cells, without a pixel."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from app.widgets.lanes_metrics import Lane
from app.widgets.lines import DRAWN, REPLACEMENT, Ink, Line, Lines, Piece
from lmcore.text.abbreviations import ABBREVIATIONS
from lmcore.text.lanes import Cluster, Lanes, bits, utf16
from lmcore.text.utf8 import Unit, prefix_bits

if TYPE_CHECKING:
    from lmcore.bpe.token_window import TokenWindow

Fill = Literal["sunken", "error", "tint"]

NONE: Final = "none"
DASH: Final = "–"


class LaneCell(NamedTuple):
    """One cell: its bytes, its lines from the top, its ground; `ring` marks the byte that breaks a sequence off."""

    lane: Lane
    start: int
    end: int
    lines: tuple[Line, ...]
    fill: Fill = "sunken"
    token_id: int = 0
    ring: bool = False


def text_cells(data: bytes, found: Lanes, lines: Lines) -> Iterator[LaneCell]:
    """The cells of the lanes above the pre-tokens."""
    for cluster in found.clusters:
        yield _grapheme(cluster, lines)
    breakers = {unit.end for unit in found.units if unit.code is None and _breaks_at_end(data, unit)}
    for unit in found.units:
        yield from _points(unit)
        bad = unit.code is None
        for place in range(unit.start, unit.end):
            yield _byte(data[place], place, bad, place in breakers)


def token_cells(data: bytes, window: "TokenWindow", lines: Lines, start: int, end: int) -> Iterator[LaneCell]:
    """The pre-tokens and tokens that touch bytes `start` to `end`."""
    for span in window.pretokens:
        if span.touches(start, end):
            line = lines.text(data[span.start : min(span.end, span.start + 4 * DRAWN)], dots=True)
            yield LaneCell(Lane.PRETOKEN, span.start, span.end, (line,))
    for token in window.tokens:
        if token.start < end and start < token.end:
            name = Piece(str(token.token_id), "id", "secondary")
            both = (lines.token(data[token.start : token.end]), (name,))
            yield LaneCell(Lane.TOKEN, token.start, token.end, both, "tint", token.token_id)


def _breaks_at_end(data: bytes, unit: Unit) -> bool:
    """Whether the byte behind a malformed unit is what broke it off."""
    return unit.end < len(data) and data[unit.start] >= 0xC2 and data[unit.start] <= 0xF4


def _grapheme(cluster: Cluster, lines: Lines) -> LaneCell:
    if cluster.text is None:
        line: Line = (Piece(REPLACEMENT, "grapheme", "error"),)
        return LaneCell(Lane.GRAPHEME, cluster.start, cluster.end, (line,), "error")
    return LaneCell(Lane.GRAPHEME, cluster.start, cluster.end, (lines.grapheme(cluster.text),))


def _points(unit: Unit) -> Iterator[LaneCell]:
    """A unit as code point, in UTF-16 and in UTF-32."""
    start, end, code = unit.start, unit.end, unit.code
    if code is None:
        for lane, text in ((Lane.POINT, NONE), (Lane.UTF16, DASH), (Lane.UTF32, DASH)):
            yield LaneCell(lane, start, end, ((Piece(text, "code", "error"),),), "error")
        return
    yield LaneCell(Lane.POINT, start, end, (_point_line(code, narrow=end - start == 1),))
    yield LaneCell(Lane.UTF16, start, end, ((Piece(" ".join(f"{part:04X}" for part in utf16(code)), "code"),),))
    yield LaneCell(Lane.UTF32, start, end, _utf32_lines(f"{code:08X}", narrow=end - start == 1))


def _point_line(code: int, *, narrow: bool) -> Line:
    """A code in hex, with what it is called for short where it cannot be seen; that alone where the cell is narrow."""
    number, name = f"{code:04X}", ABBREVIATIONS.get(code)
    if name is None:
        return (Piece(number, "code"),)
    return (
        (Piece(name, "code", "secondary"),)
        if narrow
        else (Piece(f"{number} ", "code"), Piece(name, "code", "secondary"))
    )


def _utf32_lines(digits: str, *, narrow: bool) -> tuple[Line, ...]:
    """Eight hex digits, the zeros before the code in grey; on two lines where the cell is one byte wide."""
    if narrow:
        return (Piece(digits[:4], "code", "secondary"),), (Piece(digits[4:], "code"),)
    zeros = len(digits) - max(1, len(digits.lstrip("0")))
    return ((Piece(digits[:zeros], "code", "secondary"), Piece(digits[zeros:], "code")),)


def _byte(byte: int, place: int, bad: bool, ring: bool) -> LaneCell:
    fill: Fill = "error" if bad or ring else "sunken"
    return LaneCell(Lane.UTF8, place, place + 1, _byte_lines(byte, bad, ring), fill, ring=ring)


@lru_cache(4 * 256)
def _byte_lines(byte: int, bad: bool, ring: bool) -> tuple[Line, ...]:
    """A byte in hex, and its bits on two lines: those that say what it is in the accent colour."""
    head: Line = (Piece(f"{byte:02X}", "byte", "error" if bad or ring else "text"),)
    prefix = prefix_bits(byte)
    digits = bits(byte)
    payload: Ink = "error" if bad else "secondary"
    return head, _bit_line(digits[:4], min(4, prefix), payload), _bit_line(digits[4:], max(0, prefix - 4), payload)


def _bit_line(digits: str, prefix: int, payload: Ink) -> Line:
    parts = (Piece(digits[:prefix], "code", "accent"), Piece(digits[prefix:], "code", payload))
    return tuple(part for part in parts if part.text)


def cell_at(found: Sequence[LaneCell], lane: Lane, place: int) -> LaneCell | None:
    """The cell of a lane that holds byte `place`."""
    return next((cell for cell in found if cell.lane is lane and cell.start <= place < cell.end), None)
