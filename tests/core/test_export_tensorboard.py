"""Does TensorBoard read the curves that were written, and are the bytes those of its formats?"""

import json
import math
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.errors import UsageError
from lmcore.generators import result_of
from lmcore.interop import export_tensorboard
from lmcore.interop.tensorboard import Points, crc32c, masked

Row = dict[str, float | int]
ROWS: Final[list[Row]] = [
    {"step": 0, "train_loss": 9.25, "learning_rate": 3e-4},
    {"step": 300, "train_loss": 4.5, "validation_loss": 4.75},
    {"step": 70_000, "train_loss": math.inf, "tokens": 327_680_000},
]
TIMES: Final = [1_700_000_000.25, 1_700_000_010.5, 1_700_000_020.0]
READER: Final = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
read = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
read.Reload()
curves = {tag: [[e.wall_time, e.step, e.value] for e in read.Scalars(tag)] for tag in read.Tags()["scalars"]}
print(json.dumps(curves))
"""


def points(rows: list[Row], times: list[float]) -> Points:
    """Rows as columns; what a row lacks is no number."""
    tags = sorted({tag for row in rows for tag in row} - {"step"})
    values = {tag: np.array([row.get(tag, math.nan) for row in rows], np.float64) for tag in tags}
    return Points(np.array([row["step"] for row in rows], np.int64), np.array(times, np.float64), values)


def exported(rows: list[Row], folder: Path, times: list[float]) -> Path:
    return result_of(export_tensorboard([points(rows, times)], folder))


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0xE3069283),  # the check value of the catalogue of checksums
        (bytes(32), 0x8A9136AA),  # the rest: RFC 3720, B.4
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_checksums_are_those_that_were_published(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc


def test_a_checksum_is_turned_and_shifted() -> None:
    assert masked(0) == 0xA282EAD8
    assert masked(0x00008000) == 0xA282EAD9
    assert masked(0xFFFFFFFF) == 0xA282EAD7


def records(content: bytes) -> Iterator[bytes]:
    """The data of each record, its checksums compared."""
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        data = content[at + 12 : at + 12 + length]
        checks = struct.unpack_from("<I", content, at + 8) + struct.unpack_from("<I", content, at + 12 + length)
        assert checks == (masked(crc32c(content[at : at + 8])), masked(crc32c(data)))
        yield data
        at += 16 + length


def test_a_file_is_what_the_formats_say_byte_by_byte(tmp_path: Path) -> None:
    path = exported([{"step": 300, "loss": 1.5}], tmp_path / "run", [2.0])
    assert path == tmp_path / "run" / "events.out.tfevents.0000000002.lm-explorer"
    two = struct.pack("<d", 2.0)
    value = b"\x0a\x04loss" + b"\x15" + struct.pack("<f", 1.5)  # 1: tag, 2: simple_value
    summary = b"\x0a" + bytes([len(value)]) + value  # 1: value
    step = b"\x10\xac\x02"  # 2: step, 300 in sevens of bits
    assert list(records(path.read_bytes())) == [
        b"\x09" + two + b"\x1a\x0dbrain.Event:2",  # 1: wall_time, 3: file_version
        b"\x09" + two + step + b"\x2a" + bytes([len(summary)]) + summary,  # 5: summary
    ]


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80]) + varint(number >> 7)


def plain(block: Points) -> Iterator[bytes]:
    """The events of a block, by the formats, a row after the other."""
    for place, step in enumerate(block.steps.tolist()):
        summary = b""
        for tag, values in block.values.items():
            if not np.isnan(values[place]):
                value = b"\x0a" + varint(len(tag)) + tag.encode() + b"\x15" + values[place].astype("<f4").tobytes()
                summary += b"\x0a" + varint(len(value)) + value
        if summary:
            time = struct.pack("<d", block.times[place])
            yield b"\x09" + time + b"\x10" + varint(step) + b"\x2a" + varint(len(summary)) + summary


STEPS: Final = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
VALUES: Final = st.floats(width=32) | st.none()


@given(st.lists(st.tuples(STEPS, st.floats(0, 2e9), VALUES, VALUES, VALUES), min_size=1, max_size=40))
def test_rows_that_are_filled_in_together_are_those_of_the_formats(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    steps, times, *columns = zip(*rows, strict=True)
    tags = ("a", "train/loss", "x" * 130)
    block = Points(
        np.array(steps, np.int64),
        np.array(times, np.float64),
        {tag: np.array(column, np.float64) for tag, column in zip(tags, columns, strict=True)},
    )
    path = result_of(export_tensorboard([block], tmp_path_factory.mktemp("run")))
    assert list(records(path.read_bytes()))[1:] == list(plain(block))


def test_how_many_rows_are_written_is_told_behind_each_block_and_closing_leaves_what_was_there(tmp_path: Path) -> None:
    block, other = points(ROWS, TIMES), points(ROWS[:1], TIMES[:1])
    path = exported(ROWS[:1], tmp_path, TIMES[:1])
    before = path.read_bytes()
    work = export_tensorboard([block, other, block], tmp_path)
    assert [next(work), next(work)] == [3, 4]
    work.close()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("rows", "reason"), [([], "There are no rows"), ([{"step": -1, "loss": 1.0}], "has no step from 0 on")]
)
def test_what_is_no_curve_is_refused_and_nothing_is_written(tmp_path: Path, rows: list[Row], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        exported(rows, tmp_path, TIMES[: len(rows)])
    assert list(tmp_path.iterdir()) == []


def test_numbers_beyond_single_precision_are_infinite(tmp_path: Path) -> None:
    (_, event) = records(exported([{"step": 1, "x": -1e300}], tmp_path, [0.0]).read_bytes())
    assert event.endswith(struct.pack("<f", -math.inf))


@pytest.fixture(scope="session")
def tensorboard(request: pytest.FixtureRequest) -> Path:
    """TensorBoard with what it needs, from pip, kept in the cache of pytest."""
    folder = request.config.cache.mkdir("tensorboard-2.21.0")
    done = folder / "installed"
    if not done.exists():
        line = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--target", str(folder)]
        subprocess.run([*line, "--upgrade", "tensorboard==2.21.0"], check=True, capture_output=True)
        done.touch()
    return folder


@pytest.mark.slow
def test_tensorboard_reads_every_point(tmp_path: Path, tensorboard: Path) -> None:
    exported(ROWS, tmp_path, TIMES)
    line = [sys.executable, "-c", READER, str(tmp_path)]
    read = subprocess.run(line, env={"PYTHONPATH": str(tensorboard)}, check=True, capture_output=True, text=True)
    curves: dict[str, Any] = json.loads(read.stdout)
    expected = {
        tag: [[time, row["step"], row[tag]] for row, time in zip(ROWS, TIMES, strict=True) if tag in row]
        for tag in ("train_loss", "learning_rate", "validation_loss", "tokens")
    }
    expected["learning_rate"][0][2] = struct.unpack("<f", struct.pack("<f", 3e-4))[0]
    assert curves == expected
