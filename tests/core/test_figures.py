"""Are quantities written as people read them, to the last boundary between two units?"""

import pytest

from lmcore import figures


@pytest.mark.parametrize(
    ("n_bytes", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.00 kB"),
        (8_660_000, "8.66 MB"),
        (8_659_424, "8.66 MB"),
        (118_400_000, "118 MB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (999_999_999, "1.00 GB"),
        (2_310_000_000, "2.31 GB"),
        (-2_310_000_000, "\u22122.31 GB"),
    ],
)
def test_size(n_bytes: int, written: str) -> None:
    assert figures.size(n_bytes) == written


@pytest.mark.parametrize(
    ("per_second", "unit", "written"),
    [
        (121e6, "bytes", "121 MB/s"),
        (999.6, "bytes", "1.00 kB/s"),
        (512.0, "bytes", "512 bytes/s"),
        (12_345.6, "count", "12,300 /s"),
        (0.0, "count", "0 /s"),
        (1.234, "count", "1.23 /s"),
    ],
)
def test_rate(per_second: float, unit: str, written: str) -> None:
    assert figures.rate(per_second, "bytes" if unit == "bytes" else "count") == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0 s"),
        (0.04, "40 ms"),
        (0.0996, "0.1 s"),
        (0.4, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (92.0, "1 min 32 s"),
        (3599.6, "1 h"),
        (7500.0, "2 h 5 min"),
        (86_390.0, "1 d"),
        (273_600.0, "3 d 4 h"),
    ],
)
def test_duration(seconds: float, written: str) -> None:
    assert figures.duration(seconds) == written


def test_counts_have_separators_and_a_true_minus() -> None:
    assert figures.count(9743) == "9,743"
    assert figures.count(-9743) == "\u22129,743"


def test_decimals_are_fixed_and_zero_has_no_sign() -> None:
    assert figures.decimal(4.02138, 4) == "4.0214"
    assert figures.decimal(-0.001, 2) == "0.00"
    assert figures.decimal(-1234.5, 1) == "\u22121,234.5"


@pytest.mark.parametrize(
    ("number", "written"), [(0.0, "0"), (9.996, "10.0"), (99.96, "100"), (0.01234, "0.0123"), (0.9996, "1.00")]
)
def test_significant_digits_survive_rounding_up(number: float, written: str) -> None:
    assert figures.significant(number) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0421, "42 ms"),
        (0.9, "900 ms"),
        (1.04, "1.0 s"),
        (98, "98 s"),
        (3455, "58 min"),
        (5990, "1.7 h"),
        (47 * 3600, "47 h"),
        (48 * 3600, "2.0 d"),
        (10_368_000, "120 d"),
    ],
)
def test_what_is_extrapolated_has_two_digits(seconds: float, written: str) -> None:
    assert figures.rough_duration(seconds) == written
