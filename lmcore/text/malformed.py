"""Why do these bytes not decode? Which rule is broken, at which byte, what was promised and what was found.

explain(b"caf\\xe5\\xa5=", unit)  ->  E5 lead byte, promises two more | A5 continuation, as promised | 3D an ASCII “=”
"""

from dataclasses import dataclass
from typing import Final

from lmcore.text.characters import code_name, shown
from lmcore.text.lanes import bits
from lmcore.text.utf8 import LONGEST, Rule, Unit, is_continuation, prefix_bits, promised, second_range, unit_at

NUMBERS: Final = ("no", "one", "two", "three")
PLACES: Final = ("first", "second", "third", "fourth")


@dataclass(frozen=True)
class Evidence:
    """One byte of the case: its place, how many bits say what it is, and what it does; `broken` where it goes wrong.

    `byte` is None for the end of the text, where a byte was promised.
    """

    place: int
    byte: int | None
    prefix: int
    words: str
    broken: bool = False


@dataclass(frozen=True)
class Explanation:
    """The case of one malformed unit. `place` is the byte that breaks `rule`; `reason` is what Python calls it."""

    unit: Unit
    rule: Rule
    place: int
    reason: str
    evidence: tuple[Evidence, ...]
    sentence: str


def explain(data: bytes, unit: Unit) -> Explanation:
    """The case of a malformed unit of `data`."""
    assert unit.rule is not None, "only malformed units need an explanation"
    at_lead = unit.rule in (Rule.LONE, Rule.NEVER)
    place = unit.start if at_lead else unit.end
    evidence = [_lead(data, unit)]
    evidence += [_kept(data, place) for place in range(unit.start + 1, unit.end)]
    if not at_lead:
        evidence.append(_found(data, unit))
    return Explanation(unit, unit.rule, place, reason(data, unit), tuple(evidence), _sentence(data, unit))


def derive(data: bytes, unit: Unit) -> tuple[tuple[Evidence, ...], str]:
    """The same for a well-formed unit: what each byte does, and how the payload bits make the code point."""
    assert unit.code is not None, "a malformed unit has no code point"
    length = unit.end - unit.start
    if length == 1:
        evidence = [Evidence(unit.start, data[unit.start], 1, "one byte, ASCII")]
    else:
        evidence = [_lead(data, unit), *[_kept(data, place) for place in range(unit.start + 1, unit.end)]]
    payload = " ".join(bits(one.byte)[one.prefix :] for one in evidence if one.byte is not None)
    return tuple(evidence), f"The payload bits {payload} make {code_name(unit.code)}."


def reason(data: bytes, unit: Unit) -> str:
    """What Python says of the unit: the `reason` of its UnicodeDecodeError."""
    if unit.rule in (Rule.LONE, Rule.NEVER):
        return "invalid start byte"
    return "unexpected end of data" if unit.end == len(data) else "invalid continuation byte"


def _lead(data: bytes, unit: Unit) -> Evidence:
    byte = data[unit.start]
    if unit.rule is Rule.LONE:
        return Evidence(unit.start, byte, prefix_bits(byte), "a continuation byte without a lead", broken=True)
    if unit.rule is Rule.NEVER:
        return Evidence(unit.start, byte, prefix_bits(byte), _never(byte), broken=True)
    words = f"lead byte, promises {NUMBERS[promised(byte) - 1]} more"
    return Evidence(unit.start, byte, prefix_bits(byte), words)


def _kept(data: bytes, place: int) -> Evidence:
    return Evidence(place, data[place], prefix_bits(data[place]), "continuation, as promised")


def _found(data: bytes, unit: Unit) -> Evidence:
    """What stands where the promise is broken."""
    place = unit.end
    if place == len(data):
        return Evidence(place, None, 0, "the end, where a byte was promised", broken=True)
    byte = data[place]
    if unit.rule is Rule.TRUNCATED:
        bits = 1 if byte < 0x80 else 2
        return Evidence(place, byte, bits, f"{_kind(byte)}, not 10xxxxxx", broken=True)
    low, high = second_range(data[unit.start])
    words = f"not {low:02X} to {high:02X}, as {data[unit.start]:02X} demands"
    return Evidence(place, byte, prefix_bits(byte), words, broken=True)


def _kind(byte: int) -> str:
    """What a byte is that should have been a continuation byte."""
    if byte < 0x80:
        character = shown(chr(byte))
        return f"an ASCII “{character}”" if len(character) == 1 else f"the ASCII {character}"
    return "another lead byte" if promised(byte) else "a byte that never occurs"


def _never(byte: int) -> str:
    if byte < 0xC2:
        return "could only begin an overlong ASCII character"
    if byte < 0xF8:
        return "could only begin a code point above U+10FFFF"
    if byte < 0xFE:
        return f"began {5 if byte < 0xFC else 6} bytes before UTF-8 ended at four"
    return "in no form of UTF-8 at all"


def _sentence(data: bytes, unit: Unit) -> str:
    """What happened, as a sentence without its rule."""
    if unit.rule is Rule.NEVER:
        return f"{data[unit.start]:02X} {_never_sentence(data[unit.start])}."
    if unit.rule is Rule.LONE:
        return _lone(data, unit)
    if unit.rule is Rule.TRUNCATED:
        missing = PLACES[unit.end - unit.start]
        end = "the text ends" if unit.end == len(data) else f"{data[unit.end]:02X} follows"
        written = data[unit.start : unit.end].hex(" ").upper()
        return f"The sequence {written} is cut off before its {missing} byte: {end}."
    return _forbidden(data, unit)


def _never_sentence(byte: int) -> str:
    if byte < 0xC2:
        return "would begin two bytes for a character of ASCII, which has one"
    if byte < 0xF8:
        return "would begin a code point above U+10FFFF, where Unicode ends"
    if byte < 0xFE:
        return f"began sequences of {5 if byte < 0xFC else 6} bytes until UTF-8 was limited to four"
    return "occurs in no version of UTF-8"


def _lone(data: bytes, unit: Unit) -> str:
    """A continuation byte that nothing asked for, perhaps what is left of a sequence that was refused before it."""
    left_over = _refused_before(data, unit.start)
    byte = f"{data[unit.start]:02X}"
    if left_over is None:
        return f"{byte} continues a character, but no lead byte asks for it."
    return f"{byte} is left over: its lead byte, {data[left_over]:02X} at byte {left_over}, was refused before."


def _refused_before(data: bytes, place: int) -> int | None:
    """The lead byte whose promise would have covered `place`, had its sequence not been refused."""
    first = place
    while first > max(0, place - LONGEST + 1) and is_continuation(data[first]):
        first -= 1
    covers = promised(data[first]) > place - first or data[first] in (0xC0, 0xC1)
    covers = covers or (data[first] >= 0xF5 and first < place)
    return first if covers and first < place and unit_at(data, first).code is None else None


def _forbidden(data: bytes, unit: Unit) -> str:
    """A sequence of the right form for a code point that it must not be."""
    length = promised(data[unit.start])
    whole = data[unit.start : unit.start + length]
    written = whole.hex(" ").upper()
    if len(whole) < length or not all(is_continuation(byte) for byte in whole[1:]):
        return f"{whole[:2].hex(' ').upper()} can begin no character: {_why(unit.rule, None)}."
    code = whole[0] & (0x7F >> length)
    for byte in whole[1:]:
        code = code << 6 | byte & 0x3F
    return f"{written} would be {code_name(code)}: {_why(unit.rule, code)}."


def _why(rule: Rule | None, code: int | None) -> str:
    if rule is Rule.SURROGATE:
        return "a half of a UTF-16 pair, and that has no place in UTF-8"
    if rule is Rule.TOO_HIGH:
        return "Unicode ends at U+10FFFF"
    if code is None:
        return "all that begin so fit into fewer bytes"
    fits = 1 if code < 0x80 else 2 if code < 0x800 else 3
    return f"it fits into {NUMBERS[fits]} {'byte' if fits == 1 else 'bytes'}, and only the shortest form is valid"
