"""What do NFC, NFD, NFKC and NFKD make of a text? The sizes of each, and a sentence that names what changes."""

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from lmcore.text.characters import code_name, shown
from lmcore.text.lanes import GRAPHEME

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: Final[tuple[Form, ...]] = ("NFC", "NFD", "NFKC", "NFKD")
SEARCHED: Final = 20_000
"""Characters in which an example of a change is looked for."""


@dataclass(frozen=True)
class Sizes:
    """A text in code points, and in bytes of the three encodings without a byte order mark."""

    points: int
    utf8: int
    utf16: int
    utf32: int


def sizes(text: str) -> Sizes:
    """The sizes of a text. It may hold no lone surrogates."""
    return Sizes(len(text), len(text.encode("utf-8")), len(text.encode("utf-16-le")), 4 * len(text))


def normalized(text: str, form: Form) -> str:
    """The text in a normal form."""
    return unicodedata.normalize(form, text)


def describe(text: str) -> str:
    """What normalizing does to the text: an example of what is joined, split, replaced or reordered, and twins.

    describe("e\\u0301") -> "NFC joins e + U+0301 into é (U+00E9)."
    """
    part = text[:SEARCHED]
    found = [sentence for form in FORMS if (sentence := _example(part, form))]
    if not found:
        return "All four forms leave the text as it is."
    chosen = [found[0]]
    compatible = _example(normalized(part, "NFC"), "NFKC")
    if compatible and compatible not in chosen:
        chosen.append(compatible)
    twins = _twins(part)
    return f"{'. '.join(chosen)}{f'; the two {twins} look alike and are different bytes' if twins else ''}."


def _example(text: str, form: Form) -> str:
    """The first grapheme that a form changes, in words; nothing if it changes none."""
    if unicodedata.is_normalized(form, text):
        return ""
    for match in GRAPHEME.finditer(text):
        if not unicodedata.is_normalized(form, match[0]):
            return _change(match[0], normalized(match[0], form), form)
    return f"{form} joins characters across graphemes"


def _change(before: str, after: str, form: Form) -> str:
    if len(after) < len(before):
        return f"{form} joins {_listed(before)} into {_named(after)}"
    if len(after) > len(before) and form in ("NFC", "NFD"):
        return f"{form} splits {_named(before)} into {_listed(after)}"
    if sorted(before) == sorted(after):
        return f"{form} puts the marks of {shown(before)} into their canonical order"
    return f"{form} replaces {_named(before)} by {_named(after)}"


def _twins(text: str) -> str:
    """A character that stands in the text both joined and split."""
    seen: dict[str, str] = {}
    for match in GRAPHEME.finditer(text):
        joined = normalized(match[0], "NFC")
        if seen.setdefault(joined, match[0]) != match[0]:
            return shown(joined)
    return ""


def _listed(text: str) -> str:
    """Characters with a plus between them: e + U+0301."""
    return " + ".join(shown(character) for character in text[:8]) + (" …" if len(text) > 8 else "")


def _named(text: str) -> str:
    """A character with its code; of several, themselves."""
    if len(text) != 1:
        return _listed(text)
    code = code_name(ord(text))
    return f"{text} ({code})" if shown(text) == text else code
