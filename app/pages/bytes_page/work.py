"""What does the page do on threads? It makes a tokenizer ready, reads files, and sums up long texts."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmcore import figures
from lmcore.bpe.text_summary import summarize
from lmcore.errors import UsageError

if TYPE_CHECKING:
    from lmcore.bpe import Tokenizer
    from lmcore.bpe.text_summary import Summary
    from lmcore.bpe.token_window import Windows

LARGEST: Final = 16_000_000
"""Bytes of a file that are read; of a larger one the beginning."""
BLOCK: Final = 1 << 20


def make_windows(tokenizer: "Tokenizer") -> Generator[float, None, "Windows"]:
    """A tokenizer's windows, its kernels loaded: the first use of them takes half a second."""
    yield 0.0
    from lmcore.bpe.token_window import Windows

    made = Windows(tokenizer)
    yield 0.5
    words = b"a b " * 200
    made.window(words, len(words) // 2, len(words) // 2 + 1)
    return made


def sum_up(data: bytes, windows: "Windows | None") -> Generator[float, None, "Summary"]:
    """All that is true of a text."""
    return summarize(data, windows)


def read_file(path: Path) -> Generator[int, None, tuple[bytes, int]]:
    """The beginning of a file of any kind, and its whole size. Raises `UsageError`."""
    found = bytearray()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while len(found) < LARGEST and (block := file.read(min(BLOCK, LARGEST - len(found)))):
                found += block
                yield len(found)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; choose a file that can be read.") from error
    return bytes(found), max(size, len(found))


def file_words(path: Path, shown: int, size: int) -> str:
    """What the status bar says of a file that was read."""
    if shown < size:
        return f"{path.name}: the first {figures.size(shown)} of {figures.size(size)}. Nothing is changed in the file."
    return f"{path.name}: {figures.size(shown)}. Nothing is changed in the file."
