"""How are quantities written for people? Sizes, rates, counts and durations, the same everywhere.

Decimal units (1 MB is 10^6 bytes), three significant digits where a figure is measured, separators between
thousands, a true minus. Ids and seeds are names, not quantities: they are written without any of this.
"""

from typing import Final, Literal

MINUS: Final = "\u2212"
SIZE_UNITS: Final = ("kB", "MB", "GB", "TB", "PB", "EB")
DIGITS: Final = 3


def count(number: int) -> str:
    """A whole number with separators: count(-4812) -> "−4,812"."""
    return f"{number:,}".replace("-", MINUS)


def decimal(number: float, places: int) -> str:
    """A number with a fixed number of decimal places: decimal(4.02138, 2) -> "4.02"."""
    written = f"{number:,.{places}f}"
    return written.lstrip("-") if float(written.replace(",", "")) == 0 else written.replace("-", MINUS)


def significant(number: float, digits: int = DIGITS) -> str:
    """A measured number with so many significant digits: 8.6594 -> "8.66", 12345.6 -> "12,300"."""
    if number == 0:
        return "0"
    rounded = float(f"{number:.{digits - 1}e}")
    exponent = int(f"{rounded:e}".split("e")[1])
    return decimal(rounded, max(0, digits - 1 - exponent))


def size(n_bytes: int) -> str:
    """Bytes in the unit that fits: size(8_660_000) -> "8.66 MB", size(1) -> "1 byte"."""
    if abs(n_bytes) < 1000:
        return f"{count(n_bytes)} {'byte' if abs(n_bytes) == 1 else 'bytes'}"
    return _scaled(float(n_bytes))


def rate(per_second: float, unit: Literal["bytes", "count"] = "count") -> str:
    """How much a second: rate(121e6, "bytes") -> "121 MB/s", rate(12_345) -> "12,300 /s"."""
    if unit == "count":
        return f"{significant(per_second)} /s"
    return f"{significant(per_second)} bytes/s" if abs(per_second) < 999.5 else f"{_scaled(per_second)}/s"


def duration(seconds: float) -> str:
    """A time in the two units that matter: "40 ms", "0.4 s", "38 s", "1 min 32 s", "2 h 5 min", "3 d 4 h"."""
    if seconds < 0.0005:
        return "0 s"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return _long_duration(round(seconds))


def rough_duration(seconds: float) -> str:
    """A time that was extrapolated, in one unit with two digits: "0.4 s", "58 min", "3.4 h", "120 d"."""
    for unit, length, most in (("ms", 0.001, 995), ("s", 1, 99.5), ("min", 60, 99.5), ("h", 3600, 47.5)):
        if seconds < most * length:
            return f"{significant(seconds / length, 2)} {unit}"
    return f"{significant(seconds / 86_400, 2)} d"


def _long_duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return _two_units(seconds, 60, "min", "s")
    if round(seconds / 60) < 24 * 60:
        return _two_units(round(seconds / 60), 60, "h", "min")
    return _two_units(round(seconds / 3600), 24, "d", "h")


def _two_units(amount: int, ratio: int, large: str, small: str) -> str:
    """`amount` counted in small units, `ratio` of which are a large one; a small part of nothing is left out."""
    whole, rest = divmod(amount, ratio)
    return f"{count(whole)} {large}" + (f" {rest} {small}" if rest else "")


def _scaled(number: float) -> str:
    """Divide by 1000 until three digits suffice; 999,600 is "1.00 MB", not "1,000 kB"."""
    scaled, power = number / 1000, 0
    while abs(scaled) >= 999.5 and power + 1 < len(SIZE_UNITS):
        scaled, power = scaled / 1000, power + 1
    return f"{significant(scaled)} {SIZE_UNITS[power]}"
