"""How is one block counted? By a scanner, or by the `regex` package where the pattern is a custom one."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.patterns import Pattern, pieces
from lmcore.bpe.pretoken_table import PretokenTable
from lmcore.bpe.readers import Block
from lmcore.bpe.sources import Source
from lmcore.bpe.specials import Specials, find_special, special_length
from lmcore.errors import UsageError

if TYPE_CHECKING:
    from lmcore.bpe.patterns import Compiled

_CHECKED: Final = 10_000  # pre-tokens of a custom pattern between looks at whether to stop


class BlockCounter:
    """Counts blocks into tables from any number of threads, each table in one thread at a time."""

    def __init__(self, pattern: Pattern, specials: Specials, sources: Sequence[Source]) -> None:
        self._pattern = pattern
        self._compiled = pattern.compile() if pattern.kind == CUSTOM else None
        self._specials = specials
        self._sources = sources
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.counted = 0  # bytes of text
        self.skipped = 0  # bad lines left out
        self.textless = 0  # documents without text, left out too
        self.first_invalid: tuple[int, int] | None = None  # number of the source, offset in its text

    def stop(self) -> None:
        """Lets calls under way end early and later ones do nothing; the counts are worth nothing then."""
        self._stop.set()

    def count(self, block: Block, table: PretokenTable) -> None:
        """Adds the pre-tokens of `block` to `table`.

        `first_invalid` is right if every table gets its blocks in the order of the text.
        """
        if self._stop.is_set():
            return
        if self._compiled:
            place = self._count_matches(self._compiled, block, table)
        else:
            place = table.count(self._pattern.kind, block.data, block.bounds, self._specials)
            if place is not None:
                end = int(block.bounds[np.searchsorted(block.bounds, place, "right")])
                place = _first_invalid(block.data[place:end].tobytes(), place)
        with self._lock:
            self.counted += len(block.data)
            self.skipped += block.skipped
            self.textless += block.textless
            if place is not None:
                found = (self._sources.index(block.source), block.offset + place)
                self.first_invalid = min(self.first_invalid or found, found)

    def _count_matches(self, compiled: "Compiled", block: Block, table: PretokenTable) -> int | None:
        counts: Counter[str] = Counter()
        invalid = None
        for start, end in _texts(block, self._specials, table):
            raw = block.data[start:end].tobytes()
            if invalid is None:
                invalid = _first_invalid(raw, start)
            found = pieces(compiled, raw.decode("utf-8", "surrogateescape"))
            try:
                while part := list(islice(found, _CHECKED)):
                    if self._stop.is_set():
                        return None
                    counts.update(part)
            except TimeoutError as error:
                raise UsageError(
                    f"{block.source.path.name}, from offset {block.offset + start:,}: the pre-token pattern "
                    "tries too many ways to match this text; write it without nested repetitions such as (a+)+."
                ) from error
        table.add_counts({piece.encode("utf-8", "surrogateescape"): count for piece, count in counts.items()})
        return invalid


def _first_invalid(raw: bytes, start: int) -> int | None:
    """Where the first byte of `raw` stands that is not UTF-8; `raw` itself stands at `start`."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return start + error.start
    return None


def _texts(block: Block, specials: Specials, table: PretokenTable) -> Iterator[tuple[int, int]]:
    """The texts of a block between special tokens; these are counted."""
    for begin, limit in zip(block.bounds.tolist(), block.bounds[1:].tolist(), strict=False):
        position = begin
        while position < limit:
            end = find_special(block.data, len(block.data), position, limit, *specials)
            if end > position:
                yield position, end
            position = end
            if end < limit:
                position += special_length(block.data, end, limit, specials.blob, specials.offsets)
                table.note_specials()
