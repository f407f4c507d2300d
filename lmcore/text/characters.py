"""What is this code point called, and of what kind is it? Names and categories in words, for every code point.

Names come from `unicodedata`, which knows the Unicode version of this Python; control characters have none there and
get those of ISO 6429 (U+0000 to U+001F, U+0080 to U+009F).
"""

import unicodedata
from typing import Final

CATEGORIES: Final = {
    "Lu": "uppercase letter",
    "Ll": "lowercase letter",
    "Lt": "titlecase letter",
    "Lm": "modifier letter",
    "Lo": "other letter",
    "Mn": "nonspacing mark",
    "Mc": "spacing mark",
    "Me": "enclosing mark",
    "Nd": "decimal digit",
    "Nl": "letter number",
    "No": "other number",
    "Pc": "connector punctuation",
    "Pd": "dash punctuation",
    "Ps": "opening punctuation",
    "Pe": "closing punctuation",
    "Pi": "initial quotation mark",
    "Pf": "final quotation mark",
    "Po": "other punctuation",
    "Sm": "mathematical symbol",
    "Sc": "currency symbol",
    "Sk": "modifier symbol",
    "So": "other symbol",
    "Zs": "space separator",
    "Zl": "line separator",
    "Zp": "paragraph separator",
    "Cc": "control character",
    "Cf": "format character",
    "Cs": "surrogate",
    "Co": "private use",
    "Cn": "unassigned",
}
C0: Final = (
    *("NULL", "START OF HEADING", "START OF TEXT", "END OF TEXT", "END OF TRANSMISSION", "ENQUIRY", "ACKNOWLEDGE"),
    *("BELL", "BACKSPACE", "CHARACTER TABULATION", "LINE FEED", "LINE TABULATION", "FORM FEED", "CARRIAGE RETURN"),
    *("SHIFT OUT", "SHIFT IN", "DATA LINK ESCAPE", "DEVICE CONTROL ONE", "DEVICE CONTROL TWO"),
    *("DEVICE CONTROL THREE", "DEVICE CONTROL FOUR", "NEGATIVE ACKNOWLEDGE", "SYNCHRONOUS IDLE"),
    *("END OF TRANSMISSION BLOCK", "CANCEL", "END OF MEDIUM", "SUBSTITUTE", "ESCAPE", "INFORMATION SEPARATOR FOUR"),
    *("INFORMATION SEPARATOR THREE", "INFORMATION SEPARATOR TWO", "INFORMATION SEPARATOR ONE"),
)
C1: Final = (
    *("PADDING CHARACTER", "HIGH OCTET PRESET", "BREAK PERMITTED HERE", "NO BREAK HERE", "INDEX", "NEXT LINE"),
    *("START OF SELECTED AREA", "END OF SELECTED AREA", "CHARACTER TABULATION SET"),
    *("CHARACTER TABULATION WITH JUSTIFICATION", "LINE TABULATION SET", "PARTIAL LINE FORWARD"),
    *("PARTIAL LINE BACKWARD", "REVERSE LINE FEED", "SINGLE SHIFT TWO", "SINGLE SHIFT THREE"),
    *("DEVICE CONTROL STRING", "PRIVATE USE ONE", "PRIVATE USE TWO", "SET TRANSMIT STATE", "CANCEL CHARACTER"),
    *("MESSAGE WAITING", "START OF GUARDED AREA", "END OF GUARDED AREA", "START OF STRING"),
    *("SINGLE GRAPHIC CHARACTER INTRODUCER", "SINGLE CHARACTER INTRODUCER", "CONTROL SEQUENCE INTRODUCER"),
    *("STRING TERMINATOR", "OPERATING SYSTEM COMMAND", "PRIVACY MESSAGE", "APPLICATION PROGRAM COMMAND"),
)


def code_name(code: int) -> str:
    """A code point as it is written: code_name(0xE9) -> "U+00E9"."""
    return f"U+{code:04X}"


def name(code: int) -> str:
    """What a code point is called, in capitals; in small letters what it is, where it has no name."""
    if code < len(C0):
        return C0[code]
    if code == 0x7F:
        return "DELETE"
    if 0x80 <= code < 0x80 + len(C1):
        return C1[code - 0x80]
    return unicodedata.name(chr(code), "") or _nameless(code)


def category(code: int) -> str:
    """The general category in words: category(0x41) -> "uppercase letter"."""
    return "noncharacter" if is_noncharacter(code) else CATEGORIES[unicodedata.category(chr(code))]


def is_noncharacter(code: int) -> bool:
    """Whether the code point will never be a character: the last two of each plane, and U+FDD0 to U+FDEF."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def shown(text: str) -> str:
    """Characters that can be put into a sentence as they are; any other as its code: shown("\\u0301") -> "U+0301"."""
    plain = bool(text) and not any(_hidden(character) for character in text[:1])
    plain = plain and not any(unicodedata.category(character)[0] in "CZ" for character in text)
    return text if plain else " ".join(code_name(ord(character)) for character in text)


def _hidden(character: str) -> bool:
    return unicodedata.category(character)[0] in "MCZ"


def _nameless(code: int) -> str:
    if is_noncharacter(code):
        return "noncharacter, never to be assigned"
    kind = unicodedata.category(chr(code))
    if kind == "Cs":
        return f"{'high' if code < 0xDC00 else 'low'} surrogate, half of a UTF-16 pair"
    if kind == "Co":
        return "private use, without a meaning of its own"
    return f"not assigned in Unicode {unicodedata.unidata_version}"
