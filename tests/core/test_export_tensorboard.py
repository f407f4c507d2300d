"""Does TensorBoard read the curves that were written, and are the bytes those of its formats?"""

import json
import math
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from lmcore.errors import UsageError
from lmcore.interop import export_tensorboard
from lmcore.interop.tensorboard import crc32c, masked

ROWS: Final[list[dict[str, float | int]]] = [
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
    path = export_tensorboard([{"step": 300, "loss": 1.5}], tmp_path / "run", [2.0])
    assert path == tmp_path / "run" / "events.out.tfevents.0000000002.lm-explorer"
    two = struct.pack("<d", 2.0)
    value = b"\x0a\x04loss" + b"\x15" + struct.pack("<f", 1.5)  # 1: tag, 2: simple_value
    summary = b"\x0a" + bytes([len(value)]) + value  # 1: value
    step = b"\x10\xac\x02"  # 2: step, 300 in sevens of bits
    assert list(records(path.read_bytes())) == [
        b"\x09" + two + b"\x1a\x0dbrain.Event:2",  # 1: wall_time, 3: file_version
        b"\x09" + two + step + b"\x2a" + bytes([len(summary)]) + summary,  # 5: summary
    ]


@pytest.mark.parametrize(
    ("rows", "times", "reason"),
    [
        ([], [], "There are no rows"),
        ([{"loss": 1.0}], [1.0], "has no step"),
        ([{"step": -1, "loss": 1.0}], [1.0], "has no step"),
        (ROWS, TIMES[:2], "fewer wall times"),
        (ROWS[:2], TIMES, "more wall times"),
    ],
)
def test_what_is_no_curve_is_refused_and_nothing_is_written(
    tmp_path: Path, rows: list[dict[str, float | int]], times: list[float], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        export_tensorboard(rows, tmp_path, times)
    assert list(tmp_path.iterdir()) == []


def test_numbers_beyond_single_precision_are_infinite(tmp_path: Path) -> None:
    (_, event) = records(export_tensorboard([{"step": 1, "x": -1e300}], tmp_path, [0.0]).read_bytes())
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
    export_tensorboard(ROWS, tmp_path, TIMES)
    line = [sys.executable, "-c", READER, str(tmp_path)]
    read = subprocess.run(line, env={"PYTHONPATH": str(tensorboard)}, check=True, capture_output=True, text=True)
    curves: dict[str, Any] = json.loads(read.stdout)
    expected = {
        tag: [[time, row["step"], row[tag]] for row, time in zip(ROWS, TIMES, strict=True) if tag in row]
        for tag in ("train_loss", "learning_rate", "validation_loss", "tokens")
    }
    expected["learning_rate"][0][2] = struct.unpack("<f", struct.pack("<f", 3e-4))[0]
    assert curves == expected
