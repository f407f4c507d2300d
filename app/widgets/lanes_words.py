"""What is said of a cell of the lanes? For tooltips and for readers: names, kinds, bytes and what the bits mean."""

from app.widgets.lanes_cells import LaneCell
from app.widgets.lanes_metrics import Lane
from lmcore.bpe.display import hex_bytes, plain
from lmcore.text.characters import category, code_name, name
from lmcore.text.lanes import bits
from lmcore.text.malformed import explain
from lmcore.text.utf8 import prefix_bits, promised, unit_at, unit_start, units

LISTED = 8
ISOLATE = "\u2068{}\u2069"
"""Keeps what is quoted from turning the words around it."""


def describe(data: bytes, cell: LaneCell) -> str:
    """Lines about a cell."""
    raw = data[cell.start : cell.end]
    where = f"byte {cell.start}" if len(raw) == 1 else f"bytes {cell.start} to {cell.end - 1}"
    if cell.lane is Lane.UTF8:
        return f"{where}: {raw[0]:02X}, {raw[0]}\n{bit_words(raw[0])}\n{unit_words(data, cell.start)}"
    if cell.lane is Lane.TOKEN:
        return f"{ISOLATE.format(plain(raw))}\nid {cell.token_id}, {where}\n{hex_bytes(raw[:32])}"
    if cell.lane is Lane.PRETOKEN:
        return f"{ISOLATE.format(plain(raw))}\npre-token, {where}\n{hex_bytes(raw[:32])}"
    return "\n".join([*point_lines(data, cell.start, cell.end), f"{where}: {hex_bytes(raw[:32])}"])


def point_lines(data: bytes, start: int, end: int) -> list[str]:
    """The code points of a range, one a line: code, name and kind; why, where bytes are none."""
    found: list[str] = []
    for unit in units(data, start, end):
        if len(found) == LISTED:
            return [*found, "…"]
        if unit.code is None:
            found.append(explain(data, unit).sentence)
        else:
            found.append(f"{code_name(unit.code)} {name(unit.code)}, {category(unit.code)}")
    return found


def unit_words(data: bytes, place: int) -> str:
    """The code point that a byte belongs to, in one line."""
    unit = unit_at(data, unit_start(data, place))
    return point_lines(data, unit.start, unit.end)[0]


def bit_words(byte: int) -> str:
    """What the bits of a byte are for."""
    prefix, digits = prefix_bits(byte), bits(byte)
    if prefix == 8:
        return f"{digits}: never occurs in UTF-8"
    payload = f"payload {digits[prefix:]}"
    if byte < 0x80:
        return f"0: one byte, ASCII; {payload}"
    if byte < 0xC0:
        return f"10: continues a character; {payload}"
    return f"{digits[:prefix]}: begins a character of {promised(byte)} bytes; {payload}"
