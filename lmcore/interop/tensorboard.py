"""How do the curves of a run come into TensorBoard? An event file, written directly: three formats of a few lines each.

A file is records: the length of the data, a checksum of that, the data, a checksum of these. The data is a protocol
buffer, `Event`, of TensorFlow's event.proto and summary.proto; of their fields few are needed, and of tensor.proto's
for texts. The checksums are
CRC-32C (RFC 3720) turned by 15 bits and shifted by a constant, as TensorFlow's record format has them.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from math import copysign, inf
from pathlib import Path
from typing import Final

from lmcore.atomic import writing_aside
from lmcore.errors import UsageError

STEP: Final = "step"
"""The column that says where on the axis a row stands."""
Row = Mapping[str, float | int]
_VERSION: Final = "brain.Event:2"
_CASTAGNOLI: Final = 0x82F63B78  # the polynomial, lowest bit first
_WORD: Final = 0xFFFFFFFF
_MASK: Final = 0xA282EAD8
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
# The numbers of the fields.
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY = 1, 2, 3, 5
_VALUE, _TAG, _SIMPLE_VALUE, _TENSOR, _METADATA = 1, 1, 2, 8, 9
_PLUGIN_DATA, _PLUGIN_NAME = 1, 1
_DTYPE, _SHAPE, _STRING_VALUE, _DIM, _SIZE = 1, 2, 8, 2, 1
_STRING: Final = 7  # of the types of a tensor


def export_tensorboard(
    rows: Iterable[Row],
    folder: Path,
    wall_times: Iterable[float],
    name: str = "lm-explorer",
    texts: Mapping[str, str] | None = None,
) -> Path:
    """Write the rows as an event file in `folder`, whose name is that of the run in TensorBoard; gives back the file.

    A row is a point of every curve that it names, at its `step`; TensorBoard keeps numbers in fp32. `wall_times` are
    seconds since 1970, one a row. `texts` are Markdown by tag. A file of the same beginning and `name` is replaced.
    Raises `UsageError` where there is no row, one has no step, or the times are not as many.
    """
    events = _events(rows, wall_times)
    first = next(events, None)
    if first is None:
        raise UsageError("There are no rows to write for TensorBoard; the run has logged nothing yet.")
    began, _ = first
    path = folder / f"events.out.tfevents.{int(began):010d}.{name}"
    with writing_aside(path, "wb") as file:
        file.write(_record(_double(_WALL_TIME, began) + _length(_FILE_VERSION, _VERSION.encode())))
        if texts:
            file.write(_record(_texts(texts, began)))
        for _, event in chain([first], events):
            file.write(_record(event))
    return path


def _events(rows: Iterable[Row], wall_times: Iterable[float]) -> Iterator[tuple[float, bytes]]:
    """Wall time and `Event` of each row."""
    times = iter(wall_times)
    for row in rows:
        wall_time = next(times, None)
        if wall_time is None:
            raise UsageError("There are fewer wall times than rows for TensorBoard; give one for each row.")
        yield wall_time, _event(row, wall_time)
    if next(times, None) is not None:
        raise UsageError("There are more wall times than rows for TensorBoard; give one for each row.")


def _event(row: Row, wall_time: float) -> bytes:
    """An `Event` with a value for each column but the step."""
    step = row.get(STEP, -1)
    if step < 0:
        raise UsageError(f"A row for TensorBoard has no step from 0 on: {dict(row)}.")
    values = (
        _length(_VALUE, _length(_TAG, tag.encode()) + _float(_SIMPLE_VALUE, value))
        for tag, value in row.items()
        if tag != STEP
    )
    return _double(_WALL_TIME, wall_time) + _whole(_STEP, int(step)) + _length(_SUMMARY, b"".join(values))


def _texts(texts: Mapping[str, str], wall_time: float) -> bytes:
    """An `Event` with texts, each a tensor of one string that names the plugin which draws it."""
    metadata = _length(_PLUGIN_DATA, _length(_PLUGIN_NAME, b"text"))
    shape = _length(_SHAPE, _length(_DIM, _whole(_SIZE, 1)))
    values = (
        _length(
            _VALUE,
            _length(_TAG, f"{tag}/text_summary".encode())
            + _length(_TENSOR, _whole(_DTYPE, _STRING) + shape + _length(_STRING_VALUE, text.encode()))
            + _length(_METADATA, metadata),
        )
        for tag, text in texts.items()
    )
    return _double(_WALL_TIME, wall_time) + _whole(_STEP, 0) + _length(_SUMMARY, b"".join(values))


def _record(data: bytes) -> bytes:
    """A record of the file around `data`."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(crc32c(length))) + data + struct.pack("<I", masked(crc32c(data)))


def crc32c(data: bytes) -> int:
    """The CRC-32C of `data`: crc32c(b"123456789") -> 0xE3069283."""
    crc = _WORD
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ _WORD


def masked(crc: int) -> int:
    """A checksum as it stands in a file, where it may itself be data that checksums are taken of."""
    return ((crc >> 15 | crc << 17) + _MASK) & _WORD


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(map(_table_entry, range(256)))


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _whole(field: int, number: int) -> bytes:
    return _key(field, _VARINT) + _varint(number)


def _double(field: int, number: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", number)


def _float(field: int, number: float) -> bytes:
    try:
        packed = struct.pack("<f", number)
    except OverflowError:  # beyond fp32
        packed = struct.pack("<f", copysign(inf, number))
    return _key(field, _FLOAT) + packed


def _length(field: int, data: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first: _varint(300) -> b"\\xac\\x02"."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
