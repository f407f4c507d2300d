"""How do documents come out of .jsonl and .parquet files? One text field each, with the place of whatever is wrong."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast

from lmcore.bpe.sources import Source
from lmcore.bpe.streams import open_stream
from lmcore.errors import CorpusError

_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which some editors write first


def jsonl_texts(source: Source, text_field: str, skip_bad_lines: bool) -> Iterator[tuple[bytes, int]]:
    """The text of each line, and how many bytes of the file had been read. Empty lines are passed over."""
    with source.path.open("rb") as file:
        lines = io.BufferedReader(cast(io.RawIOBase, open_stream(source, file)), 1 << 20)
        for number, line in enumerate(lines, 1):
            line = line.removeprefix(_MARK) if number == 1 else line  # noqa: PLW2901
            if not line.strip():
                continue
            text = _line_text(source, number, line, text_field, skip_bad_lines)
            if text is not None:
                yield text, file.tell()


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


def parquet_texts(source: Source, text_field: str) -> Iterator[tuple[bytes, int]]:
    """The text of each row, and how many bytes of the file had been read. Missing texts are passed over."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with source.path.open("rb") as file:
            opened: Any = pq.ParquetFile(_seekable(source, file))
            names = opened.schema_arrow.names
            if text_field not in names:
                raise CorpusError(
                    f'{source.path.name}: no column "{text_field}" (it has: {", ".join(names)}). Name another field.'
                )
            kind = opened.schema_arrow.field(text_field).type
            if not any(is_text(kind) for is_text in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
                raise CorpusError(
                    f'{source.path.name}: the column "{text_field}" holds {kind}, not text. Name another column.'
                )
            rows, done = max(opened.metadata.num_rows, 1), 0
            for batch in opened.iter_batches(batch_size=1024, columns=[text_field]):
                done += batch.num_rows
                for text in batch.column(0).cast(pa.large_binary()).to_pylist():
                    if text:
                        yield text, source.size * done // rows
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's error, not the file's
        raise CorpusError(
            f"{source.path}: not a readable Parquet file ({str(error).splitlines()[0]}); fetch it again."
        ) from error


def _seekable(source: Source, file: BinaryIO) -> Any:
    """Parquet is read from its end: a compressed file is unpacked in memory first."""
    if not source.compression:
        return file
    return io.BytesIO(io.BufferedReader(cast(io.RawIOBase, open_stream(source, file))).read())
