"""Are columns what the rows say that count, however the file came to be what it is? Held against `metrics`."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmcore.generators import result_of
from lmcore.training.curves import ATTEMPTS, TRAIN, VALIDATION, Columns, CurveReader
from lmcore.training.metrics import read_rows

READERS = [pytest.param(1 << 40, id="line by line"), pytest.param(1, id="compiled")]
Row = dict[str, Any]
_LARGEST = (1 << 63) - 1


def _expected(path: Path) -> Columns:
    """The columns of the rows that `metrics` reads, one value after the other."""
    rows = read_rows(path) if path.exists() else []

    def table(kind: str, names: Sequence[str], source: dict[str, str]) -> dict[str, np.ndarray[Any, Any]]:
        of_kind = [row for row in rows if row["kind"] == kind]
        return {name: _column(name, [row.get(source.get(name, name)) for row in of_kind]) for name in names}

    return Columns(
        table("train", TRAIN, {}),
        table("validation", VALIDATION, {"tokens": "seen"}),
        table("attempt", ATTEMPTS, {}),
    )


def _column(name: str, values: list[Any]) -> np.ndarray[Any, Any]:
    if name in ("step", "tokens", "attempt"):
        return np.array([min(value, _LARGEST) if isinstance(value, int) else -1 for value in values], np.int64)
    numbers = [float(value) if type(value) in (int, float) else np.nan for value in values]
    return np.array(numbers, np.float64)


def _check(reader: CurveReader, path: Path) -> None:
    expected = _expected(path)
    for kind in ("train", "validation", "attempts"):
        found, wanted = getattr(reader.columns, kind), getattr(expected, kind)
        assert list(found) == list(wanted)
        for name, column in wanted.items():
            assert found[name].dtype == column.dtype, name
            np.testing.assert_array_equal(found[name], column, err_msg=f"{kind}: {name}")
    places = {name: expected.train[name] for name in ("step", "tokens", "seconds")}
    rising = {name for name, column in places.items() if (column >= 0).all() and (column[1:] >= column[:-1]).all()}
    assert reader.columns.rising == rising or not len(places["step"])


def _read(reader: CurveReader) -> bool:
    return result_of(reader.update())


_floats = st.none() | st.floats(allow_nan=False) | st.floats(-10, 10, width=32) | st.integers(0, 1 << 60)
_steps = st.integers(0, 30)
_usual = st.fixed_dictionaries(
    {"kind": st.just("train"), "step": _steps, "tokens": st.integers(0, 1 << 62)}
    | dict.fromkeys(("seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu"), _floats)
    | {"memory": st.none() | st.integers(0, 1 << 40)}
)
_rows = st.one_of(
    _usual,
    st.fixed_dictionaries({"kind": st.just("train"), "step": _steps, "loss": st.none()}),
    st.fixed_dictionaries({"kind": st.just("train"), "loss": _floats, "step": _steps, "more": _floats}),
    st.fixed_dictionaries({"kind": st.just("attempt"), "step": _steps, "attempt": _steps, "time": _floats}),
    st.fixed_dictionaries(
        {"kind": st.just("validation"), "step": _steps, "loss": _floats, "tokens": _steps, "seen": _steps}
        | dict.fromkeys(("perplexity", "bits_per_byte", "seconds", "time"), _floats)
    ),
    st.fixed_dictionaries({"kind": st.sampled_from(["note", "train", 3]), "step": st.none() | st.booleans() | _steps}),
    st.fixed_dictionaries({"kind": st.just("train"), "step": _steps, "loss": st.just("high"), "memory": _floats}),
)
_lines = st.one_of(
    _rows.map(orjson.dumps),
    st.lists(_usual, min_size=1, max_size=8).map(lambda rows: b"\n".join(map(orjson.dumps, rows))),
    _rows.map(lambda row: json.dumps(row).encode()),
    st.sampled_from(
        [b"", b"{", b"null", b"[1]", b'{"kind":"train"}', b'{"kind":"train","step":1.5}', b"\xff", b"{}\r"]
    ),
    st.sampled_from([b'{"kind":"train","step":01}', b'{"kind":"train","step":2,"loss":1.}', b'{"kind":"train","st']),
)


@pytest.mark.parametrize("long", READERS)
@settings(max_examples=60)
@given(
    pieces=st.lists(
        st.lists(_lines, max_size=12).map(lambda lines: b"".join(line + b"\n" for line in lines)), max_size=5
    ),
    cuts=st.lists(st.integers(0, 4000), max_size=6),
)
def test_columns_are_what_metrics_reads_wherever_writing_is_interrupted(
    tmp_path_factory: pytest.TempPathFactory, long: int, pieces: list[bytes], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "metrics.jsonl"
    reader, content = CurveReader(path, long), b"".join(pieces)
    places = sorted({min(cut, len(content)) for cut in cuts} | {len(content)})
    written = 0
    for place in places:
        before = reader.columns
        with path.open("ab") as file:
            file.write(content[written:place])
        written = place
        changed = _read(reader)
        _check(reader, path)
        assert changed or reader.columns is before
        assert not _read(reader), "nothing was written meanwhile"


@pytest.mark.parametrize("long", READERS)
def test_every_number_that_a_training_writes_is_read_to_the_bit(tmp_path: Path, long: int) -> None:
    random = np.random.default_rng(1)
    bits = random.integers(0, 1 << 63, 60_000, np.int64).view(np.float64)
    values = np.concatenate([
        bits[np.isfinite(bits)],
        random.standard_normal(60_000) * 10.0 ** random.integers(-30, 30, 60_000),
        random.standard_normal(60_000).astype(np.float32).astype(np.float64),
        np.array([0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 1e22, 1e23, 0.1]),
        random.integers(0, 1 << 53, 20_000) / 2.0 ** random.integers(0, 10, 20_000),  # many lie in the middle
    ])  # fmt: skip
    path = tmp_path / "metrics.jsonl"
    lines = [orjson.dumps({"kind": "train", "step": step, "loss": value}) for step, value in enumerate(values.tolist())]
    path.write_bytes(b"\n".join([*lines, b""]))
    reader = CurveReader(path, long)
    assert _read(reader)
    np.testing.assert_array_equal(reader.columns.train["loss"].view(np.int64), values.view(np.int64))
    np.testing.assert_array_equal(reader.columns.train["step"], np.arange(len(values)))


_NUMBERS = [
    *(
        "0",
        "-0",
        "00",
        "01",
        "-1",
        "+1",
        "1.",
        ".5",
        "1.50",
        "-2.5e3",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "1e",
        "1e+",
        "0e5",
    ),
    *("18446744073709551615", "18446744073709551616", "18446744073709551616.5", "36893488147419103232e-5"),
    *("9223372036854775807", "9223372036854775808", "999999999999999999", "1000000000000000000", "1e400", "1e-400"),
    *("123456789012345678901234567890", "0." + "0" * 400 + "1", "0.0000000000000000000001234567890123456789"),
    *(
        "9007199254740993",
        "9007199254740993.0",
        "4503599627370497.5",
        "0.1e1",
        "null",
        "nul",
        "true",
        "NaN",
        "1 ",
        "1e99999",
    ),
    *("2.2250738585072011e-308", "1.7976931348623159e308", "8.5", "12345678", "1234567.8", "123456789.12345678"),
]


@pytest.mark.parametrize("number", _NUMBERS)
@pytest.mark.parametrize("name", ["step", "tokens", "loss", "more"])
def test_every_spelling_of_a_number_is_read_as_json_is(tmp_path: Path, name: str, number: str) -> None:
    path = tmp_path / "metrics.jsonl"
    row = {"kind": '"train"', "step": "1", "tokens": "1", "loss": "1.5", "more": "1"}
    lines = [row, {**row, name: number}, row]
    written = [",".join(f'"{key}":{value}' for key, value in line.items()) for line in lines]
    path.write_text("".join(f"{{{line}}}\n" for line in written))
    reader = CurveReader(path, 1)
    _read(reader)
    _check(reader, path)


def _lines_of(*steps: int) -> bytes:
    return b"".join(orjson.dumps({"kind": "train", "step": step, "loss": step / 7}) + b"\n" for step in steps)


@pytest.mark.parametrize("long", READERS)
@pytest.mark.parametrize("how", ["replaced", "shortened", "rewritten", "edited in place", "removed", "made a folder"])
def test_a_file_that_became_another_is_read_anew(tmp_path: Path, long: int, how: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(_lines_of(1, 2, 3))
    reader = CurveReader(path, long)
    _read(reader)
    before = {name: column.copy() for name, column in reader.columns.train.items()}
    shown = reader.columns
    if how == "replaced":
        (tmp_path / "other").write_bytes(_lines_of(1, 2, 3, 4))
        (tmp_path / "other").replace(path)
    elif how == "shortened":
        path.write_bytes(_lines_of(1))
    elif how == "rewritten":  # by an editor that keeps the file, and it is longer than before
        path.write_bytes(_lines_of(5, 6, 7, 8, 9))
    elif how == "edited in place":
        with path.open("r+b") as file:
            file.write(_lines_of(4))
        os.utime(path, ns=(1, 1))
    else:
        path.unlink()
        if how == "made a folder":
            path.mkdir()
    if how == "made a folder":
        with pytest.raises(OSError, match="directory"):
            _read(reader)
        path.rmdir()
        assert _read(reader)
    else:
        assert _read(reader)
    _check(reader, path)
    for name, column in before.items():
        np.testing.assert_array_equal(shown.train[name], column, err_msg="what was given away stays as it was")


def test_columns_that_were_given_away_stay_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(_lines_of(*range(300)))
    reader = CurveReader(path)
    _read(reader)
    shown = reader.columns.train
    with path.open("ab") as file:
        file.write(orjson.dumps({"kind": "attempt", "step": 100}) + b"\n" + _lines_of(*range(1000, 1900)))
    assert _read(reader)
    assert reader.columns.train["step"].tolist() == [*range(101), *range(1000, 1900)]
    assert shown["step"].tolist() == [*range(300)]
    with pytest.raises(ValueError, match="read-only"):
        shown["loss"][0] = 0


@pytest.mark.parametrize("long", READERS)
def test_a_reading_that_was_broken_off_begins_anew(tmp_path: Path, long: int) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(_lines_of(*range(30_000)))
    reader = CurveReader(path, long)
    pieces = reader.update()
    for _ in range(4):
        next(pieces)
    pieces.close()
    assert len(reader.columns.train["step"]) == 0, "half of the rows are not shown as if they were all"
    assert _read(reader)
    _check(reader, path)
