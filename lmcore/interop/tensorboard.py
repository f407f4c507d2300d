"""How do the curves of a run come into TensorBoard? An event file, written directly: three formats of a few lines each.

A file is records: the length of the data, a checksum of that, the data, a checksum of these. The data is a protocol
buffer, `Event`, of TensorFlow's event.proto and summary.proto; of their fields few are needed, and of tensor.proto's
for texts. The checksums are
CRC-32C (RFC 3720) turned by 15 bits and shifted by a constant, as TensorFlow's record format has them.
"""

import struct
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lmcore.atomic import writing_aside
from lmcore.errors import UsageError

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
_HEAD: Final = 12  # bytes of a record before its data
_TIME_AT: Final = _HEAD + 1  # the place of the wall time in a record, behind the key of its field
_STEP_AT: Final = _TIME_AT + 9
_SEVEN: Final = np.uint64(7)
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Points:
    """Values by step: `steps` [rows] are whole, `times` [rows] in seconds since 1970, each of `values` [rows].

    `values` are by tag, the name of a curve; NaN is no point.
    """

    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]


def export_tensorboard(
    blocks: Iterable[Points], folder: Path, name: str = "lm-explorer", texts: Mapping[str, str] | None = None
) -> Generator[int, None, Path]:
    """Write points as an event file in `folder`, whose name is that of the run in TensorBoard; gives back the file.

    Yields behind each block the rows that were written by then; some thousand rows a block take 10 ms. A row is an
    event, one without a point is left out; TensorBoard keeps numbers in fp32. `texts` are Markdown by tag. A file of
    the same beginning and `name` is replaced. Raises `UsageError` where there is no row, or one has no step.
    """
    filled = (block for block in blocks if len(block.steps))
    first = next(filled, None)
    if first is None:
        raise UsageError("There are no rows to write for TensorBoard; the run has logged nothing yet.")
    began, done = float(first.times[0]), 0
    path = folder / f"events.out.tfevents.{int(began):010d}.{name}"
    with writing_aside(path, "wb") as file:
        file.write(_record(_double(_WALL_TIME, began) + _length(_FILE_VERSION, _VERSION.encode())))
        if texts:
            file.write(_record(_texts(texts, began)))
        block: Points | None = first
        while block is not None:
            file.write(_records(block))
            done += len(block.steps)
            yield done
            block = next(filled, None)
    return path


def _records(block: Points) -> bytes:
    """The events of a block, in its order, as records.

    Rows with points of the same curves, and steps of as many bytes, have everything in the same place: they are filled
    in together, a column of bytes after the other.
    """
    if len(block.steps) and int(block.steps.min()) < 0:
        raise UsageError(f"A row for TensorBoard has no step from 0 on: {int(block.steps.min())}.")
    tags = list(block.values)
    values = np.stack([block.values[tag] for tag in tags], axis=1)  # [rows, tags]
    kinds = np.concatenate([~np.isnan(values), _varint_lengths(block.steps)[:, None]], axis=1)
    found, kind_of = np.unique(kinds.astype(np.uint8), axis=0, return_inverse=True)
    parts: list[tuple[NDArray[np.int64], Bytes]] = []
    lengths = np.zeros(len(block.steps), np.int64)
    for number, (*there, step_bytes) in enumerate(found.tolist()):
        rows = np.flatnonzero(kind_of.ravel() == number)
        if any(there):
            here = [place for place, has in enumerate(there) if has]
            some = Points(block.steps[rows], block.times[rows], {tags[place]: values[rows, place] for place in here})
            parts.append((rows, _alike(some, step_bytes)))
            lengths[rows] = parts[-1][1].shape[1]
    if len(parts) == 1:
        return parts[0][1].tobytes()
    ends = np.cumsum(lengths)
    out: Bytes = np.empty(int(ends[-1]), np.uint8)
    for rows, records in parts:
        out[(ends - lengths)[rows][:, None] + np.arange(records.shape[1])] = records
    return out.tobytes()


def _alike(some: Points, step_bytes: int) -> Bytes:
    """Records of rows that have a point in every curve, and steps of so many bytes; [rows, bytes of a record]."""
    summary, places = bytearray(), []
    for tag in some.values:
        summary += _length(_VALUE, _length(_TAG, tag.encode()) + _float(_SIMPLE_VALUE, 0.0))
        places.append(len(summary) - 4)
    head = _double(_WALL_TIME, 0.0) + _key(_STEP, _VARINT) + bytes(step_bytes)
    data = head + _length(_SUMMARY, bytes(summary))
    records: Bytes = np.tile(np.frombuffer(_record(data), np.uint8), (len(some.steps), 1))
    records[:, _TIME_AT : _TIME_AT + 8] = _as_bytes(some.times, "<f8")
    records[:, _STEP_AT : _STEP_AT + step_bytes] = _varints(some.steps, step_bytes)
    with np.errstate(over="ignore"):  # what is beyond fp32 is infinite there
        for place, values in zip(places, some.values.values(), strict=True):
            at = _HEAD + len(data) - len(summary) + place
            records[:, at : at + 4] = _as_bytes(values, "<f4")
    records[:, -4:] = _as_bytes(_checksums(records[:, _HEAD:-4]), "<u4")
    return records


def _as_bytes(values: NDArray[Any], kind: str) -> Bytes:
    """[rows] -> [rows, bytes of a value]."""
    return np.ascontiguousarray(values, kind).view(np.uint8).reshape(len(values), -1)


def _varint_lengths(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """How many bytes `_varint` makes of each."""
    return np.searchsorted([1 << bits for bits in range(7, 63, 7)], numbers, side="right").astype(np.uint8) + np.uint8(
        1
    )


def _varints(numbers: NDArray[np.int64], length: int) -> Bytes:
    """`_varint` of numbers that make as many bytes; [rows, length]."""
    shifts = np.arange(length, dtype=np.uint64) * _SEVEN
    sevens = (numbers.astype(np.uint64)[:, None] >> shifts & np.uint64(0x7F)).astype(np.uint8)
    sevens[:, :-1] |= 0x80
    return sevens


def _checksums(data: Bytes) -> NDArray[np.uint32]:
    """The masked checksum of each row."""
    crc = np.full(len(data), _WORD, np.uint32)
    for column in np.ascontiguousarray(data.T):
        crc = _TABLE[(crc ^ column) & 0xFF] ^ crc >> 8
    crc ^= np.uint32(_WORD)
    masked_crc: NDArray[np.uint32] = np.add(crc >> 15 | crc << 17, _MASK, dtype=np.uint32)
    return masked_crc


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
        crc = int(_TABLE[(crc ^ byte) & 0xFF]) ^ crc >> 8
    return crc ^ _WORD


def masked(crc: int) -> int:
    """A checksum as it stands in a file, where it may itself be data that checksums are taken of."""
    return ((crc >> 15 | crc << 17) + _MASK) & _WORD


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE: Final = np.array([_table_entry(byte) for byte in range(256)], np.uint32)
_TABLE.flags.writeable = False


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _whole(field: int, number: int) -> bytes:
    return _key(field, _VARINT) + _varint(number)


def _double(field: int, number: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", number)


def _float(field: int, number: float) -> bytes:
    return _key(field, _FLOAT) + struct.pack("<f", number)


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
