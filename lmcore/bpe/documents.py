"""How do documents come out of .jsonl and .parquet files? One text field each, with the place of whatever is wrong."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple, cast

from lmcore.bpe.sources import Source
from lmcore.bpe.streams import Place, open_stream, pass_over
from lmcore.errors import CorpusError

_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which some editors write first
_BUFFER: Final = 1 << 20  # bytes of lines read ahead
_READ: Final = 4  # a batch ends at so many times its size of the file, however little text was in that


class Batch(NamedTuple):
    """Some documents of a file, where they end, and how many bad lines were left out among them."""

    texts: list[bytes]
    end: Place
    skipped: int


def jsonl_batches(source: Source, text_field: str, skip_bad_lines: bool, size: int, start: Place) -> Iterator[Batch]:
    """The texts of the lines behind `start`, about `size` bytes at a time. Empty lines are passed over."""
    with source.path.open("rb") as file:
        stream = open_stream(source, file)
        for _ in pass_over(source, file, stream, start.unpacked):
            yield Batch([], start, 0)
        lines = io.BufferedReader(cast(io.RawIOBase, stream), _BUFFER)
        texts, begun, skipped = list[bytes](), start, 0
        text_bytes, unpacked, number = start.text, start.unpacked, start.units
        for number, line in enumerate(lines, start.units + 1):
            unpacked += len(line)
            line = line.removeprefix(_MARK) if number == 1 else line  # noqa: PLW2901
            text = _line_text(source, number, line, text_field, skip_bad_lines) if line.strip() else b""
            if text is None:
                skipped += 1
            elif text:
                texts.append(text)
                text_bytes += len(text)
            if text_bytes - begun.text >= size or unpacked - begun.unpacked >= _READ * size:
                begun = Place(text_bytes, unpacked, number, file.tell())
                yield Batch(texts, begun, skipped)
                texts, skipped = [], 0
        if texts or skipped:
            yield Batch(texts, Place(text_bytes, unpacked, number, file.tell()), skipped)


def _line_text(source: Source, number: int, line: bytes, text_field: str, skip: bool) -> bytes | None:
    import orjson

    place = f"{source.path.name}, line {number:,}"
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if skip:
            return None
        raise CorpusError(
            f"{place}: not JSON ({error}). What stands before it is sound. Mend the line or leave out bad lines."
        ) from error
    text = record.get(text_field) if isinstance(record, dict) else None
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if skip:
        return None
    if isinstance(record, dict) and text_field in record:
        raise CorpusError(f'{place}: the field "{text_field}" is not a text. Mend the line or leave out bad lines.')
    fields = ", ".join(record) if isinstance(record, dict) else "not an object"
    raise CorpusError(f'{place}: no text in the field "{text_field}" (the line has: {fields}). Name another field.')


def parquet_batches(source: Source, text_field: str, size: int, start: Place) -> Iterator[Batch]:
    """The texts of the rows behind `start`, about `size` bytes at a time. Missing texts are passed over."""
    import pyarrow as pa

    try:
        with source.path.open("rb") as file:
            texts, begun = list[bytes](), start
            text_bytes = start.text
            for text, rows, all_rows in _row_texts(source, file, text_field, start.units):
                if text:
                    texts.append(text)
                    text_bytes += len(text)
                read = source.size * rows // all_rows
                if text_bytes - begun.text >= size or read - begun.unpacked >= _READ * size:
                    begun = Place(text_bytes, read, rows, read)
                    yield Batch(texts, begun, 0)
                    texts = []
            if texts:
                yield Batch(texts, Place(text_bytes, source.size, all_rows, source.size), 0)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's error, not the file's
        raise CorpusError(
            f"{source.path}: not a readable Parquet file ({str(error).splitlines()[0]}); fetch it again."
        ) from error


def _row_texts(source: Source, file: BinaryIO, text_field: str, passed: int) -> Iterator[tuple[bytes, int, int]]:
    """The text of each row behind the first `passed`, the number of rows up to there, and that of all rows.

    Whole groups of rows are passed over unread.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    opened: Any = pq.ParquetFile(_seekable(source, file))
    _check_column(source, opened.schema_arrow, text_field)
    groups, done = list(range(opened.num_row_groups)), 0
    while groups and done + opened.metadata.row_group(groups[0]).num_rows <= passed:
        done += opened.metadata.row_group(groups.pop(0)).num_rows
    for batch in opened.iter_batches(batch_size=1024, row_groups=groups, columns=[text_field]):
        known = min(max(0, passed - done), batch.num_rows)
        done += known
        for text in batch.column(0).slice(known).cast(pa.large_binary()).to_pylist():
            done += 1
            yield text, done, opened.metadata.num_rows


def _check_column(source: Source, schema: Any, text_field: str) -> None:
    import pyarrow as pa

    if text_field not in schema.names:
        raise CorpusError(
            f'{source.path.name}: no column "{text_field}" (it has: {", ".join(schema.names)}). Name another field.'
        )
    kind = schema.field(text_field).type
    if not any(is_text(kind) for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        raise CorpusError(f'{source.path.name}: the column "{text_field}" holds {kind}, not text. Name another column.')


def _seekable(source: Source, file: BinaryIO) -> Any:
    """Parquet is read from its end: a compressed file is unpacked in memory first."""
    if not source.compression:
        return file
    return io.BytesIO(io.BufferedReader(cast(io.RawIOBase, open_stream(source, file))).read())
