"""In which forms can bytes be typed? As hex, and as a Python literal; both are read without running anything."""

import ast
import re
import warnings
from typing import Final

from lmcore.errors import UsageError

PER_LINE: Final = 32
SEPARATORS: Final = re.compile(r"[\s,;:]+|0[xX]|\\x")
CONTEXT: Final = 12


class LiteralError(UsageError):
    """What was typed cannot be read; `place` is the character at which it goes wrong."""

    def __init__(self, sentence: str, place: int) -> None:
        super().__init__(sentence)
        self.place = place


def read_hex(text: str) -> bytes:
    r"""Bytes from hex digits: "E5 A5", "e5a5", "0xE5, 0xA5" and "\xe5\xa5" are the same. Raises `LiteralError`."""
    found = bytearray()
    place = 0
    while place < len(text):
        if separator := SEPARATORS.match(text, place):
            place = separator.end()
            continue
        pair = text[place : place + 2]
        found.append(_hex_pair(pair, place, len(found)))
        place += 2
    return bytes(found)


def write_hex(data: bytes) -> str:
    """Bytes as pairs of hex digits with blanks: write_hex(b"he") -> "68 65"."""
    return data.hex(" ").upper()


def read_python(text: str) -> bytes:
    r"""Bytes from a Python literal: 'caf\xe9', "\N{SNOWMAN}", b'\xe5', "a" + chr(0), '\ud800'. Raises `LiteralError`.

    A str becomes its UTF-8; lone surrogates, which have none, become the three bytes that would encode them.
    """
    if not text.strip():
        return b""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" is read as Python reads it, with the backslash
            tree = ast.parse(text.strip(), mode="eval")
        value = _value(tree.body)
    except SyntaxError as error:
        raise LiteralError(_syntax(error), max(0, (error.offset or 1) - 1)) from error
    except LiteralError:
        raise
    except (ValueError, OverflowError) as error:
        raise LiteralError(f"This cannot be read: {error}.", 0) from error
    except (RecursionError, MemoryError) as error:
        raise LiteralError("The expression is nested too deeply; write it as one literal.", 0) from error
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def write_python(data: bytes) -> str:
    """Bytes as Python would show them: the repr of the text, or of the bytes where they are no UTF-8."""
    try:
        return repr(data.decode("utf-8"))
    except UnicodeDecodeError:
        return repr(data)


def _hex_pair(pair: str, place: int, number: int) -> int:
    for offset, digit in enumerate(pair):
        if digit not in "0123456789abcdefABCDEF":
            raise LiteralError(
                f"“{digit}” at character {place + offset + 1} is no hex digit; bytes are pairs of 0–9 and A–F.",
                place + offset,
            )
    if len(pair) < 2:
        raise LiteralError(f"Byte {number} has one digit, {pair.upper()}; type its second.", place)
    return int(pair, 16)


def _value(node: ast.expr) -> str | bytes:
    """The value of a literal, of literals added up, or of chr(number)."""
    match node:
        case ast.Constant(value=str() | bytes() as value):
            return value
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _value(left), _value(right)
            if isinstance(one, str) and isinstance(other, str):
                return one + other
            if isinstance(one, bytes) and isinstance(other, bytes):
                return one + other
            raise ValueError("str and bytes cannot be added")
        case ast.Call(func=ast.Name(id="chr"), args=[ast.Constant(value=int() as code)], keywords=[]):
            return chr(code)
    raise LiteralError(
        f"Only literals, chr(number) and + are read here, at character {node.col_offset + 1}; nothing is run.",
        node.col_offset,
    )


def _syntax(error: SyntaxError) -> str:
    what = error.msg.removeprefix("(unicode error) ").rstrip(".")
    return f"This is no Python literal at character {error.offset or 1}: {what}. Quotes belong around it."
