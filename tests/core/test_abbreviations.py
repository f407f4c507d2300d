"""Are the short names of code points Unicode's?"""

import unicodedata

from lmcore.text.abbreviations import ABBREVIATIONS
from lmcore.text.characters import category

COMMON = {0x19: "EM", 0x2028: "LS", 0x2029: "PS"}


def test_they_are_those_of_unicode() -> None:
    others = {code: name for code, name in ABBREVIATIONS.items() if code not in COMMON}
    assert {code: ord(unicodedata.lookup(name)) for code, name in others.items()} == {code: code for code in others}
    assert {code: ABBREVIATIONS[code] for code in COMMON} == COMMON


def test_every_control_character_has_one() -> None:
    controls = [code for code in range(0x110000) if category(code) == "control character"]
    assert [code for code in controls if code not in ABBREVIATIONS] == []
