"""How do documents come out of .jsonl and .parquet files? One text field each, with the place of whatever is wrong.

A document whose field is null has no text: it is left out and counted, in both formats. A line without the field, or
with something else in it, is a bad line.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple, cast

from lmcore.bpe.events import Notice
from lmcore.bpe.sources import Source
from lmcore.bpe.streams import Place, open_stream, pass_over
from lmcore.errors import CorpusError

_MARK: Final = b"\xef\xbb\xbf"  # a byte order mark, which some editors write first
_BUFFER: Final = 1 << 20  # bytes of lines read ahead
_READ: Final = 4  # a batch ends at so many times its size of the file, however little text was in that


class Batch(NamedTuple):
    """Some documents of a file, where they end, and how many bad lines and how many without text were left out."""

    texts: list[bytes]
    end: Place
    skipped: int = 0
    textless: int = 0


class _Line(NamedTuple):
    """What a line came to: its text, or None where it was left out, as a bad one or as one without text."""

    text: bytes | None
    bad: bool = False


def left_out(skipped: int, textless: int, text_field: str) -> Iterator[Notice]:
    """What to say of bad lines and of documents without text."""
    if skipped:
        lines = "1 line was" if skipped == 1 else f"{skipped:,} lines were"
        yield Notice(f'{lines} left out: not JSON, or without a text in the field "{text_field}".', "warning")
    if textless:
        documents = "1 document was" if textless == 1 else f"{textless:,} documents were"
        yield Notice(f'{documents} left out: the field "{text_field}" is null there.', "warning")


def jsonl_batches(source: Source, text_field: str, skip_bad_lines: bool, size: int, start: Place) -> Iterator[Batch]:
    """The texts of the lines behind `start`, about `size` bytes at a time. Empty lines are passed over."""
    with source.path.open("rb") as file:
        stream = open_stream(source, file)
        for _ in pass_over(source, file, stream, start.unpacked):
            yield Batch([], start)
        lines = io.BufferedReader(cast(io.RawIOBase, stream), _BUFFER)
        texts, begun, skipped, textless = list[bytes](), start, 0, 0
        text_bytes, unpacked, number = start.text, start.unpacked, start.units
        for number, line in enumerate(lines, start.units + 1):
            unpacked += len(line)
            line = line.removeprefix(_MARK) if number == 1 else line  # noqa: PLW2901
            found = _read_line(source, number, line, text_field, skip_bad_lines) if line.strip() else _Line(b"")
            skipped += found.bad
            textless += found.text is None and not found.bad
            if found.text:
                texts.append(found.text)
                text_bytes += len(found.text)
            if text_bytes - begun.text >= size or unpacked - begun.unpacked >= _READ * size:
                begun = Place(text_bytes, unpacked, number, file.tell())
                yield Batch(texts, begun, skipped, textless)
                texts, skipped, textless = [], 0, 0
        if texts or skipped or textless:
            yield Batch(texts, Place(text_bytes, unpacked, number, file.tell()), skipped, textless)


def _read_line(source: Source, number: int, line: bytes, text_field: str, skip: bool) -> _Line:
    import orjson

    place = f"{source.path.name}, line {number:,}"
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if skip:
            return _Line(None, bad=True)
        raise CorpusError(
            f"{place}: not JSON ({error}). What stands before it is sound. Mend the line or leave out bad lines."
        ) from error
    text = record.get(text_field) if isinstance(record, dict) else None
    if isinstance(text, str):
        return _Line(text.encode("utf-8", "surrogatepass"))
    known = isinstance(record, dict) and text_field in record
    if known and text is None:
        return _Line(None)
    if skip:
        return _Line(None, bad=True)
    if known:
        raise CorpusError(f'{place}: the field "{text_field}" is not a text. Mend the line or leave out bad lines.')
    fields = ", ".join(record) if isinstance(record, dict) else "not an object"
    raise CorpusError(f'{place}: no text in the field "{text_field}" (the line has: {fields}). Name another field.')


def parquet_batches(source: Source, text_field: str, size: int, start: Place) -> Iterator[Batch]:
    """The texts of the rows behind `start`, about `size` bytes at a time."""
    import pyarrow as pa

    try:
        with source.path.open("rb") as file:
            texts, begun, textless = list[bytes](), start, 0
            text_bytes = start.text
            for text, rows, all_rows in _row_texts(source, file, text_field, start.units):
                textless += text is None
                if text:
                    texts.append(text)
                    text_bytes += len(text)
                read = source.size * rows // all_rows
                if text_bytes - begun.text >= size or read - begun.unpacked >= _READ * size:
                    begun = Place(text_bytes, read, rows, read)
                    yield Batch(texts, begun, 0, textless)
                    texts, textless = [], 0
            if texts or textless:
                yield Batch(texts, Place(text_bytes, source.size, all_rows, source.size), 0, textless)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's error, not the file's
        raise CorpusError(
            f"{source.path}: not a readable Parquet file ({str(error).splitlines()[0]}); fetch it again."
        ) from error


def _row_texts(source: Source, file: BinaryIO, text_field: str, passed: int) -> Iterator[tuple[bytes | None, int, int]]:
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
        column = batch.column(0).slice(known)
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for text in column.cast(pa.large_binary()).to_pylist():
            done += 1
            yield text, done, opened.metadata.num_rows


def _check_column(source: Source, schema: Any, text_field: str) -> None:
    import pyarrow as pa

    if text_field not in schema.names:
        raise CorpusError(
            f'{source.path.name}: no column "{text_field}" (it has: {", ".join(schema.names)}). Name another field.'
        )
    kind = schema.field(text_field).type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        raise CorpusError(
            f'{source.path.name}: the column "{text_field}" holds lists of {kind.value_type}, not one text a row. '
            "Join each list into a text, or name another column."
        )
    if not _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise CorpusError(f'{source.path.name}: the column "{text_field}" holds {kind}, not text. Name another column.')


def _is_text(kind: Any) -> bool:
    """Whether a type of Arrow's is text or bytes; a column in which all is null has a type of its own."""
    from pyarrow import types

    text = (types.is_string, types.is_large_string, types.is_string_view)
    binary = (types.is_binary, types.is_large_binary, types.is_binary_view)
    return any(is_kind(kind) for is_kind in (*text, *binary, types.is_null))


def _seekable(source: Source, file: BinaryIO) -> Any:
    """Parquet is read from its end: a compressed file is unpacked in memory first."""
    if not source.compression:
        return file
    return io.BytesIO(io.BufferedReader(cast(io.RawIOBase, open_stream(source, file))).read())
