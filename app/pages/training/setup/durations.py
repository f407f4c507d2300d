"""How is a time typed? As people say it: "5 min", "1.5 h", "2 h 30 min"; a bare number is hours."""

import re
from typing import Final

_UNITS: Final = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(sec|min|s|m|h|d)\s*", re.IGNORECASE)
MOST: Final = 10.0 * 365 * 86_400
"""Ten years."""


def seconds_of(text: str) -> float | None:
    """The seconds that a text says; None where it says none: seconds_of("2 h 30 min") -> 9000.0."""
    text = text.replace(",", "").strip()
    try:
        seconds = float(text) * _UNITS["h"]
    except ValueError:
        seconds = _added(text)
    return seconds if 0 < seconds <= MOST else None


def _added(text: str) -> float:
    """The sum of all parts; 0 where there is something else in between."""
    total, place = 0.0, 0
    while found := _PART.match(text, place):
        total += float(found[1]) * _UNITS[found[2].lower()]
        place = found.end()
    return total if place == len(text) else 0.0
