"""How is a file opened, whatever it is packed with? As a stream of the text in it."""

import gzip
from typing import BinaryIO, Protocol, cast

from lmcore.bpe.sources import Source


class Stream(Protocol):
    """What text is read through: gzip, zstandard and plain files all offer it."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...

    def read(self, size: int = -1, /) -> bytes: ...


def open_stream(source: Source, file: BinaryIO) -> Stream:
    """The text of a file, decompressed."""
    if source.compression == "gz":
        return cast(Stream, gzip.GzipFile(fileobj=file))
    if source.compression == "zst":
        import zstandard

        return cast(Stream, zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
    return cast(Stream, file)
