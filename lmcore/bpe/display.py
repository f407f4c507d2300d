"""How are a token's bytes shown to a person? Characters where there are any, signs for white space, hex for the rest.

A token is bytes, not text: it may end in the middle of a character, be a lone combining mark, or hold something
that is invisible or that turns the direction of writing. Nothing of that may vanish or rearrange a line.

    show(b" caf\\xc3", dots=True)  ->  "·" (sign), "caf" (text), "C3" (hex)
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal, NamedTuple
from unicodedata import category

Kind = Literal["text", "sign", "hex"]

CLIPPED: Final = 512
"""Bytes of a token that are shown; a row or a tooltip has no room for more."""
PLAIN_KEPT: Final = 1 << 14
DOT: Final = "·"
DOTTED_CIRCLE: Final = "\u25cc"
SIGNS: Final = {"\n": "⏎", "\t": "⇥"}

# Unicode's Default_Ignorable_Code_Point outside the categories that are shown by code anyway; the blank braille cell.
INVISIBLE: Final = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
BY_CODE: Final = frozenset(("Cf", "Cn", "Co", "Zl", "Zp", "Zs"))
MARKS: Final = frozenset(("Mn", "Mc", "Me"))


class Cell(NamedTuple):
    """The smallest thing shown: one character with its marks, one sign or one byte. `size` is its bytes (>= 1)."""

    text: str
    kind: Kind
    size: int


class Span(NamedTuple):
    """Neighbouring cells of one kind. Painters draw "text" as it is, "sign" in a second colour, "hex" small too."""

    text: str
    kind: Kind


def always(_character: str) -> bool:
    """The default for `has_glyph`: every character can be drawn."""
    return True


def cells(token: bytes, *, dots: bool = False, has_glyph: Callable[[str], bool] = always) -> tuple[Cell, ...]:
    """Cut a token into what is shown; the sizes add up to `len(token)`.

    `dots` shows U+0020 as a sign. `has_glyph` says of one character whether it can be drawn; if not,
    its bytes are shown.
    """
    shown: list[Cell] = []
    for character, raw in characters(token):
        if character is None:
            shown.append(Cell(f"{raw[0]:02X}", "hex", 1))
        elif category(character) in MARKS and ord(character) not in INVISIBLE and has_glyph(character):
            _add_mark(shown, character, len(raw))
        else:
            shown.extend(_character_cells(character, raw, dots, has_glyph))
    return tuple(shown)


def characters(token: bytes) -> Iterable[tuple[str | None, bytes]]:
    """The characters of a token with their bytes; a byte that belongs to no whole character comes alone, with None."""
    start = 0
    while start < len(token):
        raw = token[start : start + _length(token[start])]
        try:
            yield raw.decode(), raw
        except UnicodeDecodeError:
            raw = raw[:1]
            yield None, raw
        start += len(raw)


def show(token: bytes, *, dots: bool = False, has_glyph: Callable[[str], bool] = always) -> tuple[Span, ...]:
    """The cells of a token, neighbours of one kind joined; codes and hex bytes are joined with spaces: `E2 80`.

    Of a token longer than any screen is wide, the beginning and the length.
    """
    shown = spans(cells(token[:CLIPPED], dots=dots, has_glyph=has_glyph))
    return shown if len(token) <= CLIPPED else (*shown, Span(f" … {len(token):,} bytes", "sign"))


def spans(shown: Iterable[Cell]) -> tuple[Span, ...]:
    """Join neighbouring cells of one kind."""
    return tuple(
        Span((" " if kind == "hex" else "").join(cell.text for cell in cells_of_kind), kind)
        for kind, cells_of_kind in groupby(shown, key=lambda cell: cell.kind)
    )


@lru_cache(PLAIN_KEPT)
def plain(token: bytes, *, dots: bool = True) -> str:
    """A token in one line of plain text, for tooltips, copies and screen readers; hex stands in angle brackets.

    plain(b" caf\\xc3")  ->  "·caf<C3>"
    """
    return "".join(f"<{span.text}>" if span.kind == "hex" else span.text for span in show(token, dots=dots))


def hex_bytes(token: bytes) -> str:
    """Every byte in hex: hex_bytes(b"he") -> "68 65"."""
    return token.hex(" ").upper()


def _length(first: int) -> int:
    """How many bytes a character has that begins with this byte (1 for bytes that cannot begin one)."""
    if first < 0xC2 or first > 0xF4:
        return 1
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _add_mark(shown: list[Cell], mark: str, size: int) -> None:
    """Put a combining mark on the character before it, or on a dotted circle where there is none."""
    last = shown[-1] if shown else None
    if last is None or last.kind != "text" or last.text == " ":
        shown.append(Cell(DOTTED_CIRCLE + mark, "text", size))
    else:
        shown[-1] = Cell(last.text + mark, "text", last.size + size)


def _character_cells(character: str, raw: bytes, dots: bool, has_glyph: Callable[[str], bool]) -> list[Cell]:
    if character == " ":
        return [Cell(DOT, "sign", 1) if dots else Cell(" ", "text", 1)]
    if sign := SIGNS.get(character):
        return [Cell(sign, "sign", 1)]
    if category(character) == "Cc" and len(raw) == 1:  # fonts have pictures of these, too small to be read
        return [Cell(f"{raw[0]:02X}", "hex", 1)]
    if category(character) in BY_CODE or category(character) == "Cc" or ord(character) in INVISIBLE:
        return [Cell(f"U+{ord(character):04X}", "hex", len(raw))]
    if not has_glyph(character):
        return [Cell(f"{byte:02X}", "hex", 1) for byte in raw]
    return [Cell(character, "text", len(raw))]
