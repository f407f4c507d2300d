"""Was this text decoded with the wrong encoding, and what was it before? "CafÃ©" was "Café".

UTF-8 that is read as windows-1252 or Latin-1 becomes runs of Ã, Â, â€ and the like; saved as UTF-8, that is bytes that
decode twice. It may have happened more than once. Evidence is strong: a run of two or more characters beyond
ASCII that are well-formed UTF-8 when taken for bytes seldom arises by chance.

In a text such runs are looked for (`find_mojibake`). Of something as short as a token all must be one (`misread`).
"""

import re
from dataclasses import dataclass
from typing import Final

ROUNDS: Final = 5
"""How many times over a text is unwound at most."""
GAPS: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # bytes that windows-1252 leaves out; browsers make controls of them
CONTROLS: Final = frozenset(chr(code) for code in range(0x80, 0xA0) if code not in GAPS)  # of Latin-1 alone
TO_BYTE: Final = {
    **{chr(byte): byte for byte in range(0x80, 0x100)},
    **{bytes([byte]).decode("cp1252"): byte for byte in range(0x80, 0x100) if byte not in GAPS},
}
"""The byte that a character was, had it been read as windows-1252 or Latin-1: no two readings disagree."""
LENGTHS: Final = ((0xC2, 0xDF, 1), (0xE0, 0xEF, 2), (0xF0, 0xF4, 3))  # first and last lead byte, bytes that follow
_IPA: Final = range(0x250, 0x2B0)  # what "É»" would be: alone rather a letter and a quotation mark


def _class(first: int, last: int) -> str:
    """A class of the characters that were these bytes."""
    return "[" + "".join(re.escape(character) for character, byte in TO_BYTE.items() if first <= byte <= last) + "]"


RUN: Final = re.compile(
    "(?:" + "|".join(f"{_class(low, high)}{_class(0x80, 0xBF)}{{{count}}}" for low, high, count in LENGTHS) + ")+"
)
REMAINS: Final = re.compile(r"\s*[ÃÂ]*ÃÂ[ÃÂ\s]*")


@dataclass(frozen=True)
class Round:
    """One wrong decoding undone: `before` is the text as it stands, `after` what it was before `codec` misread it."""

    codec: str
    before: str
    after: str


@dataclass(frozen=True)
class Mojibake:
    """What was found: the rounds from the outermost, and the first run of each as an example.

    Without rounds the bytes are remains: letters Ã and Â whose partners were lost on the way, so that they cannot
    be undone. `tail`: the text is only the end of what was misread, as "€™" is of "â€™"; patterns cut letters from
    signs.
    """

    rounds: tuple[Round, ...]
    example: Round | None = None
    tail: bool = False

    @property
    def original(self) -> str:
        """What the text was before everything; nothing for remains."""
        return self.rounds[-1].after if self.rounds else ""


def find_mojibake(data: bytes) -> Mojibake | None:
    """What bytes were that decode twice; None if they do not. Malformed stretches are let stand."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape")
    rounds: list[Round] = []
    example: Round | None = None
    while len(rounds) < ROUNDS:
        found = _unwind(text)
        if found is None:
            break
        example = example or found[1]
        rounds.append(found[0])
        text = found[0].after
    if rounds:
        return Mojibake(tuple(rounds), example)
    return Mojibake(()) if REMAINS.fullmatch(text) else None


def misread(text: str) -> Mojibake | None:
    """What a text was that is misread from end to end, ASCII aside; None if it reads as it was meant, or is mixed."""
    rounds: list[Round] = []
    while len(rounds) < ROUNDS and (before := undo(rounds[-1].after if rounds else text)) is not None:
        rounds.append(_round(rounds[-1].after if rounds else text, before))
    if rounds:
        return Mojibake(tuple(rounds), rounds[0])
    if len(text) > 1 and text[0] == "€" and (before := undo(f"â{text}")) is not None:
        whole = _round(f"â{text}", before)
        return Mojibake((whole,), whole, tail=True)
    return Mojibake(()) if REMAINS.fullmatch(text) else None


def undo(text: str) -> str | None:
    """The text whose UTF-8 was read as these characters, or None if it is no UTF-8. undo("CafÃ©") -> "Café" """
    if text.isascii():
        return None
    try:
        before = bytes([ord(each) if each.isascii() else TO_BYTE[each] for each in text]).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
    beyond = [each for each in before if not each.isascii()]
    return None if len(beyond) == 1 and ord(beyond[0]) in _IPA else before


def explain(found: Mojibake) -> str:
    """One or two sentences about what happened."""
    if found.example is None:
        return (
            "Runs of Ã and Â are left where text was decoded wrongly several times and its other characters were lost."
        )
    codec, times = found.example.codec, len(found.rounds)
    often = {1: "once", 2: "twice"}.get(times, f"{times} times over")
    return (
        f"These bytes decode twice: “{found.example.before}” was “{found.example.after}” before its UTF-8 bytes were "
        f"read as {codec} and saved as UTF-8 again. It happened {often}."
    )


def _unwind(text: str) -> tuple[Round, Round] | None:
    """Undo one wrong decoding in every run that allows it; the whole text and the first run."""
    first = next((run[0] for run in RUN.finditer(text) if undo(run[0]) is not None), None)
    if first is None:
        return None
    example = _round(first, undo(first) or "")
    after = RUN.sub(lambda run: undo(run[0]) or run[0], text)
    return Round(example.codec, text, after), example


def _round(before: str, after: str) -> Round:
    return Round("Latin-1" if CONTROLS.intersection(before) else "windows-1252", before, after)
