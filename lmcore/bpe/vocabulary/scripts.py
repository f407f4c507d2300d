"""Which script is a character written in? One number a code point, recorded from the `regex` package.

`resources/unicode_scripts.npz` holds runs of equal numbers; `python -m lmcore.bpe.vocabulary.scripts` writes it anew,
and a test compares it with the package.
"""

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from lmcore.paths import resource

Codes = npt.NDArray[np.uint8]

COMMON: Final = 0  # of no script or of many: digits, punctuation, signs, marks, emoji
PARTIAL: Final = 1  # no whole character at all; no code point has this number
OTHER: Final = 2
SCRIPTS: Final = (
    *("Common", "Partial", "Other scripts"),
    *("Latin", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Hebrew", "Devanagari"),
    *("Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai"),
    *("Lao", "Tibetan", "Myanmar", "Khmer", "Georgian", "Armenian", "Ethiopic", "Mongolian", "Cherokee"),
    *("Canadian_Aboriginal", "Bopomofo", "Braille", "Syriac", "Thaana", "Nko", "Tifinagh", "Javanese", "Balinese"),
    *("Sundanese", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Cham", "Yi", "Vai", "Adlam", "Coptic", "Gothic", "Runic"),
    *("Ogham", "Glagolitic", "Cuneiform", "Egyptian_Hieroglyphs", "Tagalog", "Lepcha", "Limbu", "Meetei_Mayek"),
    *("Ol_Chiki", "Osage", "Lisu", "Bamum", "Buginese", "Saurashtra", "Deseret", "Phags_Pa"),
)
"""Names as `regex` knows them; a token's script is a place in this list."""


def script_name(script: int) -> str:
    """What to call a script: script_name(34) -> "Canadian Aboriginal"."""
    return SCRIPTS[script].replace("_", " ")


def find_scripts() -> Codes:
    """The script of every code point by the `regex` package; shape (0x110000,). Surrogates are of none."""
    import regex

    found = np.full(0x110000, OTHER, np.uint8)
    every = "".join("\0" if 0xD800 <= point < 0xE000 else chr(point) for point in range(0x110000))
    for match in regex.finditer(r"[\p{Script=Common}\p{Script=Inherited}\p{Script=Unknown}]+", every):
        found[match.start() : match.end()] = COMMON
    for number, name in enumerate(SCRIPTS):
        if number > OTHER:
            for match in regex.finditer(rf"\p{{Script={name}}}+", every):
                found[match.start() : match.end()] = number
    return found


@functools.cache
def script_table() -> Codes:
    """The recorded scripts, read-only; shape (0x110000,)."""
    with np.load(resource("unicode_scripts.npz"), allow_pickle=False) as runs:
        table = np.repeat(runs["scripts"], runs["lengths"])
    table.flags.writeable = False
    return table


def write_script_table() -> None:
    """Records `find_scripts()` as runs of equal numbers."""
    scripts = find_scripts()
    starts = np.flatnonzero(np.diff(scripts, prepend=scripts[0] + 1))
    lengths = np.diff(starts, append=len(scripts)).astype(np.uint32)
    np.savez_compressed(resource("unicode_scripts.npz"), scripts=scripts[starts], lengths=lengths)


if __name__ == "__main__":
    write_script_table()
