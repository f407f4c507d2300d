"""Was this text decoded with the wrong encoding, and what was it before? "CafÃ©" was "Café".

UTF-8 that is read as windows-1252 or Latin-1 becomes runs of Ã, Â, â€ and the like; saved as UTF-8, that is bytes that
decode twice. It may have happened more than once. Evidence is strong: a run of two or more characters beyond
ASCII that are well-formed UTF-8 when taken for bytes seldom arises by chance.
"""

from dataclasses import dataclass
from typing import Final

import regex

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


def _class(first: int, last: int) -> str:
    """A class of the characters that were these bytes."""
    return "[" + "".join(regex.escape(character) for character, byte in TO_BYTE.items() if first <= byte <= last) + "]"


RUN: Final = regex.compile(
    "(?:" + "|".join(f"{_class(low, high)}{_class(0x80, 0xBF)}{{{count}}}" for low, high, count in LENGTHS) + ")+"
)
REMAINS: Final = regex.compile(r"\s*[ÃÂ]{2,}[ÃÂ\s]*")


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
    be undone.
    """

    rounds: tuple[Round, ...]
    example: Round | None = None

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
    first = next((run[0] for run in RUN.finditer(text) if _once(run[0]) is not None), None)
    if first is None:
        return None
    codec = "Latin-1" if CONTROLS.intersection(first) else "windows-1252"
    after = RUN.sub(lambda run: _once(run[0]) or run[0], text)
    return Round(codec, text, after), Round(codec, first, _once(first) or "")


def _once(run: str) -> str | None:
    """The characters whose UTF-8 bytes a run is, character by character; None if they are none."""
    try:
        return bytes([TO_BYTE[character] for character in run]).decode("utf-8")
    except UnicodeDecodeError:
        return None
