"""How is a time typed? As people say it: "5 min", "1.5 h", "1h30", "1:30"; a bare number has the unit that is shown."""

import re
from typing import Final

_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_NAMES: Final = {
    "s": "s sec secs second seconds",
    "min": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
}
_UNIT_OF: Final = {name: unit for unit, names in _NAMES.items() for name in names.split()}
_BELOW: Final = {"d": "h", "h": "min", "min": "s"}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]*)\s*(?:,|and)?\s*", re.IGNORECASE)
_CLOCK: Final = re.compile(r"([0-9]+):([0-5][0-9])(?::([0-5][0-9]))?")
_DECIMAL_COMMA: Final = re.compile(r"(?<![0-9,.])([0-9]+),([0-9]{1,2}|[0-9]{4,})(?![0-9,.])")
MOST: Final = 10.0 * 365 * 86_400
"""Ten years."""


def seconds_of(text: str, unit: str = "h") -> float | None:
    """The seconds that a text says; None where it says none: seconds_of("2 h 30 min") -> 9000.0.

    A bare number is in `unit`: "s", "min", "h" or "d". "1:30" are an hour and a half, "1,5 h" as well.
    """
    text = text.strip().removeprefix("≈").strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        found = 3_600.0 * hours + 60 * minutes + seconds
    else:
        found = _added(_DECIMAL_COMMA.sub(r"\1.\2", text), unit)
    return found if 0 < found <= MOST else None


def unit_of(text: str) -> str:
    """The unit of a time as it is shown, the largest where there are two: unit_of("1 h 5 min") -> "h"."""
    found = _PART.match(text.strip())
    return _UNIT_OF.get(found[2].lower(), "min") if found else "min"


def _added(text: str, unit: str) -> float:
    """The sum of all parts; 0 where there is something else in between. Behind "1h", a bare 30 are minutes."""
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    total, place, before = 0.0, 0, ""
    while found := _PART.match(text, place):
        named = found[2].lower()
        if named and named not in _UNIT_OF:
            return 0.0
        if not named and place and before not in _BELOW:
            return 0.0
        before = _UNIT_OF[named] if named else _BELOW[before] if place else unit
        total += float(found[1]) * _UNITS[before]
        place = found.end()
        if not named and place < len(text):
            return 0.0  # "5 10 min": nobody knows of what these are 5
    return total if place == len(text) else 0.0
