"""Has this corpus been counted before? Counts on disk, keyed by the corpus and by what decides how it is cut."""

import hashlib
import json
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from lmcore.atomic import writing_aside
from lmcore.bpe.checkpoints import INTERVAL, Checkpoint
from lmcore.bpe.counting import Counts
from lmcore.bpe.options import Options
from lmcore.bpe.pretoken_table import Pretokens
from lmcore.bpe.sources import Source
from lmcore.paths import cache_dir

COUNTS_NAME: Final = "counts.npz"
_VERSION: Final = 3
_SAMPLE: Final = 65536
_KEPT: Final = 1_000_000_000  # bytes of counts kept; the oldest go first


def digest_corpus(sources: Sequence[Source], options: Options) -> Generator[None, None, str]:
    """A key of what the counts depend on: the files by path, size, time of change and samples of their content."""
    digest = hashlib.sha256()
    expressions = "\0".join(options.compiled.expressions)
    cut = [expressions, sorted(options.special_tokens), options.text_field, options.skip_bad_lines]
    digest.update(json.dumps([_VERSION, *cut]).encode())
    for source in sources:
        digest.update(f"{source.path.resolve()}\0{source.size}\0{source.path.stat().st_mtime_ns}\0".encode())
        with source.path.open("rb") as file:
            for place in (0, source.size // 2, max(0, source.size - _SAMPLE)):
                file.seek(place)
                digest.update(file.read(_SAMPLE))
        yield
    return digest.hexdigest()


class CountStore:
    """A folder of counted corpora; by default in the user's cache, where the oldest make room for new ones.

    `beside` is the folder of an earlier result, whose counts are looked at too; `interval` the seconds between two
    checkpoints of a count under way.
    """

    def __init__(self, folder: Path | None = None, beside: Path | None = None, interval: float = INTERVAL) -> None:
        self._folder = folder or cache_dir() / "counts"
        self._beside = beside / COUNTS_NAME if beside else None
        self._interval = interval

    def path(self, key: str) -> Path:
        """Where the counts of that key are, or would be."""
        return self._folder / f"{key[:32]}.npz"

    def checkpoint(self, key: str) -> Checkpoint:
        """Where the sums of a count under way are kept, until its counts are saved."""
        return Checkpoint(self._folder / f"{key[:32]}.partial.npz", key, self._interval)

    def find(self, key: str) -> Counts | None:
        """The counts saved under `key`, or None. A damaged file counts as none."""
        for path in (self.path(key), self._beside):
            if path and path.exists():
                try:
                    return read_counts(path, key)
                except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
                    continue
        return None

    def save(self, key: str, counts: Counts) -> None:
        """Keeps the counts, for which no checkpoint is needed any more, and room for others."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_counts(self.path(key), key, counts)
        self.checkpoint(key).remove()
        kept = 0
        for path in sorted(self._folder.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True):
            kept += path.stat().st_size
            if kept > _KEPT and path != self.path(key):
                path.unlink(missing_ok=True)


def write_counts(path: Path, key: str, counts: Counts) -> None:
    """Writes counts as a .npz file of plain arrays."""
    words = counts.words
    place = counts.invalid_place
    about = {
        "key": key,
        "pretokens": counts.pretokens,
        "bytes": counts.bytes,
        "pretoken_bytes": counts.pretoken_bytes,
        "special_tokens": counts.special_tokens,
        "invalid_bytes": counts.invalid_bytes,
        "invalid_place": [str(place[0]), place[1]] if place else None,
        "skipped_lines": counts.skipped_lines,
        "textless_documents": counts.textless_documents,
    }
    with writing_aside(path, "wb") as file:
        np.savez(
            file,
            about=np.frombuffer(json.dumps(about).encode(), np.uint8),
            blob=words.blob,
            lengths=np.diff(words.offsets),
            counts=words.counts,
        )


def read_counts(path: Path, key: str) -> Counts:
    """Reads what `write_counts` wrote. Raises `KeyError` for another corpus, `ValueError` where it is damaged."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # numpy leaves damaged files open
        about = json.loads(arrays["about"].tobytes())
        if about.pop("key") != key:
            raise KeyError(key)
        offsets = np.concatenate([[0], np.cumsum(arrays["lengths"])]).astype(np.int64)
        words = Pretokens(arrays["blob"], offsets, arrays["counts"])
        if offsets[-1] != len(words.blob) or len(words.counts) != len(offsets) - 1:
            raise ValueError(f"{path}: the arrays do not belong together")
    place = about.pop("invalid_place")
    return Counts(words=words, invalid_place=(Path(place[0]), place[1]) if place else None, **about)
