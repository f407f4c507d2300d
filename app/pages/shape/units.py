"""In which unit is a quantity told? 2,127,057,600 parameters are 2.127 billion; 4.5·10¹² FLOPs are 4.513 TFLOP.

The exact integer is divided only to be shown; it may be larger than a float holds exactly.
"""

from typing import Final, NamedTuple

from lmcore import figures

COUNTS: Final = ("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion")
FLOPS: Final = ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP", "ZFLOP", "YFLOP")
BYTES: Final = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
BINARY: Final = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
DIGITS: Final = 4


class Told(NamedTuple):
    """A figure and its unit."""

    figure: str
    unit: str

    def __str__(self) -> str:
        return f"{self.figure} {self.unit}".strip()


def parameters(number: int) -> Told:
    """parameters(2_127_057_600) -> 2.127 billion."""
    return _told(number, COUNTS, 1000)


def flops(number: int) -> Told:
    """flops(4_513_336_524_800) -> 4.513 TFLOP."""
    return _told(number, FLOPS, 1000)


def size(n_bytes: int) -> Told:
    """size(49_550_000_000) -> 49.55 GB."""
    return _told(n_bytes, BYTES, 1000)


def binary_size(n_bytes: int) -> Told:
    """binary_size(2**30) -> 1 GiB."""
    return _told(n_bytes, BINARY, 1024)


def tokens(number: int) -> str:
    """tokens(16_384) -> "16,384 tokens", tokens(1) -> "1 token"."""
    return f"{figures.count(number)} {'token' if number == 1 else 'tokens'}"


def share(part: int, whole: int) -> str:
    """share(1, 3) -> "33.3 %"."""
    return f"{figures.decimal(percent(part, whole), 1)} %"


def percent(part: int, whole: int) -> float:
    """A share in percent; of nothing it is 0."""
    return 100 * part / whole if whole else 0.0


def power_of(number: int, base: int, most: int) -> int:
    """How often `number` can be divided by `base` until it is below it, at most `most` times."""
    power = 0
    while power < most and number >= base ** (power + 1):
        power += 1
    return power


def scaled(number: int, base: int, power: int) -> str:
    """`number` in units of base to the power, four significant digits: scaled(2_127_057_600, 1000, 3) -> "2.127"."""
    return figures.significant(number / base**power, DIGITS) if power else figures.count(number)


def _told(number: int, units: tuple[str, ...], base: int) -> Told:
    power = power_of(number, base, len(units) - 1)
    if power < len(units) - 1 and float(f"{number / base**power:.3e}") >= base:
        power += 1  # 999.96 thousand is 1.000 million
    return Told(scaled(number, base, power), units[power])
