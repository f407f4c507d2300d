"""How is a file opened, whatever it is packed with, and where in it does reading go on? As a stream of its text."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol, cast

from lmcore.errors import CorpusError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from lmcore.bpe.sources import Source

DAMAGE: Final = (EOFError, zlib.error, gzip.BadGzipFile)  # what unpacking a damaged file raises
_PACKED: Final = 1 << 16  # bytes unpacked at a time
_PASSED: Final = 1 << 22  # bytes passed over at a time: a few milliseconds where they must be unpacked


class Place(NamedTuple):
    """How far a file was read: all that is before has come out of it as text."""

    text: int = 0  # bytes of text
    unpacked: int = 0  # bytes of the file, unpacked
    units: int = 0  # lines of a .jsonl file, rows of a .parquet file
    disk: int = 0  # bytes of the file as it is on the disk, as nearly as is known


class Stream(Protocol):
    """What text is read through: gzip, zstandard and plain files all offer it."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...

    def read(self, size: int = -1, /) -> bytes: ...


class _Zstandard(io.RawIOBase):
    """The text of all frames of a file. The package's own reader takes a file that is cut off for one that ends."""

    def __init__(self, source: "Source", file: BinaryIO) -> None:
        self._source = source
        self._file = file
        self._frame: Any = None
        self._packed = b""
        self._text = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        room = memoryview(buffer)
        while not self._text:
            self._packed = self._packed or self._file.read(_PACKED)
            if not self._packed:
                if self._frame:
                    raise damaged(self._source, EOFError("it ends too early"))
                return 0
            self._unpack()
        size = min(len(room), len(self._text))
        room[:size] = self._text[:size]
        self._text = self._text[size:]
        return size

    def _unpack(self) -> None:
        """Unpacks what was read, to the end of its frame."""
        import zstandard

        self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        try:
            self._text = memoryview(self._frame.decompress(self._packed))
        except zstandard.ZstdError as error:
            raise damaged(self._source, error) from error
        self._packed = self._frame.unused_data
        if self._frame.eof:
            self._frame = None


def damaged(source: "Source", error: Exception) -> CorpusError:
    """What to say of a compressed file that cannot be unpacked."""
    return CorpusError(f"{source.path}: the compressed file is damaged ({error}); fetch it again.")


def open_stream(source: "Source", file: BinaryIO) -> Stream:
    """The text of a file, decompressed."""
    if source.compression == "gz":
        return cast(Stream, gzip.GzipFile(fileobj=file))
    if source.compression == "zst":
        return cast(Stream, io.BufferedReader(_Zstandard(source, file)))
    return cast(Stream, file)


def pass_over(source: "Source", file: BinaryIO, stream: Stream, size: int) -> Iterator[None]:
    """Goes on behind the first `size` bytes of the unpacked file; comes up for air where they must be unpacked."""
    if not source.compression:
        file.seek(size)
        return
    while size > 0 and (part := stream.read(min(size, _PASSED))):
        size -= len(part)
        yield
