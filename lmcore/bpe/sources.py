"""Which files are the corpus? Files and folders as the user named them, checked before any work starts."""

import os
import stat
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal

from lmcore.bpe.events import Notice
from lmcore.bpe.streams import DAMAGE, damaged, open_stream
from lmcore.errors import CorpusError
from lmcore.generators import result_of

Form = Literal["text", "jsonl", "parquet"]
Compression = Literal["", "gz", "zst"]

FORMS: Final[dict[str, Form]] = {".txt": "text", ".md": "text", ".jsonl": "jsonl", ".parquet": "parquet"}
COMPRESSIONS: Final[dict[str, Compression]] = {".gz": "gz", ".zst": "zst"}
_SAMPLE: Final = 65536
_LISTED: Final = 500  # names looked at in about a millisecond
_NAMED: Final = 5  # files named in a sentence
_PARQUET: Final = b"PAR1"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_ZEROS_OF_TEXT: Final = 1 / 1000  # more zero bytes than this are no text


@dataclass(frozen=True)
class Source:
    """One file of a corpus. `size` is what it takes on the disk, in bytes."""

    path: Path
    form: Form
    compression: Compression
    size: int


@dataclass
class _Found:
    """What was found of a corpus: files that can be used, and in folders why others cannot."""

    sources: dict[tuple[int, int] | Path, Source] = field(default_factory=dict)
    refused: list[CorpusError] = field(default_factory=list)

    def take(self, path: Path) -> None:
        """Examine a file, once under whatever names. Raises `CorpusError` where it cannot be used."""
        identity = _identity(path)
        if identity not in self.sources:
            self.sources[identity] = _examine(path)

    def notice(self) -> Notice:
        """Says that not all files are a part of the corpus."""
        number, first = len(self.refused), self.refused[0]
        of = f"of {number + len(self.sources):,}"
        if number == 1:
            return Notice(f"1 file {of} was left out. It is {first}", "warning")
        return Notice(f"{number:,} files {of} were left out. The first is {first}", "warning")


def find_files(paths: Sequence[Path]) -> Generator[Notice | None, None, tuple[Source, ...]]:
    """The files of the corpus, folders replaced by the files below them that can be used, sorted; each file once.

    Comes up for air after every file and folder, with a notice where files of a folder are left out. Raises
    `CorpusError` where a path as it is named cannot be a part of a corpus, or where nothing is left to read.
    """
    if not paths:
        raise CorpusError("No corpus was given; name at least one file or folder.")
    found = _Found()
    for given in paths:
        if given.is_dir():
            yield from _look_into(given, found)
        else:
            found.take(given)
            yield None
    if found.refused:
        yield found.notice()
    sources = tuple(found.sources.values())
    if not any(source.size for source in sources):
        raise nothing_in(sources)
    return sources


def find_sources(paths: Sequence[Path]) -> tuple[Source, ...]:
    """The same without air: for a few files."""
    return result_of(find_files(paths))


def nothing_in(sources: Sequence[Source]) -> CorpusError:
    """What to say of a corpus without any text, which for packed files shows only when they are read."""
    return CorpusError(f"{named(sources)}: there is nothing in it; choose a file with text.")


def named(sources: Sequence[Source]) -> str:
    """The names of the first files, and how many more there are."""
    names = ", ".join(source.path.name for source in sources[:_NAMED])
    return names + (f" and {len(sources) - _NAMED:,} more" if len(sources) > _NAMED else "")


def _identity(path: Path) -> tuple[int, int] | Path:
    """What makes a file the same under several names; the name itself where there is no file."""
    try:
        status = path.stat()
    except OSError:
        return path
    return (status.st_dev, status.st_ino) if status.st_ino else path.resolve()


def classify(path: Path) -> tuple[Form, Compression] | None:
    """Form and compression by the name, or None where it says neither. notes.md.gz -> ("text", "gz")"""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression: Compression = ""
    if suffixes and suffixes[-1] in COMPRESSIONS:
        compression = COMPRESSIONS[suffixes.pop()]
    form = FORMS.get(suffixes[-1] if suffixes else "")
    return (form, compression) if form else None


def _look_into(folder: Path, found: _Found) -> Generator[None, None, None]:
    """Takes the files below a folder that can be used. Raises `CorpusError` where there are none."""
    below, refused, taken = list[Path](), list[CorpusError](), 0
    for files in _files_below(folder, refused):
        below += files
        yield
    below.sort(key=lambda file: file.parts)  # the order of paths, which compare themselves slowly
    for path in below:
        try:
            found.take(path)
            taken += 1
        except CorpusError as error:
            refused.append(error)
        yield
    if not below and not refused:
        kinds = ", ".join(FORMS)
        raise CorpusError(
            f"{folder}: no file of a corpus in this folder; it needs {kinds} files (or .gz or .zst of them)."
        )
    if not taken:
        several = f"{folder}: none of its {len(refused):,} files can be used. The first is " if refused[1:] else ""
        raise CorpusError(f"{several}{refused[0]}")
    found.refused += refused


def _files_below(folder: Path, refused: list[CorpusError]) -> Iterator[list[Path]]:
    """The files of a corpus in each folder, some at a time; `refused` gets the folders that cannot be read."""

    def refuse(error: OSError) -> None:
        refused.append(
            CorpusError(f"{error.filename}: the folder cannot be read; change its permissions or leave it out.")
        )

    for parent, _, names in os.walk(folder, onerror=refuse):
        for first in range(0, len(names), _LISTED):
            part = names[first : first + _LISTED]
            yield [Path(parent, name) for name in part if not name.startswith(".") and classify(Path(name))]


def _examine(path: Path) -> Source:
    """The file as a source; refused unless it is a regular, readable file that looks like what its name says."""
    form, compression = classify(path) or ("text", "")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CorpusError(f"{path}: not a file (a pipe or a device); save the text to a file first.")
        source = Source(path, form, compression, status.st_size)
        with path.open("rb") as file:
            sample = _beginning(source, file)
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: no such file; check the name.") from error
    except PermissionError as error:
        raise CorpusError(f"{path}: may not be read; change its permissions or leave it out.") from error
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); copy it to another place.") from error
    _check_content(source, sample)
    return source


def _beginning(source: Source, file: BinaryIO) -> bytes:
    """The first bytes of a file, unpacked."""
    try:
        return open_stream(source, file).read(_SAMPLE)
    except DAMAGE as error:
        raise damaged(source, error) from error


def _check_content(source: Source, sample: bytes) -> None:
    path, is_text = source.path, source.form != "parquet"
    if is_text and sample.startswith(_UTF16):
        raise CorpusError(f"{path}: written in UTF-16; save it as UTF-8 first.")
    if is_text and sample.count(0) > len(sample) * _ZEROS_OF_TEXT:
        raise CorpusError(
            f"{path}: a binary file (the first zero byte is at offset {sample.index(0):,}); choose a text file."
        )
    if not is_text and sample and not sample.startswith(_PARQUET):
        raise CorpusError(f"{path}: not a readable Parquet file (it does not begin as one); fetch it again.")
