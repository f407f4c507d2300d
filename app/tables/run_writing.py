"""How are a run's figures written? Losses, learning rates as powers of ten, amounts of tokens, shares and days."""

import time
from math import floor, log10

from lmcore import figures


def number(found: float, places: int) -> str:
    """A number with so many places: number(1.5034, 3) -> "1.503"; from 1,000 on without, and of no size "∞"."""
    if not abs(found) < float("inf"):
        return "∞"
    return figures.decimal(found, places if abs(found) < 1000 else 0)


def power(found: float) -> str:
    """A learning rate: power(0.001) -> "1e-3", power(0.000373) -> "3.73e-4", power(100) -> "100"."""
    if found == 0 or not abs(found) < float("inf"):
        return "0" if found == 0 else "∞"
    if 0.1 <= abs(found) < 1e4:
        return f"{found:,.4g}".replace("-", figures.MINUS)
    exponent = floor(log10(abs(found)))
    mantissa = float(f"{found / 10.0**exponent:.4g}")
    if abs(mantissa) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:g}e{exponent}".replace("e0", "") if exponent else f"{mantissa:g}"


def amount(found: float) -> str:
    """How many: amount(950) -> "950", amount(26_100_000) -> "26.1 M", amount(3_000_000_000) -> "3.00 B"."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(found) >= 0.9995 * size:
            return f"{figures.significant(found / size)} {unit}"
    return figures.count(round(found))


def share(found: float) -> str:
    """A share in percent: share(0.384) -> "38 %"."""
    return f"{figures.significant(100 * found, 2)} %"


def plain_number(found: float) -> str:
    """A setting: plain_number(5000) -> "5,000", plain_number(0.95) -> "0.95", plain_number(1e-8) -> "1e-8"."""
    if isinstance(found, int) or (found == round(found, 0) and abs(found) < 1e15):
        return figures.count(int(found))
    return power(found) if 0 < abs(found) < 1e-3 else f"{found:.6g}".replace("-", figures.MINUS)


def clock_day(moment: float) -> str:
    """A day and time by this machine's clock: "2026-11-29 14:02"; "–" if that clock was off."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
    except (OverflowError, ValueError, OSError):
        return "–"
